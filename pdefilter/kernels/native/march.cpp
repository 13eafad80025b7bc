#include "march.hpp"

#include <algorithm>
#include <atomic>
#include <memory>

#include "correlation.hpp"

namespace pdefilter {

namespace {

std::vector<Tile> tiles_of(Index rows, Index columns, Index tile_rows, Index tile_columns) {
    std::vector<Tile> tiles;
    // Down first, so that threads do not write side by side into the same rows.
    for (Index c = 0; c < columns; c += tile_columns)
        for (Index r = 0; r < rows; r += tile_rows)
            tiles.push_back({r, std::min(rows, r + tile_rows), c,
                             std::min(columns, c + tile_columns), nullptr});
    return tiles;
}

}  // namespace

bool march(Pass pass, Index steps, float* spare, float* before, const How& how,
           const Interrupted& interrupted) {
    const Index passes = (steps + how.levels - 1) / how.levels;
    float* const out = pass.out;
    // Passes end in `out`: with an even number of them, the first goes to the spare image.
    if (spare && passes % 2 == 0) pass.out = spare;
    pass.levels = std::min(steps, how.levels);
    // The image before last is kept where the next pass begins with momentum.
    auto before_next = [&] {
        const bool wanted = pass.momenta && steps > pass.levels && pass.momenta[pass.levels] != 1;
        return wanted ? before : nullptr;
    };
    pass.out_before = before_next();

    const bool smoothing = pass.held && pass.held->smoothing.weights;
    Conducting law = pass.held ? *pass.held : Conducting{};
    const Mirrored places(pass.rows, pass.columns, smoothing ? reach_of(law.smoothing) : 0);
    if (smoothing) {
        law.in = pass.in;
        law.mirror = places.mirror();
        pass.held = &law;
    }

    auto tiles = tiles_of(pass.rows, pass.columns, how.tile_rows, how.tile_columns);
    Index floats = 0;
    if (!spare && tiles.size() > 1 && (passes > 1 || pass.in == pass.out))
        for (const Tile& tile : tiles) floats += how.variant->surroundings_room(pass, tile);
    const std::unique_ptr<float[]> surroundings(floats ? new float[size_t(floats)] : nullptr);
    const Index room = how.variant->march_scratch(pass, how.tile_columns);
    const int threads = int(std::min<Index>(how.threads, Index(tiles.size())));
    const Scratch scratch(threads, room);
    std::atomic<size_t> following{0};
    bool stopped = false, keeping = false;

    // What surrounds the tiles must be kept before they overwrite the image that they come from.
    auto begin = [&] {
        following = 0;
        keeping = surroundings && pass.in == pass.out;
        if (!keeping) return;
        float* free = surroundings.get();
        for (Tile& tile : tiles) {
            tile.kept = free;
            free += how.variant->surroundings_room(pass, tile);
        }
    };
    auto round = [&](int thread) {
        float* const mine = scratch.of(thread);
        for (size_t k; (k = following++) < tiles.size();)
            if (keeping)
                how.variant->keep_surroundings(pass, tiles[k]);
            else
                how.variant->march_tile(pass, tiles[k], mine);
    };
    auto next = [&] {
        if (keeping) {
            following = 0;
            keeping = false;
            return true;
        }
        steps -= pass.levels;
        if (steps == 0) return false;
        if ((stopped = interrupted())) return false;
        pass.steps += pass.levels;
        pass.in = pass.out;
        if (smoothing) law.in = pass.in;
        if (spare) pass.out = pass.out == out ? spare : out;
        if (pass.momenta) {
            pass.momenta += pass.levels;
            pass.before = pass.out_before;
        }
        pass.levels = std::min(steps, how.levels);
        pass.out_before = before_next();
        begin();
        return true;
    };
    begin();
    Team(threads).run(round, next);
    return !stopped;
}

bool split(Conducting law, Splitting task, const float* two_taus, Index steps, float* spare,
           const How& how, const Interrupted& interrupted) {
    const bool following_image = !law.in;
    if (following_image) law.in = task.in;
    float* const out = task.out;
    task.out = steps % 2 ? out : spare;
    task.law = &law;
    task.two_tau = *two_taus;

    constexpr Index chunk = 64;  // a multiple of the systems solved at once
    const Variant& variant = *how.variant;
    const Index most = (std::max(task.rows, task.columns) + chunk - 1) / chunk;
    const int threads = int(std::min<Index>(how.threads, most));
    const Scratch scratch(threads, variant.solve_scratch(task));
    std::atomic<Index> following{0};
    bool stopped = false, along_rows = false;

    auto round = [&](int thread) {
        float* const mine = scratch.of(thread);
        const Index end = along_rows ? task.rows : task.columns;
        for (Index first; (first = chunk * following++) < end;)
            (along_rows ? variant.solve_rows : variant.solve_columns)(
                task, first, std::min(end, first + chunk), mine);
    };
    auto next = [&] {
        following = 0;
        along_rows = !along_rows;
        if (along_rows) return true;
        if (--steps == 0) return false;
        if ((stopped = interrupted())) return false;
        task.two_tau = *++two_taus;
        task.in = task.out;
        if (following_image) law.in = task.in;
        task.out = task.out == out ? spare : out;
        return true;
    };
    Team(threads).run(round, next);
    return !stopped;
}

}  // namespace pdefilter
