// The loops. This file is compiled once for each instruction set, with PDEFILTER_VARIANT its
// name; everything in it has internal linkage but the table at its end, so that no variant's
// code can end up in another. For the same reason it includes nothing of the C++ library.
//
// The order of operations is that of kernels/reference.py, which specifies the result.

#include <stdint.h>
#include <string.h>

#include "variant.hpp"

#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define INDEPENDENT _Pragma("GCC ivdep")
#else
#define INDEPENDENT __pragma(loop(ivdep))
#endif

namespace pdefilter {
namespace PDEFILTER_VARIANT {
namespace {

inline Index smaller(Index a, Index b) { return a < b ? a : b; }
inline Index larger(Index a, Index b) { return a > b ? a : b; }

// ---------------------------------------------------------------- conductances

// 2^-r for r >= 0; see kernels/exponential.py.
inline float exp2_of_minus(float r) {
    constexpr float magic = 12582912.0f;  // 1.5 x 2^23: adding it rounds to an integer
    constexpr uint32_t magic_bits = 0x4B400000u;
    float x = -r;
    x = x < -125.0f ? -125.0f : x;
    const float shifted = x + magic;
    const float f = x - (shifted - magic);
    float p = f * 1.3264727197e-03f;
    p += 9.6715126397e-03f;
    p *= f;
    p += 5.5507337433e-02f;
    p *= f;
    p += 2.4022242085e-01f;
    p *= f;
    p += 6.9314697760e-01f;
    p *= f;
    p += 1.0f;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits - magic_bits + 127u) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

template <Conductance kind>
inline float conductance(float r) {
    if constexpr (kind == exponential) return exp2_of_minus(r);
    if constexpr (kind == rational) return 1.0f / (r + 1.0f);
    return 1.0f;
}

template <int C, Conductance kind>
inline float conductance_of(const float (&difference)[C], float scale) {
    float squared = difference[0] * difference[0];
    for (int c = 1; c < C; ++c) squared += difference[c] * difference[c];
    squared *= scale;
    return conductance<kind>(squared);
}

// ---------------------------------------------------------------- one row of one step

// How the fluxes of a level come about: the conductance follows the level's own image, or
// is held, row by row, in a buffer.
enum class Mode { constant, exponential, rational, held };

constexpr Conductance kind_of(Mode mode) {
    return mode == Mode::exponential ? exponential : mode == Mode::rational ? rational : constant;
}

template <int C>
struct Row {
    const float* u[C];       // u_k at this row ...
    const float* next[C];    // ... and at the next
    const float* before[C];  // u_{k-1} at this row
    float* out[C];           // u_{k+1} at this row
    float* above[C];         // the flux from the row above; becomes that to the row below
    float* across[C];        // room for the fluxes from column to column
    const float* held_down;
    const float* held_across;
    float tau, alpha, rest, scale;
};

template <int C, Mode mode>
inline void conduct(float (&difference)[C], const float* held, Index j, float scale) {
    if constexpr (mode == Mode::constant) return;
    float g;
    if constexpr (mode == Mode::held)
        g = held[j];
    else
        g = conductance_of<C, kind_of(mode)>(difference, scale);
    for (int c = 0; c < C; ++c) difference[c] *= g;
}

template <int C, Mode mode>
inline void flow_down(const Row<C>& row, Index j, float (&flux)[C]) {
    for (int c = 0; c < C; ++c) flux[c] = row.next[c][j] - row.u[c][j];
    conduct<C, mode>(flux, row.held_down, j, row.scale);
}

// From column j - 1 to column j.
template <int C, Mode mode>
inline void flow_across(const Row<C>& row, Index j, float (&flux)[C]) {
    for (int c = 0; c < C; ++c) flux[c] = row.u[c][j] - row.u[c][j - 1];
    conduct<C, mode>(flux, row.held_across, j, row.scale);
}

template <int C, bool momentum>
inline void finish(const Row<C>& row, Index j, const float (&down)[C], const float (&right)[C],
                   const float (&left)[C]) {
    for (int c = 0; c < C; ++c) {
        float change = down[c] - row.above[c][j];
        change += right[c] - left[c];
        change *= row.tau;
        change += row.u[c][j];
        if constexpr (momentum) {
            change *= row.alpha;
            change += row.before[c][j] * row.rest;
        }
        row.above[c][j] = down[c];
        row.out[c][j] = change;
    }
}

template <int C, Mode mode, bool momentum>
void step_row(const Row<C>& row, Index from, Index to) {
    const Row<C> r = row;
    if constexpr (mode == Mode::constant) {
        INDEPENDENT
        for (Index j = from; j < to; ++j) {
            float down[C], right[C], left[C];
            flow_down<C, mode>(r, j, down);
            flow_across<C, mode>(r, j + 1, right);
            flow_across<C, mode>(r, j, left);
            finish<C, momentum>(r, j, down, right, left);
        }
        return;
    }
    INDEPENDENT
    for (Index j = from; j <= to; ++j) {
        float flux[C];
        flow_across<C, mode>(r, j, flux);
        for (int c = 0; c < C; ++c) r.across[c][j] = flux[c];
    }
    INDEPENDENT
    for (Index j = from; j < to; ++j) {
        float down[C], right[C], left[C];
        flow_down<C, mode>(r, j, down);
        for (int c = 0; c < C; ++c) right[c] = r.across[c][j + 1];
        for (int c = 0; c < C; ++c) left[c] = r.across[c][j];
        finish<C, momentum>(r, j, down, right, left);
    }
}

template <int C, Mode mode>
void prime_row(const Row<C>& row, Index from, Index to) {
    const Row<C> r = row;
    INDEPENDENT
    for (Index j = from; j < to; ++j) {
        float d[C];
        flow_down<C, mode>(r, j, d);
        for (int c = 0; c < C; ++c) r.above[c][j] = d[c];
    }
}

// ---------------------------------------------------------------- a tile, all levels at once

// Rows of scratch begin on a cache line, after room for the mirrored column before the first.
constexpr Index line = 16;
inline Index up_to_line(Index floats) { return (floats + line - 1) / line * line; }
inline Index stride_of(Index width) { return up_to_line(width + 1) + line; }
inline Index ring_of(bool momentum) { return momentum ? 4 : 2; }

Index march_scratch(const Pass& pass, Index tile_columns) {
    const Index width = smaller(pass.columns, tile_columns + 2 * up_to_line(pass.levels));
    const Index levels = pass.levels, channels = pass.channels;
    Index rows = levels * ring_of(pass.momenta != nullptr) * channels;  // all levels but the last
    rows += levels * channels;                                          // fluxes from above
    rows += channels;                                                   // fluxes across
    if (pass.held) rows += 2 * (levels + 1);                            // held conductances
    return rows * stride_of(width);
}

// A wavefront: when row y of the first image has come in, row y - t of level t can be computed.
// Rows outside the tile are computed as far as the levels to come need them. Columns are
// computed as if the tile ended, a margin of a pixel a level outside, at the image's border:
// what is wrong there comes nearer by a pixel a level, and does not reach the tile.
template <int C, Mode mode, bool momentum>
struct March {
    const Pass& pass;
    const Tile& tile;
    const Index levels = pass.levels;
    const Index margin = up_to_line(levels);
    const Index x0 = larger(0, tile.first_column - margin);
    const Index width = smaller(pass.columns, tile.last_column + margin) - x0;
    const Index stride = stride_of(width);
    const Index ring = ring_of(momentum);
    float* const images;
    float* const above = images + levels * ring * C * stride;
    float* const across = above + levels * C * stride;
    float* const held = across + C * stride;

