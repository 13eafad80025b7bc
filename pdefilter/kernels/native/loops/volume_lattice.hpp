// Diffusion along a tensor field in a volume: every pixel exchanges with neighbours of its own
// choice.
#pragma once

#include "conductances.hpp"
#include "selling.hpp"
#include "volumes.hpp"

// The stencils of a row: of every pixel six weights, and three of its six offsets, in rows `apart`.
struct RowOfStencils {
    float* weights;
    int8_t* offsets;
    Index apart;
};

// ---------------------------------------------------------------- the tensor

// From the structure of a volume to the tensor of diffusion in it, but for the spacing.
inline Tensor3 diffusion_along(const VolumeReduction& task, const Tensor3& structure) {
    if (task.law == given) return structure;
    Eigensystem axes;
    find_eigensystem(structure, axes);
    const Floats scale = all(task.scale), one = all(1.0f);
    Floats g[3];
    for (int k = 0; k < 3; ++k) g[k] = eigenvalue_of(axes, k);
    if (task.law == along_lines) {
        Floats along[2];
        for (int k = 0; k < 2; ++k) {
            const Floats contrast = (g[0] - g[k + 1]) * scale;
            along[k] = one / (contrast * contrast);
        }
        exponential_of(along);
        g[0] = all(0.0f), g[1] = along[0], g[2] = along[1];
    } else {
        Floats four[4] = {g[0] * scale, g[1] * scale, g[2] * scale, one};
        with_kind(task.conductance, [&]<Conductance kind>() { conductances_of<kind>(four); });
        for (int k = 0; k < 3; ++k) g[k] = four[k];
    }
    const Floats least = all(least_diffusivity), rest = all(1.0f - least_diffusivity);
    for (Floats& value : g) value = value * rest + least;
    return with_eigenvalues(axes, g);
}

// ---------------------------------------------------------------- its reduction

constexpr int kept_offsets[] = {2, 4, 5};

typedef int8_t Bytes __attribute__((vector_size(lanes)));

// Written so that compilers find the instruction for all lanes.
inline Truths load(const int8_t* p) {
#if defined(__AVX512F__)
    return (Truths)_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i*)p));
#elif defined(__AVX2__)
    return (Truths)_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i*)p));
#else
    Bytes bytes;
    memcpy(&bytes, p, sizeof bytes);
    return __builtin_convertvector(bytes, Truths);
#endif
}
inline Truths load_some(const int8_t* p, Index count) {
    if (count >= lanes) return load(p);
    int8_t bytes[lanes] = {};
    memcpy(bytes, p, size_t(count));
    return load(bytes);
}
inline void store_some(int8_t* p, Truths v, Index count) {
    const Bytes bytes = __builtin_convertvector(v, Bytes);
    if (count >= lanes) return (void)memcpy(p, &bytes, sizeof bytes);
    memcpy(p, &bytes, size_t(count));
}

// A function of its own, as it is long.
__attribute__((noinline)) void reduce_some(const VolumeReduction& task, const Tensor3& tensor,
                                           Index j, Index rest, const RowOfStencils& row) {
    RealPair d[6];
    for (int k = 0; k < 6; ++k) d[k] = widened(tensor.component[k]);
    const Longs exponent[2] = {exponent_of(d, 0), exponent_of(d, 1)};
    Superbase3 base = superbase_of(d, exponent);
    base.reduce(all(float(task.reach)));
    for (int k = 0; k < 6; ++k) {
        RealPair weight = base.weight[k];
        for (int half = 0; half < 2; ++half)
            weight.half[half] *= power_of_two(exponent[half] - digits_of_tensors);
        const Floats half = narrowed(weight) * all(0.5f), zero = all(0.0f);
        store_some(row.weights + k * row.apart + j, half > zero ? half : zero, rest);
    }
    for (Index k = 0; k < 3; ++k)
        for (Index a = 0; a < 3; ++a) {
            const Floats offset = base.cross[others_of(kept_offsets[k])][a];
            store_some(row.offsets + (3 * k + a) * row.apart + j,
                       __builtin_convertvector(offset, Truths), rest);
        }
}

void reduce_line(const VolumeReduction& task, Index slice, Index r, const RowOfStencils& row) {
    const Index S = task.slices, M = task.rows, N = task.columns;
    const float* const tensor = task.tensor + (slice * M + r) * N;
    for (Index j = 0; j < N; j += lanes) {
        Tensor3 structure;
        for (Index k = 0; k < 6; ++k)
            structure.component[k] = load_some(tensor + k * S * M * N + j, N - j);
        Tensor3 d = diffusion_along(task, structure);
        if (task.per_area)
            for (int k = 0; k < 6; ++k) d.component[k] *= all(task.per_area[k]);
        reduce_some(task, d, j, N - j, row);
    }
}

void reduce_lines(const VolumeReduction& task, Index first, Index last, float*) {
    const Index M = task.rows, N = task.columns;
    for (Index line = first; line < last; ++line)
        reduce_line(task, line / M, line % M,
                    {task.weights + line * N, task.offsets + line * N, task.slices * M * N});
}

