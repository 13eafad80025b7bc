// Explicit steps through a volume, or through an image of any spacing: the levels of a march over
// one tile of rows and columns, through all slices.
#pragma once

#include "surroundings.hpp"
#include "volume_rows.hpp"

// How the scratch of a tile is divided up: the first of so many rows of each kind.
struct VolumeLayout {
    const Index levels, rows, channels, stride;
    const bool guided, weighted, apart;  // whether conductances are given, or found before a step
    const Index planes = levels * rows * channels;

    const Index images = 0;
    const Index befores = images + planes;
    const Index fluxes, above, fresh, spare, edges, conductances, guide, pointers;

    VolumeLayout(const Pass& pass, Index most_rows, Index width)
        : levels(pass.levels),
          rows(smaller(pass.rows, most_rows)),
          channels(pass.channels),
          stride(stride_of(width)),
          guided(pass.conducting),
          weighted(guided || pass.edges),
          apart(pass.conductance != constant && (weighted || channels > 1)),
          fluxes(befores + (pass.momenta ? planes : 0)),
          above(fluxes + (pass.grid.axes == 3 ? planes : 0)),
          fresh(above + levels * channels),
          spare(fresh + 2 * row_pair * channels),
          edges(spare + 2),
          conductances(edges + (weighted ? 3 * levels * rows : 0)),
          guide(conductances + (apart ? 3 * row_pair : 0)),
          pointers(guide + (guided ? 3 * pass.conducting->channels : 0)) {}

    Index size() const {
        const Index bytes = 2 * planes * Index(sizeof(float*));
        return pointers * stride + up_to_line(bytes / Index(sizeof(float)));
    }
};

Index march_volume_scratch(const Pass& pass, Index tile_rows, Index tile_columns) {
    const Index width = smaller(pass.columns, tile_columns + 2 * up_to_line(pass.levels));
    return VolumeLayout(pass, tile_rows + 2 * pass.levels, width).size();
}

// Rows of a level that have been computed last: in turn they take the place of others.
struct Fresh {
    float* u[row_pair][4];
    float* before[row_pair][4];  // with momentum
};

// A wavefront through the slices: when slice z of the first image has come in, slice z - t of level
// t can be computed, and row by row: row r of it follows at once that of the level before, which
// lies one slice further on. So a level keeps one slice, in the rows of which the next slice takes
// the place of the last, and its fluxes into the next slice.
//
// Rows outside the tile are computed as far as the levels to come need them, and one or two more
// for the flux out of them, whose results are not used. Columns are computed as in loops/march.hpp.
struct VolumeMarch {
    const Pass& pass;
    const Tile& tile;
    const Surroundings around{pass, tile};
    const Index levels = pass.levels, channels = pass.channels, slices = pass.grid.slices;
    const Index x0 = around.first_column, width = around.width;
    const VolumeLayout layout;
    const float* const kept_before = tile.kept ? tile.kept + around.size_of_image() : nullptr;
    float* const scratch;
    float** const pointers = reinterpret_cast<float**>(scratch + layout.pointers * layout.stride);
    StepVolumeRows steps[2];  // without momentum, and with
    ConductVolumeRow conduct;
    VolumeFactors factors;

    VolumeMarch(const Pass& pass, const Tile& tile, float* scratch)
        : pass(pass),
          tile(tile),
          layout(pass, around.last_row - around.first_row, around.width),
          scratch(scratch) {
        const Grid& grid = pass.grid;
        for (int moved = 0; moved < 2; ++moved) {
            const Conductance kind = layout.apart ? constant : pass.conductance;
            const bool weighted = layout.weighted || layout.apart;
            steps[moved] = grid.axes == 2 ? step_volume_rows_of<2, true>(kind, weighted, moved)
                           : grid.spaced  ? step_volume_rows_of<3, true>(kind, weighted, moved)
                                          : step_volume_rows_of<3, false>(kind, weighted, moved);
        }
        const Conducting* const guide = pass.conducting;
        conduct = conduct_volume_row_of(guide ? guide->conductance : pass.conductance);
        for (int a = 0; a < 3; ++a) {
            const float scale = guide ? guide->scale : pass.scale;
            factors.scales[a] = grid.spaced ? grid.per_square[a] * scale : scale;
            factors.per_square[a] = grid.per_square[a];
        }
        for (Index k = 0; k < layout.planes; ++k) {
            pointers[k] = row_of(layout.images + k);
            if (pass.momenta) pointers[layout.planes + k] = row_of(layout.befores + k);
        }
    }

