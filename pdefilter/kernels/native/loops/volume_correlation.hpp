// Separable correlation of volumes.
#pragma once

#include "volume_smoothing.hpp"

inline Prism widest(const VolumeCorrelation& task) {
    const Index reach = larger(reach_of(task.along_rows), reach_of(task.along_columns));
    return largest_prism(task, reach, reach, task.order == mean ? widest_smoothed : 192);
}

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

// The planes of a prism, and of these the mean of all orders or one way.
struct VolumeCorrelating {
    Prism prism;
    Ring planes;
    MeanOfOrders mean_of_orders;
    Way way;
    float* smoothed;

    static VolumeCorrelating of(const VolumeCorrelation& task, const Prism& prism, Memory& memory) {
        const Index ahead = reach_of(task.along_slices);
        VolumeCorrelating found{prism, Ring::of(prism, ahead, prism.beyond, memory), {}, {}, {}};
        const Taps &s = task.along_slices, &r = task.along_rows, &c = task.along_columns;
        if (task.order == mean) {
            found.mean_of_orders =
                MeanOfOrders::of(prism, s, r, c, ahead, 0, {0, prism.columns}, memory);
            found.smoothed = memory.take(prism.size(0)) + prism.origin(0);
        } else {
            found.way = Way::of(prism, ahead, s, r, c, task.order, memory);
        }
        return found;
    }

    void fetch(const Source& source, Index slice) const {
        source.fetch(prism, slice, planes.plane(slice));
        smoothed ? mean_of_orders.fetch(planes, slice) : way.fetch(planes, slice);
    }

    const float* result(Index slice) const {
        if (!smoothed) return way.result(planes, slice);
        mean_of_orders.result(planes, slice, smoothed);
        return smoothed;
    }

    void run(const VolumeCorrelation& task, Index channel) const {
        const Index M = task.rows, N = task.columns, volume = channel * task.slices * M * N;
        const Source source{task.in + volume, nullptr, M, N};
        auto take = [&](Index slice) { fetch(source, slice); };
        from_slice_to_slice(prism.slices, reach_of(task.along_slices), take, [&](Index slice) {
            const float* const from = result(slice);
            float* const to = task.out + volume + slice * M * N + prism.first_column;
            for (Index r = 0; r < prism.rows; ++r)
                memcpy(to + (prism.first_row + r) * N, from + r * prism.stride(),
                       size_t(prism.columns) * sizeof(float));
        });
    }
};

Index correlate_scratch(const VolumeCorrelation& task) {
    return memory_of([&](Memory& memory) { VolumeCorrelating::of(task, widest(task), memory); });
}

Index prisms_of(const VolumeCorrelation& task) {
    return task.channels * count_prisms(widest(task), task.rows, task.columns);
}

void correlate_prism(const VolumeCorrelation& task, Index number, Index, float* scratch) {
    Memory memory{scratch};
    const Prism prism = prism_of(widest(task), task.rows, task.columns, number / task.channels);
    VolumeCorrelating::of(task, prism, memory).run(task, number % task.channels);
}
