// A pixel and its eight neighbours.
#pragma once

#include "floats.hpp"
#include "gradient.hpp"

inline void repeat_ends(float* row, Index columns) {
    row[-1] = row[0];
    row[columns] = row[columns - 1];
}

// A plane on which work goes down row by row: copies of the rows above, at and below, each with
// its ends repeated.
struct Around {
    const float* plane;
    Index rows, columns;
    float* copies;

    static constexpr Index kept = 4;  // a power of two
    static Index stride(Index columns) { return line + stride_of(columns); }
    static Index size(Index columns) { return kept * stride(columns); }

    float* row(Index r) const {
        const Index place = smaller(larger(r, 0), rows - 1);
        return copies + (place & (kept - 1)) * stride(columns) + line;
    }
    void fetch(Index r) const {
        if (r < 0 || r >= rows) return;
        memcpy(row(r), plane + r * columns, size_t(columns) * sizeof(float));
        repeat_ends(row(r), columns);
    }
};

// How much the neighbours of a pixel on one axis differ from it.
struct Pair {
    Floats ahead, behind;
};

// Rows of an image above, at and below the pixels computed, and how much these count.
template <bool weighted>
struct Neighbours {
    const float* row[3];
    const float* weight[3];

    Floats difference(Index j, int rows, int columns) const {
        const Floats d = load(row[1 + rows] + j + columns) - load(row[1] + j);
        if constexpr (!weighted) return d;
        return d * load(weight[1 + rows] + j + columns);
    }
    // A neighbour, or the pixel itself where that does not count.
    Floats counted(Index j, int rows, int columns) const {
        const Floats neighbour = load(row[1 + rows] + j + columns);
        if constexpr (!weighted) return neighbour;
        const Floats zero = all(0.0f);
        return load(weight[1 + rows] + j + columns) > zero ? neighbour : load(row[1] + j);
    }
    // Brings v to the range of a pixel and its neighbours.
    Floats within_range(Floats v, Index j) const {
        Floats least[3], largest[3];
        for (int k = 0; k < 3; ++k) {
            const Floats above = counted(j, -1, k - 1), below = counted(j, 1, k - 1);
            const Floats here = k == 1 ? load(row[1] + j) : counted(j, 0, k - 1);
            least[k] = least_of(least_of(above, here), below);
            largest[k] = largest_of(largest_of(above, here), below);
        }
        v = largest_of(v, least_of(least_of(least[0], least[1]), least[2]));
        return least_of(v, largest_of(largest_of(largest[0], largest[1]), largest[2]));
    }
    Pair on_rows(Index j) const { return {difference(j, 1, 0), difference(j, -1, 0)}; }
    Pair on_columns(Index j) const { return {difference(j, 0, 1), difference(j, 0, -1)}; }
};

inline Vector gradient_of(Pair rows, Pair columns) {
    return {(rows.ahead - rows.behind) * all(0.5f), (columns.ahead - columns.behind) * all(0.5f)};
}

// The second derivatives of a plane.
struct Hessian {
    Floats rr, rc, cc;
};

template <bool weighted>
inline Hessian hessian_of(const Neighbours<weighted>& v, Index j, Pair rows, Pair columns) {
    const Floats one = v.difference(j, 1, 1) + v.difference(j, -1, -1);
    const Floats other = v.difference(j, -1, 1) + v.difference(j, 1, -1);
    return {rows.ahead + rows.behind, (one - other) * all(0.25f), columns.ahead + columns.behind};
}