    March(const Pass& pass, const Tile& tile, float* scratch)
        : pass(pass), tile(tile), images(scratch) {}

    float* ring_row(Index level, Index r, int c) const {
        return images + ((level * ring + (r & (ring - 1))) * C + c) * stride + line;
    }
    float* held_row(Index r, int which) const {
        return held + (2 * (r % (levels + 1)) + which) * stride + line;
    }
    template <class Float>
    Float* image_row(Float* image, Index r, int c) const {
        return image + (c * pass.rows + r) * pass.columns + x0;
    }

    void mirror(float* row) const { row[-1] = row[0], row[width] = row[width - 1]; }

    void fetch(Index r) const {
        for (int c = 0; c < C; ++c) {
            float* row = ring_row(0, r, c);
            memcpy(row, image_row(pass.in, r, c), size_t(width) * sizeof(float));
            mirror(row);
        }
    }

    template <Conductance kind>
    void hold_row(Index r) const {
        const Index below = smaller(r + 1, pass.rows - 1);
        const float *u[C], *next[C];
        for (int c = 0; c < C; ++c) {
            u[c] = image_row(pass.held, r, c);
            next[c] = image_row(pass.held, below, c);
        }
        float *g_down = held_row(r, 0), *g_across = held_row(r, 1);
        const float scale = pass.scale;
        INDEPENDENT
        for (Index j = 0; j < width; ++j) {
            float d[C];
            for (int c = 0; c < C; ++c) d[c] = next[c][j] - u[c][j];
            g_down[j] = conductance_of<C, kind>(d, scale);
        }
        INDEPENDENT
        for (Index j = 1; j < width; ++j) {
            float d[C];
            for (int c = 0; c < C; ++c) d[c] = u[c][j] - u[c][j - 1];
            g_across[j] = conductance_of<C, kind>(d, scale);
        }
        g_across[0] = g_across[width] = 1.0f;  // g(0), of the mirrored columns
    }

