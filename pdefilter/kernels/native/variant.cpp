// The loops, compiled once for each instruction set, with PDEFILTER_VARIANT its name. Everything
// has internal linkage but the table at the end, so that no variant's code can end up in another:
// the parts are included in the variant's own namespace, and nothing of the C++ library is.
//
// The order of operations is that of kernels/reference, which specifies the result.

#include <stdint.h>
#include <string.h>

#if defined(__AVX__)
#include <immintrin.h>
#endif

#include "variant.hpp"

namespace pdefilter {
namespace PDEFILTER_VARIANT {
namespace {

#include "loops/channels.hpp"
#include "loops/conductances.hpp"
#include "loops/correlation.hpp"
#include "loops/curvature.hpp"
#include "loops/floats.hpp"
#include "loops/gradient.hpp"
#include "loops/kernel2d.hpp"
#include "loops/lattice.hpp"
#include "loops/march.hpp"
#include "loops/neighbours.hpp"
#include "loops/risk.hpp"
#include "loops/shock.hpp"
#include "loops/splitting.hpp"
#include "loops/surroundings.hpp"
#include "loops/tensors.hpp"
#include "loops/variation.hpp"

}  // namespace

extern const Variant variant;
const Variant variant{surroundings_room, keep_surroundings,   march_scratch,    march_tile,
                      solve_scratch,     solve_columns,       solve_rows,       correlate_scratch,
                      correlate_rows,    correlate2d_scratch, correlate2d_rows, gradient_scratch,
                      gradient_rows,     shock_scratch,       shock_rows,       curvature_scratch,
                      curvature_rows,    part_rows,           finite,           join_scratch,
                      join_rows,         reduce_rows,         ends_inside,      tie_scratch,
                      tie_rows,          variation_scratch,   descend_rows,     ascend_rows,
                      look_rows,         compare_rows,        conductance_names};

}  // namespace PDEFILTER_VARIANT
}  // namespace pdefilter
