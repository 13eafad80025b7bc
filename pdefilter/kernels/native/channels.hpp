// Channels parted and joined for whole images, on several threads.
#pragma once

#include "team.hpp"
#include "variant.hpp"

namespace pdefilter {

// They return false if interrupted.
bool part(const Parting& task, int threads, const Variant& variant, const Interrupted& interrupted);

// Sets `found` to whether there are only finite numbers.
bool finite(const float* values, Index count, int threads, const Variant& variant,
            const Interrupted& interrupted, bool& found);

// Adds to `outside` how many values were clipped.
bool join(const Joining& task, int threads, const Variant& variant, const Interrupted& interrupted,
          Index& outside);

}  // namespace pdefilter
