// Diffusion along a tensor field: every pixel exchanges with neighbours of its own choice.
#pragma once

#include "correlation.hpp"
#include "tensors.hpp"

typedef int32_t Whole __attribute__((vector_size(lanes * sizeof(int32_t))));
typedef int8_t Bytes __attribute__((vector_size(lanes)));

inline Whole whole(int32_t n) { return (Whole)((Integers){} + uint32_t(n)); }
inline Whole numbered() {
#define PDEFILTER_NUMBER(k) k
    return Whole{PDEFILTER_LANES(PDEFILTER_NUMBER)};
}
inline Whole reached(Whole v, Whole reach) { return (v < Whole{} ? -v : v) <= reach; }

// The first of which all bits are set, and none of those before; `lanes` if there is none.
inline Index first_of(Whole v) {
#if defined(__AVX512F__)
    return Index(__builtin_ctz(unsigned(_mm512_movepi32_mask((__m512i)v)) | 1u << lanes));
#elif defined(__AVX__)
    return Index(__builtin_ctz(unsigned(_mm256_movemask_ps((__m256)v)) | 1u << lanes));
#else
    Index k = 0;
    while (k < lanes && !v[k]) ++k;
    return k;
#endif
}
inline bool any(Whole v) { return first_of(v) < lanes; }

// A tensor as the sum of weight[k] e_k e_k^T, e_k = (row[k], column[k]): the vectors of a superbase
// turned by 90 degrees, and -<b_i, D b_j> of the others.
struct Superbase {
    Floats weight[3];
    Whole row[3], column[3];
};

inline Superbase superbase_of(const Tensor& d) {
    const auto positive = d.rc >= all(0.0f);
    const Floats diagonal = (Floats)((Integers)d.rc & (Integers{} + 0x7fffffffu));
    return {{d.cc - diagonal, d.rr - diagonal, diagonal},
            {whole(0), whole(-1), whole(1)},
            {positive ? whole(-1) : whole(1), whole(0), positive ? whole(1) : whole(-1)}};
}

// Turns every acute pair into an obtuse one, where the vector that replaces the third is within
// reach; returns where there was one.
inline Whole reduced(Superbase& s, Whole reach) {
    constexpr int pairs[3][3] = {{0, 1, 2}, {0, 2, 1}, {1, 2, 0}};
    Whole changed{};
    for (auto [i, j, k] : pairs) {
        const Whole row = s.row[i] - s.row[j], column = s.column[i] - s.column[j];
        const auto acute = (s.weight[k] < all(0.0f)) & reached(row, reach) & reached(column, reach);
        const Floats twice = s.weight[k] + s.weight[k];
        s.weight[i] = acute ? s.weight[i] + twice : s.weight[i];
        s.weight[j] = acute ? s.weight[j] + twice : s.weight[j];
        s.weight[k] = acute ? -s.weight[k] : s.weight[k];
        s.row[i] = acute ? -s.row[i] : s.row[i];
        s.column[i] = acute ? -s.column[i] : s.column[i];
        s.row[k] = acute ? row : s.row[k];
        s.column[k] = acute ? column : s.column[k];
        changed |= acute;
    }
    return changed;
}

inline void mirror_neighbours(const Reduction& task, Index r, Index c, const Stencils& row) {
    for (Index k = 0; k < 6; ++k) {
        int8_t *const to = row.neighbours + 2 * k * row.apart + c, *const across = to + row.apart;
        *to = int8_t(mirrored(r + *to, task.rows) - r);
        *across = int8_t(mirrored(c + *across, task.columns) - c);
    }
}

inline void store_some(int8_t* p, Whole v, Index count) {
    const Bytes bytes = __builtin_convertvector(v, Bytes);
    if (count >= lanes) return (void)memcpy(p, &bytes, sizeof bytes);
    if (count > 0) memcpy(p, &bytes, size_t(count));
}

