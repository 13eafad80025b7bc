// Whole marches: passes over tiles, on several threads.
#pragma once

#include "team.hpp"
#include "variants.hpp"

namespace pdefilter {

struct How {
    int threads;
    Index levels;  // steps taken in one trip through memory
    Index tile_rows, tile_columns;
    const Variant* variant;
};

// Marches through `steps` from pass.in to pass.out, which may be one image; in turns with `spare`,
// if there is one, else in place. Where a pass begins with momentum, `before` is room for an image
// more. If the edges follow an image smoothed, that is the one that a step begins with; this needs
// turns. Returns false if interrupted.
bool march(Pass pass, Index steps, float* spare, float* before, const How& how,
           const Interrupted& interrupted);

// Takes steps of operator splitting from task.in to task.out by way of `spare`; the edges follow
// law.in, or where this is null, the image as it evolves.
bool split(Conducting law, Splitting task, const float* two_taus, Index steps, float* spare,
           const How& how, const Interrupted& interrupted);

}  // namespace pdefilter
