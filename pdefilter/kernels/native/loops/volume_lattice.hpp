// Diffusion along a tensor field in a volume: every pixel exchanges with neighbours of its own
// choice.
#pragma once

#include "conductances.hpp"
#include "selling.hpp"
#include "volumes.hpp"

// The stencils of a row: six weights and 36 components of offsets a pixel, in rows `apart`.
struct RowOfStencils {
    float* weights;
    int8_t* neighbours;
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

typedef int8_t Bytes __attribute__((vector_size(lanes)));

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
        for (int a = 0; a < 3; ++a) {
            const Truths offset = __builtin_convertvector(base.cross[others_of(k)][a], Truths);
            int8_t* const ahead = row.neighbours + (6 * k + a) * row.apart + j;
            store_some(ahead, offset, rest);
            store_some(ahead + 3 * row.apart, -offset, rest);
        }
    }
}

// Mirrors the offsets of a row's neighbours along one axis, from pixel `first` to `last`.
inline void mirror_offsets(const RowOfStencils& row, Index axis, Index first, Index last,
                           Index place, Index along_row, Index size) {
    for (Index end = 0; end < 12; ++end) {
        int8_t* const to = row.neighbours + (3 * end + axis) * row.apart;
        for (Index c = first; c < last; ++c) {
            const Index here = place + along_row * c;
            to[c] = int8_t(mirrored(here + to[c], size) - here);
        }
    }
}

void reduce_line(const VolumeReduction& task, Index slice, Index r, const RowOfStencils& row) {
    const Index S = task.slices, M = task.rows, N = task.columns, reach = task.reach;
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
    if (slice < reach || slice >= S - reach) mirror_offsets(row, 0, 0, N, slice, 0, S);
    if (r < reach || r >= M - reach) mirror_offsets(row, 1, 0, N, r, 0, M);
    mirror_offsets(row, 2, 0, smaller(reach, N), 0, 1, N);
    mirror_offsets(row, 2, larger(smaller(reach, N), N - reach), N, 0, 1, N);
}

void reduce_lines(const VolumeReduction& task, Index first, Index last, float*) {
    const Index M = task.rows, N = task.columns;
    for (Index line = first; line < last; ++line)
        reduce_line(task, line / M, line % M,
                    {task.weights + line * N, task.neighbours + line * N, task.slices * M * N});
}

// ---------------------------------------------------------------- a step

// Counts the rows of neighbours that lead out of the volume, or beyond reach.
Index count_outside(const VolumeExchange& task, Index first, Index last, float*) {
    const Index S = task.slices, M = task.rows, N = task.columns, reach = task.reach;
    auto within = [=](const int8_t* offsets, Index count, Index index, Index size) {
        return lead_inside(offsets, count, larger(-reach, -index),
                           smaller(reach, size - 1 - index));
    };
    Index outside = 0;
    for (Index line = first; line < last; ++line)
        for (Index end = 0; end < 12; ++end) {
            auto offsets = [&](Index axis) {
                return task.neighbours + ((3 * end + axis) * S * M + line) * N;
            };
            const int8_t* const columns = offsets(2);
            bool inside = within(offsets(0), N, line / M, S) && within(offsets(1), N, line % M, M);
            inside &= lead_inside(columns, N, -reach, reach);
            for (Index c = 0; c < N; ++c) {
                if (c == reach) c = larger(c, N - reach);
                if (c < N) inside &= within(columns + c, 1, c, N);
            }
            outside += !inside;
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

// A row of sums in double precision; of six weights, and of 36 bytes.
Index exchange_scratch(const VolumeExchange& task) {
    return (2 + 6 + 36 / Index(sizeof(float))) * stride_of_stencils(task);
}

// The flux from a neighbour is added to the pixel and subtracted from the neighbour.
void exchange_line(const VolumeExchange& task, Index slice, Index r, const RowOfStencils& row,
                   double* __restrict total) {
    const Index M = task.rows, N = task.columns;
    for (Index c = 0; c < task.channels; ++c) {
        const Index at = ((c * task.slices + slice) * M + r) * N;
        const float* const __restrict u = task.in + at;
        double* const changes = task.changes + at;
        const double bias = task.rounding_bias[c];
        memset(total, 0, size_t(N) * sizeof(double));
        for (Index end = 0; end < 12; ++end) {
            const float* const weights = row.weights + end / 2 * row.apart;
            const int8_t* const slices = row.neighbours + 3 * end * row.apart;
            const int8_t *const rows = slices + row.apart, *const columns = rows + row.apart;
            for (Index j = 0; j < N; ++j) {
                const Index there = j + (slices[j] * M + rows[j]) * N + columns[j];
                const float flux = weights[j] * (u[there] - u[j]);
                const double rounded = (double(flux) + bias) - bias;
                total[j] += rounded;
                changes[there] -= rounded;
            }
        }
        for (Index j = 0; j < N; ++j) changes[j] += total[j];
    }
}

void exchange_slab(const VolumeExchange& task, Index number, Index, float* scratch) {
    const Index S = task.slices, M = task.rows, N = task.columns, stride = stride_of_stencils(task);
    const Slabs slabs = Slabs::of(task);
    const Index first = (2 * number + task.colour) * slabs.thickness;
    const Index last = smaller(slabs.size, first + slabs.thickness);
    float* const weights = scratch + 2 * stride;
    const RowOfStencils reduced{weights, (int8_t*)(weights + 6 * stride), stride};
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
                exchange_line(task, slice, r, reduced, (double*)scratch);
            } else {
                const Index at = (slice * M + r) * N;
                const RowOfStencils given{task.weights + at, task.neighbours + at, S * M * N};
                exchange_line(task, slice, r, given, (double*)scratch);
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