    float* row_of(Index k) const { return scratch + k * layout.stride; }
    Index place(Index level, Index r, Index c) const {
        return (level * layout.rows + r - around.first_row) * channels + c;
    }
    // A row of the slice that a level keeps; and of the level before it, where that was computed.
    float*& image(Index level, Index r, Index c) const { return pointers[place(level, r, c)]; }
    float*& before(Index level, Index r, Index c) const {
        return pointers[layout.planes + place(level - 1, r, c)];
    }
    float* flux(Index level, Index r, Index c) const {
        return row_of(layout.fluxes + place(level - 1, r, c));
    }
    float* edge(Index slice, Index r, int a) const {
        const Index slot = (slice % levels) * layout.rows + r - around.first_row;
        return row_of(layout.edges + 3 * slot + a);
    }
    Index plane(Index slice, Index c) const { return c * slices + slice; }
    size_t bytes_of_row() const { return size_t(layout.stride) * sizeof(float); }

    // Whether a level needs one of the rows r and r + 1.
    bool wants(Index level, Index r) const {
        const Index beyond = levels - level;
        return tile.first_row - beyond - 1 < r + row_pair && r < tile.last_row + beyond;
    }

    void fetch(const float* from, const float* kept, Index slice, Index r, Index c,
               float* to) const {
        around.fetch(from, kept, r, plane(slice, c), to);
        for (Index j = width; j < layout.stride; ++j) to[j] = to[width - 1];
    }

    // Rows that follow lie too far apart for processors to see them coming.
    void prefetch(const float* image, Index slice, Index r) const {
        const Index row = smaller(r, around.last_row - 1);
        for (Index c = 0; c < channels; ++c) {
            const Index start = (plane(slice, c) * pass.rows + row) * pass.columns + x0;
            for (Index j = 0; j < width; j += line) __builtin_prefetch(image + start + j);
        }
    }

    // Writes the columns of the tile.
    void deliver(float* to, Index slice, Index r, Index c, const float* row) const {
        float* const at = to + (plane(slice, c) * pass.rows + r) * pass.columns + x0;
        memcpy(at + around.left, row + around.left, size_t(around.inside) * sizeof(float));
    }

    void guide_edges(Index slice, Index r) const {
        const Conducting& guide = *pass.conducting;
        const Index next_row = smaller(r + 1, pass.rows - 1);
        const Index next_slice = smaller(slice + 1, slices - 1);
        ConductedRow s;
        s.channels = guide.channels;
        float* free = row_of(layout.guide);
        const auto fetched = [&](Index from_slice, Index from_row, Index c) {
            const Index start = (plane(from_slice, c) * pass.rows + from_row) * pass.columns;
            const float* const from = guide.in + start + x0;
            float* const to = free;
            free += layout.stride;
            memcpy(to, from, size_t(width) * sizeof(float));
            to[width] = from[smaller(width, pass.columns - x0 - 1)];
            return to;
        };
        for (Index c = 0; c < guide.channels; ++c) {
            s.u[c] = fetched(slice, r, c);
            s.below[c] = fetched(slice, next_row, c);
            s.behind[c] = fetched(next_slice, r, c);
        }
        for (int a = 0; a < 3; ++a) s.scales[a] = factors.scales[a], s.g[a] = edge(slice, r, a);
        conduct(s, width);
    }

    // The conductances of a row, which stay for all levels.
    void fetch_edges(Index slice, Index r) const {
        if (layout.guided) guide_edges(slice, r);
        const int first = 3 - int(pass.grid.axes);
        for (int a = first; pass.edges && a < 3; ++a) {
            const Index start = ((a - first) * slices + slice) * pass.rows + r;
            const float* const given = pass.edges + start * pass.columns + x0;
            float* const to = edge(slice, r, a);
            if (!layout.guided) memcpy(to, given, size_t(width) * sizeof(float));
            for (Index j = 0; layout.guided && j < width; j += lanes)
                store(to + j, load(to + j) * load_some(given + j, width - j));
        }
    }

    // Finds the conductances of a row of all channels before a step; `behind` is the next slice.
    void conduct_row(Index level, Index slice, Index r, float* const* behind,
                     float* const (&g)[3]) const {
        ConductedRow s;
        s.channels = channels;
        for (Index c = 0; c < channels; ++c) {
            s.u[c] = image(level - 1, r, c);
            s.below[c] = r + 1 < around.last_row ? image(level - 1, r + 1, c) : s.u[c];
            s.behind[c] = slice + 1 < slices ? behind[c] : s.u[c];
        }
        for (int a = 0; a < 3; ++a) s.scales[a] = factors.scales[a], s.g[a] = g[a];
        conduct(s, width);
        for (int a = 3 - int(pass.grid.axes); layout.weighted && a < 3; ++a)
            for (Index j = 0; j < width; j += lanes)
                store(g[a] + j, load(g[a] + j) * load(edge(slice, r, a) + j));
    }

