// Steps that minimise variation in a volume, or in an image with a spacing, by a dual field in
// orthants; see kernels/reference/variation.py and kernels/quadrants.py.
#pragma once

#include "variation.hpp"
#include "volumes.hpp"

// Where the rows of a field are, and those of the image around them.
struct Orthants {
    const VolumeVariation& task;
    const int axes = task.axes, count = 1 << axes;
    const Index S = task.slices, M = task.rows, N = task.columns, volume = S * M * N;
    const float share = 1.0f / float(count);

    Index component(Index c, int orthant, int axis, Index line) const {
        return ((c * count + orthant) * axes + axis) * volume + line * N;
    }
    bool is_behind(int orthant, int axis) const { return orthant >> (axes - 1 - axis) & 1; }

    // How far apart neighbours on an axis are, and whether a row has one ahead, or behind.
    Index apart(int axis) const { return axis == axes - 1 ? 1 : axis == axes - 2 ? N : M * N; }
    bool has_next(int axis, Index line) const {
        return axis == axes - 2 ? line % M + 1 < M : line / M + 1 < S;
    }
    bool has_last(int axis, Index line) const {
        return axis == axes - 2 ? line % M > 0 : line / M > 0;
    }
    float per_length(int axis) const {
        return task.per_length ? task.per_length[axis + 3 - axes] : 1.0f;
    }
};

inline Index stride_of_rows(const VolumeVariation& task) {
    return up_to_line(task.columns + line) + line;
}

// ---------------------------------------------------------------- the image of a field

constexpr Index rows_of_descent = 5;

Index descend_scratch(const VolumeVariation& task) {
    return rows_of_descent * stride_of_rows(task);
}

struct VolumeDescent {
    const VolumeVariation& task;
    float* const scratch;
    const Orthants at{task};
    const Index N = task.columns, stride = stride_of_rows(task);

    float* row(Index k) const { return scratch + k * stride + line; }

    // Adds up q = p + beta (p - p_before) of the orthants on one side, of four opposite ones first.
    void add_end(Index c, int axis, bool behind, Index line, float* __restrict to) const {
        with_flag(task.before, [&]<bool moving>() { add<moving>(c, axis, behind, line, to); });
    }
    template <bool moving>
    void add(Index c, int axis, bool behind, Index line, float* __restrict to) const {
        const float *p[4], *o[4];
        int found = 0;
        for (int orthant = 0; orthant < at.count; ++orthant) {
            if (at.is_behind(orthant, axis) != behind) continue;
            const Index place = at.component(c, orthant, axis, line);
            p[found] = task.p + place;
            o[found++] = moving ? task.before + place : nullptr;
        }
        const float beta = task.momentum;
        auto q = [&](int k, Index j) {
            return moving ? p[k][j] + (p[k][j] - o[k][j]) * beta : p[k][j];
        };
        if (found == 2)
            for (Index j = 0; j < N; ++j) to[j] = q(0, j) + q(1, j);
        else
            for (Index j = 0; j < N; ++j) to[j] = (q(0, j) + q(3, j)) + (q(1, j) + q(2, j));
    }

    // The flow from a row to the next on an axis across the rows; none leads out of the image.
    void find_flow(Index c, int axis, Index line, bool there, float* __restrict to) const {
        if (!there) {
            memset(to, 0, size_t(N) * sizeof(float));
            return;
        }
        float* const __restrict other = row(rows_of_descent - 1);
        add_end(c, axis, false, line, to);
        add_end(c, axis, true, line + at.apart(axis) / N, other);
        const float h = at.per_length(axis);
        for (Index j = 0; j < N; ++j) to[j] = (to[j] + other[j]) * h;
    }
    void find_flow_along(Index c, float* __restrict to, Index line) const {
        float* const __restrict other = row(rows_of_descent - 1);
        add_end(c, at.axes - 1, false, line, to);
        add_end(c, at.axes - 1, true, line, other);
        const float h = at.per_length(at.axes - 1);
        for (Index j = 0; j + 1 < N; ++j) to[j] = (to[j] + other[j + 1]) * h;
        to[-1] = to[N - 1] = 0.0f;
    }
    // What a row gains along an axis.
    void find_gain(Index c, int axis, Index line, float* __restrict to) const {
        float* const __restrict before = row(rows_of_descent - 2);
        find_flow(c, axis, line, at.has_next(axis, line), to);
        find_flow(c, axis, line - at.apart(axis) / N, at.has_last(axis, line), before);
        for (Index j = 0; j < N; ++j) to[j] -= before[j];
    }

