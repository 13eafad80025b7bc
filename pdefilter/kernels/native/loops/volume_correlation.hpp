// Separable correlation of volumes. Work goes through a prism, some rows and columns of all slices,
// from slice to slice, whose planes stay in the cache.
#pragma once

#include "volumes.hpp"

inline Index reach_of(const Taps& taps) { return larger(-taps.first, taps.first + taps.count - 1); }

// Some rows and columns of all slices, and so many more around them.
struct Prism {
    Index slices, first_row, first_column, rows, columns, beyond;

    Index stride() const { return framed_stride(columns, beyond); }
    Index size(Index rows_beyond) const { return (rows + 2 * rows_beyond) * stride(); }
    // Where the first row and column are in memory of that size.
    Index origin(Index rows_beyond) const { return rows_beyond * stride() + up_to_line(beyond); }
};

// As large as halves the work around them and keeps the planes of small kernels in the cache.
template <class Task>
Prism largest_prism(const Task& task, Index reach) {
    const Index rows = larger(16, smaller(64, 4 * reach)), parts = (task.columns + 191) / 192;
    return {task.slices, 0, 0, smaller(task.rows, rows), (task.columns + parts - 1) / parts, reach};
}

// How far a task reads around a prism.
inline Index beyond_of(const VolumeCorrelation& task) {
    return larger(reach_of(task.along_rows), reach_of(task.along_columns));
}
inline Index beyond_of(const VolumeGradient& task) {
    return larger(reach_of(task.difference), reach_of(task.smoothing));
}

inline Index prisms_of_planes(const Prism& largest, Index rows, Index columns) {
    return ((rows + largest.rows - 1) / largest.rows) *
           ((columns + largest.columns - 1) / largest.columns);
}

