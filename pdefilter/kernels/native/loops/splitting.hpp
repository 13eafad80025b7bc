// Additive operator splitting: many tridiagonal systems side by side.
#pragma once

#include "conductances.hpp"

// Thomas's algorithm on as many systems at once as keep the processor busy while each waits
// for its divisions.
constexpr Index group = 32;
constexpr Index parts = group / lanes;
constexpr Index most_channels = 4;

struct Systems {
    Index length, stride;
    const float* f[most_channels];  // position i lies `stride` after position i - 1; perhaps v
    float* v[most_channels];        // the solution, [length][group]
    float* edges;                   // g between positions i and i + 1, alike; overwritten
};

template <int C>
void solve_of(const Systems& s, float d_tau, float per_square) {
    const Index n = s.length;
    Floats w[parts], ratio[parts], v[C][parts];
    for (Index k = 0; k < parts; ++k) {
        w[k] = ratio[k] = all(0.0f);
        for (int c = 0; c < C; ++c) v[c][k] = all(0.0f);
    }
    for (Index i = 0; i < n; ++i)
        for (Index k = 0; k < parts; ++k) {
            const Index at = i * s.stride + k * lanes, to = i * group + k * lanes;
            Floats after = all(0.0f);
            if (i < n - 1) after = load(s.edges + to) * all(d_tau) * all(per_square);
            const Floats diagonal = all(1.0f) + w[k] + after;
            const Floats pivot = all(1.0f) / (diagonal - w[k] * ratio[k]);
            for (int c = 0; c < C; ++c) {
                v[c][k] = (load(s.f[c] + at) + w[k] * v[c][k]) * pivot;
                store(s.v[c] + to, v[c][k]);
            }
            ratio[k] = after * pivot;
            store(s.edges + to, ratio[k]);
            w[k] = after;
        }
    for (Index i = n - 2; i >= 0; --i)
        for (Index k = 0; k < parts; ++k) {
            const Index to = i * group + k * lanes;
            const Floats r = load(s.edges + to);
            for (int c = 0; c < C; ++c) {
                v[c][k] = load(s.v[c] + to) + r * v[c][k];
                store(s.v[c] + to, v[c][k]);
            }
        }
}

void solve(const Systems& s, const Splitting& task) {
    with_channels(task.channels, [&]<int C>() { solve_of<C>(s, task.d_tau, task.per_square); });
}

// Memory for systems, and for the conductances of rows of up to `width` pixels.
struct SystemsScratch {
    Index plane, stride;
    float *planes, *rows, *below, *right;

    SystemsScratch(float* scratch, const Splitting& task, Index length, Index width)
        : plane((length + lanes) * group),
          stride(stride_of(width)),
          planes(scratch),
          rows(scratch + (task.channels + 1) * plane),
          below(rows + 2 * task.conducting->channels * stride),
          right(below + stride) {}
};

Index solve_scratch(const Splitting& task, Index length, Index width) {
    const Index planes = task.channels + 1, rows = 2 * task.conducting->channels + 1 + group;
    return planes * (length + lanes) * group + rows * stride_of(width);
}
Index solve_columns_scratch(const Splitting& task) { return solve_scratch(task, task.rows, group); }
Index solve_rows_scratch(const Splitting& task) {
    return solve_scratch(task, task.columns, task.columns);
}

Systems systems_in(const SystemsScratch& memory, Index channels, Index length) {
    Systems s{};
    s.length = length;
    for (Index c = 0; c < channels; ++c) s.v[c] = memory.planes + c * memory.plane;
    s.edges = memory.planes + channels * memory.plane;
    return s;
}

void solve_columns(const Splitting& task, Index first, Index last, float* scratch) {
    const Index M = task.rows, N = task.columns, channels = task.channels;
    const SystemsScratch memory(scratch, task, M, group);
    const ConductRow conduct = conduct_row(*task.conducting);
    Systems s = systems_in(memory, channels, M);
    for (Index j0 = first; j0 < last; j0 += group) {
        const Index count = smaller(group, last - j0);
        const size_t bytes = size_t(count) * sizeof(float);
        // The last group may be narrow: it is laid out apart, or it would read past its rows.
        auto side_by_side = [&](const float* plane, float* to) -> const float* {
            if (count == group) return plane + j0;
            for (Index i = 0; i < M; ++i) {
                memset(to + i * group, 0, group * sizeof(float));
                memcpy(to + i * group, plane + i * N + j0, bytes);
            }
            return to;
        };
        s.stride = count == group ? N : group;
        for (Index c = 0; c < channels; ++c)
            s.f[c] = side_by_side(task.in + c * task.apart, s.v[c]);
        const Guide guide{*task.conducting, j0, count, memory.rows};
        guide.begin(0);
        for (Index i = 0; i < M; ++i) conduct(guide, i, s.edges + i * group, memory.right);
        solve(s, task);
        for (Index c = 0; c < channels; ++c)
            for (Index i = 0; i < M; ++i)
                for (Index k = 0; k < count; k += lanes)
                    store_some(task.out + c * task.out_apart + i * N + j0 + k,
                               load(s.v[c] + i * group + k), count - k);
    }
}

