// Networks of conductances between neighbouring pixels. Memory limits these loops, so that one
// build does for all instruction sets.
#pragma once

#include "team.hpp"
#include "variant.hpp"

namespace pdefilter {

// Nothing passes the image's border, whatever `edges` says there.
struct Network {
    Index rows, columns;
    const float* edges;  // what conducts below every pixel, then to its right; null for 1
    const float* leaks;  // null for 0
    const bool* free;    // null for everywhere
};

// They return false if interrupted. The order of operations is that of kernels/reference.

// Balances the free pixels of one colour of a checkerboard.
bool relax(const Network& network, float* u, const float* f, Index colour, int threads,
           const Interrupted& interrupted);

// What every free pixel lacks to its balance, and 0 at the others.
bool residual(const Network& network, const float* u, const float* f, float* lack, int threads,
              const Interrupted& interrupted);

// What 2 x 2 squares of pixels lack to their balance.
bool restrict_squares(const Network& network, const float* u, const float* f, float* coarse,
                      int threads, const Interrupted& interrupted);

// Adds to the free pixels of each square what `coarse` says.
bool prolong_squares(const Network& network, float* u, const float* coarse, int threads,
                     const Interrupted& interrupted);

// Every row's part of the product of what pixels lack with v, or with itself.
bool products(const Network& network, const float* u, const float* f, const float* v, double* sums,
              int threads, const Interrupted& interrupted);

// The network of squares whose free pixels move together.
bool coarsen(const Network& network, float* edges, float* leaks, float scale, int threads,
             const Interrupted& interrupted);

}  // namespace pdefilter
