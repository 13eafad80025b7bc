// The loops, compiled once for each instruction set, with PDEFILTER_VARIANT its name. Everything
// has internal linkage but the table at the end, so that no variant's code can end up in another:
// the parts are included in the variant's own namespace, and nothing of the C++ library is.
//
// The order of operations is that of kernels/reference, which specifies the result.

#include <stdint.h>
#include <string.h>

#if defined(__AVX__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "variant.hpp"

namespace pdefilter {
namespace PDEFILTER_VARIANT {
namespace {

#include "loops/cells.hpp"
#include "loops/channels.hpp"
#include "loops/conductances.hpp"
#include "loops/correlation.hpp"
#include "loops/curvature.hpp"
#include "loops/features.hpp"
#include "loops/filters.hpp"
#include "loops/floats.hpp"
#include "loops/gradient.hpp"
#include "loops/kernel2d.hpp"
#include "loops/lattice.hpp"
#include "loops/march.hpp"
#include "loops/march_volume.hpp"
#include "loops/neighbours.hpp"
#include "loops/risk.hpp"
#include "loops/shock.hpp"
#include "loops/splitting.hpp"
#include "loops/surroundings.hpp"
#include "loops/tensors.hpp"
#include "loops/thinned_gradient.hpp"
#include "loops/variation.hpp"

}  // namespace

extern const Volumes volumes;

extern const Variant variant;
const Variant variant{
    .surroundings_size = surroundings_size,
    .keep_surroundings = keep_surroundings,
    .march_scratch = march_scratch,
    .march_tile = march_tile,
    .march_volume_scratch = march_volume_scratch,
    .march_volume_tile = march_volume_tile,
    .solve_columns_scratch = solve_columns_scratch,
    .solve_rows_scratch = solve_rows_scratch,
    .solve_columns = solve_columns,
    .solve_rows = solve_rows,
    .correlate = {correlate_scratch, correlate_rows},
    .correlate2d = {correlate2d_scratch, correlate2d_rows},
    .gradient = {gradient_scratch, gradient_rows},
    .thin_gradient = {thinned_gradient_scratch, thinned_gradient_rows},
    .shock = {shock_scratch, shock_rows},
    .curvature_motion = {curvature_scratch, curvature_rows},
    .deinterleave = {nullptr, deinterleave_rows},
    .interleave = {interleave_scratch, nullptr, interleave_rows},
    .count_not_finite = {nullptr, nullptr, count_not_finite},
    .reduce = {nullptr, reduce_rows},
    .count_outside = {nullptr, nullptr, count_outside},
    // Rows above and below a piece are computed twice, in this piece and in their own.
    .apply_stencil = {apply_stencil_scratch, apply_stencil_rows, nullptr, nullptr, 128},
    .descend = {variation_scratch, descend_rows},
    .ascend = {variation_scratch, ascend_rows, nullptr, descend_where_pieces_meet},
    .evaluate = {variation_scratch, evaluate_rows},
    .compare = {nullptr, compare_rows},
    .step = {step_scratch, step_rows, nullptr, pack_step},
    .inject = {nullptr, inject_rows, nullptr, pack_injection},
    .restrict_features = {nullptr, restrict_rows, nullptr, pack_restriction},
    .prolong_features = {prolong_scratch, prolong_rows, nullptr, pack_prolongation},
    .lift = {lift_scratch, lift_rows, nullptr, pack_lift},
    .lower = {lower_scratch, lower_rows, nullptr, pack_lower},
    .conductances = conductance_names,
    .volumes = &volumes,
};

}  // namespace PDEFILTER_VARIANT
}  // namespace pdefilter
