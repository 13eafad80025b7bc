// Operations of a graph Laplacian. Memory limits these loops, so that one build does for all
// instruction sets. The order of operations is that of kernels/reference.

#include "elliptic.hpp"

namespace pdefilter {

namespace {

// The four edges of pixel (r, c): from above, from below, from the left, from the right.
template <bool weighted>
struct Cross {
    float conductance[4];
    Index neighbour[4];

    Cross(const Balance& n, Index r, Index c) {
        const Index N = n.columns, at = r * N + c;
        const Index right = n.rows * N;
        auto set = [&](int k, bool inside, Index edge, Index to) {
            conductance[k] = inside ? (weighted ? n.edges[edge] : 1.0f) : 0.0f;
            neighbour[k] = inside ? to : at;
        };
        set(0, r > 0, at - N, at - N);
        set(1, r < n.rows - 1, at, at + N);
        set(2, c > 0, right + at - 1, at - 1);
        set(3, c < N - 1, right + at, at + 1);
    }

    // The flow into the pixel.
    float flow(const float* u, float here) const {
        float sum = conductance[0] * (u[neighbour[0]] - here);
        for (int k = 1; k < 4; ++k) sum += conductance[k] * (u[neighbour[k]] - here);
        return sum;
    }
    float total() const {
        return conductance[0] + conductance[1] + conductance[2] + conductance[3];
    }
};

bool is_free(const Balance& n, Index at) { return !n.free || n.free[at]; }

template <bool weighted>
float residual_at(const Balance& n, const Cross<weighted>& cross, const float* u, Index at) {
    float sum = cross.flow(u, u[at]);
    if (n.f) sum += n.f[at];
    if (n.leaks) sum -= n.leaks[at] * u[at];
    return sum;
}

// The residual of a pixel that may lie outside of the image.
template <bool weighted>
float residual_or_zero(const Balance& n, Index r, Index c) {
    const Index at = r * n.columns + c;
    if (r >= n.rows || c >= n.columns || !is_free(n, at)) return 0.0f;
    return residual_at(n, Cross<weighted>(n, r, c), n.from, at);
}

// Makes of `row`, with a member row<weighted>(task, r), a kernel of whole rows.
template <class Row>
void rows_of(const Balance& n, Index first, Index last, float*) {
    for (Index r = first; r < last; ++r)
        n.edges ? Row::template row<true>(n, r) : Row::template row<false>(n, r);
}
// The same for rows of 2 x 2 squares; pieces of work have an even number of rows.
template <class Row>
void squares_of(const Balance& n, Index first, Index last, float*) {
    for (Index R = first / 2; R < (last + 1) / 2; ++R)
        n.edges ? Row::template row<true>(n, R) : Row::template row<false>(n, R);
}

struct Relax {
    template <bool weighted>
    static void row(const Balance& n, Index r) {
        float* const u = n.u;
        for (Index c = (r + n.colour) % 2; c < n.columns; c += 2) {
            const Index at = r * n.columns + c;
            if (!is_free(n, at)) continue;
            const Cross<weighted> cross(n, r, c);
            const float total = n.leaks ? cross.total() + n.leaks[at] : cross.total();
            if (total > 0) u[at] += residual_at(n, cross, u, at) / total;
        }
    }
};

struct Residual {
    template <bool weighted>
    static void row(const Balance& n, Index r) {
        for (Index c = 0; c < n.columns; ++c)
            n.to[r * n.columns + c] = residual_or_zero<weighted>(n, r, c);
    }
};

struct Restrict {
    template <bool weighted>
    static void row(const Balance& n, Index R) {
        const Index half_columns = (n.columns + 1) / 2;
        for (Index C = 0; C < half_columns; ++C) {
            auto at = [&](Index r, Index c) { return residual_or_zero<weighted>(n, r, c); };
            const float upper = at(2 * R, 2 * C) + at(2 * R, 2 * C + 1);
            const float lower = at(2 * R + 1, 2 * C) + at(2 * R + 1, 2 * C + 1);
            n.to[R * half_columns + C] = upper + lower;
        }
    }
};

struct Prolong {
    template <bool>
    static void row(const Balance& n, Index r) {
        const float* const from = n.from + r / 2 * ((n.columns + 1) / 2);
        for (Index c = 0; c < n.columns; ++c)
            if (is_free(n, r * n.columns + c)) n.u[r * n.columns + c] += from[c / 2];
    }
};

struct Products {
    template <bool weighted>
    static void row(const Balance& n, Index r) {
        double sum = 0;
        for (Index c = 0; c < n.columns; ++c) {
            const Index at = r * n.columns + c;
            if (!is_free(n, at)) continue;
            const float residual = residual_at(n, Cross<weighted>(n, r, c), n.from, at);
            sum += double(residual) * double(n.v ? n.v[at] : residual);
        }
        n.sums[r] = sum;
    }
};

struct Coarsen {
    template <bool weighted>
    static void row(const Balance& n, Index R) {
        const Index half_rows = (n.rows + 1) / 2, half_columns = (n.columns + 1) / 2;
        for (Index C = 0; C < half_columns; ++C) {
            // The leak of a pixel: to zero and to pixels that are not free; and its edge k to one
            // that is.
            auto leak = [&](Index r, Index c) {
                const Index at = r * n.columns + c;
                if (r >= n.rows || c >= n.columns || !is_free(n, at)) return 0.0f;
                const Cross<weighted> cross(n, r, c);
                float sum = 0;
                for (int k = 0; k < 4; ++k)
                    sum += is_free(n, cross.neighbour[k]) ? 0.0f : cross.conductance[k];
                return n.leaks ? sum + n.leaks[at] : sum;
            };
            auto edge = [&](Index r, Index c, int k) {
                if (r >= n.rows || c >= n.columns || !is_free(n, r * n.columns + c)) return 0.0f;
                const Cross<weighted> cross(n, r, c);
                return is_free(n, cross.neighbour[k]) ? cross.conductance[k] : 0.0f;
            };
            const Index r = 2 * R, c = 2 * C, at = R * half_columns + C;
            const float below = edge(r + 1, c, 1) + edge(r + 1, c + 1, 1);
            const float right = edge(r, c + 1, 3) + edge(r + 1, c + 1, 3);
            const float upper = leak(r, c) + leak(r, c + 1);
            const float lower = leak(r + 1, c) + leak(r + 1, c + 1);
            n.to_edges[at] = below * n.scale;
            n.to_edges[half_rows * half_columns + at] = right * n.scale;
            n.to[at] = (upper + lower) * n.scale;
        }
    }
};

}  // namespace

const RowKernel<Balance> relax{nullptr, rows_of<Relax>};
const RowKernel<Balance> residual{nullptr, rows_of<Residual>};
const RowKernel<Balance> restrict_squares{nullptr, squares_of<Restrict>};
const RowKernel<Balance> prolong_squares{nullptr, rows_of<Prolong>};
const RowKernel<Balance> products{nullptr, rows_of<Products>};
const RowKernel<Balance> coarsen{nullptr, squares_of<Coarsen>};

}  // namespace pdefilter
