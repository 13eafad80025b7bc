// Diffusion along a tensor field.
#pragma once

#include "team.hpp"
#include "variant.hpp"

namespace pdefilter {

// Finds the stencils of a field of tensors. Returns false if interrupted.
bool reduce(const Reducing& task, const Stencils& stencils, int threads, const Variant& variant,
            const Interrupted& interrupted);

// Sets `inside` to whether all ties of the stencils end in the image and within reach. Returns
// false if interrupted.
bool ends_inside(const Tying& task, int threads, const Variant& variant,
                 const Interrupted& interrupted, bool& inside);

// Takes one step on them. Returns false if interrupted.
bool tie(const Tying& task, int threads, const Variant& variant, const Interrupted& interrupted);

}  // namespace pdefilter