    void hold(Index r) const {
        if (pass.conductance == exponential) return hold_row<exponential>(r);
        if (pass.conductance == rational) return hold_row<rational>(r);
        hold_row<constant>(r);
    }

    void advance(Index level, Index r) const {
        const Index beyond = levels - level;
        const Index top = larger(0, tile.first_row - beyond);
        const Index bottom = smaller(pass.rows, tile.last_row + beyond);
        const bool prime = r == top - 1, last = level == levels;
        if (r < 0 || r >= bottom || (r < top && !prime)) return;

        Row<C> row;
        row.tau = pass.steps[level - 1];
        row.alpha = momentum ? pass.momenta[level - 1] : 1.0f;
        row.rest = 1.0f - row.alpha;
        row.scale = pass.scale;
        row.held_down = mode == Mode::held ? held_row(r, 0) : nullptr;
        row.held_across = mode == Mode::held ? held_row(r, 1) : nullptr;
        const Index below = smaller(r + 1, pass.rows - 1);
        for (int c = 0; c < C; ++c) {
            row.u[c] = ring_row(level - 1, r, c);
            row.next[c] = ring_row(level - 1, below, c);
            row.before[c] = !momentum    ? nullptr
                            : level == 1 ? image_row(pass.before, r, c)
                                         : ring_row(level - 2, r, c);
            row.above[c] = above + ((level - 1) * C + c) * stride + line;
            row.across[c] = across + c * stride + line;
            row.out[c] = last ? image_row(pass.out, r, c) : ring_row(level, r, c);
        }
        if (prime) return prime_row<C, mode>(row, 0, width);
        if (r == 0) {
            // Above the first row lies its mirror image; the conductance held there is g(0) = 1.
            Row<C> mirrored = row;
            for (int c = 0; c < C; ++c) mirrored.next[c] = row.u[c];
            constexpr Mode there = mode == Mode::held ? Mode::constant : mode;
            prime_row<C, there>(mirrored, 0, width);
        }
        if (!last) {
            step_row<C, mode, momentum>(row, 0, width);
            for (int c = 0; c < C; ++c) mirror(row.out[c]);
            return;
        }
        const Index from = tile.first_column - x0, to = tile.last_column - x0;
        step_row<C, mode, momentum>(row, from, to);
        if (pass.out_before)
            for (int c = 0; c < C; ++c)
                memcpy(image_row(pass.out_before, r, c) + from, row.u[c] + from,
                       size_t(to - from) * sizeof(float));
    }

