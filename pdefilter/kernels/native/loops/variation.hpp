// Steps that minimise variation, by a dual field in four quadrants of two components a channel:
// below and right, below and left, above and right, above and left.
#pragma once

#include "floats.hpp"

// A row of a field, in quadrant k the component down (0) or across (1).
template <class Float>
inline Float* of_field(const Variation& task, Float* field, Index c, Index k, Index axis, Index r) {
    return field + (((c * 4 + k) * 2 + axis) * task.rows + r) * task.columns;
}

inline Index variation_stride(const Variation& task) {
    return up_to_line(task.columns + line) + line;
}

// Rows of differences and flows, with room on either side, and some more of sums over the channels.
Index variation_scratch(const Variation& task) {
    return (task.channels * 5 + 7) * variation_stride(task);
}

// The image u = f + div q of a field q = p + beta (p - p_before), row after row.
struct Descent {
    const Variation& task;
    float* const scratch;
    const Index M = task.rows, N = task.columns, stride = variation_stride(task);

    float* row(Index k) const { return scratch + k * stride + line; }
    // The flow along the edges below a row; none leads out of the image.
    float* below(Index c, Index r) const { return row(2 + 2 * c + (r & 1)); }

    // Adds up two quadrants of q.
    void add(Index c, Index k, Index other, Index axis, Index r, float* __restrict to) const {
        const float* const p = of_field(task, task.p, c, k, axis, r);
        const float* const q = of_field(task, task.p, c, other, axis, r);
        if (!task.before) {
            for (Index j = 0; j < N; ++j) to[j] = p[j] + q[j];
            return;
        }
        const float* const o = of_field<const float>(task, task.before, c, k, axis, r);
        const float* const l = of_field<const float>(task, task.before, c, other, axis, r);
        const float beta = task.momentum;
        for (Index j = 0; j < N; ++j)
            to[j] = (p[j] + (p[j] - o[j]) * beta) + (q[j] + (q[j] - l[j]) * beta);
    }
    void find_below(Index c, Index r) const {
        float* const __restrict to = below(c, r);
        if (r < 0 || r + 1 == M) {
            for (Index j = 0; j < N; ++j) to[j] = 0.0f;
            return;
        }
        float* const __restrict other = row(1);
        add(c, 0, 1, 0, r, to);
        add(c, 2, 3, 0, r + 1, other);
        for (Index j = 0; j < N; ++j) to[j] += other[j];
    }
    // After the flow below the row before.
    void find_u(Index c, Index r) const {
        find_below(c, r);
        float* const __restrict right = row(0);
        float* const __restrict other = row(1);
        add(c, 0, 2, 1, r, right);
        add(c, 1, 3, 1, r, other);
        right[-1] = right[N - 1] = 0.0f;
        for (Index j = 0; j + 1 < N; ++j) right[j] += other[j + 1];
        const float* const above = below(c, r - 1);
        const float* const under = below(c, r);
        const float* const f = task.f + (c * M + r) * N;
        float* const __restrict u = task.u + (c * M + r) * N;
        for (Index j = 0; j < N; ++j)
            u[j] = ((under[j] - above[j]) + (right[j] - right[j - 1])) + f[j];
    }
};

void descend_rows(const Variation& task, Index first, Index last, float* scratch) {
    const Descent descent{task, scratch};
    for (Index c = 0; c < task.channels; ++c) {
        descent.find_below(c, first - 1);
        for (Index r = first; r < last; ++r) descent.find_u(c, r);
    }
}

// The differences of u along the open edges around the pixels of a row.
struct Differences {
    const Variation& task;
    float* const scratch;
    const Index M = task.rows, N = task.columns, stride = variation_stride(task);

