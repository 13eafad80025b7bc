// The surroundings of a tile: as many rows and columns as its march reaches.
#pragma once

#include "floats.hpp"

// A march in place overwrites pixels that the tiles beside this one still have to read; these are
// copied before. Planes of the copy lie one after the other, each row after row: whole rows above
// and below the tile, and between those only the pixels to its left and right. Every slice of a
// volume is a plane.
struct Surroundings {
    const Pass& pass;
    const Tile& tile;
    const Index reach = pass.levels;
    const Index margin = up_to_line(reach);
    const Index first_row = larger(0, tile.first_row - reach);
    const Index last_row = smaller(pass.rows, tile.last_row + reach);
    const Index first_column = larger(0, tile.first_column - margin);
    const Index width = smaller(pass.columns, tile.last_column + margin) - first_column;
    const Index inside = tile.last_column - tile.first_column;
    const Index left = tile.first_column - first_column;

    // Where a row begins in a plane of the copy.
    Index offset_of(Index r) const {
        const Index above = smaller(r, tile.first_row) - first_row;
        const Index beside = larger(0, smaller(r, tile.last_row) - tile.first_row);
        const Index below = larger(0, r - tile.last_row);
        return (above + below) * width + beside * (width - inside);
    }
    Index size_of_plane() const { return offset_of(last_row); }
    Index planes() const { return pass.channels * pass.grid.slices; }
    Index size_of_image() const { return planes() * size_of_plane(); }

    bool crosses_tile(Index r) const { return tile.first_row <= r && r < tile.last_row; }

    void keep(const float* image, float* kept) const {
        for (Index c = 0; c < planes(); ++c)
            for (Index r = first_row; r < last_row; ++r) {
                const float* const row = image + (c * pass.rows + r) * pass.columns + first_column;
                const Index first = crosses_tile(r) ? left : width;
                const Index skipped = crosses_tile(r) ? inside : 0;
                memcpy(kept, row, size_t(first) * sizeof(float));
                memcpy(kept + first, row + first + skipped,
                       size_t(width - skipped - first) * sizeof(float));
                kept += width - skipped;
            }
    }

    // A row as it was, from the image and the copy; null if nothing overwrites the image.
    void fetch(const float* image, const float* kept, Index r, Index c, float* to) const {
        const float* const row = image + (c * pass.rows + r) * pass.columns + first_column;
        const size_t bytes = size_t(width) * sizeof(float);
        if (!kept) {
            memcpy(to, row, bytes);
            return;
        }
        const float* const from = kept + c * size_of_plane() + offset_of(r);
        if (!crosses_tile(r)) {
            memcpy(to, from, bytes);
            return;
        }
        const Index right = left + inside;
        memcpy(to, from, size_t(left) * sizeof(float));
        memcpy(to + left, row + left, size_t(inside) * sizeof(float));
        memcpy(to + right, from + left, size_t(width - right) * sizeof(float));
    }
};

// Of an image, and with momentum of that before it.
Index surroundings_size(const Pass& pass, const Tile& tile) {
    return (pass.momenta ? 2 : 1) * Surroundings{pass, tile}.size_of_image();
}

void keep_surroundings(const Pass& pass, const Tile& tile) {
    const Surroundings around{pass, tile};
    around.keep(pass.in, tile.kept);
    if (pass.momenta && pass.momenta[0] != 1)
        around.keep(pass.before, tile.kept + around.size_of_image());
}
