// Operations of a graph Laplacian.
#pragma once

#include "volume.hpp"

namespace pdefilter {

template <class Task>
struct Balances {
    RowKernel<Task> relax;             // balances the free pixels of one colour of a checkerboard
    RowKernel<Task> residual;          // of every free pixel, and 0 of the others
    RowKernel<Task> restrict_squares;  // the residuals of 2 x 2 squares, or of cubes
    RowKernel<Task> prolong_squares;   // adds a number to the free pixels of each
    RowKernel<Task> products;          // every row's part of the residual times v, or times itself
    RowKernel<Task> coarsen;           // the graph of squares whose free pixels move together
};

extern const Balances<Balance> balances;
extern const Balances<VolumeBalance> volume_balances;

}  // namespace pdefilter
