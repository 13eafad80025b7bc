// Channels side by side, as files store them, and one after the other, as the loops take them.
#pragma once

#include "floats.hpp"

inline float unit_value(const Parting& task, uint8_t v) { return task.values[v]; }
inline float unit_value(const Parting& task, uint16_t v) { return task.values[v]; }
inline float unit_value(const Parting&, float v) { return v; }

template <class T>
void part_rows_of(const Parting& task, Index first, Index last) {
    const Index C = task.channels, M = task.rows, N = task.columns;
    for (Index r = first; r < last; ++r) {
        const T* const in = static_cast<const T*>(task.in) + r * N * C;
        for (Index c = 0; c < C; ++c) {
            float* const out = task.out + (c * M + r) * N;
            for (Index j = 0; j < N; ++j) out[j] = unit_value(task, in[j * C + c]);
        }
    }
}

void part_rows(const Parting& task, Index first, Index last) {
    switch (task.type) {
        case uint8:
            return part_rows_of<uint8_t>(task, first, last);
        case uint16:
            return part_rows_of<uint16_t>(task, first, last);
        case float32:
            return part_rows_of<float>(task, first, last);
    }
}

// Whether there are only numbers: infinities and NaN have all bits of the exponent.
bool finite(const float* values, Index count) {
    const Integers exponent = (Integers)all(__builtin_inff());
    Integers found = {};
    for (Index j = 0; j < count; j += lanes) {
        const auto bits = (Integers)load_some(values + j, count - j);
        found |= (Integers)((bits & exponent) == exponent);
    }
    uint32_t any = 0;
    for (Index k = 0; k < lanes; ++k) any |= found[k];
    return !any;
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
Index join_rows_of(const Joining& task, Index first, Index last, float* rounded) {
    const Index C = task.channels, N = task.columns;
    Index outside = 0;
    for (Index r = first; r < last; ++r) {
        T* const out = static_cast<T*>(task.out) + r * N * C;
        for (Index c = 0; c < C; ++c) {
            const float* row = task.planes[c] + r * N;
            if (task.type != float32) {
                // What is the same plane in memory is rounded, and counted, once.
                if (c == 0 || task.planes[c] != task.planes[c - 1])
                    outside += round_row(row, task.lowest[c], task.width[c], task.full, N, rounded);
                row = rounded;
            }
            for (Index j = 0; j < N; ++j) out[j * C + c] = T(row[j]);
        }
    }
    return outside;
}

Index join_scratch(const Joining& task) { return stride_of(task.columns); }

Index join_rows(const Joining& task, Index first, Index last, float* scratch) {
    switch (task.type) {
        case uint8:
            return join_rows_of<uint8_t>(task, first, last, scratch);
        case uint16:
            return join_rows_of<uint16_t>(task, first, last, scratch);
        case float32:
            return join_rows_of<float>(task, first, last, scratch);
    }
    return 0;
}
