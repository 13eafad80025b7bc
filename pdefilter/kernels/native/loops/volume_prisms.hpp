// Work that goes through a prism, some rows and columns of all slices of a volume, from slice to
// slice, whose planes stay in the cache.
#pragma once

#include "volumes.hpp"

// Some rows and columns of all slices; and so many more rows, and columns, on either side.
struct Prism {
    Index slices, first_row, first_column, rows, columns, beyond, beside;

    Index stride() const { return framed_stride(columns, beside); }
    Index size(Index rows_beyond) const { return (rows + 2 * rows_beyond) * stride(); }
    // Where the first row and column are in memory of that size.
    Index origin(Index rows_beyond) const { return rows_beyond * stride() + up_to_line(beside); }
};

// How long pieces of the same length are of which none is longer than this.
inline Index in_equal_pieces(Index length, Index most) {
    const Index pieces = (length + most - 1) / most;
    return (length + pieces - 1) / pieces;
}

// As high as halves the work around them, and as wide as keeps the planes of small kernels in the
// cache.
template <class Task>
Prism largest_prism(const Task& task, Index beyond, Index beside, Index most_columns) {
    const Index most_rows = larger(16, smaller(64, 4 * beyond));
    return {task.slices,
            0,
            0,
            in_equal_pieces(task.rows, most_rows),
            in_equal_pieces(task.columns, most_columns),
            beyond,
            beside};
}

inline Index count_prisms(const Prism& largest, Index rows, Index columns) {
    return ((rows + largest.rows - 1) / largest.rows) *
           ((columns + largest.columns - 1) / largest.columns);
}

inline Prism prism_of(Prism largest, Index rows, Index columns, Index number) {
    const Index across = (columns + largest.columns - 1) / largest.columns;
    largest.first_row = number / across * largest.rows;
    largest.first_column = number % across * largest.columns;
    largest.rows = smaller(largest.rows, rows - largest.first_row);
    largest.columns = smaller(largest.columns, columns - largest.first_column);
    return largest;
}

// Gives memory away piece by piece.
struct Memory {
    float* first;
    Index used = 0;

    float* take(Index floats) {
        used += up_to_line(floats);
        return first + used - up_to_line(floats);
    }
};

// Counts what memory would be used; nothing is written there.
template <class Use>
Index memory_of(Use use) {
    Memory memory{(float*)(line * sizeof(float))};
    use(memory);
    return memory.used;
}

// The planes of the slices so far ahead and behind, each of so many rows beyond.
struct Ring {
    Index planes, size;
    float* memory;
    Index origin;

    static Ring of(const Prism& prism, Index ahead, Index rows_beyond, Memory& memory) {
        const Index planes = smaller(2 * ahead + 1, prism.slices), size = prism.size(rows_beyond);
        return {planes, size, memory.take(planes * size), prism.origin(rows_beyond)};
    }
    float* plane(Index slice) const { return memory + slice % planes * size + origin; }
};

// The planes of a volume, times alpha, mirrored around a prism.
struct Source {
    const float *volume, *alpha;
    Index rows, columns;

    void fetch(const Prism& prism, Index slice, float* to) const {
        const Index beside = prism.beside, left = prism.first_column;
        const Index end = prism.columns + beside;
        const Index first = larger(-beside, -left), last = smaller(end, columns - left);
        for (Index r = -prism.beyond; r < prism.rows + prism.beyond; ++r) {
            const Index at = (slice * rows + mirrored(prism.first_row + r, rows)) * columns;
            const float* const from = volume + at;
            float* const row = to + r * prism.stride();
            // Rows of the next slice lie too far apart for processors to see them coming.
            if (slice + 1 < prism.slices)
                prefetch(from + rows * columns + left + first, last - first);
            memcpy(row + first, from + left + first, size_t(last - first) * sizeof(float));
            for (Index j = -beside; j < first; ++j) row[j] = from[mirrored(left + j, columns)];
            for (Index j = last; j < end; ++j) row[j] = from[mirrored(left + j, columns)];
            for (Index j = -beside; alpha && j < end; ++j)
                row[j] *= alpha[at + mirrored(left + j, columns)];
        }
    }
};

// Calls use(slice) for every slice of a prism, when fetch(slice) was called for all within reach.
template <class Fetch, class Use>
void from_slice_to_slice(Index slices, Index reach, Fetch fetch, Use use) {
    Index fetched = 0;
    for (Index slice = 0; slice < slices; ++slice) {
        while (fetched < smaller(slices, slice + reach + 1)) fetch(fetched++);
        use(slice);
    }
}
