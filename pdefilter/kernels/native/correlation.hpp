// Correlations and gradients of whole images, on several threads.
#pragma once

#include "team.hpp"
#include "variant.hpp"

namespace pdefilter {

// The mirror of the task is made here. They return false if interrupted.
bool correlate(Correlation task, int threads, const Variant& variant,
               const Interrupted& interrupted);
// Returns false if interrupted.
bool correlate2d(const Correlation2D& task, int threads, const Variant& variant,
                 const Interrupted& interrupted);

bool gradient(Gradient task, int threads, const Variant& variant, const Interrupted& interrupted);

}  // namespace pdefilter
