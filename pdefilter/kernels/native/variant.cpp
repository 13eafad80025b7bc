// The loops. This file is compiled once for each instruction set, with PDEFILTER_VARIANT its
// name; everything in it has internal linkage but the table at its end, so that no variant's
// code can end up in another. For the same reason it includes nothing of the C++ library.
//
// The order of operations is that of kernels/reference.py, which specifies the result.

#include <stdint.h>
#include <string.h>

#include "variant.hpp"

namespace pdefilter {
namespace PDEFILTER_VARIANT {
namespace {

inline Index smaller(Index a, Index b) { return a < b ? a : b; }
inline Index larger(Index a, Index b) { return a > b ? a : b; }

// ---------------------------------------------------------------- as many numbers as fit

#if defined(__AVX512F__)
#define PDEFILTER_LANES(f) f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7), f(8), f(9), f(10), \
    f(11), f(12), f(13), f(14), f(15)
constexpr Index lanes = 16;
#elif defined(__AVX__)
#define PDEFILTER_LANES(f) f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7)
constexpr Index lanes = 8;
#else
#define PDEFILTER_LANES(f) f(0), f(1), f(2), f(3)
constexpr Index lanes = 4;
#endif

typedef float Floats __attribute__((vector_size(lanes * sizeof(float))));
typedef uint32_t Integers __attribute__((vector_size(lanes * sizeof(float))));

inline Floats load(const float* p) {
    Floats v;
    memcpy(&v, p, sizeof v);
    return v;
}
inline void store(float* p, Floats v) { memcpy(p, &v, sizeof v); }

inline Floats all(float x) {
#define PDEFILTER_SAME(k) x
    return Floats{PDEFILTER_LANES(PDEFILTER_SAME)};
}

// The numbers one place further back, in a row where `v` comes after `preceding`.
inline Floats last_in(Floats preceding, Floats v) {
#define PDEFILTER_LAST(k) int(lanes) + k - 1
    return __builtin_shufflevector(preceding, v, PDEFILTER_LANES(PDEFILTER_LAST));
}

// ---------------------------------------------------------------- conductances

// The lesser of r >= 0 and `most`, which NaN counts as: bits of such floats are ordered like the
// floats, and integers are compared on units that would else be idle.
inline Floats at_most(Floats r, float most) {
    const Integers bits = (Integers)r, limit = (Integers)all(most);
    return (Floats)(bits < limit ? bits : limit);
}

// What follows works on several groups of numbers side by side, because each operation must wait
// for the one before it.

// 2^-r for r >= 0; see kernels/exponential.py.
template <int n>
inline void exp2_of_minus(Floats (&r)[n]) {
    const Floats magic = all(12582912.0f);  // 1.5 x 2^23: what it is added to becomes an integer
    Floats shifted[n], f2[n], p[n], q[n];
    for (int k = 0; k < n; ++k) r[k] = at_most(r[k], 125.0f);
    for (int k = 0; k < n; ++k) shifted[k] = magic - r[k];
    for (int k = 0; k < n; ++k) r[k] += shifted[k] - magic;
    for (int k = 0; k < n; ++k) q[k] = r[k] * all(-1.3264727197e-03f);
    for (int k = 0; k < n; ++k) p[k] = r[k] * all(-5.5507337433e-02f);
    for (int k = 0; k < n; ++k) f2[k] = r[k] * r[k];
    for (int k = 0; k < n; ++k) q[k] += all(9.6715126397e-03f);
    for (int k = 0; k < n; ++k) p[k] += all(2.4022242085e-01f);
    for (int k = 0; k < n; ++k) r[k] *= all(-6.9314697760e-01f);
    for (int k = 0; k < n; ++k) q[k] *= f2[k];
    for (int k = 0; k < n; ++k) r[k] += all(1.0f);
    for (int k = 0; k < n; ++k) p[k] += q[k];
    for (int k = 0; k < n; ++k) p[k] *= f2[k];
    for (int k = 0; k < n; ++k) r[k] += p[k];
    // The integer stands in the lowest bits. The product with its power of two is a normal
    // number, so adding to the exponent is exact.
    for (int k = 0; k < n; ++k)
        r[k] = (Floats)((Integers)r[k] + ((Integers)shifted[k] << 23));
}

// 1/(1 + r), with one division for two, as 1/a = b/(ab).
template <int n>
inline void rational_of(Floats (&r)[n]) {
    Floats inverse[n / 2];
    for (int k = 0; k < n; ++k) r[k] = at_most(r[k], 1e18f) + all(1.0f);
    for (int k = 0; k < n; k += 2) inverse[k / 2] = all(1.0f) / (r[k] * r[k + 1]);
    for (int k = 0; k < n; k += 2) {
        const Floats a = r[k];
        r[k] = r[k + 1] * inverse[k / 2];
        r[k + 1] = a * inverse[k / 2];
    }
}

// The diffusivity of a march, and what else is computed: everything known when compiling.
template <Conductance kind_, bool weighted_, bool momentum_>
struct Law {
    static constexpr Conductance kind = kind_;
    static constexpr bool weighted = weighted_;  // the edges' own conductances are given
    static constexpr bool momentum = momentum_;
};

// From the differences across the edges below (2q) and to the right (2q + 1) of some rows to what
// these conduct.
template <int n, int C, class L>
inline void conductances(const Floats (&difference)[n][C], float scale,
                         const float* const (&edges)[n], Index j, Floats (&g)[n]) {
    for (int k = 0; k < n; ++k) {
        if constexpr (L::kind == constant) {
            g[k] = all(1.0f);
            continue;
        }
        g[k] = difference[k][0] * difference[k][0];
        for (int c = 1; c < C; ++c) g[k] += difference[k][c] * difference[k][c];
        g[k] *= all(scale);
    }
    if constexpr (L::kind == exponential) exp2_of_minus(g);
    if constexpr (L::kind == rational) rational_of(g);
    if constexpr (L::weighted)
        for (int k = 0; k < n; ++k) g[k] *= load(edges[k] + j);
}

// ---------------------------------------------------------------- some rows of one step

// R rows at once: what one of them has in registers the next need not fetch. Rows begin on a
// cache line and have room for whole groups of lanes, and one more to the right.
template <int C, int R>
struct Rows {
    const float* u[R + 1][C];   // u_k at these rows and the next
    const float* before[R][C];  // u_{k-1}
    float* out[R][C];           // u_{k+1}
    float* above[C];            // the flux into the first row; becomes that out of the last
    const float* edges[2 * R];  // the given conductances, below and to the right
    float tau, alpha, rest, scale;
};

// Every pixel answers for two edges, that below it and that to its right. To prime is to find
// the flux out of the last row alone.
template <int C, int R, class L, bool prime>
void step_rows(const Rows<C, R>& rows, Index width) {
    const Rows<C, R> s = rows;
    Floats left[R][C];
    for (int q = 0; q < R; ++q)
        for (int c = 0; c < C; ++c) left[q][c] = all(0.0f);
    for (Index j = 0; j < width; j += lanes) {
        Floats u[R + 1][C], above[C], flux[2 * R][C];
        for (int c = 0; c < C; ++c) {
            if constexpr (!prime) above[c] = load(s.above[c] + j);
            for (int q = 0; q <= R; ++q) u[q][c] = load(s.u[q][c] + j);
        }
        for (int q = 0; q < R; ++q)
            for (int c = 0; c < C; ++c) {
                flux[2 * q][c] = u[q + 1][c] - u[q][c];
                flux[2 * q + 1][c] = load(s.u[q][c] + j + 1) - u[q][c];
            }
        if constexpr (L::kind != constant || L::weighted) {
            Floats g[2 * R];
            conductances<2 * R, C, L>(flux, s.scale, s.edges, j, g);
            for (int k = 0; k < 2 * R; ++k)
                for (int c = 0; c < C; ++c) flux[k][c] *= g[k];
        }
        for (int q = 0; q < R; ++q)
            for (int c = 0; c < C; ++c) {
                const Floats below = flux[2 * q][c], right = flux[2 * q + 1][c];
                if constexpr (!prime) {
                    Floats change = below - above[c];
                    change += right - last_in(left[q][c], right);
                    change *= all(s.tau);
                    change += u[q][c];
                    if constexpr (L::momentum) {
                        change *= all(s.alpha);
                        change += load(s.before[q][c] + j) * all(s.rest);
                    }
                    store(s.out[q][c] + j, change);
                }
                above[c] = below, left[q][c] = right;
            }
        for (int c = 0; c < C; ++c) store(s.above[c] + j, above[c]);
    }
}

// ---------------------------------------------------------------- a tile, all levels at once

constexpr Index line = 16;
inline Index up_to_line(Index floats) { return (floats + line - 1) / line * line; }
inline Index stride_of(Index width) { return up_to_line(width) + line; }
constexpr Index ring = 4;  // rows kept of a level: two for each that is computed at once

Index march_scratch(const Pass& pass, Index tile_columns) {
    const Index width = smaller(pass.columns, tile_columns + 2 * up_to_line(pass.levels));
    const Index levels = pass.levels, channels = pass.channels;
    Index rows = (levels + 1) * ring * channels;  // all levels
    rows += levels * channels;                    // fluxes from above
    if (pass.edges) rows += 2 * (levels + 2);     // their conductances
    return rows * stride_of(width);
}

// A wavefront: when row y of the first image has come in, row y - t of level t can be computed.
// Rows outside the tile are computed as far as the levels to come need them. Columns are
// computed as if the tile ended, a margin of a pixel a level outside, at the image's border:
// what is wrong there comes nearer by a pixel a level, and does not reach the tile.
template <int C, class L>
struct March {
    const Pass& pass;
    const Tile& tile;
    const Index levels = pass.levels;
    const Index margin = up_to_line(levels);
    const Index x0 = larger(0, tile.first_column - margin);
    const Index width = smaller(pass.columns, tile.last_column + margin) - x0;
    const Index stride = stride_of(width);
    float* const images;
    float* const above = images + (levels + 1) * ring * C * stride;
    float* const edges = above + levels * C * stride;