template <TensorLaw law, Conductance kind>
void reduce_row_with(const Reduction& task, Index r, const Stencils& row) {
    const Index N = task.columns, size = task.rows * N, reach = task.reach;
    const float* const tensor = task.tensor + r * N;
    auto superbase = [&](Index j) {
        auto component = [&](Index k) { return load_some(tensor + k * size + j, N - j); };
        const Tensor structure = {component(0), component(1), component(2)};
        Tensor d = diffusion_along<law, kind>(structure, task.scale);
        if (const float* const per_area = task.per_area)
            d.rr *= all(per_area[0]), d.rc *= all(per_area[1]), d.cc *= all(per_area[2]);
        return superbase_of(d);
    };
    auto deliver = [&](const Superbase& base, Index j) {
        const Index rest = N - j;
        for (Index k = 0; k < 3; ++k) {
            const Floats half = base.weight[k] * all(0.5f), zero = all(0.0f);
            int8_t* const neighbours = row.neighbours + 4 * k * row.apart + j;
            store_some(row.weights + k * row.apart + j, half > zero ? half : zero, rest);
            store_some(neighbours, base.row[k], rest);
            store_some(neighbours + row.apart, base.column[k], rest);
            store_some(neighbours + 2 * row.apart, -base.row[k], rest);
            store_some(neighbours + 3 * row.apart, -base.column[k], rest);
        }
    };
    const Whole farthest = whole(int32_t(reach));
    // Two groups side by side, as every step of a reduction must wait for the one before it.
    for (Index j = 0; j < N; j += 2 * lanes) {
        Superbase one = superbase(j), other = superbase(j + lanes);
        for (int k = 0; k < most_sweeps && any(reduced(one, farthest) | reduced(other, farthest));
             ++k) {
        }
        deliver(one, j), deliver(other, j + lanes);
    }
    const bool inside = reach <= r && r < task.rows - reach;
    for (Index c = 0; c < N; ++c) {
        if (inside && c == reach) c = larger(c, N - reach);
        mirror_neighbours(task, r, c, row);
    }
}

void reduce_row(const Reduction& task, Index r, const Stencils& row) {
    if (task.law == given) return reduce_row_with<given, constant>(task, r, row);
    if (task.law == along_lines) return reduce_row_with<along_lines, constant>(task, r, row);
    with_kind(task.conductance,
              [&]<Conductance kind>() { reduce_row_with<along_each, kind>(task, r, row); });
}

// The stencils from a pixel on.
inline Stencils from(const Stencils& stencils, Index pixel) {
    return {stencils.weights + pixel, stencils.neighbours + pixel, stencils.apart};
}

template <class Task>
inline Stencils stencils_of(const Task& task) {
    return {task.weights, task.neighbours, task.rows * task.columns};
}

void reduce_rows(const Reduction& task, Index first, Index last, float*) {
    for (Index r = first; r < last; ++r)
        reduce_row(task, r, from(stencils_of(task), r * task.columns));
}

// ---------------------------------------------------------------- a step

// Counts the neighbours' planes of rows that lead out of the image, or beyond reach.
Index count_outside(const Application& task, Index first, Index last, float*) {
    const Index M = task.rows, N = task.columns, reach = task.reach;
    auto within = [=](const int8_t* offsets, Index count, Index index, Index size) {
        return lead_inside(offsets, count, larger(-reach, -index),
                           smaller(reach, size - 1 - index));
    };
    Index outside = 0;
    for (Index r = first; r < last; ++r) {
        const Stencils row = from(stencils_of(task), r * N);
        for (Index k = 0; k < 6; ++k) {
            const int8_t* const rows = row.neighbours + 2 * k * row.apart;
            const int8_t* const columns = rows + row.apart;
            bool inside = within(rows, N, r, M) && lead_inside(columns, N, -reach, reach);
            for (Index c = 0; c < N; ++c) {
                if (c == reach) c = larger(c, N - reach);
                if (c < N) inside &= within(columns + c, 1, c, N);
            }
            outside += !inside;
        }
    }
    return outside;
}

// Rows kept of the image and of its change, as stencils reach so far up and down: a power of two.
inline Index ring_rows(const Application& task) {
    Index rows = 1;
    while (rows < 2 * task.reach + 1) rows *= 2;
    return rows;
}

typedef double Doubles __attribute__((vector_size(lanes * sizeof(double))));

// For every channel a ring of rows and one in double precision; and the offsets of a row's
// neighbours, and its stencils, three floats of weights and twelve bytes a pixel. Registers reach
// beyond the ends.
Index apply_stencil_scratch(const Application& task) {
    const Index stride = framed_stride(task.columns, 0);
    return 3 * (ring_rows(task) * task.channels * stride + 2 * lanes) + (6 + 3 + 3) * stride;
}

// The flux from a neighbour is added to the pixel and subtracted from the neighbour. Rows are
// visited as far as their stencils reach into those wanted; a row is done when the last that can
// take from it is.
template <int C>
struct StencilRows {
    const Application& task;
    float* const scratch;
    const Index M = task.rows, N = task.columns, stride = framed_stride(N, 0), reach = task.reach;
    const Index mask = ring_rows(task) - 1;
    float* const images = scratch + lanes;
    double* const changes = (double*)(images + (mask + 1) * C * stride + lanes) + lanes;
    float* const reduced = (float*)(changes + (mask + 1) * C * stride + lanes);
    // How far from a pixel its neighbours are in a ring.
    int32_t* const offsets = (int32_t*)(reduced + 6 * stride);

