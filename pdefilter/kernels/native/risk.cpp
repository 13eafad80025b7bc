#include "risk.hpp"

namespace pdefilter {

namespace {

constexpr Index lanes = 8;

double total(const double (&s)[lanes]) {
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

template <bool masked>
void compare_row(const Comparison& task, Index row) {
    const Index N = task.columns, at = row * N;
    const float *const u = task.filtered + at, *const p = task.probed + at, *const f = task.f + at;
    const std::int8_t* const b = task.signs + at;
    const bool* const visible = masked ? task.visible + row % task.rows * N : nullptr;
    double misfit[lanes] = {}, answer[lanes] = {};
    auto add = [&](Index j, Index lane) {
        const float difference = u[j] - f[j];
        float square = difference * difference;
        if constexpr (masked) square *= float(visible[j]);
        misfit[lane] += double(square);
        answer[lane] += double((p[j] - u[j]) * float(b[j]));
    };
    Index j = 0;
    for (; j + lanes <= N; j += lanes)
        for (Index lane = 0; lane < lanes; ++lane) add(j + lane, lane);
    for (Index lane = 0; j < N; ++j, ++lane) add(j, lane);
    task.misfits[row] = total(misfit);
    task.answers[row] = total(answer);
}

}  // namespace

bool compare(const Comparison& task, int threads, const Interrupted& interrupted) {
    auto some_rows = [&](Index first, Index last, float*) {
        for (Index row = first; row < last; ++row)
            task.visible ? compare_row<true>(task, row) : compare_row<false>(task, row);
    };
    return in_chunks(task.channels * task.rows, threads, 0, some_rows, interrupted);
}

}  // namespace pdefilter