    void run() const {
        const Index first = larger(0, tile.first_row - levels);
        const Index last = smaller(pass.rows, tile.last_row + levels);
        for (Index y = first; y < tile.last_row + levels; ++y) {
            if (y < last) fetch(y);
            if (mode == Mode::held && y > first && y <= last) hold(y - 1);
            for (Index level = 1; level <= levels; ++level) advance(level, y - level);
        }
    }
};

template <int C, Mode mode>
void march_with(const Pass& pass, const Tile& tile, float* scratch) {
    if (pass.momenta)
        March<C, mode, true>(pass, tile, scratch).run();
    else
        March<C, mode, false>(pass, tile, scratch).run();
}

template <int C>
void march_channels(const Pass& pass, const Tile& tile, float* scratch) {
    if (pass.held) return march_with<C, Mode::held>(pass, tile, scratch);
    if (pass.conductance == exponential)
        return march_with<C, Mode::exponential>(pass, tile, scratch);
    if (pass.conductance == rational) return march_with<C, Mode::rational>(pass, tile, scratch);
    march_with<C, Mode::constant>(pass, tile, scratch);
}

void march_tile(const Pass& pass, const Tile& tile, float* scratch) {
    switch (pass.channels) {
        case 1: return march_channels<1>(pass, tile, scratch);
        case 2: return march_channels<2>(pass, tile, scratch);
        case 3: return march_channels<3>(pass, tile, scratch);
        default: return march_channels<4>(pass, tile, scratch);
    }
}

// ---------------------------------------------------------------- operator splitting

// Thomas's algorithm on as many systems at once as keep the processor busy while each waits
// for its divisions. Values are laid out [channel][position along the axis][lane].
constexpr Index lanes = 32;

struct Systems {
    Index length;
    float* values;  // [channels][length][lanes]: f, and then the solution
    float* edge;    // [length + 1][lanes]: 2 tau g between positions i - 1 and i
    float* ratio;   // [length + 1][lanes]
    float* pivot;   // [length][lanes]

