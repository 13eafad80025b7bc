// Operator splitting in volumes. A volume is an image of S rows and M x N columns, to solve along
// its slices; and S images of M rows and N columns, to solve along its rows and columns.

#include "march.hpp"

namespace pdefilter {

bool split_volume(Conducting conducting, Splitting task, const Grid& grid, const float* d_taus,
                  Index steps, float* spare, int threads, const Variant& variant,
                  const Interrupted& interrupted) {
    const Index slices = grid.slices, slice = task.rows * task.columns;
    const bool following_image = !conducting.in;
    if (following_image) conducting.in = task.in;
    float* const out = task.out;
    task.out = steps % 2 ? out : spare;

    // The splitting along an axis, whose conductances are those along the rows of an image, or
    // those along its columns.
    auto along = [&](int axis, Conducting& edges) {
        edges = conducting;
        edges.scale = scale_along(grid, axis, conducting.scale);
        if (conducting.edges) edges.edges += axis * slices * slice;
        Splitting along_axis = task;
        along_axis.conducting = &edges;
        along_axis.d_tau = *d_taus;
        along_axis.per_square = grid.per_square[axis];
        return along_axis;
    };
    auto across_slices = [&](Conducting& edges) {
        auto whole = along(0, edges);
        whole.rows = edges.rows = slices;
        whole.columns = edges.columns = slice;
        return whole;
    };
    auto within_slice = [&](int axis, Index s, Conducting& edges) {
        auto one = along(axis, edges);
        edges.in += s * slice;
        if (edges.edges) edges.edges += s * slice;
        one.in += s * slice;
        one.out += s * slice;
        return one;
    };

    const Index lines = pieces_of_lines(slice);
    const Index of_between = (task.channels * slice + 15) / 16 * 16;  // whole cache lines
    bool within = false;
    auto work = [&](Index piece, float* scratch) {
        Conducting edges;
        if (!within) {
            const Index first = piece * lines_of_a_piece;
            const Index last = std::min(slice, first + lines_of_a_piece);
            variant.solve_columns(across_slices(edges), first, last, scratch);
            return;
        }
        float* const between = scratch;
        scratch += of_between;
        auto one = within_slice(1, piece, edges);
        one.out = between;
        one.out_apart = slice;
        variant.solve_columns(one, 0, task.columns, scratch);
        one = within_slice(2, piece, edges);
        one.between = between;
        if (edges.edges) edges.edges -= slice;  // those to the right come after those below
        variant.solve_rows(one, 0, task.rows, scratch);
    };
    auto next = [&]() -> Index {
        within = !within;
        if (within) return slices;
        if (--steps == 0) return 0;
        ++d_taus;
        task.in = task.out;
        if (following_image) conducting.in = task.in;
        task.out = task.out == out ? spare : out;
        return lines;
    };
    Conducting edges;
    const Index across = variant.solve_columns_scratch(across_slices(edges));
    const auto one = within_slice(1, 0, edges);
    const Index inside =
        of_between + std::max(variant.solve_columns_scratch(one), variant.solve_rows_scratch(one));
    const Index floats = std::max(across, inside);
    return in_rounds(threads, std::max(lines, slices), floats, lines, work, next, interrupted);
}

}  // namespace pdefilter
