// The conductances of edges.
#pragma once

#include "correlation.hpp"

// By name, in the order of kernels/conductances.py; each is a function NAME_of below.
#define PDEFILTER_CONDUCTANCES(each)                                                             \
    each(constant) each(exponential) each(rational) each(charbonnier) each(weickert) each(tukey) \
        each(geman_mcclure) each(total_variation)

#define PDEFILTER_NUMBERED(name) name,
enum : Conductance { PDEFILTER_CONDUCTANCES(PDEFILTER_NUMBERED) };

#define PDEFILTER_NAMED(name) #name,
constexpr const char* conductance_names[] = {PDEFILTER_CONDUCTANCES(PDEFILTER_NAMED) nullptr};

// The lesser of r >= 0 and `most`, which NaN counts as, and the greater of r and `least`: bits of
// such floats are ordered like the floats, and integers are compared on units that would else be
// idle.
inline Floats at_most(Floats r, float most) {
    const Integers bits = (Integers)r, limit = (Integers)all(most);
    return (Floats)(bits < limit ? bits : limit);
}
inline Floats at_least(Floats r, float least) {
    const Integers bits = (Integers)r, limit = (Integers)all(least);
    return (Floats)(bits > limit ? bits : limit);
}

// The functions below work on several groups of numbers at once, because each operation must wait
// for the one before it.

// 2^-r for r from 0 up to the largest exponent, anything for others; see kernels/exponential.py.
template <int n>
inline void power_of_minus(Floats (&r)[n]) {
    const Floats magic = all(12582912.0f);  // 1.5 x 2^23: what it is added to becomes an integer
    Floats shifted[n], f2[n], p[n], q[n];
    for (int k = 0; k < n; ++k) shifted[k] = magic - r[k];
    for (int k = 0; k < n; ++k) r[k] += shifted[k] - magic;
    for (int k = 0; k < n; ++k) q[k] = r[k] * all(exponential_coefficients[0]);
    for (int k = 0; k < n; ++k) p[k] = r[k] * all(exponential_coefficients[2]);
    for (int k = 0; k < n; ++k) f2[k] = r[k] * r[k];
    for (int k = 0; k < n; ++k) q[k] += all(exponential_coefficients[1]);
    for (int k = 0; k < n; ++k) p[k] += all(exponential_coefficients[3]);
    for (int k = 0; k < n; ++k) r[k] *= all(exponential_coefficients[4]);
    for (int k = 0; k < n; ++k) q[k] *= f2[k];
    for (int k = 0; k < n; ++k) r[k] += all(exponential_coefficients[5]);
    for (int k = 0; k < n; ++k) p[k] += q[k];
    for (int k = 0; k < n; ++k) p[k] *= f2[k];
    for (int k = 0; k < n; ++k) r[k] += p[k];
    // The integer stands in the lowest bits. The product with its power of two is a normal
    // number, so adding to the exponent is exact.
    for (int k = 0; k < n; ++k) r[k] = (Floats)((Integers)r[k] + ((Integers)shifted[k] << 23));
}

// 1.
template <int n>
inline void constant_of(Floats (&r)[n]) {
    for (int k = 0; k < n; ++k) r[k] = all(1.0f);
}

// 2^-r for r >= 0, and 0 from the largest exponent on, and for NaN.
template <int n>
inline void exponential_of(Floats (&r)[n]) {
    decltype(r[0] < r[0]) counts[n];
    for (int k = 0; k < n; ++k) counts[k] = r[k] < all(largest_exponent);
    power_of_minus(r);
    for (int k = 0; k < n; ++k) r[k] = counts[k] ? r[k] : all(0.0f);
}

// 1/(1 + r).
template <int n>
inline void rational_of(Floats (&r)[n]) {
    for (int k = 0; k < n; ++k) r[k] = at_most(r[k], 1e18f) + all(1.0f);
    inverses_of(r);
}

// 1/sqrt(1 + r).
template <int n>
inline void charbonnier_of(Floats (&r)[n]) {
    for (int k = 0; k < n; ++k) r[k] = all(1.0f) / root(at_most(r[k], 1e18f) + all(1.0f));
}

// 1 - 2^(-1/r^4), which is 1 below the least r and 0 above the greatest.
template <int n>
inline void weickert_of(Floats (&r)[n]) {
    for (int k = 0; k < n; ++k) {
        const Floats limited = at_least(at_most(r[k], 1024.0f), 0.375f),
                     squared = limited * limited;
        r[k] = all(1.0f) / (squared * squared);
    }
    power_of_minus(r);
    for (int k = 0; k < n; ++k) r[k] = all(1.0f) - r[k];
}

// (1 - r)^2 up to r = 1, then 0.
template <int n>
inline void tukey_of(Floats (&r)[n]) {
    for (int k = 0; k < n; ++k) {
        const Floats rest = all(1.0f) - at_most(r[k], 1.0f);
        r[k] = rest * rest;
    }
}

// 1/(1 + r)^2.
template <int n>
inline void geman_mcclure_of(Floats (&r)[n]) {
    for (int k = 0; k < n; ++k) r[k] = at_most(r[k], 1e15f);
    rational_of(r);
    for (int k = 0; k < n; ++k) r[k] *= r[k];
}