// Row k of the square becomes column k: so many perfect shuffles bring every element home.
template <Index stage = 1>
inline void transpose(Floats (&square)[lanes]) {
#define PDEFILTER_LOW(k) k / 2 + k % 2 * int(lanes)
#define PDEFILTER_HIGH(k) int(lanes) / 2 + k / 2 + k % 2 * int(lanes)
    Floats shuffled[lanes];
    for (Index k = 0; k < lanes / 2; ++k) {
        const Floats a = square[k], b = square[k + lanes / 2];
        shuffled[2 * k] = __builtin_shufflevector(a, b, PDEFILTER_LANES(PDEFILTER_LOW));
        shuffled[2 * k + 1] = __builtin_shufflevector(a, b, PDEFILTER_LANES(PDEFILTER_HIGH));
    }
    for (Index k = 0; k < lanes; ++k) square[k] = shuffled[k];
    if constexpr (2 * stage < lanes) transpose<2 * stage>(square);
}

// Some rows of N pixels, as the columns of [columns][group].
void turn(const float* rows, Index stride, Index count, Index N, float* to) {
    for (Index i0 = 0; i0 < group; i0 += lanes)
        for (Index j0 = 0; j0 < N; j0 += lanes) {
            Floats square[lanes];
            for (Index i = 0; i < lanes; ++i)
                square[i] = load_some(rows + (i0 + i) * stride + j0, i0 + i < count ? N - j0 : 0);
            transpose(square);
            for (Index j = 0; j < lanes; ++j) store(to + (j0 + j) * group + i0, square[j]);
        }
}

// The mean of the columns of [columns][group] and some rows of a plane, in their place; in a volume
// of those and the rows of another plane.
void average_turned(const float* from, float* rows, const float* between, Index count, Index N) {
    for (Index i0 = 0; i0 < count; i0 += lanes)
        for (Index j0 = 0; j0 < N; j0 += lanes) {
            Floats square[lanes];
            for (Index j = 0; j < lanes; ++j) square[j] = load(from + (j0 + j) * group + i0);
            transpose(square);
            for (Index i = 0; i < smaller(lanes, count - i0); ++i) {
                const Index at = (i0 + i) * N + j0, left = N - j0;
                const Floats one = load_some(rows + at, left);
                const Floats mean = between
                                        ? add_up(one, load_some(between + at, left), square[i]) *
                                              all(float(1.0 / 3.0))
                                        : (one + square[i]) * all(0.5f);
                store_some(rows + at, mean, left);
            }
        }
}

void solve_rows(const Splitting& task, Index first, Index last, float* scratch) {
    const Index M = task.rows, N = task.columns, channels = task.channels;
    const SystemsScratch memory(scratch, task, N, N);
    const ConductRow conduct = conduct_row(*task.conducting);
    Systems s = systems_in(memory, channels, N);
    s.stride = group;
    for (Index i0 = first; i0 < last; i0 += group) {
        const Index count = smaller(group, last - i0);
        for (Index c = 0; c < channels; ++c) {
            turn(task.in + c * task.apart + i0 * N, N, count, N, s.v[c]);
            s.f[c] = s.v[c];
        }
        const Guide guide{*task.conducting, 0, N, memory.rows};
        guide.begin(i0);
        for (Index i = 0; i < count; ++i)
            conduct(guide, i0 + i, memory.below, memory.right + i * memory.stride);
        turn(memory.right, memory.stride, count, N, s.edges);
        solve(s, task);
        for (Index c = 0; c < channels; ++c)
            average_turned(s.v[c], task.out + c * task.out_apart + i0 * N,
                           task.between ? task.between + (c * M + i0) * N : nullptr, count, N);
    }
}
