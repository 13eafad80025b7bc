// Operations of a graph Laplacian. Memory limits these loops, so that one build does for all
// instruction sets. The order of operations is that of kernels/reference.

#include "elliptic.hpp"

namespace pdefilter {

namespace {

// The axes of a task: of an image, or of a volume, which has slices.
template <class Task>
constexpr int axes_of = requires(Task n) { n.slices; } ? 3 : 2;

// Numbers of the axes: slices, if there are any, rows, columns.
template <class Task>
struct Place {
    static constexpr int axes = axes_of<Task>;
    Index of[axes];

    // A column of a row, or of one of the rows of all slices.
    static Place in_line(const Task& n, Index line, Index c) {
        if constexpr (axes == 3) return {line / n.rows, line % n.rows, c};
        if constexpr (axes == 2) return {line, c};
    }
    static Place sizes(const Task& n) {
        if constexpr (axes == 3) return {n.slices, n.rows, n.columns};
        if constexpr (axes == 2) return {n.rows, n.columns};
    }
    Place halved() const {
        Place half = *this;
        for (Index& size : half.of) size = (size + 1) / 2;
        return half;
    }

    Index last() const { return of[axes - 1]; }
    Index count() const { return of[0] * of[1] * (axes == 3 ? of[2] : 1); }
    // The number of a pixel in an array of such sizes.
    Index in(const Place& sizes) const {
        Index at = of[0];
        for (int a = 1; a < axes; ++a) at = at * sizes.of[a] + of[a];
        return at;
    }
    bool is_inside(const Place& sizes) const {
        bool inside = true;
        for (int a = 0; a < axes; ++a) inside = inside && of[a] < sizes.of[a];
        return inside;
    }
    // The pixel of a square, or of a cube, that is ahead on the axes whose bits are set.
    Place corner(int ahead) const {
        Place there = *this;
        for (int a = 0; a < axes; ++a) there.of[a] = 2 * of[a] + (ahead >> (axes - 1 - a) & 1);
        return there;
    }
};

// The edges of a pixel: on every axis from behind, as from above and from the left, then from
// ahead.
template <bool weighted, class Task>
struct Cross {
    static constexpr int sides = 2 * axes_of<Task>;
    float conductance[sides];
    Index neighbour[sides];