// ---------------------------------------------------------------- a step

// From the offsets that are kept to all six: as b_3 = -(b_0 + b_1 + b_2), the cross products with
// it are sums of the others.
template <class Whole>
inline void find_offsets(const Whole (&kept)[3], Whole (&e)[6]) {
    const auto [e2, e4, e5] = kept;
    e[0] = e2 + e4, e[1] = e5 - e2, e[2] = e2, e[3] = -(e4 + e5), e[4] = e4, e[5] = e5;
}

// Counts the rows in which an offset leads beyond reach.
Index count_outside(const VolumeExchange& task, Index first, Index last, float*) {
    const Index N = task.columns, volume = task.slices * task.rows * N;
    Index outside = 0;
    for (Index line = first; line < last; ++line) {
        int farthest = 0;
        for (Index a = 0; a < 3; ++a) {
            const int8_t* const offsets = task.offsets + a * volume + line * N;
            for (Index j = 0; j < N; ++j) {
                const int kept[] = {offsets[j], offsets[j + 3 * volume], offsets[j + 6 * volume]};
                int e[6];
                find_offsets(kept, e);
                for (const int offset : e) {
                    const int distance = offset < 0 ? -offset : offset;
                    farthest = distance > farthest ? distance : farthest;
                }
            }
        }
        outside += farthest > int(task.reach);
    }
    return outside;
}

// Slabs are cut from the longer one of two axes: rows, or slices.
struct Slabs {
    bool of_rows;
    Index size, count, thickness;

    static Slabs of(const VolumeExchange& task) {
        const bool of_rows = task.rows >= task.slices;
        const Index size = of_rows ? task.rows : task.slices;
        const Index count = larger(1, size / (2 * task.reach));
        return {of_rows, size, count, (size + count - 1) / count};
    }
};

Index slabs_of(const VolumeExchange& task) {
    const Slabs slabs = Slabs::of(task);
    return ((slabs.size + slabs.thickness - 1) / slabs.thickness + 1 - task.colour) / 2;
}

Index stride_of_stencils(const VolumeExchange& task) { return up_to_line(task.columns + lanes); }

// A row of stencils: six weights and nine bytes a pixel.
Index exchange_scratch(const VolumeExchange& task) { return (6 + 3) * stride_of_stencils(task); }

inline Truths numbered() {
#define PDEFILTER_NUMBER(k) k
    return Truths{PDEFILTER_LANES(PDEFILTER_NUMBER)};
}
inline Truths whole(Index n) { return Truths{} + int32_t(n); }

// How far from some pixels their neighbours at one end of an offset are, mirrored at the border
// along an axis.
inline Truths mirrored(Truths offset, Truths here, Index size) {
    const Truths zero{}, end = whole(size);
    Truths there = here + offset;
    for (;;) {
        const Truths before = there < zero, behind = there >= end;
        if (!any(before | behind)) return there - here;
        there = before ? -1 - there : behind ? end + end - 1 - there : there;
    }
}

// How far away the neighbours of some pixels at one end of an offset are. Where that is the same
// for all pixels, it is said of the first alone, and the neighbours lie side by side.
struct Destinations {
    bool side_by_side;
    Index away[lanes];

    void find(const Truths (&offsets)[3], Index count, Index rows, Index columns) {
        Truths differs = numbered() >= whole(count);
        for (const Truths& offset : offsets) differs |= offset != whole(offset[0]);
        side_by_side = !any(differs);
        int32_t each[3][lanes];
        memcpy(each, offsets, sizeof each);
        for (Index k = 0; k < (side_by_side ? 1 : lanes); ++k)
            away[k] = (each[0][k] * rows + each[1][k]) * columns + each[2][k];
    }
    void reverse(const Destinations& ahead) {
        side_by_side = ahead.side_by_side;
        for (Index k = 0; k < (side_by_side ? 1 : lanes); ++k) away[k] = -ahead.away[k];
    }
};

// Finds the neighbours of the pixels of a row from pixel j on, at both ends of every offset.
inline void find_destinations(const VolumeExchange& task, Index slice, Index r, Index j,
                              const RowOfStencils& row, Destinations (&found)[12]) {
    const Index M = task.rows, N = task.columns, count = smaller(N - j, lanes);
    const Index sizes[] = {task.slices, M, N}, first[] = {slice, r, j};
    const Truths here[] = {whole(slice), whole(r), whole(j) + numbered()};
    Truths e[3][6];
    bool at_border[3], both_alike = !task.closed;
    for (int a = 0; a < 3; ++a) {
        Truths kept[3];
        for (Index k = 0; k < 3; ++k)
            kept[k] = load_some(row.offsets + (3 * k + a) * row.apart + j, count);
        find_offsets(kept, e[a]);
        const Index last = first[a] + (a == 2 ? lanes : 1);
        at_border[a] = first[a] < task.reach || last > sizes[a] - task.reach;
        both_alike &= !at_border[a];
    }
    for (int end = 0; end < 12; ++end) {
        if (end % 2 && both_alike) {
            found[end].reverse(found[end - 1]);
            continue;
        }
        Truths open = numbered() < whole(count), offsets[3];
        for (Index k = 0; task.closed && k < count; ++k)
            if (task.closed[(slice * M + r) * N + j + k] >> end & 1) open[k] = 0;
        for (int a = 0; a < 3; ++a) {
            offsets[a] = open & (end % 2 ? -e[a][end / 2] : e[a][end / 2]);
            if (at_border[a]) offsets[a] = open & mirrored(offsets[a], here[a], sizes[a]);
        }
        found[end].find(offsets, count, M, N);
    }
}

