#include "lattice.hpp"

namespace pdefilter {

bool reduce(const Reducing& task, const Stencils& stencils, int threads, const Variant& variant,
            const Interrupted& interrupted) {
    auto some_rows = [&](Index first, Index last, float*) {
        variant.reduce_rows(task, stencils, first, last);
    };
    return in_chunks(task.rows, threads, 0, some_rows, interrupted);
}

bool ends_inside(const Tying& task, int threads, const Variant& variant,
                 const Interrupted& interrupted, bool& inside) {
    std::atomic<bool> found{true};
    auto some_rows = [&](Index first, Index last, float*) {
        if (!variant.ends_inside(task, first, last)) found = false;
    };
    const bool done = in_chunks(task.rows, threads, 0, some_rows, interrupted);
    inside = found;
    return done;
}

bool tie(const Tying& task, int threads, const Variant& variant, const Interrupted& interrupted) {
    auto some_rows = [&](Index first, Index last, float* scratch) {
        variant.tie_rows(task, first, last, scratch);
    };
    // Rows above and below are tied twice, in this chunk and in that where they are wanted.
    constexpr Index chunk = 128;
    return in_chunks(task.rows, threads, variant.tie_scratch(task), some_rows, interrupted, chunk);
}

}  // namespace pdefilter