template <class Task>
Prism prism_of(const Task& task, Index number) {
    Prism prism = largest_prism(task, beyond_of(task));
    const Index across = (task.columns + prism.columns - 1) / prism.columns;
    prism.first_row = number / across * prism.rows;
    prism.first_column = number % across * prism.columns;
    prism.rows = smaller(prism.rows, task.rows - prism.first_row);
    prism.columns = smaller(prism.columns, task.columns - prism.first_column);
    return prism;
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

// Correlates planes: weight k finds its numbers in from[k].
__attribute__((noinline)) void correlate_planes(const Taps& taps, const float* const* from,
                                                const Prism& prism, Index rows_beyond,
                                                Index columns_beyond, float* to) {
    const Index width = prism.columns + 2 * columns_beyond, stride = prism.stride();
    for (Index r = -rows_beyond; r < prism.rows + rows_beyond; ++r) {
        const Index start = r * stride - columns_beyond;
        in_blocks(width, [&]<int n>(Index j) {
            Floats total[n];
            weigh(taps, [&](Index k) { return from[k] + start + j; }, total);
            for (int g = 0; g < n; ++g) store(to + start + j + g * lanes, total[g]);
        });
    }
}

// The kernels of the axes, and the axis that comes first; then come the others, in both orders, of
// which the result is the mean.
struct Way {
    Prism prism;
    Taps along_slices, along_rows, along_columns;
    Order order;
    const float** from;  // for every weight
    float* between[3];   // planes
    // Of the slices correlated along the first axis, unless these are it; and along the next.
    Ring first, second;

    // So many slices are fetched ahead.
    static Way of(const Prism& prism, Index ahead, const Taps& along_slices, const Taps& along_rows,
                  const Taps& along_columns, Order order, Memory& memory) {
        Way way{prism, along_slices, along_rows, along_columns, order, nullptr, {}, {}, {}};
        const Index most =
            larger(along_slices.count, larger(along_rows.count, along_columns.count));
        way.from = (const float**)memory.take(2 * most);
        for (float*& plane : way.between)
            plane = memory.take(prism.size(prism.beyond)) + prism.origin(prism.beyond);
        if (order == slices_first) return way;
        way.first = Ring::of(prism, ahead, order == columns_first ? prism.beyond : 0, memory);
        way.second = Ring::of(prism, ahead, 0, memory);
        return way;
    }

    void down(const float* plane, Index columns_beyond, float* to) const {
        const Taps& taps = along_rows;
        const Index stride = prism.stride();
        for (Index k = 0; k < taps.count; ++k) from[k] = plane + (taps.first + k) * stride;
        correlate_planes(taps, from, prism, 0, columns_beyond, to);
    }
    void across(const float* plane, Index rows_beyond, float* to) const {
        const Taps& taps = along_columns;
        for (Index k = 0; k < taps.count; ++k) from[k] = plane + taps.first + k;
        correlate_planes(taps, from, prism, rows_beyond, 0, to);
    }
    void through(const Ring& planes, Index slice, Index rows_beyond, Index columns_beyond,
                 float* to) const {
        const Taps& taps = along_slices;
        for (Index k = 0; k < taps.count; ++k)
            from[k] = planes.plane(mirrored(slice + taps.first + k, prism.slices));
        correlate_planes(taps, from, prism, rows_beyond, columns_beyond, to);
    }

    // Takes the plane of a slice.
    void fetch(const Ring& planes, Index slice) const {
        const float* const plane = planes.plane(slice);
        if (order == rows_first) {
            down(plane, reach_of(along_columns), first.plane(slice));
            across(first.plane(slice), 0, second.plane(slice));
        } else if (order == columns_first) {
            across(plane, reach_of(along_rows), first.plane(slice));
            down(first.plane(slice), 0, second.plane(slice));
        }
    }

    // Gives the result of a slice, when all planes within reach have been fetched.
    const float* result(const Ring& planes, Index slice) const {
        const auto [one, other, more] = between;
        const Index above = reach_of(along_rows), beside = reach_of(along_columns);
        if (order == slices_first) {
            through(planes, slice, above, beside, more);
            across(more, above, other);
            down(other, 0, one);
            down(more, beside, other);
            across(other, 0, more);
        } else if (order == rows_first) {
            through(first, slice, 0, beside, other);
            across(other, 0, one);
            through(second, slice, 0, 0, more);
        } else {
            through(first, slice, above, 0, other);
            down(other, 0, one);
            through(second, slice, 0, 0, more);
        }
        for (Index r = 0; r < prism.rows; ++r)
            for (Index j = r * prism.stride(); j < r * prism.stride() + prism.columns; j += lanes)
                store(one + j, (load(one + j) + load(more + j)) * all(0.5f));
        return one;
    }
};

// The planes of a volume, times alpha, mirrored around a prism.
struct Source {
    const float *volume, *alpha;
    Index rows, columns;

    void fetch(const Prism& prism, Index slice, float* to) const {
        const Index beyond = prism.beyond, left = prism.first_column;
        const Index end = prism.columns + beyond;
        const Index first = larger(-beyond, -left), last = smaller(end, columns - left);
        for (Index r = -beyond; r < prism.rows + beyond; ++r) {
            const Index at = (slice * rows + mirrored(prism.first_row + r, rows)) * columns;
            const float* const from = volume + at;
            float* const row = to + r * prism.stride();
            memcpy(row + first, from + left + first, size_t(last - first) * sizeof(float));
            for (Index j = -beyond; j < first; ++j) row[j] = from[mirrored(left + j, columns)];
            for (Index j = last; j < end; ++j) row[j] = from[mirrored(left + j, columns)];
            for (Index j = -beyond; alpha && j < end; ++j)
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

struct VolumeCorrelating {
    Prism prism;
    Ring planes;
    Way ways[3];
    int count;

    static VolumeCorrelating of(const VolumeCorrelation& task, const Prism& prism, Memory& memory) {
        VolumeCorrelating found{prism, {}, {}, 0};
        const Index ahead = reach_of(task.along_slices);
        found.planes = Ring::of(prism, ahead, prism.beyond, memory);
        constexpr Order orders[] = {slices_first, rows_first, columns_first};
        for (const Order first : orders)
            if (task.order == first || task.order == mean)
                found.ways[found.count++] =
                    Way::of(prism, ahead, task.along_slices, task.along_rows, task.along_columns,
                            first, memory);
        return found;
    }

    void run(const VolumeCorrelation& task, Index channel) const {
        const Index M = task.rows, N = task.columns, volume = channel * task.slices * M * N;
        const Source source{task.in + volume, nullptr, M, N};
        auto fetch = [&](Index slice) {
            source.fetch(prism, slice, planes.plane(slice));
            for (int k = 0; k < count; ++k) ways[k].fetch(planes, slice);
        };
        from_slice_to_slice(prism.slices, reach_of(task.along_slices), fetch, [&](Index slice) {
            const float* found[3];
            for (int k = 0; k < count; ++k) found[k] = ways[k].result(planes, slice);
            for (Index r = 0; r < prism.rows; ++r) {
                float* const out = task.out + volume + (slice * M + prism.first_row + r) * N;
                for (Index j = 0; j < prism.columns; j += lanes) {
                    const Index at = r * prism.stride() + j;
                    Floats total = load(found[0] + at);
                    if (count > 1)
                        total =
                            add_up(total, load(found[1] + at), load(found[2] + at)) * all(1.0f / 3);
                    store_some(out + prism.first_column + j, total, prism.columns - j);
                }
            }
        });
    }
};

Index correlate_scratch(const VolumeCorrelation& task) {
    return memory_of([&](Memory& memory) {
        VolumeCorrelating::of(task, largest_prism(task, beyond_of(task)), memory);
    });
}

Index prisms_of(const VolumeCorrelation& task) {
    const Prism largest = largest_prism(task, beyond_of(task));
    return task.channels * prisms_of_planes(largest, task.rows, task.columns);
}

void correlate_prism(const VolumeCorrelation& task, Index number, Index, float* scratch) {
    Memory memory{scratch};
    const Prism prism = prism_of(task, number / task.channels);
    VolumeCorrelating::of(task, prism, memory).run(task, number % task.channels);
}
