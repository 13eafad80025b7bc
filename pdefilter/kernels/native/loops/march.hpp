// Explicit steps: the levels of a march over one tile.
#pragma once

#include "conductances.hpp"
#include "surroundings.hpp"

// ---------------------------------------------------------------- some rows of one step

// R rows at once: the next need not fetch what one of them has in registers.
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

constexpr Index ring = 4;  // rows kept of a level: two for each that is computed at once

Index march_scratch(const Pass& pass, Index tile_columns) {
    const Index width = smaller(pass.columns, tile_columns + 2 * up_to_line(pass.levels));
    const Index levels = pass.levels, channels = pass.channels;
    Index rows = (levels + 1) * ring * channels;                  // all levels
    rows += levels * channels;                                    // fluxes from above
    if (pass.edges || pass.conducting) rows += 2 * (levels + 2);  // conductances
    const Index of_guide = pass.conducting ? Guide::size(*pass.conducting, width) : 0;
    return rows * stride_of(width) + of_guide;
}

// A wavefront: when row y of the first image has come in, row y - t of level t can be computed.
// Rows outside the tile are computed as far as the levels to come need them. Columns are
// computed as if the tile ended, a margin of a pixel a level outside, at the image's border:
// the error there comes nearer by a pixel a level, and does not reach the tile.
template <int C, class L>
struct March {
    const Pass& pass;
    const Tile& tile;
    const Surroundings around{pass, tile};
    const Index levels = pass.levels;
    const Index x0 = around.first_column, width = around.width;
    const Index stride = stride_of(width);
    const float* const kept_before = tile.kept ? tile.kept + around.size_of_image() : nullptr;
    float* const images;
    float* const above = images + (levels + 1) * ring * C * stride;
    float* const edges = above + levels * C * stride;
    float* const guide_rows = edges + 2 * (levels + 2) * stride;
    const ConductRow conduct;

    March(const Pass& pass, const Tile& tile, float* scratch)
        : pass(pass),
          tile(tile),
          images(scratch),
          conduct(pass.conducting ? conduct_row(*pass.conducting) : nullptr) {}

    float* ring_row(Index level, Index r, int c) const {
        return images + ((level * ring + (r & (ring - 1))) * C + c) * stride;
    }
    float* edge_row(Index r, int which) const {
        return edges + (2 * (r % (levels + 2)) + which) * stride;
    }
    Guide guide() const { return {*pass.conducting, x0, width, guide_rows}; }
    template <class Float>
    Float* image_row(Float* image, Index r, int c) const {
        return image + (c * pass.rows + r) * pass.columns + x0;
    }

    void fetch(Index r) const {
        for (int c = 0; c < C; ++c) {
            float* row = ring_row(0, r, c);
            around.fetch(pass.in, tile.kept, r, c, row);
            row[width] = row[width - 1];
        }
        if constexpr (!L::weighted) return;
        if (conduct) return conduct(guide(), r, edge_row(r, 0), edge_row(r, 1));
        for (int which = 0; which < 2; ++which)
            memcpy(edge_row(r, which), image_row(pass.edges, r, which),
                   size_t(width) * sizeof(float));
    }

    // Writes the columns of the tile.
    void deliver(float* image, Index level, Index r) const {
        for (int c = 0; c < C; ++c)
            memcpy(image_row(image, r, c) + around.left, ring_row(level, r, c) + around.left,
                   size_t(around.inside) * sizeof(float));
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
            if constexpr (L::weighted)
                for (int which = 0; which < 2; ++which)
                    s.edges[2 * q + which] = edge_row(r + q, which);
            for (int c = 0; c < C; ++c) {
                s.out[q][c] = ring_row(level, r + q, c);
                if constexpr (L::momentum) {
                    s.before[q][c] = level == 1 ? s.out[q][c] : ring_row(level - 2, r + q, c);
                    if (moved && level == 1)
                        around.fetch(pass.before, kept_before, r + q, c, s.out[q][c]);
                }
            }
        }
        if (L::momentum && moved)
            step_rows<C, R, L, prime>(s, width);
        else
            step_rows<C, R, StepKind<L::kind, L::weighted, false>, prime>(s, width);
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
        if (conduct) guide().begin(around.first_row);
        for (Index y = around.first_row; y < tile.last_row + levels; y += 2) {
            for (Index r = y; r < smaller(y + 2, around.last_row); ++r) fetch(r);
            for (Index level = 1; level <= levels; ++level) advance(level, y - level);
        }
    }
};

template <int C, Conductance kind>
void march_with(const Pass& pass, const Tile& tile, float* scratch) {
    with_flag(pass.edges || pass.conducting, [&]<bool weighted>() {
        const auto march = [&]<bool momentum>() {
            March<C, StepKind<kind, weighted, momentum>>(pass, tile, scratch).run();
        };
        if constexpr (kind == constant)
            with_flag(pass.momenta, march);
        else
            march.template operator()<false>();  // momentum belongs to linear steps
    });
}

void march_tile(const Pass& pass, const Tile& tile, float* scratch) {
    with_channels(pass.channels, [&]<int C>() {
        with_kind(pass.conductance,
                  [&]<Conductance kind>() { march_with<C, kind>(pass, tile, scratch); });
    });
}