    Index row(Index r) const { return (r & mask) * C * stride; }

    void fetch(Index r) const {
        if (r < M)
            for (int c = 0; c < C; ++c)
                memcpy(images + row(r) + c * stride, task.in + (c * M + r) * N,
                       size_t(N) * sizeof(float));
        memset(changes + row(r), 0, size_t(C * stride) * sizeof(double));
    }

    Stencils stencils(Index r) const {
        if (!task.tensor) return from(stencils_of(task), r * N);
        const Stencils found{reduced, (int8_t*)(reduced + 3 * stride), stride};
        const Reduction reduction{
            M,     N,       task.tensor, task.law, task.conductance, task.scale, task.per_area,
            reach, nullptr, nullptr};
        reduce_row(reduction, r, found);
        return found;
    }

    void locate(Index r, const Stencils& of_row) const {
        const auto here = int32_t(row(r)), across = int32_t(C * stride);
        for (Index k = 0; k < 6; ++k) {
            const int8_t* const rows = of_row.neighbours + 2 * k * of_row.apart;
            const int8_t* const columns = rows + of_row.apart;
            int32_t* const to = offsets + k * stride;
            for (Index j = 0; j < N; ++j)
                to[j] = ((int32_t(r) + rows[j]) & int32_t(mask)) * across - here + columns[j];
        }
    }

    // Several pixels at once: where their neighbours are equally far away, these lie side by side.
    void apply(Index r) const {
        const Stencils of_row = stencils(r);
        locate(r, of_row);
        const float* const image = images + row(r);
        double* const change = changes + row(r);
        Doubles bias[C];
        for (int c = 0; c < C; ++c) bias[c] = Doubles{} + task.rounding_bias[c];
        for (Index j = 0; j < N; j += lanes) {
            const Whole inside = numbered() < whole(int32_t(smaller(lanes, N - j)));
            Floats here[C];
            Doubles total[C] = {};
            for (int c = 0; c < C; ++c) here[c] = load(image + c * stride + j);
            for (Index k = 0; k < 3; ++k) {
                const Floats weight = load_some(of_row.weights + k * of_row.apart + j, N - j);
                const int32_t* const ahead = offsets + 2 * k * stride + j;
                const int32_t* const behind = ahead + stride;
                Whole away, back, left = inside;
                memcpy(&away, ahead, sizeof away);
                memcpy(&back, behind, sizeof back);
                for (Index first; (first = first_of(left)) < lanes;) {
                    const Whole chosen = left & (away == ahead[first]) & (back == behind[first]);
                    left &= ~chosen;
                    const Index both[] = {ahead[first], behind[first]};
                    for (const Index offset : both) {
                        for (int c = 0; c < C; ++c) {
                            const Index there = c * stride + j + offset;
                            const Floats flux = weight * (load(image + there) - here[c]);
                            const auto some = (Floats)((Whole)flux & chosen);
                            const Doubles sum = __builtin_convertvector(some, Doubles) + bias[c];
                            const Doubles rounded = sum - bias[c];
                            total[c] += rounded;
                            subtract(change + there, rounded);
                        }
                    }
                }
            }
            for (int c = 0; c < C; ++c) subtract(change + c * stride + j, -total[c]);
        }
    }

    static void subtract(double* from, const Doubles& what) {
        Doubles rest;
        memcpy(&rest, from, sizeof rest);
        rest -= what;
        memcpy(from, &rest, sizeof rest);
    }

    void finish(Index r) const {
        const float rest = 1.0f - task.alpha;
        for (int c = 0; c < C; ++c) {
            float* const out = task.out + (c * M + r) * N;
            const float* const u = images + row(r) + c * stride;
            const double* const change = changes + row(r) + c * stride;
            for (Index j = 0; j < N; ++j) {
                float next = float(change[j]) * task.tau;
                next += u[j];
                if (task.alpha != 1.0f) {
                    next *= task.alpha;
                    next += out[j] * rest;
                }
                out[j] = next;
            }
        }
    }

    void run(Index first, Index last) const {
        const Index top = larger(0, first - reach), bottom = smaller(M, last + reach);
        for (Index r = larger(0, top - reach); r < top + reach; ++r) fetch(r);
        for (Index r = top; r < bottom + reach; ++r) {
            fetch(r + reach);
            if (r < bottom) apply(r);
            if (first <= r - reach && r - reach < last) finish(r - reach);
        }
    }
};

void apply_stencil_rows(const Application& task, Index first, Index last, float* scratch) {
    with_channels(task.channels, [&]<int C>() { StencilRows<C>{task, scratch}.run(first, last); });
}
