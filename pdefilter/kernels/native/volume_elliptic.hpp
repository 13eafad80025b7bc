// Operations of a graph Laplacian in a volume: see elliptic.hpp. Squares are cubes.
#pragma once

#include "volume.hpp"

namespace pdefilter {

extern const RowKernel<VolumeBalance> relax_volume;
extern const RowKernel<VolumeBalance> residual_of_volume;
extern const RowKernel<VolumeBalance> restrict_cubes;
extern const RowKernel<VolumeBalance> prolong_cubes;
extern const RowKernel<VolumeBalance> products_of_volume;
extern const RowKernel<VolumeBalance> coarsen_volume;

}  // namespace pdefilter