    void find_u(Index c, Index line) const {
        float *const slices = row(0), *const rows = row(1), *const columns = row(2);
        if (at.axes == 3) find_gain(c, 0, line, slices);
        find_gain(c, at.axes - 2, line, rows);
        find_flow_along(c, columns, line);
        const Index place = c * at.volume + line * N;
        const float* const f = task.f + place;
        float* const __restrict u = task.u + place;
        for (Index j = 0; j < N; ++j) {
            const float across = columns[j] - columns[j - 1];
            const float gain = at.axes == 3 ? add_up(slices[j], rows[j], across) : rows[j] + across;
            u[j] = gain + f[j];
        }
    }
};

void descend_lines(const VolumeVariation& task, Index first, Index last, float* scratch) {
    const VolumeDescent descent{task, scratch};
    for (Index c = 0; c < task.channels; ++c)
        for (Index line = first; line < last; ++line) descent.find_u(c, line);
}

// ---------------------------------------------------------------- the slopes of an image

// Of every channel the slopes ahead and behind on three axes; and sums over the channels, and more.
constexpr Index slopes_of_channel = 6, rows_of_sums = 5;

Index ascend_scratch(const VolumeVariation& task) {
    return (slopes_of_channel * task.channels + rows_of_sums) * stride_of_rows(task);
}

struct VolumeSlopes {
    const VolumeVariation& task;
    float* const scratch;
    const Orthants at{task};
    const Index N = task.columns, stride = stride_of_rows(task);

    float* row(Index k) const { return scratch + k * stride + line; }
    float* ahead(Index c, int axis) const { return row(slopes_of_channel * c + axis); }
    float* behind(Index c, int axis) const { return row(slopes_of_channel * c + 3 + axis); }
    const float* of(Index c, int orthant, int axis) const {
        return at.is_behind(orthant, axis) ? behind(c, axis) : ahead(c, axis);
    }
    float* sums(Index k) const { return row(slopes_of_channel * task.channels + k); }

    // The slopes along open edges from a row, to where the next on an axis is; behind the columns
    // they are one further.
    void find(Index c, int axis, Index line, bool there, float* __restrict to) const {
        if (!there) {
            memset(to, 0, size_t(N) * sizeof(float));
            return;
        }
        const float* const u = task.u + c * at.volume + line * N;
        const float* const next = u + at.apart(axis);
        const float h = at.per_length(axis);
        const Index count = axis == at.axes - 1 ? N - 1 : N;
        for (Index j = 0; j < count; ++j) to[j] = (next[j] - u[j]) * h;
        if (count < N) to[-1] = to[N - 1] = 0.0f;
        if (!task.edges) return;
        const Index set = task.edge_planes > at.axes ? c : 0;
        const float* const open = task.edges + (set * at.axes + axis) * at.volume + line * N;
        for (Index j = 0; j < N; ++j) to[j] *= open[j];
    }
    void find_all(Index line) const {
        for (Index c = 0; c < task.channels; ++c) {
            for (int axis = 0; axis < at.axes - 1; ++axis) {
                find(c, axis, line, at.has_next(axis, line), ahead(c, axis));
                find(c, axis, line - at.apart(axis) / N, at.has_last(axis, line), behind(c, axis));
            }
            const int across = at.axes - 1;
            find(c, across, line, true, ahead(c, across));
            float* const __restrict to = behind(c, across);
            const float* const from = ahead(c, across);
            for (Index j = 0; j < N; ++j) to[j] = from[j - 1];
        }
    }

    // Products of two fields of one channel, added to those of the channels before, if any.
    void add_products(const float* const (&a)[3], const float* const (&b)[3], bool first,
                      float* __restrict to) const {
        for (Index j = 0; j < N; ++j) {
            const float x = a[0][j] * b[0][j], y = a[1][j] * b[1][j];
            const float sum = at.axes == 3 ? add_up(x, y, a[2][j] * b[2][j]) : x + y;
            to[j] = first ? sum : to[j] + sum;
        }
    }
    const float* radii(Index line) const {
        return task.radius + (task.radius_lines > 1 ? line * N : 0);
    }
};

