// Correlation with a kernel of two dimensions: a sum over its weights, one after the other.
#pragma once

#include "correlation.hpp"

inline Index framed_columns(const Correlation2D& task) {
    return up_to_line(task.columns + task.width - 1) + block;
}

Index correlate2d_scratch(const Correlation2D& task) { return task.height * framed_columns(task); }

// Copies of the rows that the kernel covers, with what is beyond the border on either side.
struct Frame {
    const Correlation2D& task;
    float* const scratch;

    float* row(Index r) const { return scratch + r % task.height * framed_columns(task); }

    void fetch(Index channel, Index r) const {
        const Index from = task.row_of[r], framed = task.columns + task.width - 1;
        float* const to = row(r);
        if (from < 0) {
            memset(to, 0, size_t(framed) * sizeof(float));
            return;
        }
        const float* const u = task.in + (channel * task.rows + from) * task.columns;
        memcpy(to + task.left, u, size_t(task.columns) * sizeof(float));
        auto beyond = [&](Index j) { to[j] = task.column_of[j] < 0 ? 0.0f : u[task.column_of[j]]; };
        for (Index j = 0; j < task.left; ++j) beyond(j);
        for (Index j = task.left + task.columns; j < framed; ++j) beyond(j);
    }
};

void correlate2d_rows(const Correlation2D& task, Index first, Index last, float* scratch) {
    const Frame frame{task, scratch};
    for (Index channel = 0; channel < task.channels; ++channel) {
        for (Index r = first; r < first + task.height - 1; ++r) frame.fetch(channel, r);
        for (Index r = first; r < last; ++r) {
            frame.fetch(channel, r + task.height - 1);
            float* const out = task.out + (channel * task.rows + r) * task.columns;
            const Index top = r % task.height;
            for (Index j = 0; j < task.columns; j += block) {
                Floats total[side_by_side];
                for (int g = 0; g < side_by_side; ++g) total[g] = all(0.0f);
                for (Index k = 0; k < task.count; ++k) {
                    Index row = top + task.offsets[2 * k];
                    if (row >= task.height) row -= task.height;
                    const float* const u = scratch + row * framed_columns(task) + j;
                    const Floats weight = all(task.weights[k]);
                    for (int g = 0; g < side_by_side; ++g)
                        total[g] += load(u + task.offsets[2 * k + 1] + g * lanes) * weight;
                }
                for (Index g = 0; g < side_by_side; ++g)
                    store_some(out + j + g * lanes, total[g], task.columns - j - g * lanes);
            }
        }
    }
}
