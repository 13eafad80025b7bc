// Whole marches: passes over tiles, on several threads.
#pragma once

#include "team.hpp"
#include "variants.hpp"

namespace pdefilter {

struct Tiling {
    Index levels;  // steps taken in one trip through memory
    Index rows, columns;
};

// Marches through `steps` from pass.in to pass.out, which may be one image; alternating with
// `spare`, if there is one, else in place. Where a pass begins with momentum, `before` is memory
// for one more image. If the conductances follow a smoothed image, it is the one that a step begins
// with, which needs `spare`. Returns false if interrupted.
bool march(Pass pass, Index steps, float* spare, float* before, const Tiling& tiling, int threads,
           const Variant& variant, const Interrupted& interrupted);

// Takes steps of operator splitting from task.in to task.out by way of `spare`; the conductances
// follow conducting.in, or where this is null, the image as it evolves. `d_taus` are the steps
// times the number of axes.
bool split(Conducting conducting, Splitting task, const Grid& grid, const float* d_taus,
           Index steps, float* spare, int threads, const Variant& variant,
           const Interrupted& interrupted);
bool split_volume(Conducting conducting, Splitting task, const Grid& grid, const float* d_taus,
                  Index steps, float* spare, int threads, const Variant& variant,
                  const Interrupted& interrupted);

// Systems of a splitting that are solved in one piece: a multiple of those solved side by side.
constexpr Index lines_of_a_piece = 64;
inline Index pieces_of_lines(Index lines) {
    return (lines + lines_of_a_piece - 1) / lines_of_a_piece;
}

// The factor of squared differences along an axis: 0 for slices, 1 for rows, 2 for columns.
inline float scale_along(const Grid& grid, int axis, float scale) {
    return grid.spaced ? grid.per_square[axis] * scale : scale;
}

}  // namespace pdefilter
