// The loops over volumes, compiled as those in variant.cpp: once for each instruction set.

#include <stdint.h>
#include <string.h>

#if defined(__AVX__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "volume.hpp"

// Of the loops over images some parts serve here too.
#pragma GCC diagnostic ignored "-Wunused-function"

namespace pdefilter {
namespace PDEFILTER_VARIANT {
namespace {

#include "loops/eigen.hpp"
#include "loops/volume_correlation.hpp"
#include "loops/volume_gradient.hpp"
#include "loops/volume_lattice.hpp"
#include "loops/volume_neighbours.hpp"
#include "loops/volume_smoothed_step.hpp"
#include "loops/volume_thinning.hpp"
#include "loops/volume_variation.hpp"
#include "loops/volumes.hpp"

}  // namespace

extern const Volumes volumes;
const Volumes volumes{
    .correlate = {correlate_scratch, correlate_prism, nullptr, nullptr, 1, prisms_of},
    .smoothed_step = {smoothed_step_scratch, smoothed_step_prism, nullptr, nullptr, 1, prisms_of},
    .gradient = {gradient_scratch, gradient_prism, nullptr, nullptr, 1, prisms_of},
    .thin = {thin_scratch, thin_lines, nullptr, nullptr, rows_of_a_piece, lines_of},
    .reduce = {nullptr, reduce_lines, nullptr, nullptr, rows_of_a_piece, lines_of},
    .count_outside = {nullptr, nullptr, count_outside, nullptr, rows_of_a_piece, lines_of},
    .exchange = {exchange_scratch, exchange_slab, nullptr, nullptr, 1, slabs_of},
    .step = {nullptr, step_lines, nullptr, nullptr, rows_of_a_piece, lines_of},
    .shock = {shock_scratch, shock_lines, nullptr, nullptr, rows_of_a_piece, lines_of},
    .curvature_motion = {curvature_scratch, curvature_lines, nullptr, nullptr, rows_of_a_piece,
                         lines_of},
    .descend = {descend_scratch, descend_lines, nullptr, nullptr, rows_of_a_piece, lines_of},
    .ascend = {ascend_scratch, ascend_lines, nullptr, nullptr, rows_of_a_piece, lines_of},
    .evaluate = {ascend_scratch, evaluate_lines, nullptr, nullptr, rows_of_a_piece, lines_of},
};

}  // namespace PDEFILTER_VARIANT
}  // namespace pdefilter
