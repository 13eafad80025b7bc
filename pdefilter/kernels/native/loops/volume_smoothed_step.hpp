// Explicit steps whose conductances follow the volume smoothed: a slice is smoothed, and the one
// before it takes its step, while both are in the cache.
#pragma once

#include "volume_rows.hpp"
#include "volume_smoothing.hpp"

// A pixel answers for the edges ahead of it; so those of the row above the prism, and those to its
// left, are needed too, and the smoothed pixels below it and to its right.
inline Prism widest(const VolumeSmoothedStep& task) {
    const Index reach = larger(reach_of(task.along_rows), reach_of(task.along_columns));
    return largest_prism(task, reach + 1, reach + lanes, widest_smoothed);
}

// The first column that is needed: the edges to the left of the prism end a group before it.
inline Index first_of(const Prism& prism) { return prism.first_column ? -lanes : 0; }

// What is kept of a channel: the slices of the volume and what follows from them, two slices
// smoothed, and the fluxes into the next slice.
struct SmoothedChannel {
    Ring planes;
    MeanOfOrders smoothing;
    float *smoothed[2], *fluxes;

    static SmoothedChannel of(const VolumeSmoothedStep& task, const Prism& prism, Memory& memory) {
        const Index ahead = larger(1, reach_of(task.along_slices));
        SmoothedChannel found{};
        found.planes = Ring::of(prism, ahead, prism.beyond, memory);
        found.smoothing =
            MeanOfOrders::of(prism, task.along_slices, task.along_rows, task.along_columns, ahead,
                             1, {first_of(prism), prism.columns + 1}, memory);
        auto plane = [&] { return memory.take(prism.size(1)) + prism.origin(1); };
        for (float*& smoothed : found.smoothed) smoothed = plane();
        found.fluxes = plane();
        return found;
    }
};

struct VolumeSmoothedStepping {
    const VolumeSmoothedStep& task;
    const Prism prism;
    SmoothedChannel channels[4];
    float* above[4];        // the flux into the first of two rows, of every channel
    float* g[row_pair][3];  // conductances
    float* stepped[row_pair];
    float* spare;  // the fluxes of a row that is not there
    const Index stride = prism.stride(), slices = task.slices;
    const Index volume = slices * task.rows * task.columns;
    const Index top = prism.first_row ? -1 : 0, left = first_of(prism);
    const Index width = prism.columns - left;
    const StepVolumeRows step_rows =
        step_volume_rows<VolumeStepKind<3, true, constant, true, false>>;
    const ConductVolumeRow conduct = conduct_volume_row_of(task.conductance);
    VolumeFactors factors{};

    VolumeSmoothedStepping(const VolumeSmoothedStep& task, const Prism& prism, Memory& memory)
        : task(task), prism(prism) {
        for (Index c = 0; c < task.channels; ++c)
            channels[c] = SmoothedChannel::of(task, prism, memory);
        auto row = [&] { return memory.take(stride) + up_to_line(prism.beside); };
        for (Index c = 0; c < task.channels; ++c) above[c] = row();
        for (int q = 0; q < row_pair; ++q) {
            for (float*& axis : g[q]) axis = row();
            stepped[q] = row();
        }
        spare = row();
        for (int a = 0; a < 3; ++a) {
            factors.per_square[a] = task.per_square ? task.per_square[a] : 1.0f;
            factors.scales[a] = factors.per_square[a] * task.scale;
        }
        factors.tau = task.tau;
    }

    void fetch(Index slice) const {
        for (Index c = 0; c < task.channels; ++c) {
            const Source source{task.in + c * volume, nullptr, task.rows, task.columns};
            source.fetch(prism, slice, channels[c].planes.plane(slice));
            channels[c].smoothing.fetch(channels[c].planes, slice);
        }
    }

    const float* smoothed(Index slice, Index r, Index c) const {
        return channels[c].smoothed[slice % 2] + r * stride + left;
    }

