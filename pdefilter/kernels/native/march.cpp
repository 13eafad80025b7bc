#include "march.hpp"

#include "mirrored.hpp"

namespace pdefilter {

namespace {

std::vector<Tile> tiles_of(Index rows, Index columns, const Tiling& tiling) {
    std::vector<Tile> tiles;
    // Down first, so that threads do not write side by side into the same rows.
    for (Index c = 0; c < columns; c += tiling.columns)
        for (Index r = 0; r < rows; r += tiling.rows)
            tiles.push_back({r, std::min(rows, r + tiling.rows), c,
                             std::min(columns, c + tiling.columns), nullptr});
    return tiles;
}

}  // namespace

bool march(Pass pass, Index steps, float* spare, float* before, const Tiling& tiling, int threads,
           const Variant& variant, const Interrupted& interrupted) {
    const bool flat = pass.grid.axes == 2 && !pass.grid.spaced;
    const Index passes = (steps + tiling.levels - 1) / tiling.levels;
    float* const out = pass.out;
    // Passes end in `out`: with an even number of them, the first goes to the spare image.
    if (spare && passes % 2 == 0) pass.out = spare;
    pass.levels = std::min(steps, tiling.levels);
    // The image before last is kept where the next pass begins with momentum.
    auto before_next = [&] {
        const bool wanted = pass.momenta && steps > pass.levels && pass.momenta[pass.levels] != 1;
        return wanted ? before : nullptr;
    };
    pass.out_before = before_next();

    const bool smoothing = pass.conducting && pass.conducting->smoothing.weights;
    Conducting conducting = pass.conducting ? *pass.conducting : Conducting{};
    const Mirrored mirrored(pass.rows, pass.columns, reach_of(conducting.smoothing));
    if (smoothing) {
        conducting.in = pass.in;
        conducting.mirror = mirrored.mirror();
        pass.conducting = &conducting;
    }

    auto tiles = tiles_of(pass.rows, pass.columns, tiling);
    const auto pieces = Index(tiles.size());
    Index floats = 0;
    if (!spare && pieces > 1 && (passes > 1 || pass.in == pass.out))
        for (const Tile& tile : tiles) floats += variant.surroundings_size(pass, tile);
    const std::unique_ptr<float[]> surroundings(floats ? new float[size_t(floats)] : nullptr);
    bool keeping = false;

    // The surroundings of tiles must be kept before tiles overwrite the image that they come from.
    auto begin = [&] {
        keeping = surroundings && pass.in == pass.out;
        if (!keeping) return;
        float* free = surroundings.get();
        for (Tile& tile : tiles) {
            tile.kept = free;
            free += variant.surroundings_size(pass, tile);
        }
    };
    auto work = [&](Index k, float* scratch) {
        if (keeping)
            variant.keep_surroundings(pass, tiles[size_t(k)]);
        else
            (flat ? variant.march_tile : variant.march_volume_tile)(pass, tiles[size_t(k)],
                                                                    scratch);
    };
    auto next = [&]() -> Index {
        if (keeping) {
            keeping = false;
            return pieces;
        }
        steps -= pass.levels;
        if (steps == 0) return 0;
        pass.steps += pass.levels;
        pass.in = pass.out;
        if (smoothing) conducting.in = pass.in;
        if (spare) pass.out = pass.out == out ? spare : out;
        if (pass.momenta) {
            pass.momenta += pass.levels;
            pass.before = pass.out_before;
        }
        pass.levels = std::min(steps, tiling.levels);
        pass.out_before = before_next();
        begin();
        return pieces;
    };
    begin();
    const Index of_tile = flat ? variant.march_scratch(pass, tiling.columns)
                               : variant.march_volume_scratch(pass, tiling.rows, tiling.columns);
    return in_rounds(threads, pieces, of_tile, pieces, work, next, interrupted);
}

bool split(Conducting conducting, Splitting task, const Grid& grid, const float* d_taus,
           Index steps, float* spare, int threads, const Variant& variant,
           const Interrupted& interrupted) {
    const bool following_image = !conducting.in;
    if (following_image) conducting.in = task.in;
    float* const out = task.out;
    task.out = steps % 2 ? out : spare;
    task.conducting = &conducting;
    task.d_tau = *d_taus;
    const float scale = conducting.scale;
    bool along_rows;
    auto turn = [&](bool to_rows) {
        along_rows = to_rows;
        const int axis = along_rows ? 2 : 1;
        conducting.scale = scale_along(grid, axis, scale);
        task.per_square = grid.per_square[axis];
        return pieces_of_lines(along_rows ? task.rows : task.columns);
    };
    auto work = [&](Index piece, float* scratch) {
        const Index first = piece * lines_of_a_piece;
        const Index end = along_rows ? task.rows : task.columns;
        (along_rows ? variant.solve_rows : variant.solve_columns)(
            task, first, std::min(end, first + lines_of_a_piece), scratch);
    };
    auto next = [&]() -> Index {
        if (!along_rows) return turn(true);
        if (--steps == 0) return 0;
        task.d_tau = *++d_taus;
        task.in = task.out;
        if (following_image) conducting.in = task.in;
        task.out = task.out == out ? spare : out;
        return turn(false);
    };
    const Index most = pieces_of_lines(std::max(task.rows, task.columns));
    const Index floats =
        std::max(variant.solve_columns_scratch(task), variant.solve_rows_scratch(task));
    return in_rounds(threads, most, floats, turn(false), work, next, interrupted);
}

}  // namespace pdefilter