    March(const Pass& pass, const Tile& tile, float* scratch)
        : pass(pass), tile(tile), images(scratch) {}

    float* ring_row(Index level, Index r, int c) const {
        return images + ((level * ring + (r & (ring - 1))) * C + c) * stride;
    }
    float* edge_row(Index r, int which) const {
        return edges + (2 * (r % (levels + 2)) + which) * stride;
    }
    template <class Float>
    Float* image_row(Float* image, Index r, int c) const {
        return image + (c * pass.rows + r) * pass.columns + x0;
    }

    void fetch(Index r) const {
        for (int c = 0; c < C; ++c) {
            float* row = ring_row(0, r, c);
            memcpy(row, image_row(pass.in, r, c), size_t(width) * sizeof(float));
            row[width] = row[width - 1];
        }
        if constexpr (L::weighted)
            for (int which = 0; which < 2; ++which)
                memcpy(edge_row(r, which), image_row(pass.edges, r, which),
                       size_t(width) * sizeof(float));
    }

    // Writes the columns of the tile.
    void deliver(float* image, Index level, Index r) const {
        const Index from = tile.first_column - x0, to = tile.last_column - x0;
        for (int c = 0; c < C; ++c)
            memcpy(image_row(image, r, c) + from, ring_row(level, r, c) + from,
                   size_t(to - from) * sizeof(float));
    }

