// From an image to the features of its cells of 2 x 2 pixels, and back: a mirrored correlation
// with filters of 6 x 6 pixels, and its adjoint.
#pragma once

#include "cells.hpp"

constexpr Index filter_width = 6, pixels_of_filter = filter_width * filter_width;
constexpr Index before_cell = 2;  // and behind it

// A row of rounded windows; and, while it is made, the rows of the image that they see, mirrored.
struct LiftScratch {
    const Index columns;
    float* const scratch;

    Index stride() const { return stride_of(columns + 2 * before_cell + lanes); }
    float* row(Index k) const { return scratch + k * stride(); }
    int16_t* windows() const { return features_in(row(filter_width)); }
    // What is stored behind the last window's end is not used.
    Index size() const {
        return filter_width * stride() + floats_of(columns / 2 * pixels_of_filter + lanes);
    }
};

Index lift_scratch(const Lifting& task) { return LiftScratch{task.columns, nullptr}.size(); }

void pack_lift(const Lifting& task, float*) {
    const Index pixels = pixels_of_filter, width = filter_width;
    pack({task.filters, pixels, 1, width, 0, task.channels, width, width, 1}, task.packed);
}

void fetch_rows(const Lifting& task, Index r, const LiftScratch& scratch) {
    for (Index k = 0; k < filter_width; ++k) {
        const float* const from = task.in + task.mirror.row[2 * r + k - before_cell] * task.columns;
        float* const to = scratch.row(k) + before_cell;
        memcpy(to, from, size_t(task.columns) * sizeof(float));
        for (Index j = -before_cell; j < 0; ++j) {
            to[j] = from[task.mirror.column[j]];
            to[task.columns - 1 - j] = from[task.mirror.column[task.columns - 1 - j]];
        }
    }
}

void round_windows(const Lifting& task, Index r, const LiftScratch& scratch) {
    const Floats most = all(most_feature), least = -most;
    // Where floats are so large they are whole: adding rounds to nearest, ties to even.
    const Floats whole = all(3 << 22);
    const float* const upper = scratch.row(before_cell) + before_cell;
    const float* const lower = scratch.row(before_cell + 1) + before_cell;
    for (Index j = 0; j < task.columns; j += 2) {
        const Floats mean = all(((upper[j] + lower[j + 1]) + (upper[j + 1] + lower[j])) * 0.25f);
        const Index cell = (r * task.columns + j) / 2;
        const Floats factor = all(task.factors ? task.factors[cell] : task.factor);
        int16_t* const window = scratch.windows() + j / 2 * pixels_of_filter;
        for (Index k = 0; k < filter_width; ++k)
            for (Index l = 0; l < filter_width; l += lanes) {
                const Floats x = (load(scratch.row(k) + j + l) - mean) * factor;
                const Floats near = x > most ? most : x < least ? least : x;
                const auto q = __builtin_convertvector(near + whole - whole, Wholes);
                store_features(window + k * filter_width + l, q);
            }
    }
}

void lift_rows(const Lifting& task, Index first, Index last, float* memory) {
    const LiftScratch scratch{task.columns, memory};
    const Cells out{task.out, task.rows / 2, task.columns / 2, task.channels};
    const int shift = task.shift;
    for (Index r = first / 2; r < last / 2; ++r) {
        fetch_rows(task, r, scratch);
        round_windows(task, r, scratch);
        const Inputs inputs{{scratch.windows()}, 1, pixels_of_filter, pixels_of_filter};
        correlate_row(inputs, task.packed, out.channels, out.columns,
                      [=](Index j, Index o, Wholes s) {
                          store_features(out.at(r, j) + o, saturated(rounded(s, shift)));
                      });
    }
    out.close(first / 2, last / 2);
}

// The weights of the four pixels of a cell, each for the channels of 3 x 3 cells around.
void pack_lower(const Lowering& task, float*) {
    int16_t* to = task.packed;
    for (Index pixel = 0; pixel < 4; ++pixel)
        for (Index r = 0; r < 3; ++r)
            for (Index c = 0; c < 3; ++c)
                for (Index k = 0; k < task.channels; ++k) {
                    const Index row = pixel / 2 + 4 - 2 * r, column = pixel % 2 + 4 - 2 * c;
                    *to++ = task.filters[k * pixels_of_filter + row * filter_width + column];
                }
}

// As many pairs as there are, and zeros; 16 numbers at least.
inline Wholes load_pairs(const int16_t* p, Index numbers) {
    if (numbers >= 2 * lanes) return load_wholes(p);
    Wholes v = {};
    memcpy(&v, p, sizeof v < 32 ? sizeof v : 32);
    return v;
}

inline int32_t total_of(Wholes s) {
    int32_t each[lanes], total = 0;
    memcpy(each, &s, sizeof s);
    for (Index k = 0; k < lanes; ++k) total += each[k];
    return total;
}

// Adds Eᵀv of a row of cells to their two rows of pixels, where cells and pixels may lie outside of
// the image.
void add_adjoint(const Lowering& task, Index r, int32_t* upper, int32_t* lower) {
    const Index M = task.rows / 2, N = task.columns / 2, C = task.channels;
    const Cells in{const_cast<int16_t*>(task.v), M, N, C};
    for (Index j = -1; j <= N; ++j) {
        const Index first = larger(0, j - 1), numbers = (smaller(N, j + 2) - first) * C;
        Wholes sums[4] = {};
        for (Index row = larger(0, r - 1); row < smaller(M, r + 2); ++row) {
            const int16_t* const v = in.at(row, first);
            const int16_t* const weights = task.packed + ((row - r + 1) * 3 + first - j + 1) * C;
            for (Index k = 0; k < numbers; k += 2 * lanes) {
                const Wholes pairs = load_pairs(v + k, numbers - k);
                for (Index pixel = 0; pixel < 4; ++pixel)
                    sums[pixel] += products_of_pairs(
                        pairs, load_pairs(weights + 9 * C * pixel + k, numbers - k));
            }
        }
        for (Index side = 0; side < 2; ++side) {
            upper[2 * j + side] += total_of(sums[side]);
            lower[2 * j + side] += total_of(sums[2 + side]);
        }
    }
}

inline Index sums_stride(const Lowering& task) { return stride_of(task.columns + 2 * before_cell); }

Index lower_scratch(const Lowering& task) { return 2 * sums_stride(task); }

void lower_rows(const Lowering& task, Index first, Index last, float* scratch) {
    const Index N = task.columns;
    int32_t* const sums = reinterpret_cast<int32_t*>(scratch);
    int32_t* const rows[] = {sums + before_cell, sums + sums_stride(task) + before_cell};
    for (Index r = first / 2; r < last / 2; ++r) {
        memset(sums, 0, size_t(2 * sums_stride(task)) * sizeof *sums);
        add_adjoint(task, r, rows[0], rows[1]);
        // The mirror exchanges the two rows of pixels next to it.
        if (r == 0) add_adjoint(task, -1, rows[1], rows[0]);
        if (2 * r + 2 == task.rows) add_adjoint(task, r + 1, rows[1], rows[0]);
        for (Index k = 0; k < 2; ++k) {
            int32_t* const acc = rows[k];
            for (Index j = 0; j < before_cell; ++j) {
                acc[j] += acc[-1 - j];
                acc[N - 1 - j] += acc[N + j];
            }
            const Index at = (2 * r + k) * N;
            for (Index j = 0; j < N; ++j) {
                const float factor = task.factors ? task.factors[at + j] : task.factor;
                task.out[at + j] = task.in[at + j] - factor * float(acc[j]);
            }
        }
    }
}