    float* row(Index c, Index k) const { return scratch + (c * 3 + k) * stride + line; }
    float* below(Index c, Index r) const { return row(c, r & 1); }
    float* sums(Index k) const { return row(task.channels, k); }
    // In quadrant k, down or across.
    const float* of(Index c, Index k, Index axis, Index r) const {
        if (axis == 0) return below(c, k < 2 ? r : r - 1);
        return row(c, 2) - (k & 1);
    }
    const float* edges(Index c, Index axis, Index r) const {
        const Index channel = task.edge_sets > 1 ? c : 0;
        return task.edges ? task.edges + ((channel * 2 + axis) * M + r) * N : nullptr;
    }

    void find_below(Index c, Index r) const {
        float* const to = below(c, r);
        if (r < 0 || r + 1 == M) {
            for (Index j = 0; j < N; ++j) to[j] = 0.0f;
            return;
        }
        const float* const u = task.u + (c * M + r) * N;
        const float* const open = edges(c, 0, r);
        for (Index j = 0; j < N; ++j) to[j] = u[j + N] - u[j];
        if (open)
            for (Index j = 0; j < N; ++j) to[j] *= open[j];
    }
    void find_right(Index c, Index r) const {
        float* const to = row(c, 2);
        const float* const u = task.u + (c * M + r) * N;
        const float* const open = edges(c, 1, r);
        for (Index j = 0; j + 1 < N; ++j) to[j] = u[j + 1] - u[j];
        if (open)
            for (Index j = 0; j + 1 < N; ++j) to[j] *= open[j];
        to[-1] = to[N - 1] = 0.0f;
    }

    // Calls use(r) for rows in turn, when all that is around them is there; and before need(r) for
    // the next row of u.
    template <class Need, class Use>
    void run(Index first, Index last, Need need, Use use) const {
        for (Index c = 0; c < task.channels; ++c) find_below(c, first - 1);
        for (Index r = first; r < last; ++r) {
            need(r + 1);
            for (Index c = 0; c < task.channels; ++c) find_below(c, r), find_right(c, r);
            use(r);
        }
    }
};

// R in a row, of which there may be one for all.
inline const float* radii_of(const Variation& task, Index r) {
    return task.radius + (task.radius_rows > 1 ? r * task.columns : 0);
}

// A component moves by its momentum and along the slope, from `p` and what was before, to there.
inline void climb(Index N, const float* __restrict p, const float* __restrict slope,
                  const float* __restrict shrinkage, float beta, float step, float least,
                  float* __restrict to) {
    for (Index j = 0; j < N; ++j) {
        const float q = ((p[j] + (p[j] - to[j]) * beta) + slope[j] * step) * shrinkage[j];
        to[j] = __builtin_fabsf(q) < least ? 0.0f : q;
    }
}

// Products of two components of one channel, added to those of the channels before, if any.
inline void add_products(Index N, const float* a0, const float* b0, const float* a1,
                         const float* b1, bool first, float* __restrict sums) {
    if (first)
        for (Index j = 0; j < N; ++j) sums[j] = a0[j] * b0[j] + a1[j] * b1[j];
    else
        for (Index j = 0; j < N; ++j) sums[j] += a0[j] * b0[j] + a1[j] * b1[j];
}

// Finds u in the rows on either side of where pieces of work meet, and in the first and the last:
// `ascend_rows` overwrites the rows of the field that these depend on.
void descend_where_pieces_meet(const Variation& task, float* scratch) {
    for (Index r = 0; r < task.rows + rows_of_a_piece; r += rows_of_a_piece) {
        const Index first = larger(0, smaller(r, task.rows) - 1);
        descend_rows(task, first, smaller(task.rows, r + 1), scratch);
    }
}