    void conduct_row(Index slice, Index r, float* const (&to)[3]) const {
        ConductedRow s;
        s.channels = task.channels;
        const Index next_row = smaller(r + 1, task.rows - 1 - prism.first_row);
        for (Index c = 0; c < task.channels; ++c) {
            s.u[c] = smoothed(slice, r, c);
            s.below[c] = smoothed(slice, next_row, c);
            s.behind[c] = smoothed(smaller(slice + 1, slices - 1), r, c);
        }
        for (int a = 0; a < 3; ++a) s.scales[a] = factors.scales[a], s.g[a] = to[a] + left;
        conduct(s, width);
        for (Index a = 0; task.edges && a < 3; ++a) {
            const Index line = (a * slices + slice) * task.rows + prism.first_row + r;
            const float* const given = task.edges + line * task.columns + prism.first_column;
            for (Index j = left; j < prism.columns; j += lanes)
                store(to[a] + j, load(to[a] + j) * load_some(given + j, prism.columns - j));
        }
    }

    // Computes rows r and r + 1 of a slice, where the second may be beyond the prism.
    void step(Index slice, Index r, int count, Index c) const {
        const SmoothedChannel& channel = channels[c];
        const size_t bytes = size_t(width + lanes) * sizeof(float);
        const float* const u = channel.planes.plane(slice) + left;
        const float* const behind = channel.planes.plane(smaller(slice + 1, slices - 1)) + left;
        VolumeRows s{};
        s.from_above = above[c] + left;
        if (r == top) memset(s.from_above, 0, bytes);
        for (int q = 0; q < row_pair; ++q) {
            s.u[q] = u + (r + q) * stride;
            s.behind[q] = behind + (r + q) * stride;
            s.from_slice[q] = q < count ? channel.fluxes + (r + q) * stride + left : spare + left;
            if (slice == 0) memset(s.from_slice[q], 0, bytes);
            s.out[q] = stepped[q] + left;
            for (int a = 0; a < 3; ++a) s.edges[q][a] = g[q][a] + left;
        }
        s.u[row_pair] = u + (r + count) * stride;
        step_rows(s, factors, width);
        const Index first = slice * task.rows + prism.first_row + r;
        float* const out = task.out + c * volume + first * task.columns + prism.first_column;
        for (int q = r < 0; q < count; ++q) {
            float* const to = out + q * task.columns;
            memcpy(to, stepped[q], size_t(prism.columns) * sizeof(float));
            if (slice + 1 < slices) prefetch(to + task.rows * task.columns, prism.columns);
        }
    }

    void step(Index slice) const {
        for (Index r = top; r < prism.rows; r += row_pair) {
            const int count = int(smaller(row_pair, prism.rows - r));
            for (int q = 0; q < count; ++q) conduct_row(slice, r + q, g[q]);
            for (Index c = 0; c < task.channels; ++c) step(slice, r, count, c);
        }
    }

    void run() const {
        auto take = [&](Index slice) { fetch(slice); };
        from_slice_to_slice(slices, larger(1, reach_of(task.along_slices)), take, [&](Index slice) {
            for (Index c = 0; c < task.channels; ++c)
                channels[c].smoothing.result(channels[c].planes, slice,
                                             channels[c].smoothed[slice % 2]);
            if (slice) step(slice - 1);
        });
        step(slices - 1);
    }
};

Index smoothed_step_scratch(const VolumeSmoothedStep& task) {
    return memory_of([&](Memory& memory) { VolumeSmoothedStepping(task, widest(task), memory); });
}

Index prisms_of(const VolumeSmoothedStep& task) {
    return count_prisms(widest(task), task.rows, task.columns);
}

void smoothed_step_prism(const VolumeSmoothedStep& task, Index number, Index, float* scratch) {
    Memory memory{scratch};
    const Prism prism = prism_of(widest(task), task.rows, task.columns, number);
    VolumeSmoothedStepping(task, prism, memory).run();
}