    // Computes rows r to r + R - 1 of a level, all of which are wanted; or primes row r.
    template <int R, bool prime>
    void step(Index level, Index r) const {
        Rows<C, R> s;
        s.tau = pass.steps[level - 1];
        s.alpha = L::momentum ? pass.momenta[level - 1] : 1.0f;
        s.rest = 1.0f - s.alpha;
        s.scale = pass.scale;
        const bool moved = s.alpha != 1.0f;
        for (int c = 0; c < C; ++c) {
            s.above[c] = above + ((level - 1) * C + c) * stride;
            if (r == 0) memset(s.above[c], 0, size_t(width) * sizeof(float));  // the border
            for (int q = 0; q <= R; ++q)
                s.u[q][c] = ring_row(level - 1, smaller(r + q, pass.rows - 1), c);
        }
        for (int q = 0; q < R; ++q) {
            for (int which = 0; which < 2; ++which)
                s.edges[2 * q + which] = L::weighted ? edge_row(r + q, which) : nullptr;
            for (int c = 0; c < C; ++c) {
                s.out[q][c] = ring_row(level, r + q, c);
                s.before[q][c] = level == 1 ? s.out[q][c] : ring_row(level - 2, r + q, c);
                if (moved && level == 1)
                    memcpy(s.out[q][c], image_row(pass.before, r + q, c),
                           size_t(width) * sizeof(float));
            }
        }
        if (moved)
            step_rows<C, R, L, prime>(s, width);
        else
            step_rows<C, R, Law<L::kind, L::weighted, false>, prime>(s, width);
        if constexpr (!prime)
            for (int q = 0; q < R; ++q) {
                for (int c = 0; c < C; ++c) s.out[q][c][width] = s.out[q][c][width - 1];
                if (level < levels) continue;
                deliver(pass.out, levels, r + q);
                if (pass.out_before) deliver(pass.out_before, levels - 1, r + q);
            }
    }

