// The steps of a trained diffusion, and how states go from grid to grid.
#pragma once

#include "cells.hpp"

// K, and its adjoint, by which what a flux takes from one cell is given to another.
inline KernelView kernel_of(const FeatureStep& task) {
    const Index C = task.channels;
    return {task.kernel, 9 * C, 9, 3, 1, C, C, 3, 3};
}
inline KernelView adjoint_of(const FeatureStep& task) {
    const Index C = task.channels;
    return {task.kernel + 8, 9, 9 * C, -3, -1, C, C, 3, 3};
}

void pack_step(const FeatureStep& task, float*) {
    pack(kernel_of(task), task.packed);
    pack(adjoint_of(task), task.packed + kernel_of(task).size());
}
void pack_injection(const FeatureStep& task, float*) { pack(kernel_of(task), task.packed); }

// K v + b of a row: done(j, o, features), which may have to be clipped.
template <class Done>
void forces_of_row(const FeatureStep& task, Index r, Done done) {
    const Index C = task.channels, stride = (task.columns + 2) * C;
    const int16_t* const above = task.in + r * stride;
    const Inputs inputs{{above, above + stride, above + 2 * stride}, 3, 3 * C, C};
    const int shift = task.shift;
    if (task.driven) {
        const int16_t* const driven = task.driven + (r + 1) * stride + C;
        correlate_row(inputs, task.packed, C, task.columns, [=](Index j, Index o, Wholes s) {
            done(j, o, saturated(rounded(s, shift)) + load_features(driven + j * C + o));
        });
    } else {
        const int32_t* const bias = task.bias;
        correlate_row(inputs, task.packed, C, task.columns, [=](Index j, Index o, Wholes s) {
            done(j, o, rounded(s + load_wholes(bias + o), shift));
        });
    }
}

// Three rows of fluxes with a border.
Index step_scratch(const FeatureStep& task) {
    return floats_of(3 * (task.columns + 2) * task.channels);
}

void step_rows(const FeatureStep& task, Index first, Index last, float* scratch) {
    const Index M = task.rows, N = task.columns, C = task.channels;
    const int shift = task.shift;
    const Cells in{const_cast<int16_t*>(task.in), M, N, C}, out{task.out, M, N, C};
    const Index stride = in.stride();
    int16_t* const fluxes = features_in(scratch);
    memset(fluxes, 0, size_t(3 * stride) * sizeof(int16_t));
    auto flux_row = [&](Index r) { return fluxes + (r + 3) % 3 * stride; };
    auto make_fluxes = [&](Index r) {
        int16_t* const row = flux_row(r);
        if (r < 0 || r >= M) return (void)memset(row, 0, size_t(stride) * sizeof(int16_t));
        forces_of_row(task, r, [=](Index j, Index o, Wholes s) {
            s = saturated(s);
            store_features(row + (j + 1) * C + o, s > 0 ? s : Wholes{});
        });
    };
    make_fluxes(first - 1);
    make_fluxes(first);
    for (Index r = first; r < last; ++r) {
        make_fluxes(r + 1);
        const Inputs inputs{{flux_row(r - 1), flux_row(r), flux_row(r + 1)}, 3, 3 * C, C};
        const int16_t* const weights = task.packed + kernel_of(task).size();
        correlate_row(inputs, weights, C, N, [=](Index j, Index o, Wholes s) {
            const Wholes moved = load_features(in.at(r, j) + o) - rounded(s, shift);
            store_features(out.at(r, j) + o, saturated(moved));
        });
    }
    out.close(first, last);
}

void inject_rows(const FeatureStep& task, Index first, Index last, float*) {
    const Cells out{task.out, task.rows, task.columns, task.channels};
    for (Index r = first; r < last; ++r)
        forces_of_row(task, r, [=](Index j, Index o, Wholes s) {
            store_features(out.at(r, j) + o, saturated(s));
        });
    out.close(first, last);
}

// The kernel from the fine grid to the coarse one; and back, to one of four cells.
inline KernelView restriction_of(const Regridding& task) {
    const Index C = task.channels, D = task.coarse_channels;
    return {task.kernel, 4 * C, 4, 2, 1, D, C, 2, 2};
}
inline KernelView prolongation_of(const Regridding& task, Index cell) {
    const Index C = task.channels, D = task.coarse_channels;
    return {task.kernel + cell, 4, 4 * C, 0, 0, C, D, 1, 1};
}

void pack_restriction(const Regridding& task, float*) { pack(restriction_of(task), task.packed); }
void pack_prolongation(const Regridding& task, float*) {
    for (Index cell = 0; cell < 4; ++cell)
        pack(prolongation_of(task, cell), task.packed + cell * prolongation_of(task, cell).size());
}

inline Cells fine_cells(const Regridding& task, const int16_t* v) {
    return {const_cast<int16_t*>(v), task.rows, task.columns, task.channels};
}
inline Cells coarse_cells(const Regridding& task, const int16_t* v) {
    return {const_cast<int16_t*>(v), task.rows / 2, task.columns / 2, task.coarse_channels};
}

void restrict_rows(const Regridding& task, Index first, Index last, float*) {
    const Cells in = fine_cells(task, task.in), out = coarse_cells(task, task.out);
    const int shift = task.shift;
    for (Index r = first / 2; r < last / 2; ++r) {
        const Inputs inputs{
            {in.at(2 * r, 0), in.at(2 * r + 1, 0)}, 2, 2 * in.channels, 2 * in.channels};
        correlate_row(inputs, task.packed, out.channels, out.columns,
                      [=](Index j, Index o, Wholes s) {
                          store_features(out.at(r, j) + o, saturated(rounded(s, shift)));
                      });
    }
    out.close(first / 2, last / 2);
}

// What a row of coarse cells has gained.
Index prolong_scratch(const Regridding& task) {
    return floats_of(task.columns / 2 * task.coarse_channels);
}

void prolong_rows(const Regridding& task, Index first, Index last, float* scratch) {
    const Cells in = fine_cells(task, task.in), out = fine_cells(task, task.out);
    const Cells before = coarse_cells(task, task.before), after = coarse_cells(task, task.after);
    int16_t* const gained = features_in(scratch);
    const Index D = before.channels;
    const int shift = task.shift;
    for (Index r = first / 2; r < last / 2; ++r) {
        for (Index i = 0; i < before.columns * D; i += lanes)
            store_features(gained + i, saturated(load_features(after.at(r, 0) + i) -
                                                 load_features(before.at(r, 0) + i)));
        for (Index cell = 0; cell < 4; ++cell) {
            const int16_t* const weights = task.packed + cell * prolongation_of(task, cell).size();
            correlate_row({{gained}, 1, D, D}, weights, in.channels, before.columns,
                          [=](Index j, Index o, Wholes s) {
                              const Index row = 2 * r + cell / 2, column = 2 * j + cell % 2;
                              s = load_features(in.at(row, column) + o) + rounded(s, shift);
                              store_features(out.at(row, column) + o, saturated(s));
                          });
        }
    }
    out.close(first, last);
}
