// Diffusion along a tensor field: every pixel is tied to neighbours of its own choice.
#pragma once

#include "floats.hpp"

constexpr Index reach = 5;  // the largest component of an offset; see kernels/reference/lattice.py
constexpr int most_reductions = 16;

struct Offset {
    int r, c;
};

// <a, D b>.
inline float product_of(const float (&d)[3], Offset a, Offset b) {
    float total = float(a.r * b.r) * d[0];
    total += float(a.r * b.c + a.c * b.r) * d[1];
    total += float(a.c * b.c) * d[2];
    return total;
}

inline bool reaches(Offset a) {
    return -reach <= a.r && a.r <= reach && -reach <= a.c && a.c <= reach;
}

// The pairs of vectors of a superbase, and the third.
constexpr int pairs[3][3] = {{0, 1, 2}, {0, 2, 1}, {1, 2, 0}};

inline bool reduced(const float (&d)[3], Offset (&base)[3]) {
    for (auto [i, j, k] : pairs) {
        const Offset third{base[i].r - base[j].r, base[i].c - base[j].c};
        if (!(product_of(d, base[i], base[j]) > 0.0f) || !reaches(third)) continue;
        base[i] = {-base[i].r, -base[i].c};
        base[k] = third;
        return true;
    }
    return false;
}

inline Index mirrored(Index place, Index size) {
    if (0 <= place && place < size) return place;
    place = (place % (2 * size) + 2 * size) % (2 * size);
    return smaller(place, 2 * size - 1 - place);
}

void reduce_rows(const Reducing& task, Index first, Index last) {
    const Index M = task.rows, N = task.columns, size = M * N;
    for (Index r = first; r < last; ++r)
        for (Index c = 0; c < N; ++c) {
            const Index p = r * N + c;
            const float d[3] = {task.tensor[p], task.tensor[size + p], task.tensor[2 * size + p]};
            Offset base[3] = {{1, 0}, {0, 1}, {-1, -1}};
            for (int k = 0; k < most_reductions && reduced(d, base); ++k) {}
            for (auto [i, j, k] : pairs) {
                const float half = product_of(d, base[i], base[j]) * -0.5f;
                task.weights[3 * p + k] = half > 0.0f ? half : 0.0f;
                for (int end = 0; end < 2; ++end) {
                    const int sign = end ? -1 : 1;
                    int8_t* const to = task.ends + 12 * p + 4 * k + 2 * end;
                    to[0] = int8_t(mirrored(r - sign * base[k].c, M) - r);
                    to[1] = int8_t(mirrored(c + sign * base[k].r, N) - c);
                }
            }
        }
}

// ---------------------------------------------------------------- a step

// Rows kept of what ties take away: what a row takes reaches so far up and down.
constexpr Index tie_ring = 16;

Index tie_scratch(const Tying& task) { return 2 * tie_ring * task.channels * task.columns; }

// A tie has a flux, which comes to the pixel that it is of and is taken from its other end. Rows
// are gone through as far as their ties reach into those wanted; a row is done when the last that
// can take from it is.
template <int C>
struct Ties {
    const Tying& task;
    float* const scratch;
    const Index M = task.rows, N = task.columns;

    float* taken(Index r, int c) const { return scratch + ((r & (tie_ring - 1)) * C + c) * N; }
    float* own(Index r, int c) const { return taken(r, c) + tie_ring * C * N; }

    void tie(Index r) const {
        for (Index j = 0; j < N; ++j) {
            const Index p = r * N + j;
            const float* const weights = task.weights + 3 * p;
            const int8_t* const ends = task.ends + 12 * p;
            float total[C] = {};
            for (int end = 0; end < 6; ++end) {
                const Index to_row = r + ends[2 * end], to_column = j + ends[2 * end + 1];
                for (int c = 0; c < C; ++c) {
                    const float* const u = task.in + c * M * N;
                    const float flux = weights[end / 2] * (u[to_row * N + to_column] - u[p]);
                    total[c] += flux;
                    taken(to_row, c)[to_column] += flux;
                }
            }
            for (int c = 0; c < C; ++c) own(r, c)[j] = total[c];
        }
    }

    void finish(Index r) const {
        const float rest = 1.0f - task.alpha;
        for (int c = 0; c < C; ++c) {
            const Index at = (c * M + r) * N;
            const float *const comes = own(r, c), *const goes = taken(r, c);
            for (Index j = 0; j < N; ++j) {
                float change = comes[j] - goes[j];
                change *= task.tau;
                change += task.in[at + j];
                if (task.alpha != 1.0f) {
                    change *= task.alpha;
                    change += task.out[at + j] * rest;
                }
                task.out[at + j] = change;
            }
        }
    }

    void run(Index first, Index last) const {
        const Index top = larger(0, first - reach), bottom = smaller(M, last + reach);
        const size_t bytes = size_t(C * N) * sizeof(float);
        for (Index r = larger(0, top - reach); r < top + reach; ++r) memset(taken(r, 0), 0, bytes);
        for (Index r = top; r < bottom + reach; ++r) {
            memset(taken(r + reach, 0), 0, bytes);
            if (r < bottom) tie(r);
            if (first <= r - reach && r - reach < last) finish(r - reach);
        }
    }
};

void tie_rows(const Tying& task, Index first, Index last, float* scratch) {
    switch (task.channels) {
        case 1: return Ties<1>{task, scratch}.run(first, last);
        case 2: return Ties<2>{task, scratch}.run(first, last);
        case 3: return Ties<3>{task, scratch}.run(first, last);
        default: return Ties<4>{task, scratch}.run(first, last);
    }
}
