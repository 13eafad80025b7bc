// Edges of a volume, or of an image as a volume of one slice, thinned.
#pragma once

#include "thinning.hpp"
#include "volumes.hpp"

Index thin_scratch(const Thinning& task) {
    return lines_around(int(task.axes)) / 3 * FramedRows::size(task.columns);
}

template <int axes>
struct LinesToThin {
    const Thinning& task;
    float* const scratch;
    const Index S = task.slices, M = task.rows, N = task.columns;
    static constexpr Index slices = lines_around(axes) / 3, before = slices / 2;

    FramedRows strengths(Index k) const { return {M, N, scratch + k * FramedRows::size(N)}; }

    // Row r of slice s and of those beside it.
    void fetch(Index s, Index r) const {
        for (Index k = 0; k < slices; ++k) {
            const Index slice = s + k - before;
            const bool is_inside = 0 <= slice && slice < S;
            if (!strengths(k).has(r)) continue;
            float* const to = strengths(k).row(r);
            if (is_inside)
                memcpy(to, task.strength + (slice * M + r) * N, size_t(N) * sizeof(float));
            else
                memset(to, 0, size_t(N) * sizeof(float));
        }
    }

    void run(Index first, Index last) const {
        RowToThin<axes> row{};
        row.least = task.least;
        for (Index at = first; at < last; ++at) {
            const Index s = at / M, r = at % M;
            if (at == first || r == 0) fetch(s, r - 1), fetch(s, r);
            fetch(s, r + 1);
            for (Index k = 0; k < slices; ++k)
                for (Index b = 0; b < 3; ++b) row.around[3 * k + b] = strengths(k).row(r + b - 1);
            for (Index a = 0; a < axes; ++a) row.normal[a] = task.normal + (a * S * M + at) * N;
            row.kept = task.kept + at * N;
            row.steps = task.steps ? task.steps + at * N : nullptr;
            row.thin(N);
        }
    }
};

void thin_lines(const Thinning& task, Index first, Index last, float* scratch) {
    if (task.axes == 2)
        LinesToThin<2>{task, scratch}.run(first, last);
    else
        LinesToThin<3>{task, scratch}.run(first, last);
}
