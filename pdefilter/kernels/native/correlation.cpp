#include "correlation.hpp"

namespace pdefilter {

namespace {

// For every place from `reach` before an axis to `reach` behind it, which one it mirrors.
std::vector<Index> mirrored(Index size, Index reach) {
    std::vector<Index> places;
    for (Index k = -reach; k < size + reach; ++k) {
        const Index place = (k % (2 * size) + 2 * size) % (2 * size);
        places.push_back(std::min(place, 2 * size - 1 - place));
    }
    return places;
}

template <class Task, class RoomOf, class Rows>
bool on_rows(Task& task, const Taps& a, const Taps& b, int threads, RoomOf room_of, Rows rows,
             const Interrupted& interrupted) {
    const Mirrored places(task.rows, task.columns, std::max(reach_of(a), reach_of(b)));
    task.mirror = places.mirror();
    auto some_rows = [&](Index first, Index last, float* scratch) {
        rows(task, first, last, scratch);
    };
    return in_chunks(task.rows, threads, room_of(task), some_rows, interrupted);
}

}  // namespace

Mirrored::Mirrored(Index rows, Index columns, Index reach)
    : reach_(reach), row_(mirrored(rows, reach)), column_(mirrored(columns, reach)) {}

bool correlate(Correlation task, int threads, const Variant& variant,
               const Interrupted& interrupted) {
    return on_rows(task, task.along_rows, task.along_columns, threads, variant.correlate_scratch,
                   variant.correlate_rows, interrupted);
}

bool correlate2d(const Correlation2D& task, int threads, const Variant& variant,
                 const Interrupted& interrupted) {
    auto some_rows = [&](Index first, Index last, float* scratch) {
        variant.correlate2d_rows(task, first, last, scratch);
    };
    return in_chunks(task.rows, threads, variant.correlate2d_scratch(task), some_rows, interrupted);
}

bool gradient(Gradient task, int threads, const Variant& variant, const Interrupted& interrupted) {
    return on_rows(task, task.difference, task.smoothing, threads, variant.gradient_scratch,
                   variant.gradient_rows, interrupted);
}

}  // namespace pdefilter