// 1/sqrt(r), at most 1.
template <int n>
inline void total_variation_of(Floats (&r)[n]) {
    for (int k = 0; k < n; ++k) {
        const Floats limited = at_most(r[k], 1e18f), one = all(1.0f);
        r[k] = one / root(limited > one ? limited : one);
    }
}

// From s^2 times a scale to the conductance.
template <Conductance kind, int n>
inline void conductances_of(Floats (&r)[n]) {
#define PDEFILTER_COMPUTED(name) \
    if constexpr (kind == name) name##_of(r);
    PDEFILTER_CONDUCTANCES(PDEFILTER_COMPUTED)
}

// The conductance of a march's steps, and the terms that they have: all known when compiling.
template <Conductance kind_, bool weighted_, bool momentum_>
struct StepKind {
    static constexpr Conductance kind = kind_;
    static constexpr bool weighted = weighted_;  // edges have factors
    static constexpr bool momentum = momentum_;
};

// Calls f.operator()<kind>(), the kind known when compiling.
template <class F>
inline void with_kind(Conductance kind, F f) {
#define PDEFILTER_CASE(name) \
    case name:               \
        return f.template operator()<name>();
    switch (kind) { PDEFILTER_CONDUCTANCES(PDEFILTER_CASE) }
}

// From the differences across the edges below (2q) and to the right (2q + 1) of some rows to the
// conductances of these edges.
template <int n, int C, class L>
inline void conductances(const Floats (&difference)[n][C], float scale,
                         const float* const (&edges)[n], Index j, Floats (&g)[n]) {
    for (int k = 0; k < n; ++k) {
        g[k] = difference[k][0] * difference[k][0];
        for (int c = 1; c < C; ++c) g[k] += difference[k][c] * difference[k][c];
        g[k] *= all(scale);
    }
    conductances_of<L::kind>(g);
    if constexpr (L::weighted)
        for (int k = 0; k < n; ++k) g[k] *= load(edges[k] + j);
}

// ---------------------------------------------------------------- row by row

// The image that conductances follow, from column x0 on, as work goes down it: two rows of every
// channel. It is smoothed in whole rows.
struct Guide {
    const Conducting& task;
    const Index x0, width;
    float* const rows;
    const Index stride = stride_of(width);
    float* const windows = rows + 2 * task.channels * stride;

    static Index size_of_smoothing(const Conducting& task, Index width) {
        return Separable::size(mean, width, task.mirror);
    }
    static Index size(const Conducting& task, Index width) {
        const Index smoothed = task.smoothing.weights ? size_of_smoothing(task, width) : 0;
        return task.channels * (2 * stride_of(width) + smoothed);
    }

    float* row(Index r, Index c) const { return rows + ((r & 1) * task.channels + c) * stride; }
    const float* plane(Index c) const { return task.in + c * task.apart; }
    Separable smoothed(Index c) const {
        return {task.smoothing,
                task.smoothing,
                mean,
                plane(c),
                width,
                task.mirror,
                windows + c * size_of_smoothing(task, width)};
    }

    // Fetches the first row.
    void begin(Index r) const {
        for (Index c = 0; task.smoothing.weights && c < task.channels; ++c) smoothed(c).begin(r);
        fetch(r);
    }

    // The image's last column has itself to its right.
    void fetch(Index r) const {
        for (Index c = 0; c < task.channels; ++c) {
            float* const to = row(r, c);
            if (task.smoothing.weights) {
                smoothed(c).write<1>(r, {to});
                to[width] = to[width - 1];
            } else {
                const float* const from = plane(c) + r * task.columns + x0;
                memcpy(to, from, size_t(width) * sizeof(float));
                to[width] = from[smaller(width, task.columns - x0 - 1)];
            }
        }
    }
};

// Row r, of which that image has been fetched: to two rows of scratch, below and to the right.
// Fetches the next.
template <int C, class L>
void conduct_row_of(const Guide& guide, Index r, float* below, float* right) {
    const Conducting& task = guide.task;
    const Index M = task.rows, x0 = guide.x0, width = guide.width;
    if (r + 1 < M) guide.fetch(r + 1);
    const float *u[C], *next[C];
    for (int c = 0; c < C; ++c) {
        u[c] = guide.row(r, c);
        next[c] = guide.row(smaller(r + 1, M - 1), c);
    }
    if constexpr (L::weighted) {
        const float* const given = task.edges + r * task.columns + x0;
        const size_t bytes = size_t(width) * sizeof(float);
        memcpy(below, given, bytes);
        memcpy(right, given + M * task.columns, bytes);
    }
    const float* const edges[2] = {below, right};
    for (Index j = 0; j < width; j += lanes) {
        Floats difference[2][C], g[2];
        for (int c = 0; c < C; ++c) {
            const Floats here = load(u[c] + j);
            difference[0][c] = load(next[c] + j) - here;
            difference[1][c] = load(u[c] + j + 1) - here;
        }
        conductances<2, C, L>(difference, task.scale, edges, j, g);
        store(below + j, g[0]);
        store(right + j, g[1]);
    }
}

using ConductRow = void (*)(const Guide&, Index r, float* below, float* right);

ConductRow conduct_row(const Conducting& task) {
    ConductRow row{};
    with_channels(task.channels, [&]<int C>() {
        with_kind(task.conductance, [&]<Conductance kind>() {
            row = task.edges ? conduct_row_of<C, StepKind<kind, true, false>>
                             : conduct_row_of<C, StepKind<kind, false, false>>;
        });
    });
    return row;
}
