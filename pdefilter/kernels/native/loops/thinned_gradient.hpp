// The gradient of one channel, perhaps smoothed before, thinned while its rows are in the cache.
#pragma once

#include "gradient.hpp"
#include "thinning.hpp"

// Rows that are found before the first of them is thinned.
constexpr Index waiting = 2;

// How far a thinned pixel depends on the gradient of others, and that on the smoothed channel.
inline Index reach_beyond(const ThinnedGradient& task) {
    return 1 + larger(reach_of(task.difference), reach_of(task.smoothing));
}

// From the smoothed channel on.
inline ThinnedGradient without_smoothing(ThinnedGradient task, const float* smoothed) {
    task.in = smoothed;
    task.mirror.reach = reach_beyond(task) - 1;
    return task;
}

Index thinned_gradient_scratch(const ThinnedGradient& task) {
    const Index N = task.columns;
    const Index smoothed = rows_of_a_piece + 2 * reach_beyond(task);
    const Index smoothing = Separable::size(task.order, N, task.mirror) + up_to_line(smoothed * N);
    return gradient_scratch(without_smoothing(task, nullptr)) + FramedRows::size(N) +
           2 * waiting * framed_stride(N, 0) + (task.along_rows.weights ? smoothing : 0);
}

template <bool central>
void thin_gradient_of(const ThinnedGradient& task, Index first, Index last, float* scratch) {
    const Index N = task.columns;
    const GradientRows<false, central> gradient{task, scratch};
    const FramedRows strengths{task.rows, N, scratch + gradient_scratch(task)};
    float* const vectors = strengths.memory + FramedRows::size(N);
    auto component = [&](Index r, Index a) {
        return vectors + (r % waiting * 2 + a) * framed_stride(N, 0);
    };
    auto find = [&](Index r) {
        float* const strength = strengths.row(r);
        float *const v_r = component(r, 0), *const v_c = component(r, 1);
        gradient.go_along(r, [&](const Sums& s, Index j) {
            store_some(strength + j, magnitude_of(s, 1, task.factor), N - j);
            store(v_r + j, s.r), store(v_c + j, s.c);
        });
    };
    Index found = larger(first - 1, 0);
    gradient.begin(found);
    for (Index r = first; r < last; ++r) {
        for (; found <= smaller(r + 1, task.rows - 1); ++found) find(found);
        const RowToThin<2> row{
            .around = {strengths.row(r - 1), strengths.row(r), strengths.row(r + 1)},
            .normal = {component(r, 0), component(r, 1)},
            .kept = task.out + r * N,
            .steps = nullptr,
            .least = task.least};
        row.thin(N);
    }
}

void keep_within(float lowest, float highest, float* numbers, Index count) {
    for (Index j = 0; j < count; j += lanes) {
        const Floats v = load_some(numbers + j, count - j);
        store_some(numbers + j, least_of(largest_of(v, all(lowest)), all(highest)), count - j);
    }
}

void thinned_gradient_rows(const ThinnedGradient& task, Index first, Index last, float* scratch) {
    const Index N = task.columns, beyond = reach_beyond(task);
    ThinnedGradient smooth = without_smoothing(task, task.in);
    if (task.along_rows.weights) {
        const Index begin = larger(first - beyond, 0), end = smaller(last + beyond, task.rows);
        const Separable plane{
            task.along_rows, task.along_columns, task.order, task.in, N, task.mirror, scratch};
        float* const smoothed = scratch + Separable::size(task.order, N, task.mirror);
        correlate_to(plane, begin, end, smoothed);
        keep_within(task.lowest, task.highest, smoothed, (end - begin) * N);
        smooth = without_smoothing(task, smoothed - begin * N);
        scratch = smoothed + up_to_line((rows_of_a_piece + 2 * beyond) * N);
    }
    with_flag(is_central(task),
              [&]<bool central>() { thin_gradient_of<central>(smooth, first, last, scratch); });
}
