// Steps that minimise variation, by a dual field of two components a channel: below, to the right.
#pragma once

#include "floats.hpp"

// Some rows of a dual field q, and the image u = f + div q that belongs to it, as they are needed.
// Rows of scratch have a zero, or the last number once more, on either side.
struct Descent {
    const Variation& task;
    float* const scratch;
    const Index M = task.rows, N = task.columns;
    const Index stride = up_to_line(N + line) + line;

    static Index room(const Variation& task) {
        // And four rows more for sums over the channels.
        return (task.channels * 6 + 4) * (up_to_line(task.columns + line) + line);
    }
    float* row(Index c, Index k) const { return scratch + (c * 6 + k) * stride + line; }
    float* q(Index c, Index component, Index r) const { return row(c, 2 * component + (r & 1)); }
    float* u(Index c, Index r) const { return row(c, 4 + (r & 1)); }

    // Finds q in row r; beyond the image there is none.
    void find_q(Index c, Index r) const {
        for (Index k = 0; k < 2; ++k) {
            float* const to = q(c, k, r);
            to[-1] = 0.0f;
            if (r < 0) {
                for (Index j = 0; j < N; ++j) to[j] = 0.0f;
                continue;
            }
            const Index at = ((c * 2 + k) * M + r) * N;
            const float* const p = task.p + at;
            if (!task.before) {
                memcpy(to, p, size_t(N) * sizeof(float));
                continue;
            }
            const float* const before = task.before + at;
            const float momentum = task.momentum;
            for (Index j = 0; j < N; ++j) to[j] = p[j] + (p[j] - before[j]) * momentum;
        }
    }

    // Finds u in row r, for which it needs q there and in the row above.
    void find_u(Index c, Index r) const {
        const float* const below = q(c, 0, r);
        const float* const above = q(c, 0, r - 1);
        const float* const right = q(c, 1, r);
        const float* const f = task.f + (c * M + r) * N;
        float* const to = u(c, r);
        for (Index j = 0; j < N; ++j)
            to[j] = ((below[j] - above[j]) + (right[j] - right[j - 1])) + f[j];
        to[N] = to[N - 1];
    }

    // Calls use(r) for rows in turn, when q is known in row r, and u there and in the next.
    template <class Use>
    void run(Index first, Index last, Use use) const {
        for (Index c = 0; c < task.channels; ++c)
            find_q(c, first - 1), find_q(c, first), find_u(c, first);
        for (Index r = first; r < last; ++r) {
            for (Index c = 0; c < task.channels; ++c)
                if (r + 1 < M)
                    find_q(c, r + 1), find_u(c, r + 1);
                else  // no difference across the border
                    memcpy(u(c, r + 1), u(c, r), size_t(N + 1) * sizeof(float));
            use(r);
        }
    }

    // What lies across an edge of row r: the pixel below, or that to the right.
    const float* across(Index c, Index component, Index r) const {
        return component == 0 ? u(c, r + 1) : u(c, r) + 1;
    }
    const float* edges(Index component, Index r) const {
        return task.edges ? task.edges + (component * M + r) * N : nullptr;
    }
};

Index variation_scratch(const Variation& task) { return Descent::room(task); }

void ascend_rows(const Variation& task, Index first, Index last, float* scratch) {
    const Descent descent{task, scratch};
    const Index M = task.rows, N = task.columns;
    float* const squared = descent.row(task.channels, 0);
    const float step = task.step, shrinkage = task.shrinkage, radius = task.radius;
    descent.run(first, last, [&](Index r) {
        auto target = [&](Index component) { return task.out + (component * M + r) * N; };
        for (Index k = 0; k < 2 * task.channels; ++k) {
            const float* const q = descent.q(k / 2, k % 2, r);
            const float* const here = descent.u(k / 2, r);
            const float* const there = descent.across(k / 2, k % 2, r);
            const float* const edges = descent.edges(k % 2, r);
            float* const to = target(k);
            for (Index j = 0; j < N; ++j) {
                float moved = (q[j] + (there[j] - here[j]) * step) * shrinkage;
                if (edges) moved *= edges[j];
                to[j] = moved;
                squared[j] = k == 0 ? moved * moved : squared[j] + moved * moved;
            }
        }
        for (Index j = 0; j < N; ++j) {
            const float norm = __builtin_sqrtf(squared[j]);
            squared[j] = norm > radius ? radius / norm : 1.0f;
        }
        for (Index k = 0; k < 2 * task.channels; ++k) {
            float* const to = target(k);
            for (Index j = 0; j < N; ++j) to[j] *= squared[j];
        }
    });
}

void look_rows(const Variation& task, Index first, Index last, float* scratch) {
    const Descent descent{task, scratch};
    const Index N = task.columns;
    float* const steep = descent.row(task.channels, 0);
    float* const work = steep + descent.stride;
    float* const dual = work + descent.stride;
    float* const away = dual + descent.stride;
    const float soft = task.softness, radius = task.radius, divisor = soft != 0 ? soft : 1.0f;
    const float kink = soft * radius, missing = 0.5f * soft * radius * radius;
    descent.run(first, last, [&](Index r) {
        for (Index k = 0; k < 2 * task.channels; ++k) {
            const float* const p = descent.q(k / 2, k % 2, r);
            const float* const here = descent.u(k / 2, r);
            const float* const there = descent.across(k / 2, k % 2, r);
            const float* const edges = descent.edges(k % 2, r);
            for (Index j = 0; j < N; ++j) {
                float slope = there[j] - here[j];
                if (edges) slope *= edges[j];
                steep[j] = k == 0 ? slope * slope : steep[j] + slope * slope;
                work[j] = k == 0 ? slope * p[j] : work[j] + slope * p[j];
                dual[j] = k == 0 ? p[j] * p[j] : dual[j] + p[j] * p[j];
            }
        }
        for (Index c = 0; c < task.channels; ++c) {
            const float* const u = descent.u(c, r);
            const float* const f = task.f + (c * task.rows + r) * N;
            for (Index j = 0; j < N; ++j) {
                const float change = u[j] - f[j];
                away[j] = c == 0 ? change * change : away[j] + change * change;
            }
        }
        for (Index j = 0; j < N; ++j) {
            const float norm = __builtin_sqrtf(steep[j]);
            const float linear = radius * norm - missing;
            const float quadratic = 0.5f * (norm * norm) / divisor;
            const float energy = norm > kink ? linear : quadratic;
            away[j] = energy + 0.5f * away[j];
            work[j] = (energy - work[j]) + (0.5f * soft) * dual[j];
        }
        double energies = 0, gaps = 0;
        for (Index j = 0; j < N; ++j) energies += double(away[j]), gaps += double(work[j]);
        task.sums[r] = energies;
        task.sums[task.rows + r] = gaps;
    });
}
