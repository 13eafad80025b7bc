// Edges: thinned, and linked.
#pragma once

#include "variant.hpp"

namespace pdefilter {

// Non-maximum suppression.
struct Thinning {
    Index rows, columns;
    const float* strength;
    const float* normal;  // its components along rows and along columns
    float* kept;          // the strength, or zero
    float* steps;         // the place of the edge, as a part of the way to the next pixels
    float least;          // strengths below are not kept
};

// Linking of what is weak to what is strong, which is weak too.
struct Linking {
    Index rows, columns;
    const bool* weak;
    const bool* strong;
    bool* linked;
};

extern const RowKernel<Thinning> thin;
extern const RowKernel<Linking> link;  // one piece of work

}  // namespace pdefilter
