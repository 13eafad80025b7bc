// Operations of a graph Laplacian in a volume, as those of an image in elliptic.cpp.

#include "volume_elliptic.hpp"

namespace pdefilter {

namespace {

// A slice, a row and a column; or the sizes of these axes.
struct Place {
    Index of[3];

    static Place in_line(const VolumeBalance& n, Index line, Index c) {
        return {line / n.rows, line % n.rows, c};
    }
    static Place sizes(const VolumeBalance& n) { return {n.slices, n.rows, n.columns}; }
    Place halved() const { return {(of[0] + 1) / 2, (of[1] + 1) / 2, (of[2] + 1) / 2}; }

    Index count() const { return of[0] * of[1] * of[2]; }
    // The number of a pixel in an array of such sizes.
    Index in(const Place& sizes) const {
        return (of[0] * sizes.of[1] + of[1]) * sizes.of[2] + of[2];
    }
    bool is_inside(const Place& sizes) const {
        return of[0] < sizes.of[0] && of[1] < sizes.of[1] && of[2] < sizes.of[2];
    }
    // The pixel of a cube that is ahead on the axes whose bits are set, columns the lowest.
    Place corner(int ahead) const {
        return {2 * of[0] + (ahead >> 2), 2 * of[1] + (ahead >> 1 & 1), 2 * of[2] + (ahead & 1)};
    }
};

// The edges of a pixel: on every axis from behind, as from above and from the left, then from
// ahead.
template <bool weighted>
struct Cross {
    static constexpr int sides = 6;
    float conductance[sides];
    Index neighbour[sides];

    Cross(const VolumeBalance& n, const Place& place, Index at) {
        const auto sizes = Place::sizes(n);
        const Index count = sizes.count();
        Index apart = 1;
        for (int a = 2; a >= 0; apart *= sizes.of[a--]) {
            auto set = [&](int side, bool inside, Index edge, Index to) {
                conductance[side] = inside ? (weighted ? n.edges[a * count + edge] : 1.0f) : 0.0f;
                neighbour[side] = inside ? to : at;
            };
            set(2 * a, place.of[a] > 0, at - apart, at - apart);
            set(2 * a + 1, place.of[a] < sizes.of[a] - 1, at, at + apart);
        }
    }

