// Operations of a graph Laplacian.
#pragma once

#include "variant.hpp"

namespace pdefilter {

extern const RowKernel<Balance> relax;             // balances the free pixels of one colour of a
                                                   // checkerboard
extern const RowKernel<Balance> residual;          // of every free pixel, and 0 of the others
extern const RowKernel<Balance> restrict_squares;  // the residuals of 2 x 2 squares
extern const RowKernel<Balance> prolong_squares;  // adds a number to the free pixels of each square
extern const RowKernel<Balance> products;         // every row's part of the residual times v, or
                                                  // times itself
extern const RowKernel<Balance> coarsen;          // the graph of squares whose free pixels move
                                                  // together

}  // namespace pdefilter
