// Steps of shock filters and of mean curvature motion on whole images, on several threads.
#pragma once

#include "correlation.hpp"
#include "team.hpp"
#include "variant.hpp"

namespace pdefilter {

// The mirror of the task is made here. Returns false if interrupted.
inline bool shock(Shock task, int threads, const Variant& variant, const Interrupted& interrupted) {
    // A step looks one row up and down itself.
    const Index reach = task.smoothing.weights ? std::max<Index>(1, reach_of(task.smoothing)) : 0;
    const Mirrored places(task.rows, task.columns, reach);
    task.mirror = places.mirror();
    auto some_rows = [&](Index first, Index last, float* scratch) {
        variant.shock_rows(task, first, last, scratch);
    };
    return in_chunks(task.rows, threads, variant.shock_scratch(task), some_rows, interrupted);
}

// Returns false if interrupted.
inline bool straighten(const Curvature& task, int threads, const Variant& variant,
                       const Interrupted& interrupted) {
    auto some_rows = [&](Index first, Index last, float* scratch) {
        variant.curvature_rows(task, first, last, scratch);
    };
    return in_chunks(task.rows, threads, variant.curvature_scratch(task), some_rows, interrupted);
}

}  // namespace pdefilter