    // Computes rows r and r + 1 of a level in some slice; the last row of an image may be alone.
    // `fresh` holds those of the level before in the next slice, and takes what is computed.
    void step(Index level, Index slice, Index r, Fresh& fresh) const {
        const bool moved = pass.momenta && pass.momenta[level - 1] != 1;
        const int count = int(smaller(row_pair, around.last_row - r));
        VolumeFactors f = factors;
        f.tau = pass.steps[level - 1];
        f.alpha = moved ? pass.momenta[level - 1] : 1.0f;
        f.rest = 1.0f - f.alpha;
        VolumeRows s{};
        for (int q = 0; q < row_pair && (layout.weighted || layout.apart); ++q) {
            const Index row = r + (q < count ? q : 0);
            float* g[3] = {};
            for (int a = 0; a < 3; ++a) {
                if (layout.apart)
                    g[a] = row_of(layout.conductances + 3 * q + a);
                else if (layout.weighted)
                    g[a] = edge(slice, row, a);
                s.edges[q][a] = g[a];
            }
            if (layout.apart && q < count) conduct_row(level, slice, row, fresh.u[q], g);
        }
        for (Index c = 0; c < channels; ++c) {
            s.from_above = row_of(layout.above + (level - 1) * channels + c);
            if (r == 0) memset(s.from_above, 0, bytes_of_row());  // the border
            for (int q = 0; q < row_pair; ++q) prepare(s, level, slice, r, q, c, fresh, moved);
            s.u[row_pair] = r + row_pair < around.last_row ? image(level - 1, r + row_pair, c)
                                                           : s.u[row_pair - 1];
            steps[moved](s, f, width);
            for (int q = 0; q < count; ++q) {
                s.out[q][width] = s.out[q][width - 1];
                float*& here = image(level - 1, r + q, c);
                if (pass.momenta) {
                    if (level > 1) before(level, r + q, c) = fresh.before[q][c];
                    fresh.before[q][c] = here;
                }
                here = fresh.u[q][c];
                fresh.u[q][c] = s.out[q];
            }
        }
    }

    // What a step needs of one of the two rows. A row that is not there is that before it, and what
    // comes of it is not used.
    void prepare(VolumeRows& s, Index level, Index slice, Index r, int q, Index c, Fresh& fresh,
                 bool moved) const {
        if (r + q >= around.last_row) {
            s.u[q] = s.u[q - 1];
            s.behind[q] = s.behind[q - 1];
            s.before[q] = s.before[q - 1];
            s.out[q] = row_of(layout.spare);
            s.from_slice[q] = row_of(layout.spare + 1);
            return;
        }
        float* const here = image(level - 1, r + q, c);
        s.u[q] = s.out[q] = here;
        s.behind[q] = slice + 1 < slices ? fresh.u[q][c] : here;
        if (pass.grid.axes == 3) {
            s.from_slice[q] = flux(level, r + q, c);
            if (slice == 0) memset(s.from_slice[q], 0, bytes_of_row());
        }
        if (!pass.momenta) return;
        float* const two_ago = level > 1 ? before(level, r + q, c) : fresh.before[q][c];
        if (moved && level == 1) fetch(pass.before, kept_before, slice, r + q, c, two_ago);
        s.before[q] = s.out[q] = two_ago;
    }

    // What follows from rows r and r + 1 of slice z.
    void advance(Index z, Index r, Fresh& fresh) const {
        const int count = int(smaller(row_pair, around.last_row - r));
        for (int q = 0; q < count; ++q) {
            for (Index c = 0; z < slices && c < channels; ++c)
                fetch(pass.in, tile.kept, z, r + q, c, fresh.u[q][c]);
            if (z < slices) prefetch(pass.in, z, r + q + row_pair);
            if (z >= levels) prefetch(pass.out, z - levels, r + q + row_pair);
            if (layout.weighted && 0 < z && z <= slices) fetch_edges(z - 1, r + q);
        }
        Index level = larger(1, z - slices + 1);
        for (; level <= smaller(levels, z) && wants(level, r); ++level)
            step(level, z - level, r, fresh);
        for (int q = 0; q < count; ++q)
            for (Index c = 0; c < channels; ++c) {
                if (level <= levels) {
                    exchange(image(level - 1, r + q, c), fresh.u[q][c]);
                    if (pass.momenta && level > 1)
                        exchange(before(level, r + q, c), fresh.before[q][c]);
                } else if (around.crosses_tile(r + q)) {
                    deliver(pass.out, z - levels, r + q, c, fresh.u[q][c]);
                    if (pass.out_before)
                        deliver(pass.out_before, z - levels, r + q, c, fresh.before[q][c]);
                }
            }
    }

    static void exchange(float*& a, float*& b) {
        float* const kept = a;
        a = b, b = kept;
    }

    void run() const {
        Fresh fresh;
        Index free = layout.fresh;
        for (int q = 0; q < row_pair; ++q)
            for (Index c = 0; c < channels; ++c) {
                fresh.u[q][c] = row_of(free++);
                fresh.before[q][c] = row_of(free++);
            }
        for (Index z = 0; z < slices + levels; ++z)
            for (Index r = around.first_row; r < around.last_row; r += row_pair)
                advance(z, r, fresh);
    }
};

void march_volume_tile(const Pass& pass, const Tile& tile, float* scratch) {
    VolumeMarch(pass, tile, scratch).run();
}
