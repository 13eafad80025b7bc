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
// follow conducting.in, or where this is null, the image as it evolves.
bool split(Conducting conducting, Splitting task, const float* two_taus, Index steps, float* spare,
           int threads, const Variant& variant, const Interrupted& interrupted);

}  // namespace pdefilter