    Systems(Index channels, Index length, float* scratch)
        : length(length),
          values(scratch),
          edge(values + channels * length * lanes),
          ratio(edge + (length + 1) * lanes),
          pivot(ratio + (length + 1) * lanes) {}
};

template <int C, Conductance kind>
void set_edges_of(const Splitting& task, const Systems& s) {
    const Index plane = s.length * lanes;
    const float *values = s.values, scale = task.scale, two_tau = task.two_tau;
    float* edge = s.edge;
    for (Index j = 0; j < lanes; ++j) edge[j] = edge[plane + j] = 0.0f;
    INDEPENDENT
    for (Index k = lanes; k < plane; ++k) {
        float d[C];
        for (int c = 0; c < C; ++c) d[c] = values[c * plane + k] - values[c * plane + k - lanes];
        edge[k] = conductance_of<C, kind>(d, scale) * two_tau;
    }
}

template <int C>
void set_edges(const Splitting& task, const Systems& s) {
    if (task.conductance == exponential) return set_edges_of<C, exponential>(task, s);
    if (task.conductance == rational) return set_edges_of<C, rational>(task, s);
    set_edges_of<C, constant>(task, s);
}

void eliminate(const Systems& s) {
    for (Index j = 0; j < lanes; ++j) s.ratio[j] = 0.0f;
    for (Index i = 0; i < s.length; ++i) {
        const float *w = s.edge + i * lanes, *after = w + lanes, *ratio = s.ratio + i * lanes;
        float *next = s.ratio + (i + 1) * lanes, *pivot = s.pivot + i * lanes;
        INDEPENDENT
        for (Index j = 0; j < lanes; ++j) {
            const float diagonal = 1.0f + w[j] + after[j];
            const float p = 1.0f / (diagonal - w[j] * ratio[j]);
            pivot[j] = p;
            next[j] = after[j] * p;
        }
    }
}

void substitute(const Systems& s, float* v) {
    const float nothing[lanes] = {};
    for (Index i = 0; i < s.length; ++i) {
        float* now = v + i * lanes;
        const float *previous = i ? now - lanes : nothing;
        const float *w = s.edge + i * lanes, *pivot = s.pivot + i * lanes;
        INDEPENDENT
        for (Index j = 0; j < lanes; ++j) now[j] = (now[j] + w[j] * previous[j]) * pivot[j];
    }
    for (Index i = s.length - 2; i >= 0; --i) {
        float* now = v + i * lanes;
        const float *next = now + lanes, *ratio = s.ratio + (i + 1) * lanes;
        INDEPENDENT
        for (Index j = 0; j < lanes; ++j) now[j] += ratio[j] * next[j];
    }
}

void solve(const Splitting& task, const Systems& s) {
    switch (task.channels) {
        case 1: set_edges<1>(task, s); break;
        case 2: set_edges<2>(task, s); break;
        case 3: set_edges<3>(task, s); break;
        default: set_edges<4>(task, s); break;
    }
    eliminate(s);
    for (Index c = 0; c < task.channels; ++c) substitute(s, s.values + c * s.length * lanes);
}

Index solve_scratch(const Splitting& task) {
    const Index length = larger(task.rows, task.columns);
    return (task.channels * length + 3 * (length + 1)) * lanes;
}

void solve_columns(const Splitting& task, Index first, Index last, float* scratch) {
    const Index M = task.rows, N = task.columns;
    const Systems s(task.channels, M, scratch);
    for (Index j0 = first; j0 < last; j0 += lanes) {
        const Index count = smaller(lanes, last - j0);
        for (Index row = 0; row < task.channels * M; ++row) {
            float* lane = s.values + row * lanes;
            memcpy(lane, task.in + row * N + j0, size_t(count) * sizeof(float));
            for (Index j = count; j < lanes; ++j) lane[j] = 0.0f;
        }
        solve(task, s);
        for (Index row = 0; row < task.channels * M; ++row)
            memcpy(task.out + row * N + j0, s.values + row * lanes, size_t(count) * sizeof(float));
    }
}

void solve_rows(const Splitting& task, Index first, Index last, float* scratch) {
    const Index M = task.rows, N = task.columns;
    const Systems s(task.channels, N, scratch);
    for (Index i0 = first; i0 < last; i0 += lanes) {
        const Index count = smaller(lanes, last - i0);
        for (Index c = 0; c < task.channels; ++c)
            for (Index j = 0; j < N; ++j) {
                float* lane = s.values + (c * N + j) * lanes;
                for (Index i = 0; i < count; ++i) lane[i] = task.in[(c * M + i0 + i) * N + j];
                for (Index i = count; i < lanes; ++i) lane[i] = 0.0f;
            }
        solve(task, s);
        for (Index c = 0; c < task.channels; ++c)
            for (Index i = 0; i < count; ++i) {
                float* out = task.out + (c * M + i0 + i) * N;
                const float* v = s.values + c * N * lanes + i;
                for (Index j = 0; j < N; ++j) out[j] = (out[j] + v[j * lanes]) * 0.5f;
            }
    }
}

}  // namespace

extern const Variant variant;
const Variant variant{march_scratch, march_tile, solve_scratch, solve_columns, solve_rows};

}  // namespace PDEFILTER_VARIANT
}  // namespace pdefilter