    Cross(const Task& n, const Place<Task>& place, Index at) {
        const auto sizes = Place<Task>::sizes(n);
        const Index count = sizes.count();
        Index apart = 1;
        for (int a = sides / 2 - 1; a >= 0; apart *= sizes.of[a--]) {
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

template <class Task>
bool is_free(const Task& n, Index at) {
    return !n.free || n.free[at];
}

template <bool weighted, class Task>
float residual_at(const Task& n, const Cross<weighted, Task>& cross, const float* u, Index at) {
    float sum = cross.flow(u, u[at]);
    if (n.f) sum += n.f[at];
    if (n.leaks) sum -= n.leaks[at] * u[at];
    return sum;
}

// The residual of a pixel that may lie outside of the image.
template <bool weighted, class Task>
float residual_or_zero(const Task& n, const Place<Task>& place) {
    const auto sizes = Place<Task>::sizes(n);
    const Index at = place.in(sizes);
    if (!place.is_inside(sizes) || !is_free(n, at)) return 0.0f;
    return residual_at(n, Cross<weighted, Task>(n, place, at), n.from, at);
}

// Adds up the corners of a square or a cube, along the columns, then the rows, then the slices;
// only those that are ahead on the axis whose bit is set.
template <int axes, int across, class At>
float added_up(At at) {
    auto pair = [&](int corner) {
        return across == 1 ? at(corner + 1) : at(corner) + at(corner + 1);
    };
    auto square = [&](int corner) {
        return across == 2 ? pair(corner + 2) : pair(corner) + pair(corner + 2);
    };
    if constexpr (axes == 2) return square(0);
    if constexpr (axes == 3) return across == 4 ? square(4) : square(0) + square(4);
}

// Makes of `row`, with a member row<weighted>(task, line), a kernel of whole rows.
template <class Row, class Task>
void rows_of(const Task& n, Index first, Index last, float*) {
    for (Index r = first; r < last; ++r)
        n.edges ? Row::template row<true>(n, r) : Row::template row<false>(n, r);
}
// The same for rows of 2 x 2 squares; pieces of work have an even number of rows. Rows of cubes are
// counted by themselves.
template <class Row, class Task>
void squares_of(const Task& n, Index first, Index last, float*) {
    constexpr Index of_one = axes_of<Task> == 2 ? 2 : 1;
    for (Index R = first / of_one; R < (last + of_one - 1) / of_one; ++R)
        n.edges ? Row::template row<true>(n, R) : Row::template row<false>(n, R);
}

// A place of the graph of squares or of cubes, by the row of these.
template <class Task>
Place<Task> coarse_place(const Task& n, Index line, Index C) {
    if constexpr (axes_of<Task> == 3) {
        const Index half_rows = (n.rows + 1) / 2;
        return {line / half_rows, line % half_rows, C};
    }
    if constexpr (axes_of<Task> == 2) return {line, C};
}

struct Relax {
    template <bool weighted, class Task>
    static void row(const Task& n, Index line) {
        float* const u = n.u;
        Index first = n.colour;
        for (const Index k : Place<Task>::in_line(n, line, 0).of) first += k;
        for (Index c = first % 2; c < n.columns; c += 2) {
            const Index at = line * n.columns + c;
            if (!is_free(n, at)) continue;
            const Cross<weighted, Task> cross(n, Place<Task>::in_line(n, line, c), at);
            const float total = n.leaks ? cross.total() + n.leaks[at] : cross.total();
            if (total > 0) u[at] += residual_at(n, cross, u, at) / total;
        }
    }
};

struct Residual {
    template <bool weighted, class Task>
    static void row(const Task& n, Index line) {
        for (Index c = 0; c < n.columns; ++c)
            n.to[line * n.columns + c] =
                residual_or_zero<weighted>(n, Place<Task>::in_line(n, line, c));
    }
};

struct Restrict {
    template <bool weighted, class Task>
    static void row(const Task& n, Index line) {
        const Index half_columns = (n.columns + 1) / 2;
        for (Index C = 0; C < half_columns; ++C) {
            const auto place = coarse_place(n, line, C);
            n.to[line * half_columns + C] = added_up<axes_of<Task>, 0>(
                [&](int corner) { return residual_or_zero<weighted>(n, place.corner(corner)); });
        }
    }
};

struct Prolong {
    template <bool, class Task>
    static void row(const Task& n, Index line) {
        const auto coarse = Place<Task>::sizes(n).halved();
        auto start = Place<Task>::in_line(n, line, 0);
        for (Index& k : start.of) k /= 2;
        const float* const from = n.from + start.in(coarse);
        for (Index c = 0; c < n.columns; ++c)
            if (is_free(n, line * n.columns + c)) n.u[line * n.columns + c] += from[c / 2];
    }
};

struct Products {
    template <bool weighted, class Task>
    static void row(const Task& n, Index line) {
        double sum = 0;
        for (Index c = 0; c < n.columns; ++c) {
            const Index at = line * n.columns + c;
            if (!is_free(n, at)) continue;
            const Cross<weighted, Task> cross(n, Place<Task>::in_line(n, line, c), at);
            const float residual = residual_at(n, cross, n.from, at);
            sum += double(residual) * double(n.v ? n.v[at] : residual);
        }
        n.sums[line] = sum;
    }
};

struct Coarsen {
    template <bool weighted, class Task>
    static void row(const Task& n, Index line) {
        constexpr int axes = axes_of<Task>;
        const auto sizes = Place<Task>::sizes(n);
        const Index count = sizes.halved().count();
        for (Index C = 0; C < (n.columns + 1) / 2; ++C) {
            const auto place = coarse_place(n, line, C);
            const Index at_coarse = line * ((n.columns + 1) / 2) + C;
            // The leak of a pixel: to zero and to pixels that are not free; and its edge ahead on
            // an axis to one that is.
            auto leak = [&](int corner) {
                const auto fine = place.corner(corner);
                const Index at = fine.in(sizes);
                if (!fine.is_inside(sizes) || !is_free(n, at)) return 0.0f;
                const Cross<weighted, Task> cross(n, fine, at);
                float sum = 0;
                for (int k = 0; k < 2 * axes; ++k)
                    sum += is_free(n, cross.neighbour[k]) ? 0.0f : cross.conductance[k];
                return n.leaks ? sum + n.leaks[at] : sum;
            };
            auto edge = [&](int corner, int axis) {
                const auto fine = place.corner(corner);
                const Index at = fine.in(sizes);
                if (!fine.is_inside(sizes) || !is_free(n, at)) return 0.0f;
                const Cross<weighted, Task> cross(n, fine, at);
                const int side = 2 * axis + 1;
                return is_free(n, cross.neighbour[side]) ? cross.conductance[side] : 0.0f;
            };
            auto ahead = [&]<int axis>() {
                const float sum = added_up<axes, 1 << (axes - 1 - axis)>(
                    [&](int corner) { return edge(corner, axis); });
                n.to_edges[axis * count + at_coarse] = sum * n.scale;
            };
            ahead.template operator()<0>();
            ahead.template operator()<1>();
            if constexpr (axes == 3) ahead.template operator()<2>();
            n.to[at_coarse] = added_up<axes, 0>(leak) * n.scale;
        }
    }
};

Index lines_of(const VolumeBalance& n) { return n.slices * n.rows; }
Index half_lines_of(const VolumeBalance& n) { return (n.slices + 1) / 2 * ((n.rows + 1) / 2); }

template <class Row>
constexpr RowKernel<Balance> in_image{nullptr, rows_of<Row>};
template <class Row>
constexpr RowKernel<Balance> squares_in_image{nullptr, squares_of<Row>};
template <class Row>
constexpr RowKernel<VolumeBalance> in_volume{nullptr, rows_of<Row>,    nullptr,
                                             nullptr, rows_of_a_piece, lines_of};
template <class Row>
constexpr RowKernel<VolumeBalance> cubes_in_volume{nullptr, squares_of<Row>, nullptr,
                                                   nullptr, rows_of_a_piece, half_lines_of};

}  // namespace

const Balances<Balance> balances{in_image<Relax>,   in_image<Residual>, squares_in_image<Restrict>,
                                 in_image<Prolong>, in_image<Products>, squares_in_image<Coarsen>};
const Balances<VolumeBalance> volume_balances{in_volume<Relax>,          in_volume<Residual>,
                                              cubes_in_volume<Restrict>, in_volume<Prolong>,
                                              in_volume<Products>,       cubes_in_volume<Coarsen>};

}  // namespace pdefilter