void ascend_rows(const Variation& task, Index first, Index last, float* scratch) {
    const Descent descent{task, scratch};
    const Differences around{task, descent.row(2 + 2 * task.channels) - line};
    const Index N = task.columns;
    float* const limit = around.sums(0);
    float* const shrinkage = around.sums(1);
    float* const squared = around.sums(2);
    const float softened = task.step_of_kink;
    auto need = [&](Index r) {
        for (Index c = 0; c < task.channels && r + 1 < last; ++c) {
            if (r == first + 1) descent.find_below(c, first);
            descent.find_u(c, r);
        }
    };
    around.run(first, last, need, [&](Index r) {
        const float* const radius = radii_of(task, r);
        for (Index j = 0; j < N; ++j) {
            limit[j] = radius[j] * 0.25f;
            shrinkage[j] = softened != 0 ? limit[j] / (limit[j] + softened) : 1.0f;
        }
        for (Index k = 0; k < 4; ++k) {
            for (Index c = 0; c < task.channels; ++c) {
                for (Index axis = 0; axis < 2; ++axis)
                    climb(N, of_field(task, task.p, c, k, axis, r), around.of(c, k, axis, r),
                          shrinkage, task.momentum, task.step, task.least,
                          of_field(task, task.before, c, k, axis, r));
                const float* const down = of_field(task, task.before, c, k, 0, r);
                const float* const across = of_field(task, task.before, c, k, 1, r);
                add_products(N, down, down, across, across, c == 0, squared);
            }
            if (!task.bounded) continue;
            for (Index j = 0; j < N; ++j) {
                const float norm = __builtin_sqrtf(squared[j]);
                squared[j] = norm > limit[j] ? limit[j] / norm : 1.0f;
            }
            for (Index c = 0; c < task.channels; ++c)
                for (Index axis = 0; axis < 2; ++axis) {
                    float* const to = of_field(task, task.before, c, k, axis, r);
                    for (Index j = 0; j < N; ++j) to[j] *= squared[j];
                }
        }
    });
}

void evaluate_rows(const Variation& task, Index first, Index last, float* scratch) {
    const Differences around{task, scratch};
    const Index M = task.rows, N = task.columns;
    float* const squared = around.sums(0);
    float* const work = around.sums(1);
    float* const dual = around.sums(2);
    float* const energies = around.sums(3);
    float* const gaps = around.sums(4);
    const float kink = task.kink, divisor = kink != 0 ? kink : 1.0f;
    const bool bounded = task.bounded;
    around.run(
        first, last, [](Index) {},
        [&](Index r) {
            const float* const radius = radii_of(task, r);
            for (Index k = 0; k < 4; ++k) {
                for (Index c = 0; c < task.channels; ++c) {
                    const float* const down = around.of(c, k, 0, r);
                    const float* const across = around.of(c, k, 1, r);
                    const float* const p0 = of_field<const float>(task, task.p, c, k, 0, r);
                    const float* const p1 = of_field<const float>(task, task.p, c, k, 1, r);
                    add_products(N, down, down, across, across, c == 0, squared);
                    add_products(N, down, p0, across, p1, c == 0, work);
                    add_products(N, p0, p0, p1, p1, c == 0, dual);
                }
                for (Index j = 0; j < N; ++j) {
                    const float limit = radius[j] * 0.25f;
                    const float norm = __builtin_sqrtf(squared[j]);
                    const float quadratic = limit * (0.5f * squared[j] / divisor);
                    const float linear = limit * (norm - 0.5f * kink);
                    const float energy = bounded && norm > kink ? linear : quadratic;
                    const float conjugate = (0.5f * kink) * dual[j] / (limit > 0 ? limit : 1.0f);
                    const float gap = (energy - work[j]) + conjugate;
                    energies[j] = k == 0 ? energy : energies[j] + energy;
                    gaps[j] = k == 0 ? gap : gaps[j] + gap;
                }
            }
            for (Index c = 0; c < task.channels; ++c) {
                const float* const u = task.u + (c * M + r) * N;
                const float* const f = task.f + (c * M + r) * N;
                for (Index j = 0; j < N; ++j) {
                    const float away = u[j] - f[j];
                    squared[j] = c == 0 ? away * away : squared[j] + away * away;
                }
            }
            double energy = 0, gap = 0;
            for (Index j = 0; j < N; ++j)
                energy += double(0.5f * squared[j] + energies[j]), gap += double(gaps[j]);
            task.sums[r] = energy;
            task.sums[M + r] = gap;
        });
}
