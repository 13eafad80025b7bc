// Separable correlation: down the columns into a row of scratch, and across that.
#pragma once

#include "floats.hpp"

inline Index mirrored(Index index, Index size) {
    if (0 <= index && index < size) return index;
    index = (index % (2 * size) + 2 * size) % (2 * size);
    return smaller(index, 2 * size - 1 - index);
}

inline Index reach_of(const Taps& taps) { return larger(-taps.first, taps.first + taps.count - 1); }

// Whether all offsets lie between two bounds, zero between them.
inline bool lead_inside(const int8_t* offsets, Index count, Index lowest, Index highest) {
    int8_t least = 0, most = 0;
    for (Index j = 0; j < count; ++j) {
        least = offsets[j] < least ? offsets[j] : least;
        most = offsets[j] > most ? offsets[j] : most;
    }
    return lowest <= least && most <= highest;
}

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

// The same from at(k) on for one total and from at(k + 1) on for another: all numbers but two serve
// both, and are loaded once.
template <int n, class At>
inline void weigh_two(const Taps& taps, At at, Floats (&one)[n], Floats (&two)[n]) {
    const Index count = taps.count, pairs = taps.symmetric ? count / 2 : 0;
    Floats low[n], high[n];
    for (int g = 0; g < n; ++g) {
        one[g] = two[g] = all(0.0f);
        low[g] = load(at(0) + g * lanes), high[g] = load(at(count) + g * lanes);
    }
    for (Index k = 0; k < pairs; ++k) {
        const Floats weight = all(taps.weights[k]);
        const float *const after = at(k + 1), *const before = at(count - 1 - k);
        const bool counts = taps.weights[k] != 0;
        for (int g = 0; counts && g < n; ++g) {
            one[g] += (low[g] + load(before + g * lanes)) * weight;
            two[g] += (load(after + g * lanes) + high[g]) * weight;
        }
        for (int g = 0; g < n; ++g)
            low[g] = load(after + g * lanes), high[g] = load(before + g * lanes);
    }
    for (Index k = pairs; k < count - pairs; ++k) {
        if (taps.weights[k] == 0) continue;
        const Floats weight = all(taps.weights[k]);
        const float *const here = at(k), *const after = at(k + 1);
        for (int g = 0; g < n; ++g) {
            one[g] += load(here + g * lanes) * weight;
            two[g] += load(after + g * lanes) * weight;
        }
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

    // The reach of two rows, up to a power of two, to find a row without a division. Rows that are
    // reached beyond the border are those reached before it.
    static Index kept_rows(const Mirror& mirror) {
        Index rows = 1;
        while (rows < smaller(2 * mirror.reach + 2, mirror.rows)) rows *= 2;
        return rows;
    }
    static Index size(Index columns, const Mirror& mirror) {
        return kept_rows(mirror) * framed_stride(columns, 0);
    }

    float* row(Index r) const {
        return copies + (mirror.row[r] & mask) * framed_stride(columns, 0);
    }

    void copy(Index r, float* to) const {
        const Index from = mirror.row[r] * columns;
        memcpy(to, plane + from, size_t(columns) * sizeof(float));
        if (alpha)
            for (Index j = 0; j < columns; ++j) to[j] *= alpha[from + j];
    }
    void fetch(Index first, Index last) const {
        for (Index r = first; r < last; ++r) copy(r, row(r));
    }
    // The same of the plane correlated along its rows, by way of a framed row.
    void fetch_correlated(const Taps& taps, Index first, Index last, float* between) const {
        for (Index r = first; r < last; ++r) {
            copy(r, between);
            frame(between);
            correlate_framed(taps, between, row(r));
        }
    }

    // Where the rows are that row r is added up from.
    auto column_from(const Taps& taps, Index r, Index j) const {
        const Index* const place = mirror.row + r + taps.first;
        const Index stride = framed_stride(columns, 0);
        return [=, this](Index k) { return copies + (place[k] & mask) * stride + j; };
    }

    // Writes to the left and to the right of a row what the mirrored image has there.
    void frame(float* row) const {
        for (Index j = 0; j < mirror.reach; ++j) {
            row[-1 - j] = row[mirror.column[-1 - j]];
            row[columns + j] = row[mirror.column[columns + j]];
        }
    }

    // Correlates rows r to r + n - 1 down the columns; deliver(q, j, total) takes what comes of row
    // r + q from column j on, as many numbers as fit a register.
    template <int n, class Deliver>
    void down(const Taps& taps, Index r, Deliver deliver) const {
        if constexpr (n == 1) {
            in_blocks(columns, [&]<int groups>(Index j) {
                Floats total[groups];
                weigh(taps, column_from(taps, r, j), total);
                for (int g = 0; g < groups; ++g) deliver(0, j + g * lanes, total[g]);
            });
        } else {
            constexpr int groups = lanes == 16 ? 4 : 2;  // six registers each
            for (Index j = 0; j < columns; j += groups * lanes) {
                Floats one[groups], two[groups];
                weigh_two(taps, column_from(taps, r, j), one, two);
                for (int g = 0; g < groups; ++g) deliver(0, j + g * lanes, one[g]);
                for (int g = 0; g < groups; ++g) deliver(1, j + g * lanes, two[g]);
            }
        }
    }

    // Writes rows r to r + n - 1, framed.
    template <int n>
    void correlate_down(const Taps& taps, Index r, float* const (&to)[n]) const {
        down<n>(taps, r, [&](int q, Index j, Floats total) { store(to[q] + j, total); });
        for (float* row : to) frame(row);
    }

    // Correlates a framed row.
    void correlate_framed(const Taps& taps, const float* row, float* to) const {
        in_blocks(columns, [&]<int n>(Index j) {
            Floats total[n];
            correlate_across(row + j, taps, total);
            for (Index g = 0, at = j; g < n; ++g, at += lanes)
                store_some(to + at, total[g], columns - at);
        });
    }

    // Writes rows r to r + n - 1, correlated along both axes by way of as many framed rows.
    template <int n>
    void correlate(const Taps& along_rows, const Taps& along_columns, Index r,
                   float* const (&between)[n], float* const (&to)[n]) const {
        correlate_down<n>(along_rows, r, between);
        for (int q = 0; q < n; ++q) correlate_framed(along_columns, between[q], to[q]);
    }
};

// A plane correlated along both axes, in a given order, as work goes down it.
struct Separable {
    const Taps &along_rows, &along_columns;
    const Order order;
    const float* const plane;
    const Index columns;
    const Mirror& mirror;
    float* const scratch;
    const Index framed = framed_stride(columns, mirror.reach);
    float* const between = scratch + up_to_line(mirror.reach);
    const Window window{plane, nullptr, columns, mirror, scratch + 2 * framed};
    // Of the plane correlated along its rows.
    const Window turned{plane, nullptr, columns, mirror,
                        window.copies + (order == mean ? Window::size(columns, mirror) : 0)};

    static Index size(Order order, Index columns, const Mirror& mirror) {
        return 2 * framed_stride(columns, mirror.reach) +
               (order == mean ? 2 : 1) * Window::size(columns, mirror);
    }

    void fetch(Index first, Index last) const {
        if (order != columns_first) window.fetch(first, last);
        if (order != rows_first) turned.fetch_correlated(along_columns, first, last, between);
    }
    // Before the first row.
    void begin(Index r) const { fetch(r - mirror.reach, r + mirror.reach); }

    // Writes rows r to r + n - 1, which come after those before.
    template <int n>
    void write(Index r, float* const (&to)[n]) const {
        fetch(r + mirror.reach, r + mirror.reach + n);
        if (order != columns_first) {
            float* rows[n];
            for (int q = 0; q < n; ++q) rows[q] = between + q * framed;
            window.correlate<n>(along_rows, along_columns, r, rows, to);
        }
        if (order == rows_first) return;
        turned.down<n>(along_rows, r, [&](int q, Index j, Floats total) {
            float* const at = to[q] + j;
            const Index rest = columns - j;
            if (order == mean) total = (load_some(at, rest) + total) * all(0.5f);
            store_some(at, total, rest);
        });
    }
};

Index correlate_scratch(const Correlation& task) {
    return Separable::size(task.order, task.columns, task.mirror);
}

// Writes some rows, from `out` on.
void correlate_to(const Separable& plane, Index first, Index last, float* out) {
    plane.begin(first);
    Index r = first;
    for (; r + 1 < last; r += 2, out += 2 * plane.columns)
        plane.write<2>(r, {out, out + plane.columns});
    if (r < last) plane.write<1>(r, {out});
}

void correlate_rows(const Correlation& task, Index first, Index last, float* scratch) {
    const Index M = task.rows, N = task.columns;
    for (Index c = 0; c < task.channels; ++c) {
        const Separable plane{
            task.along_rows, task.along_columns, task.order, task.in + c * M * N, N, task.mirror,
            scratch};
        correlate_to(plane, first, last, task.out + (c * M + first) * N);
    }
}