void ascend_line(const VolumeSlopes& around, Index line) {
    const VolumeVariation& task = around.task;
    const Orthants& at = around.at;
    const Index N = task.columns;
    around.find_all(line);
    float *const limit = around.sums(0), *const shrinkage = around.sums(1);
    float* const squared = around.sums(2);
    const float* const radius = around.radii(line);
    for (Index j = 0; j < N; ++j) {
        limit[j] = radius[j] * at.share;
        shrinkage[j] = task.step_of_kink != 0 ? limit[j] / (limit[j] + task.step_of_kink) : 1.0f;
    }
    for (int orthant = 0; orthant < at.count; ++orthant) {
        for (Index c = 0; c < task.channels; ++c) {
            const float* there[3] = {};
            for (int axis = 0; axis < at.axes; ++axis) {
                const Index place = at.component(c, orthant, axis, line);
                climb(N, task.p + place, around.of(c, orthant, axis), shrinkage, task.momentum,
                      task.step, task.least, task.before + place);
                there[axis] = task.before + place;
            }
            if (task.bounded) around.add_products(there, there, c == 0, squared);
        }
        if (!task.bounded) continue;
        for (Index j = 0; j < N; ++j) {
            const float norm = __builtin_sqrtf(squared[j]);
            squared[j] = norm > limit[j] ? limit[j] / norm : 1.0f;
        }
        for (Index c = 0; c < task.channels; ++c)
            for (int axis = 0; axis < at.axes; ++axis) {
                float* const to = task.before + at.component(c, orthant, axis, line);
                for (Index j = 0; j < N; ++j) to[j] *= squared[j];
            }
    }
}

void ascend_lines(const VolumeVariation& task, Index first, Index last, float* scratch) {
    const VolumeSlopes around{task, scratch};
    for (Index line = first; line < last; ++line) ascend_line(around, line);
}

void evaluate_line(const VolumeSlopes& around, Index line) {
    const VolumeVariation& task = around.task;
    const Orthants& at = around.at;
    const Index N = task.columns;
    around.find_all(line);
    float *const squared = around.sums(0), *const work = around.sums(1);
    float *const dual = around.sums(2), *const energies = around.sums(3);
    float* const gaps = around.sums(4);
    const float* const radius = around.radii(line);
    const float kink = task.kink, divisor = kink != 0 ? kink : 1.0f;
    const bool bounded = task.bounded;
    for (int orthant = 0; orthant < at.count; ++orthant) {
        for (Index c = 0; c < task.channels; ++c) {
            const float *slope[3] = {}, *p[3] = {};
            for (int axis = 0; axis < at.axes; ++axis) {
                slope[axis] = around.of(c, orthant, axis);
                p[axis] = task.p + at.component(c, orthant, axis, line);
            }
            around.add_products(slope, slope, c == 0, squared);
            around.add_products(slope, p, c == 0, work);
            around.add_products(p, p, c == 0, dual);
        }
        for (Index j = 0; j < N; ++j) {
            const float limit = radius[j] * at.share;
            const float norm = __builtin_sqrtf(squared[j]);
            const float quadratic = limit * (0.5f * squared[j] / divisor);
            const float linear = limit * (norm - 0.5f * kink);
            const float energy = bounded && norm > kink ? linear : quadratic;
            const float conjugate = (0.5f * kink) * dual[j] / (limit > 0 ? limit : 1.0f);
            const float gap = (energy - work[j]) + conjugate;
            energies[j] = orthant == 0 ? energy : energies[j] + energy;
            gaps[j] = orthant == 0 ? gap : gaps[j] + gap;
        }
    }
    for (Index c = 0; c < task.channels; ++c) {
        const float* const u = task.u + c * at.volume + line * N;
        const float* const f = task.f + c * at.volume + line * N;
        for (Index j = 0; j < N; ++j) {
            const float away = u[j] - f[j];
            squared[j] = c == 0 ? away * away : squared[j] + away * away;
        }
    }
    double energy = 0, gap = 0;
    for (Index j = 0; j < N; ++j)
        energy += double(0.5f * squared[j] + energies[j]), gap += double(gaps[j]);
    task.sums[line] = energy;
    task.sums[task.slices * task.rows + line] = gap;
}

void evaluate_lines(const VolumeVariation& task, Index first, Index last, float* scratch) {
    const VolumeSlopes around{task, scratch};
    for (Index line = first; line < last; ++line) evaluate_line(around, line);
}
