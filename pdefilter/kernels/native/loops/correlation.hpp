// Separable correlation: down the columns into a row of scratch, and across that.
#pragma once

#include "floats.hpp"

// Sums computed side by side, because each operation of one must wait for the one before it.
constexpr int side_by_side = 8;
constexpr Index block = side_by_side * lanes;

// Calls f.operator()<n>(j) for columns j: n groups of numbers from there on, fewer at the end.
template <class F>
inline void in_blocks(Index columns, F f) {
    Index j = 0;
    for (; j + block <= columns; j += block) f.template operator()<side_by_side>(j);
    for (; j < columns; j += 2 * lanes) f.template operator()<2>(j);
}

// Adds up the numbers from at(k) on, n groups of them, times weight k. The equal weights of a
// symmetric kernel are paired: half the multiplications, smallest first.
template <int n, class At>
inline void weigh(const Taps& taps, At at, Floats (&total)[n]) {
    for (int g = 0; g < n; ++g) total[g] = all(0.0f);
    const Index count = taps.count, pairs = taps.symmetric ? count / 2 : 0;
    for (Index k = 0; k < pairs; ++k) {
        if (taps.weights[k] == 0) continue;
        const Floats weight = all(taps.weights[k]);
        const float *const one = at(k), *const other = at(count - 1 - k);
        for (int g = 0; g < n; ++g)
            total[g] += (load(one + g * lanes) + load(other + g * lanes)) * weight;
    }
    for (Index k = pairs; k < count - pairs; ++k) {
        if (taps.weights[k] == 0) continue;
        const Floats weight = all(taps.weights[k]);
        const float* const one = at(k);
        for (int g = 0; g < n; ++g) total[g] += load(one + g * lanes) * weight;
    }
}

// Rows of scratch have room for whole blocks, and for `frame` more on either side. They are an odd
// number of lines apart, or all would contend for the same places in the cache.
inline Index framed_stride(Index columns, Index frame) {
    return (2 * up_to_line(frame) + columns + block) / line / 2 * 2 * line + line;
}

template <int n>
inline void correlate_across(const float* row, const Taps& taps, Floats (&total)[n]) {
    const float* const source = row + taps.first;
    weigh(taps, [&](Index k) { return source + k; }, total);
}

// A plane on which work goes down row by row, and copies of its rows within reach.
struct Window {
    const float* plane;
    const float* alpha;  // what to multiply it by, or null
    Index columns;
    const Mirror& mirror;
    float* copies;
    const Index mask = kept_rows(mirror) - 1;

    // A power of two, to find a row without a division. Rows that are reached beyond the border
    // are those reached before it.
    static Index kept_rows(const Mirror& mirror) {
        Index rows = 1;
        while (rows < smaller(2 * mirror.reach + 1, mirror.rows)) rows *= 2;
        return rows;
    }
    static Index room(Index columns, const Mirror& mirror) {
        return kept_rows(mirror) * framed_stride(columns, 0);
    }

    float* row(Index r) const {
        return copies + (mirror.row[r] & mask) * framed_stride(columns, 0);
    }

    void fetch(Index first, Index last) const {
        for (Index r = first; r < last; ++r) {
            const Index from = mirror.row[r] * columns;
            float* const to = row(r);
            memcpy(to, plane + from, size_t(columns) * sizeof(float));
            if (alpha)
                for (Index j = 0; j < columns; ++j) to[j] *= alpha[from + j];
        }
    }

    // Writes row r, and to its left and right what the mirrored image has there.
    void correlate_down(const Taps& taps, Index r, float* to) const {
        const Index* const place = mirror.row + r + taps.first;
        const Index stride = framed_stride(columns, 0);
        in_blocks(columns, [&]<int n>(Index j) {
            Floats total[n];
            weigh(taps, [&](Index k) { return copies + (place[k] & mask) * stride + j; }, total);
            for (int g = 0; g < n; ++g) store(to + j + g * lanes, total[g]);
        });
        for (Index j = 0; j < mirror.reach; ++j) {
            to[-1 - j] = to[mirror.column[-1 - j]];
            to[columns + j] = to[mirror.column[columns + j]];
        }
    }

    // Writes row r, correlated along both axes by way of a framed row.
    void correlate(const Taps& along_rows, const Taps& along_columns, Index r, float* between,
                   float* to) const {
        correlate_down(along_rows, r, between);
        in_blocks(columns, [&]<int n>(Index j) {
            Floats total[n];
            correlate_across(between + j, along_columns, total);
            for (Index g = 0, at = j; g < n; ++g, at += lanes)
                store_some(to + at, total[g], columns - at);
        });
    }
};

Index correlate_scratch(const Correlation& task) {
    const Index N = task.columns;
    return framed_stride(N, task.mirror.reach) + Window::room(N, task.mirror);
}

void correlate_rows(const Correlation& task, Index first, Index last, float* scratch) {
    const Index M = task.rows, N = task.columns, reach = task.mirror.reach;
    float* const row = scratch + up_to_line(reach);
    float* const copies = scratch + framed_stride(N, reach);
    for (Index c = 0; c < task.channels; ++c) {
        const Window window{task.in + c * M * N, nullptr, N, task.mirror, copies};
        window.fetch(first - reach, first + reach);
        for (Index r = first; r < last; ++r) {
            window.fetch(r + reach, r + reach + 1);
            float* const out = task.out + (c * M + r) * N;
            window.correlate(task.along_rows, task.along_columns, r, row, out);
        }
    }
}