// Fluxes are added to pixels and subtracted from their neighbours.
inline void exchange_some(const VolumeExchange& task, Index channel, Index pixel, Index rest,
                          const Floats (&weights)[6], const Destinations (&found)[12]) {
    const Index volume = task.slices * task.rows * task.columns;
    const float* const u = task.in + channel * volume + pixel;
    double* const changes = task.changes + channel * volume + pixel;
    const Reals bias = all_reals(task.rounding_bias[channel]);
    const Index count = smaller(rest, lanes);
    const Floats here = load_some(u, rest);
    RealPair total{};
    for (int end = 0; end < 12; ++end) {
        const Destinations& to = found[end];
#define PDEFILTER_NEIGHBOUR(k) u[k < count ? k + to.away[k] : 0]
        const Floats neighbour =
            to.side_by_side ? load(u + to.away[0]) : Floats{PDEFILTER_LANES(PDEFILTER_NEIGHBOUR)};
        RealPair flux = widened(weights[end / 2] * (neighbour - here));
        for (int half = 0; half < 2; ++half) {
            flux.half[half] = (flux.half[half] + bias) - bias;
            total.half[half] += flux.half[half];
        }
        if (to.side_by_side) {
            double* const there = changes + to.away[0];
            for (int half = 0; half < 2; ++half) {
                Reals change;
                memcpy(&change, there + half * real_lanes, sizeof change);
                change -= flux.half[half];
                memcpy(there + half * real_lanes, &change, sizeof change);
            }
        } else {
            double each[lanes];
            memcpy(each, &flux, sizeof each);
            for (Index k = 0; k < count; ++k) changes[k + to.away[k]] -= each[k];
        }
    }
    double each[lanes];
    memcpy(each, &total, sizeof each);
    for (Index k = 0; k < count; ++k) changes[k] += each[k];
}

void exchange_line(const VolumeExchange& task, Index slice, Index r, const RowOfStencils& row) {
    const Index N = task.columns;
    for (Index j = 0; j < N; j += lanes) {
        Destinations found[12];
        find_destinations(task, slice, r, j, row, found);
        Floats weights[6];
        for (Index k = 0; k < 6; ++k)
            weights[k] = load_some(row.weights + k * row.apart + j, N - j);
        for (Index c = 0; c < task.channels; ++c)
            exchange_some(task, c, (slice * task.rows + r) * N + j, N - j, weights, found);
    }
}

void exchange_slab(const VolumeExchange& task, Index number, Index, float* scratch) {
    const Index S = task.slices, M = task.rows, N = task.columns, stride = stride_of_stencils(task);
    const Slabs slabs = Slabs::of(task);
    const Index first = (2 * number + task.colour) * slabs.thickness;
    const Index last = smaller(slabs.size, first + slabs.thickness);
    const RowOfStencils reduced{scratch, (int8_t*)(scratch + 6 * stride), stride};
    const VolumeReduction reduction{S,          M,
                                    N,          task.tensor,
                                    task.law,   task.conductance,
                                    task.scale, task.per_area,
                                    task.reach, nullptr,
                                    nullptr};
    for (Index slice = slabs.of_rows ? 0 : first; slice < (slabs.of_rows ? S : last); ++slice)
        for (Index r = slabs.of_rows ? first : 0; r < (slabs.of_rows ? last : M); ++r) {
            if (task.tensor) {
                reduce_line(reduction, slice, r, reduced);
                exchange_line(task, slice, r, reduced);
            } else {
                const Index at = (slice * M + r) * N;
                exchange_line(task, slice, r, {task.weights + at, task.offsets + at, S * M * N});
            }
        }
}

void step_lines(const VolumeStep& task, Index first, Index last, float*) {
    const Index N = task.columns;
    const float rest = 1.0f - task.alpha;
    for (Index c = 0; c < task.channels; ++c) {
        const Index from = (c * task.slices * task.rows + first) * N, count = (last - first) * N;
        const float* const __restrict u = task.in + from;
        const double* const __restrict changes = task.changes + from;
        float* const __restrict out = task.out + from;
        for (Index j = 0; j < count; ++j) {
            float next = float(changes[j]) * task.tau;
            next += u[j];
            if (task.alpha != 1.0f) {
                next *= task.alpha;
                next += out[j] * rest;
            }
            out[j] = next;
        }
    }
}