    // Rows r and r + 1 of a level, as far as they are wanted.
    void advance(Index level, Index r) const {
        const Index beyond = levels - level;
        const Index top = larger(0, tile.first_row - beyond);
        const Index bottom = smaller(pass.rows, tile.last_row + beyond);
        if (top <= r && r + 1 < bottom) return step<2, false>(level, r);
        for (Index k = r; k < r + 2; ++k) {
            if (0 <= k && k == top - 1) step<1, true>(level, k);
            if (top <= k && k < bottom) step<1, false>(level, k);
        }
    }

    void run() const {
        const Index first = larger(0, tile.first_row - levels);
        const Index last = smaller(pass.rows, tile.last_row + levels);
        for (Index y = first; y < tile.last_row + levels; y += 2) {
            for (Index r = y; r < smaller(y + 2, last); ++r) fetch(r);
            for (Index level = 1; level <= levels; ++level) advance(level, y - level);
        }
    }
};

template <int C, Conductance kind>
void march_with(const Pass& pass, const Tile& tile, float* scratch) {
    if (pass.momenta && pass.edges)
        March<C, Law<kind, true, true>>(pass, tile, scratch).run();
    else if (pass.momenta)
        March<C, Law<kind, false, true>>(pass, tile, scratch).run();
    else if (pass.edges)
        March<C, Law<kind, true, false>>(pass, tile, scratch).run();
    else
        March<C, Law<kind, false, false>>(pass, tile, scratch).run();
}

template <int C>
void march_channels(const Pass& pass, const Tile& tile, float* scratch) {
    if (pass.conductance == exponential) return march_with<C, exponential>(pass, tile, scratch);
    if (pass.conductance == rational) return march_with<C, rational>(pass, tile, scratch);
    march_with<C, constant>(pass, tile, scratch);
}

void march_tile(const Pass& pass, const Tile& tile, float* scratch) {
    switch (pass.channels) {
        case 1: return march_channels<1>(pass, tile, scratch);
        case 2: return march_channels<2>(pass, tile, scratch);
        case 3: return march_channels<3>(pass, tile, scratch);
        default: return march_channels<4>(pass, tile, scratch);
    }
}

// ---------------------------------------------------------------- conductances as an image

Index conduct_scratch(const Conducting& task) {
    return (2 * task.channels + 2) * stride_of(task.columns);
}

template <int C, class L>
void conduct_rows_of(const Conducting& task, Index first, Index last, float* scratch) {
    const Index M = task.rows, N = task.columns, stride = stride_of(N);
    const size_t bytes = size_t(N) * sizeof(float);
    float* const results = scratch + 2 * C * stride;
    const float* const edges[2] = {results, results + stride};
    for (Index r = first; r < last; ++r) {
        for (int c = 0; c < C; ++c) {
            float *u = scratch + c * stride, *next = u + C * stride;
            memcpy(u, task.in + (c * M + r) * N, bytes);
            memcpy(next, task.in + (c * M + smaller(r + 1, M - 1)) * N, bytes);
            u[N] = u[N - 1];
        }
        if constexpr (L::weighted)
            for (int which = 0; which < 2; ++which)
                memcpy(results + which * stride, task.edges + (which * M + r) * N, bytes);
        for (Index j = 0; j < N; j += lanes) {
            Floats difference[2][C], g[2];
            for (int c = 0; c < C; ++c) {
                const float* const row = scratch + c * stride + j;
                difference[0][c] = load(row + C * stride) - load(row);
                difference[1][c] = load(row + 1) - load(row);
            }
            conductances<2, C, L>(difference, task.scale, edges, j, g);
            store(results + j, g[0]);
            store(results + stride + j, g[1]);
        }
        for (int which = 0; which < 2; ++which)
            memcpy(task.out + (which * M + r) * N, results + which * stride, bytes);
    }
}

template <int C, Conductance kind>
void conduct_rows_with(const Conducting& task, Index first, Index last, float* scratch) {
    if (task.edges)
        conduct_rows_of<C, Law<kind, true, false>>(task, first, last, scratch);
    else
        conduct_rows_of<C, Law<kind, false, false>>(task, first, last, scratch);
}

template <int C>
void conduct_channels(const Conducting& task, Index first, Index last, float* scratch) {
    if (task.conductance == exponential)
        return conduct_rows_with<C, exponential>(task, first, last, scratch);
    if (task.conductance == rational)
        return conduct_rows_with<C, rational>(task, first, last, scratch);
    conduct_rows_with<C, constant>(task, first, last, scratch);
}

void conduct_rows(const Conducting& task, Index first, Index last, float* scratch) {
    switch (task.channels) {
        case 1: return conduct_channels<1>(task, first, last, scratch);
        case 2: return conduct_channels<2>(task, first, last, scratch);
        case 3: return conduct_channels<3>(task, first, last, scratch);
        default: return conduct_channels<4>(task, first, last, scratch);
    }
}

// ---------------------------------------------------------------- operator splitting

// Thomas's algorithm on as many systems at once as keep the processor busy while each waits
// for its divisions; position i of the systems of a group lies `stride` after position i - 1.
constexpr Index group = 32;
constexpr Index parts = group / lanes;
constexpr Index most_channels = 4;

struct Systems {
    Index length, stride;
    const float* f[most_channels];
    const float* edges;      // g between positions i and i + 1
    float* v[most_channels]; // the solution, [length][group]
    float* ratio;            // [length][group]
};

template <int C>
void solve_of(const Systems& s, float two_tau) {
    const Index n = s.length;
    Floats w[parts], ratio[parts], v[C][parts];
    for (Index k = 0; k < parts; ++k) {
        w[k] = ratio[k] = all(0.0f);
        for (int c = 0; c < C; ++c) v[c][k] = all(0.0f);
    }
    for (Index i = 0; i < n; ++i)
        for (Index k = 0; k < parts; ++k) {
            const Index at = i * s.stride + k * lanes, to = i * group + k * lanes;
            const Floats after = i < n - 1 ? load(s.edges + at) * all(two_tau) : all(0.0f);
            const Floats diagonal = all(1.0f) + w[k] + after;
            const Floats pivot = all(1.0f) / (diagonal - w[k] * ratio[k]);
            for (int c = 0; c < C; ++c) {
                v[c][k] = (load(s.f[c] + at) + w[k] * v[c][k]) * pivot;
                store(s.v[c] + to, v[c][k]);
            }
            ratio[k] = after * pivot;
            store(s.ratio + to, ratio[k]);
            w[k] = after;
        }
    for (Index i = n - 2; i >= 0; --i)
        for (Index k = 0; k < parts; ++k) {
            const Index to = i * group + k * lanes;
            const Floats r = load(s.ratio + to);
            for (int c = 0; c < C; ++c) {
                v[c][k] = load(s.v[c] + to) + r * v[c][k];
                store(s.v[c] + to, v[c][k]);
            }
        }
}

void solve(const Systems& s, Index channels, float two_tau) {
    switch (channels) {
        case 1: return solve_of<1>(s, two_tau);
        case 2: return solve_of<2>(s, two_tau);
        case 3: return solve_of<3>(s, two_tau);
        default: return solve_of<4>(s, two_tau);
    }
}

// Solutions and ratios, and room to lay out what does not lie side by side in memory.
Index solve_scratch(const Splitting& task) {
    return (2 * task.channels + 2) * (larger(task.rows, task.columns) + lanes) * group;
}

Systems systems_in(float* scratch, Index channels, Index length) {
    Systems s{};
    s.length = length;
    const Index plane = (length + lanes) * group;
    for (Index c = 0; c < channels; ++c) s.v[c] = scratch + c * plane;
    s.ratio = scratch + channels * plane;
    return s;
}

// As many numbers as there are, and zeros; all of them being the common case.
inline Floats load_some(const float* p, Index count) {
    if (count >= lanes) return load(p);
    Floats v = {};
    if (count > 0) memcpy(&v, p, size_t(count) * sizeof(float));
    return v;
}
inline void store_some(float* p, Floats v, Index count) {
    if (count >= lanes) return store(p, v);
    memcpy(p, &v, size_t(count) * sizeof(float));
}

void solve_columns(const Splitting& task, Index first, Index last, float* scratch) {
    const Index M = task.rows, N = task.columns, channels = task.channels;
    Systems s = systems_in(scratch, channels, M);
    float* const room = s.ratio + (M + lanes) * group;
    for (Index j0 = first; j0 < last; j0 += group) {
        const Index count = smaller(group, last - j0);
        const size_t bytes = size_t(count) * sizeof(float);
        // The last group may be narrow: it is laid out apart, or it would read past its rows.
        auto side_by_side = [&](const float* plane, float* to) -> const float* {
            if (count == group) return plane + j0;
            for (Index i = 0; i < M; ++i) {
                memset(to + i * group, 0, group * sizeof(float));
                memcpy(to + i * group, plane + i * N + j0, bytes);
            }
            return to;
        };
        s.stride = count == group ? N : group;
        for (Index c = 0; c < channels; ++c)
            s.f[c] = side_by_side(task.in + c * M * N, room + c * M * group);
        s.edges = side_by_side(task.edges, room + channels * M * group);
        solve(s, channels, task.two_tau);
        for (Index c = 0; c < channels; ++c)
            for (Index i = 0; i < M; ++i)
                for (Index k = 0; k < count; k += lanes)
                    store_some(task.out + (c * M + i) * N + j0 + k, load(s.v[c] + i * group + k),
                               count - k);
    }
}

// Row k of the square becomes column k: so many perfect shuffles bring every element home.
template <Index stage = 1>
inline void transpose(Floats (&square)[lanes]) {
#define PDEFILTER_LOW(k) k / 2 + k % 2 * int(lanes)
#define PDEFILTER_HIGH(k) int(lanes) / 2 + k / 2 + k % 2 * int(lanes)
    Floats shuffled[lanes];
    for (Index k = 0; k < lanes / 2; ++k) {
        const Floats a = square[k], b = square[k + lanes / 2];
        shuffled[2 * k] = __builtin_shufflevector(a, b, PDEFILTER_LANES(PDEFILTER_LOW));
        shuffled[2 * k + 1] = __builtin_shufflevector(a, b, PDEFILTER_LANES(PDEFILTER_HIGH));
    }
    for (Index k = 0; k < lanes; ++k) square[k] = shuffled[k];
    if constexpr (2 * stage < lanes) transpose<2 * stage>(square);
}

// Some rows of a plane, as the columns of [columns][group].
void turn(const float* rows, Index count, Index N, float* to) {
    for (Index i0 = 0; i0 < group; i0 += lanes)
        for (Index j0 = 0; j0 < N; j0 += lanes) {
            Floats square[lanes];
            for (Index i = 0; i < lanes; ++i)
                square[i] = load_some(rows + (i0 + i) * N + j0, i0 + i < count ? N - j0 : 0);
            transpose(square);
            for (Index j = 0; j < lanes; ++j) store(to + (j0 + j) * group + i0, square[j]);
        }
}

// The mean of the columns of [columns][group] and some rows of a plane, in their place.
void average_turned(const float* from, float* rows, Index count, Index N) {
    for (Index i0 = 0; i0 < count; i0 += lanes)
        for (Index j0 = 0; j0 < N; j0 += lanes) {
            Floats square[lanes];
            for (Index j = 0; j < lanes; ++j) square[j] = load(from + (j0 + j) * group + i0);
            transpose(square);
            for (Index i = 0; i < smaller(lanes, count - i0); ++i) {
                float* row = rows + (i0 + i) * N + j0;
                const Floats mean = (load_some(row, N - j0) + square[i]) * all(0.5f);
                store_some(row, mean, N - j0);
            }
        }
}

void solve_rows(const Splitting& task, Index first, Index last, float* scratch) {
    const Index M = task.rows, N = task.columns, channels = task.channels;
    Systems s = systems_in(scratch, channels, N);
    s.stride = group;
    const Index plane = (N + lanes) * group;
    float* const room = s.ratio + plane;
    for (Index i0 = first; i0 < last; i0 += group) {
        const Index count = smaller(group, last - i0);
        for (Index c = 0; c < channels; ++c) {
            s.f[c] = room + c * plane;
            turn(task.in + (c * M + i0) * N, count, N, room + c * plane);
        }
        s.edges = room + channels * plane;
        turn(task.edges + (M + i0) * N, count, N, room + channels * plane);
        solve(s, channels, task.two_tau);
        for (Index c = 0; c < channels; ++c)
            average_turned(s.v[c], task.out + (c * M + i0) * N, count, N);
    }
}

}  // namespace

extern const Variant variant;
const Variant variant{march_scratch, march_tile,   conduct_scratch, conduct_rows,
                      solve_scratch, solve_columns, solve_rows};

}  // namespace PDEFILTER_VARIANT
}  // namespace pdefilter
