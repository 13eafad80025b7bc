// What edges conduct.
#pragma once

#include "floats.hpp"

// The lesser of r >= 0 and `most`, which NaN counts as: bits of such floats are ordered like the
// floats, and integers are compared on units that would else be idle.
inline Floats at_most(Floats r, float most) {
    const Integers bits = (Integers)r, limit = (Integers)all(most);
    return (Floats)(bits < limit ? bits : limit);
}

// What follows works on several groups of numbers side by side, because each operation must wait
// for the one before it.

// 2^-r for r >= 0; see kernels/exponential.py.
template <int n>
inline void exp2_of_minus(Floats (&r)[n]) {
    const Floats magic = all(12582912.0f);  // 1.5 x 2^23: what it is added to becomes an integer
    Floats shifted[n], f2[n], p[n], q[n];
    for (int k = 0; k < n; ++k) r[k] = at_most(r[k], 125.0f);
    for (int k = 0; k < n; ++k) shifted[k] = magic - r[k];
    for (int k = 0; k < n; ++k) r[k] += shifted[k] - magic;
    for (int k = 0; k < n; ++k) q[k] = r[k] * all(-1.3264727197e-03f);
    for (int k = 0; k < n; ++k) p[k] = r[k] * all(-5.5507337433e-02f);
    for (int k = 0; k < n; ++k) f2[k] = r[k] * r[k];
    for (int k = 0; k < n; ++k) q[k] += all(9.6715126397e-03f);
    for (int k = 0; k < n; ++k) p[k] += all(2.4022242085e-01f);
    for (int k = 0; k < n; ++k) r[k] *= all(-6.9314697760e-01f);
    for (int k = 0; k < n; ++k) q[k] *= f2[k];
    for (int k = 0; k < n; ++k) r[k] += all(1.0f);
    for (int k = 0; k < n; ++k) p[k] += q[k];
    for (int k = 0; k < n; ++k) p[k] *= f2[k];
    for (int k = 0; k < n; ++k) r[k] += p[k];
    // The integer stands in the lowest bits. The product with its power of two is a normal
    // number, so adding to the exponent is exact.
    for (int k = 0; k < n; ++k)
        r[k] = (Floats)((Integers)r[k] + ((Integers)shifted[k] << 23));
}

// 1/(1 + r), with one division for two, as 1/a = b/(ab).
template <int n>
inline void rational_of(Floats (&r)[n]) {
    Floats inverse[n / 2];
    for (int k = 0; k < n; ++k) r[k] = at_most(r[k], 1e18f) + all(1.0f);
    for (int k = 0; k < n; k += 2) inverse[k / 2] = all(1.0f) / (r[k] * r[k + 1]);
    for (int k = 0; k < n; k += 2) {
        const Floats a = r[k];
        r[k] = r[k + 1] * inverse[k / 2];
        r[k + 1] = a * inverse[k / 2];
    }
}

// The diffusivity of a march, and what else is computed: everything known when compiling.
template <Conductance kind_, bool weighted_, bool momentum_>
struct Law {
    static constexpr Conductance kind = kind_;
    static constexpr bool weighted = weighted_;  // the edges' own conductances are given
    static constexpr bool momentum = momentum_;
};

// From the differences across the edges below (2q) and to the right (2q + 1) of some rows to what
// these conduct.
template <int n, int C, class L>
inline void conductances(const Floats (&difference)[n][C], float scale,
                         const float* const (&edges)[n], Index j, Floats (&g)[n]) {
    for (int k = 0; k < n; ++k) {
        if constexpr (L::kind == constant) {
            g[k] = all(1.0f);
            continue;
        }
        g[k] = difference[k][0] * difference[k][0];
        for (int c = 1; c < C; ++c) g[k] += difference[k][c] * difference[k][c];
        g[k] *= all(scale);
    }
    if constexpr (L::kind == exponential) exp2_of_minus(g);
    if constexpr (L::kind == rational) rational_of(g);
    if constexpr (L::weighted)
        for (int k = 0; k < n; ++k) g[k] *= load(edges[k] + j);
}

// ---------------------------------------------------------------- as an image

Index conduct_scratch(const Conducting& task) {
    return (2 * task.channels + 2) * stride_of(task.columns);
}

template <int C, class L>
void conduct_rows_of(const Conducting& task, Index first, Index last, float* scratch) {
    const Index M = task.rows, N = task.columns, stride = stride_of(N);
    const size_t bytes = size_t(N) * sizeof(float);
    float* const results = scratch + 2 * C * stride;
    const float* const edges[2] = {results, results + stride};
    for (Index r = first; r < last; ++r) {
        for (int c = 0; c < C; ++c) {
            float *u = scratch + c * stride, *next = u + C * stride;
            memcpy(u, task.in + (c * M + r) * N, bytes);
            memcpy(next, task.in + (c * M + smaller(r + 1, M - 1)) * N, bytes);
            u[N] = u[N - 1];
        }
        if constexpr (L::weighted)
            for (int which = 0; which < 2; ++which)
                memcpy(results + which * stride, task.edges + (which * M + r) * N, bytes);
        for (Index j = 0; j < N; j += lanes) {
            Floats difference[2][C], g[2];
            for (int c = 0; c < C; ++c) {
                const float* const row = scratch + c * stride + j;
                difference[0][c] = load(row + C * stride) - load(row);
                difference[1][c] = load(row + 1) - load(row);
            }
            conductances<2, C, L>(difference, task.scale, edges, j, g);
            store(results + j, g[0]);
            store(results + stride + j, g[1]);
        }
        for (int which = 0; which < 2; ++which)
            memcpy(task.out + (which * M + r) * N, results + which * stride, bytes);
    }
}

template <int C, Conductance kind>
void conduct_rows_with(const Conducting& task, Index first, Index last, float* scratch) {
    if (task.edges)
        conduct_rows_of<C, Law<kind, true, false>>(task, first, last, scratch);
    else
        conduct_rows_of<C, Law<kind, false, false>>(task, first, last, scratch);
}

template <int C>
void conduct_channels(const Conducting& task, Index first, Index last, float* scratch) {
    if (task.conductance == exponential)
        return conduct_rows_with<C, exponential>(task, first, last, scratch);
    if (task.conductance == rational)
        return conduct_rows_with<C, rational>(task, first, last, scratch);
    conduct_rows_with<C, constant>(task, first, last, scratch);
}

void conduct_rows(const Conducting& task, Index first, Index last, float* scratch) {
    switch (task.channels) {
        case 1: return conduct_channels<1>(task, first, last, scratch);
        case 2: return conduct_channels<2>(task, first, last, scratch);
        case 3: return conduct_channels<3>(task, first, last, scratch);
        default: return conduct_channels<4>(task, first, last, scratch);
    }
}
