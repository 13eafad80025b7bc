#include "variants.hpp"

#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_AMD64))
#include <intrin.h>
#endif

namespace pdefilter {

#if defined(PDEFILTER_HAS_baseline)
namespace baseline {
extern const Variant variant;
}
#endif
#if defined(PDEFILTER_HAS_avx2)
namespace avx2 {
extern const Variant variant;
}
#endif
#if defined(PDEFILTER_HAS_avx512)
namespace avx512 {
extern const Variant variant;
}
#endif

namespace {

#if defined(PDEFILTER_HAS_avx2)
#if defined(_MSC_VER)
bool leaf_7_has(int bit) {
    int registers[4];
    __cpuid(registers, 1);
    const bool saved_by_system = (registers[2] & (1 << 27)) != 0;
    __cpuidex(registers, 7, 0);
    return saved_by_system && (registers[1] & (1 << bit)) != 0;
}
__attribute__((target("xsave"))) bool has_avx2() {
    return leaf_7_has(5) && (_xgetbv(0) & 0x6) == 0x6;
}
__attribute__((target("xsave"))) bool has_avx512() {
    return has_avx2() && leaf_7_has(16) && leaf_7_has(17) && leaf_7_has(30) && leaf_7_has(31) &&
           (_xgetbv(0) & 0xE6) == 0xE6;
}
#else
bool has_avx2() { return __builtin_cpu_supports("avx2"); }
bool has_avx512() {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
}
#endif
#endif

}  // namespace

std::vector<std::string> variants() {
    std::vector<std::string> names{"baseline"};
#if defined(PDEFILTER_HAS_avx2)
    if (has_avx2()) names.push_back("avx2");
#endif
#if defined(PDEFILTER_HAS_avx512)
    if (has_avx512()) names.push_back("avx512");
#endif
    return names;
}

const Variant* variant_of(const std::string& name) {
#if defined(PDEFILTER_HAS_avx2)
    if (name == "avx2" && has_avx2()) return &avx2::variant;
#endif
#if defined(PDEFILTER_HAS_avx512)
    if (name == "avx512" && has_avx512()) return &avx512::variant;
#endif
    return name == "baseline" ? &baseline::variant : nullptr;
}

}  // namespace pdefilter
