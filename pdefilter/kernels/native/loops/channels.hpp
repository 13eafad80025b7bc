// Channels side by side, as files store them, and one after the other, as the loops take them.
#pragma once

#include "floats.hpp"

inline float unit_value(const Deinterleaving& task, uint8_t v) { return task.values[v]; }
inline float unit_value(const Deinterleaving& task, uint16_t v) { return task.values[v]; }
inline float unit_value(const Deinterleaving&, float v) { return v; }

template <class T>
void deinterleave_rows_of(const Deinterleaving& task, Index first, Index last) {
    const Index C = task.channels, M = task.rows, N = task.columns;
    for (Index r = first; r < last; ++r) {
        const T* const in = static_cast<const T*>(task.in) + r * N * C;
        for (Index c = 0; c < C; ++c) {
            float* const out = task.out + (c * M + r) * N;
            for (Index j = 0; j < N; ++j) out[j] = unit_value(task, in[j * C + c]);
        }
    }
}

void deinterleave_rows(const Deinterleaving& task, Index first, Index last, float*) {
    switch (task.type) {
        case uint8:
            return deinterleave_rows_of<uint8_t>(task, first, last);
        case uint16:
            return deinterleave_rows_of<uint16_t>(task, first, last);
        case float32:
            return deinterleave_rows_of<float>(task, first, last);
    }
}

// Counts the pieces with infinities or NaN, which have all bits of the exponent.
Index count_not_finite(const Search& task, Index first, Index last, float*) {
    const Integers exponent = (Integers)all(__builtin_inff());
    const Index end = smaller(task.count, last * piece);
    Integers found = {};
    for (Index j = first * piece; j < end; j += lanes) {
        const auto bits = (Integers)load_some(task.values + j, end - j);
        found |= (Integers)((bits & exponent) == exponent);
    }
    uint32_t any = 0;
    for (Index k = 0; k < lanes; ++k) any |= found[k];
    return any != 0;
}

// Rounds a row to integers from zero to `full`; returns how many lie outside and are clipped.
inline Index round_row(const float* u, float lowest, float width, float full, Index N, float* out) {
    const Floats zero = all(0.0f), most = all(full), below = all(-1.0f), above = all(full + 1);
    // Where floats are so large they are whole: adding rounds to nearest, ties to even.
    const Floats whole = all(3 << 22);
    Integers outside = {};
    for (Index j = 0; j < N; j += lanes) {
        // Behind the end is zero, which every interval holds.
        const Floats v = (load_some(u + j, N - j) - all(lowest)) / all(width) * most;
        const Floats near = v < below ? below : v > above ? above : v;
        const Floats rounded = near + whole - whole;
        const auto too_small = rounded<zero, too_large = rounded> most;
        outside -= (Integers)(too_small | too_large);
        store(out + j, too_small ? zero : too_large ? most : rounded);
    }
    Index count = 0;
    for (Index k = 0; k < lanes; ++k) count += outside[k];
    return count;
}

template <class T>
Index interleave_rows_of(const Interleaving& task, Index first, Index last, float* rounded) {
    const Index C = task.channels, N = task.columns;
    Index outside = 0;
    for (Index r = first; r < last; ++r) {
        T* const out = static_cast<T*>(task.out) + r * N * C;
        for (Index c = 0; c < C; ++c) {
            const float* row = task.planes[c] + r * N;
            if (task.type != float32) {
                // The same plane in memory is rounded, and counted, once.
                if (c == 0 || task.planes[c] != task.planes[c - 1])
                    outside += round_row(row, task.lowest[c], task.width[c], task.full, N, rounded);
                row = rounded;
            }
            for (Index j = 0; j < N; ++j) out[j * C + c] = T(row[j]);
        }
    }
    return outside;
}

Index interleave_scratch(const Interleaving& task) { return stride_of(task.columns); }

Index interleave_rows(const Interleaving& task, Index first, Index last, float* scratch) {
    switch (task.type) {
        case uint8:
            return interleave_rows_of<uint8_t>(task, first, last, scratch);
        case uint16:
            return interleave_rows_of<uint16_t>(task, first, last, scratch);
        case float32:
            return interleave_rows_of<float>(task, first, last, scratch);
    }
    return 0;
}
