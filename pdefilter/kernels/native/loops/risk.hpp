// The sums of Stein's estimate of risk.
#pragma once

#include "floats.hpp"

// Eight sums in double precision, whatever a register holds, in two halves; see
// kernels/reference/risk.py.
constexpr Index half = 4;
typedef float HalfFloats __attribute__((vector_size(half * sizeof(float))));
typedef double HalfDoubles __attribute__((vector_size(half * sizeof(double))));

inline double added_up(const HalfDoubles (&s)[2]) {
    const HalfDoubles four = s[0] + s[1];
    return (four[0] + four[2]) + (four[1] + four[3]);
}

void compare_row(const Comparison& task, Index row) {
    const Index N = task.columns, at = row * N;
    HalfDoubles misfits[2] = {}, answers[2] = {};
    // Some numbers, or the fewer that are left, and zeros.
    auto add = [&](Index j, size_t count, HalfDoubles& misfit, HalfDoubles& answer) {
        HalfFloats u = {}, p = {}, f = {}, b = {};
        memcpy(&u, task.filtered + at + j, count * sizeof(float));
        memcpy(&p, task.probed + at + j, count * sizeof(float));
        memcpy(&f, task.f + at + j, count * sizeof(float));
        memcpy(&b, task.signs + at + j, count * sizeof(float));
        const HalfFloats change = u - f, square = change * change * (b * b), reply = (p - u) * b;
        misfit += __builtin_convertvector(square, HalfDoubles);
        answer += __builtin_convertvector(reply, HalfDoubles);
    };
    Index j = 0;
    for (; j + 2 * half <= N; j += 2 * half)
        for (Index k = 0; k < 2; ++k) add(j + k * half, half, misfits[k], answers[k]);
    for (Index k = 0; j < N; j += half, ++k)
        add(j, size_t(smaller(half, N - j)), misfits[k], answers[k]);
    task.sums[row] = added_up(misfits);
    task.sums[task.channels * task.rows + row] = added_up(answers);
}

void compare_rows(const Comparison& task, Index first, Index last, float*) {
    for (Index c = 0; c < task.channels; ++c)
        for (Index r = first; r < last; ++r) compare_row(task, c * task.rows + r);
}
