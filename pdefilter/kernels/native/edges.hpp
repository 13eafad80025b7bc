// Edges, linked.
#pragma once

#include "variant.hpp"

namespace pdefilter {

// Linking of what is weak to what is strong, in a volume, or in an image as one slice.
struct Linking {
    Index slices, rows, columns;
    const float* strength;
    // Strengths from the first on, and above zero, are weak, from the second on strong.
    float low, high;
    bool* linked;
};

// Links within pieces of work, and tells `linked` what is still weak; then across their borders.
extern const RowKernel<Linking> link_within_pieces, link_pieces;

}  // namespace pdefilter