    // The flow into the pixel.
    float flow(const float* u, float here) const {
        float sum = conductance[0] * (u[neighbour[0]] - here);
        for (int k = 1; k < sides; ++k) sum += conductance[k] * (u[neighbour[k]] - here);
        return sum;
    }
    float total() const {
        float sum = conductance[0];
        for (int k = 1; k < sides; ++k) sum += conductance[k];
        return sum;
    }
};

bool is_free(const VolumeBalance& n, Index at) { return !n.free || n.free[at]; }

template <bool weighted>
float residual_at(const VolumeBalance& n, const Cross<weighted>& cross, const float* u, Index at) {
    float sum = cross.flow(u, u[at]);
    if (n.f) sum += n.f[at];
    if (n.leaks) sum -= n.leaks[at] * u[at];
    return sum;
}

template <bool weighted>
float residual_or_zero(const VolumeBalance& n, const Place& place, Index at) {
    return is_free(n, at) ? residual_at(n, Cross<weighted>(n, place, at), n.from, at) : 0.0f;
}

// Adds up the corners of a cube, along the columns, then the rows, then the slices; only those that
// are ahead on the axis whose bit is set.
template <int across, class At>
float added_up(At at) {
    auto pair = [&](int corner) {
        return across == 1 ? at(corner + 1) : at(corner) + at(corner + 1);
    };
    auto square = [&](int corner) {
        return across == 2 ? pair(corner + 2) : pair(corner) + pair(corner + 2);
    };
    return across == 4 ? square(4) : square(0) + square(4);
}

// Makes of `row`, with a member row<weighted>(task, line), a kernel of whole rows, or of rows of
// cubes.
template <class Row>
void rows_of(const VolumeBalance& n, Index first, Index last, float*) {
    for (Index line = first; line < last; ++line)
        n.edges ? Row::template row<true>(n, line) : Row::template row<false>(n, line);
}

// A place among the cubes, by their row.
Place cube_in_line(const VolumeBalance& n, Index line, Index C) {
    const Index half_rows = (n.rows + 1) / 2;
    return {line / half_rows, line % half_rows, C};
}

struct Relax {
    template <bool weighted>
    static void row(const VolumeBalance& n, Index line) {
        float* const u = n.u;
        for (Index c = (line / n.rows + line % n.rows + n.colour) % 2; c < n.columns; c += 2) {
            const Index at = line * n.columns + c;
            if (!is_free(n, at)) continue;
            const Cross<weighted> cross(n, Place::in_line(n, line, c), at);
            const float total = n.leaks ? cross.total() + n.leaks[at] : cross.total();
            if (total > 0) u[at] += residual_at(n, cross, u, at) / total;
        }
    }
};

struct Residual {
    template <bool weighted>
    static void row(const VolumeBalance& n, Index line) {
        for (Index c = 0; c < n.columns; ++c) {
            const Index at = line * n.columns + c;
            n.to[at] = residual_or_zero<weighted>(n, Place::in_line(n, line, c), at);
        }
    }
};

struct Restrict {
    template <bool weighted>
    static void row(const VolumeBalance& n, Index line) {
        const auto sizes = Place::sizes(n);
        const Index half_columns = (n.columns + 1) / 2;
        for (Index C = 0; C < half_columns; ++C) {
            const auto cube = cube_in_line(n, line, C);
            n.to[line * half_columns + C] = added_up<0>([&](int corner) {
                const auto place = cube.corner(corner);
                if (!place.is_inside(sizes)) return 0.0f;
                return residual_or_zero<weighted>(n, place, place.in(sizes));
            });
        }
    }
};

struct Prolong {
    template <bool>
    static void row(const VolumeBalance& n, Index line) {
        const auto [slice, r, c] = Place::in_line(n, line, 0).of;
        const float* const from = n.from + Place{slice / 2, r / 2, c}.in(Place::sizes(n).halved());
        for (Index c = 0; c < n.columns; ++c)
            if (is_free(n, line * n.columns + c)) n.u[line * n.columns + c] += from[c / 2];
    }
};

struct Products {
    template <bool weighted>
    static void row(const VolumeBalance& n, Index line) {
        double sum = 0;
        for (Index c = 0; c < n.columns; ++c) {
            const Index at = line * n.columns + c;
            if (!is_free(n, at)) continue;
            const float residual = residual_or_zero<weighted>(n, Place::in_line(n, line, c), at);
            sum += double(residual) * double(n.v ? n.v[at] : residual);
        }
        n.sums[line] = sum;
    }
};

struct Coarsen {
    template <bool weighted>
    static void row(const VolumeBalance& n, Index line) {
        const auto sizes = Place::sizes(n);
        const Index half_columns = (n.columns + 1) / 2, count = sizes.halved().count();
        for (Index C = 0; C < half_columns; ++C) {
            const auto cube = cube_in_line(n, line, C);
            // The leak of a pixel: to zero and to pixels that are not free; and its edge ahead on
            // an axis to one that is.
            auto leak = [&](int corner) {
                const auto place = cube.corner(corner);
                const Index at = place.in(sizes);
                if (!place.is_inside(sizes) || !is_free(n, at)) return 0.0f;
                const Cross<weighted> cross(n, place, at);
                float sum = 0;
                for (int k = 0; k < 6; ++k)
                    sum += is_free(n, cross.neighbour[k]) ? 0.0f : cross.conductance[k];
                return n.leaks ? sum + n.leaks[at] : sum;
            };
            auto edge = [&](int corner, int axis) {
                const auto place = cube.corner(corner);
                const Index at = place.in(sizes);
                if (!place.is_inside(sizes) || !is_free(n, at)) return 0.0f;
                const Cross<weighted> cross(n, place, at);
                const int side = 2 * axis + 1;
                return is_free(n, cross.neighbour[side]) ? cross.conductance[side] : 0.0f;
            };
            const float edges[] = {added_up<4>([&](int corner) { return edge(corner, 0); }),
                                   added_up<2>([&](int corner) { return edge(corner, 1); }),
                                   added_up<1>([&](int corner) { return edge(corner, 2); })};
            const Index at = line * half_columns + C;
            for (int axis = 0; axis < 3; ++axis)
                n.to_edges[axis * count + at] = edges[axis] * n.scale;
            n.to[at] = added_up<0>(leak) * n.scale;
        }
    }
};

Index lines_of(const VolumeBalance& n) { return n.slices * n.rows; }
Index lines_of_cubes(const VolumeBalance& n) { return (n.slices + 1) / 2 * ((n.rows + 1) / 2); }

template <class Row>
constexpr RowKernel<VolumeBalance> on_lines(Index (*count)(const VolumeBalance&)) {
    return {nullptr, rows_of<Row>, nullptr, nullptr, rows_of_a_piece, count};
}

}  // namespace

const RowKernel<VolumeBalance> relax_volume = on_lines<Relax>(lines_of);
const RowKernel<VolumeBalance> residual_of_volume = on_lines<Residual>(lines_of);
const RowKernel<VolumeBalance> restrict_cubes = on_lines<Restrict>(lines_of_cubes);
const RowKernel<VolumeBalance> prolong_cubes = on_lines<Prolong>(lines_of);
const RowKernel<VolumeBalance> products_of_volume = on_lines<Products>(lines_of);
const RowKernel<VolumeBalance> coarsen_volume = on_lines<Coarsen>(lines_of_cubes);

}  // namespace pdefilter
