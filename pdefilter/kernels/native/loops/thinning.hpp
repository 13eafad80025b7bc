// Non-maximum suppression, of many pixels at once; see kernels/reference/edges.py.
#pragma once

#include "floats.hpp"

// True or false, of all lanes.
using Flags = decltype(Floats{} < Floats{});

inline bool any_of(Flags flags) {
    uint64_t parts[sizeof(Flags) / sizeof(uint64_t)], found = 0;
    memcpy(parts, &flags, sizeof flags);
    for (const uint64_t part : parts) found |= part;
    return found;
}

constexpr int lines_around(int axes) { return axes == 1 ? 1 : 3 * lines_around(axes - 1); }
constexpr int corners(int axes) { return 1 << axes; }

// The corners of the cube, or the square, between a pixel and its next one along every axis, ahead
// where this is true, else behind. The bits of a corner's number say along which axes it lies; that
// of columns is the lowest.
template <int axes>
inline void find_corners(const float* const* around, Index j, const Flags* ahead, Floats* corner) {
    if constexpr (axes == 1) {
        const float* const row = *around + j;
        corner[0] = load(row);
        corner[1] = *ahead ? load(row + 1) : load(row - 1);
    } else {
        constexpr int lines = lines_around(axes - 1), half = corners(axes - 1);
        Floats before[half], after[half];
        find_corners<axes - 1>(around, j, ahead + 1, before);
        find_corners<axes - 1>(around + lines, j, ahead + 1, corner);
        find_corners<axes - 1>(around + 2 * lines, j, ahead + 1, after);
        for (int k = 0; k < half; ++k) corner[half + k] = *ahead ? after[k] : before[k];
    }
}

// To the same bits in whatever order they come.
inline Floats product(Floats a, Floats b, Floats c) {
    const Floats less = lesser(a, b), more = greater(b, a);
    const Floats between = greater(less, lesser(more, c));
    return lesser(c, less) * between * greater(c, more);
}

// How much every corner counts, but for the pixel itself, where the vector leaves the cube.
template <int axes>
inline void weigh_corners(const Floats (&size)[axes], Floats longest,
                          Floats (&weight)[corners(axes)]) {
    Floats of_axis[axes][2];
    for (int a = 0; a < axes; ++a) {
        of_axis[a][1] = size[a] / longest;
        of_axis[a][0] = all(1.0f) - of_axis[a][1];
    }
    for (int k = 1; k < corners(axes); ++k) {
        if constexpr (axes == 2)
            weight[k] = of_axis[0][k >> 1] * of_axis[1][k & 1];
        else
            weight[k] = product(of_axis[0][k >> 2], of_axis[1][k >> 1 & 1], of_axis[2][k & 1]);
    }
}

template <int axes>
inline Floats interpolated(const Floats (&weight)[corners(axes)],
                           const Floats (&corner)[corners(axes)]) {
    auto term = [&](int k) { return weight[k] * corner[k]; };
    if constexpr (axes == 2)
        return term(3) + (term(1) + term(2));
    else
        return term(7) + add_up(term(3), term(5), term(6)) + add_up(term(1), term(2), term(4));
}

inline Floats eighth_root(Floats s) { return root(root(root(s))); }

// The part of the way along the normal at which a parabola through the eighth roots is highest.
inline Floats top(Floats behind, Floats s, Floats ahead) {
    const Floats a = eighth_root(behind), b = eighth_root(s), c = eighth_root(ahead);
    const Floats bend = (b - a) + (b - c);
    return bend > all(0.0f) ? (c - a) * all(0.5f) / bend : all(0.0f);
}

// A row of strengths, and those around it, each with a frame of zeros.
template <int axes>
struct RowToThin {
    const float* around[lines_around(axes)];
    const float* normal[axes];
    float *kept, *steps;  // steps may be null
    float least;

    void thin(Index columns) const {
        const float* const here = around[lines_around(axes) / 2];
        for (Index j = 0; j < columns; j += lanes) {
            const Index rest = columns - j;
            const Floats s = load(here + j), zero = all(0.0f);
            Flags is_kept = (s > zero) & (s >= all(least));
            Floats step = zero;
            // Where all is flat, which is often, nothing need be compared.
            if (any_of(is_kept)) {
                Floats v[axes], ahead, behind;
                for (int a = 0; a < axes; ++a) v[a] = load_some(normal[a] + j, rest);
                is_kept &= compare(s, v, j, ahead, behind);
                if (steps && any_of(is_kept)) step = is_kept ? top(behind, s, ahead) : zero;
            }
            store_some(kept + j, is_kept ? s : zero, rest);
            if (steps) store_some(steps + j, step, rest);
        }
    }

private:
    Flags compare(Floats s, const Floats (&v)[axes], Index j, Floats& ahead, Floats& behind) const {
        const Floats zero = all(0.0f);
        Floats size[axes], longest = zero;
        Flags toward[axes], away[axes], is_finite = zero == zero;
        for (int a = 0; a < axes; ++a) {
            size[a] = absolute(v[a]);
            longest = largest_of(longest, size[a]);
            is_finite &= size[a] < all(__builtin_inff());
            toward[a] = v[a] > zero;
            away[a] = ~toward[a];
        }
        Floats weight[corners(axes)], corner[corners(axes)];
        weigh_corners<axes>(size, longest, weight);
        find_corners<axes>(around, j, toward, corner);
        ahead = interpolated<axes>(weight, corner);
        find_corners<axes>(around, j, away, corner);
        behind = interpolated<axes>(weight, corner);
        return (longest > zero) & is_finite & (s > ahead) & (s >= behind);
    }
};

// Rows of strengths with a frame of zeros, of which the last few are kept.
struct FramedRows {
    Index rows, columns;
    float* memory;  // zeros at first

    static constexpr Index kept = 4;  // a power of two; more than three
    static Index stride(Index columns) { return line + stride_of(columns); }
    static Index size(Index columns) { return (kept + 1) * stride(columns); }

    bool has(Index r) const { return 0 <= r && r < rows; }
    // Beyond the border a row of zeros, which nobody writes to.
    float* row(Index r) const {
        return memory + (has(r) ? r & (kept - 1) : kept) * stride(columns) + line;
    }
};
