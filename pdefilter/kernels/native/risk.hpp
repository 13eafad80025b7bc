// What Stein's estimate of risk adds up. Memory limits this loop, so that one build does for all
// instruction sets.
#pragma once

#include "team.hpp"
#include "variant.hpp"

namespace pdefilter {

struct Comparison {
    Index channels, rows, columns;
    const float* filtered;
    const float* probed;
    const float* f;
    const std::int8_t* signs;
    const bool* visible;  // null for everywhere
    double* misfits;      // of every row of every channel
    double* answers;
};

// Returns false if interrupted. The order of operations is that of kernels/reference.
bool compare(const Comparison& task, int threads, const Interrupted& interrupted);

}  // namespace pdefilter
