// A step of mean curvature motion: every pixel looks at its eight neighbours.
#pragma once

#include "neighbours.hpp"

Index curvature_scratch(const Curvature& task) {
    return (task.channels + 1) * Around::room(task.columns) + 3 * stride_of(task.columns);
}

template <bool weighted>
struct CurvatureRows {
    const Curvature& task;
    float* const scratch;
    const Index M = task.rows, N = task.columns, C = task.channels;
    // Products of first derivatives, added up over the channels, of the row computed.
    float* const s_rr = scratch + (C + 1) * Around::room(N);
    float* const s_rc = s_rr + stride_of(N);
    float* const s_cc = s_rc + stride_of(N);

    Around image(Index c) const { return {task.in + c * M * N, M, N, scratch + c * Around::room(N)}; }
    Around weights() const { return {task.weight, M, N, scratch + C * Around::room(N)}; }

    void fetch(Index r) const {
        for (Index c = 0; c < C; ++c) image(c).fetch(r);
        if constexpr (weighted) weights().fetch(r);
    }

    Neighbours<weighted> of(Index c, Index r) const {
        Neighbours<weighted> found{};
        for (int k = 0; k < 3; ++k) {
            found.row[k] = image(c).row(r + k - 1);
            if constexpr (weighted) found.weight[k] = weights().row(r + k - 1);
        }
        return found;
    }

    void add_up(Index r, Index c) const {
        const auto u = of(c, r);
        for (Index j = 0; j < N; j += lanes) {
            const Vector g = gradient_of(u.on_rows(j), u.on_columns(j));
            Floats rr = g.r * g.r, rc = g.r * g.c, cc = g.c * g.c;
            if (c) rr = load(s_rr + j) + rr, rc = load(s_rc + j) + rc, cc = load(s_cc + j) + cc;
            store(s_rr + j, rr), store(s_rc + j, rc), store(s_cc + j, cc);
        }
    }

    void move(Index r, Index c) const {
        const auto u = of(c, r);
        const Floats tau = all(task.tau), flat = all(task.flat);
        float* const out = task.out + (c * M + r) * N;
        for (Index j = 0; j < N; j += lanes) {
            const Hessian h = hessian_of(u, j, u.on_rows(j), u.on_columns(j));
            const Floats rr = load(s_rr + j), rc = load(s_rc + j), cc = load(s_cc + j);
            Floats change = h.rr * cc + h.cc * rr;
            change -= (h.rc + h.rc) * rc;
            change *= tau / (rr + cc + flat);
            store_some(out + j, load(u.row[1] + j) + change, N - j);
        }
    }

    void run(Index first, Index last) const {
        fetch(first - 1);
        fetch(first);
        for (Index r = first; r < last; ++r) {
            fetch(r + 1);
            for (Index c = 0; c < C; ++c) add_up(r, c);
            for (Index c = 0; c < C; ++c) move(r, c);
        }
    }
};

void curvature_rows(const Curvature& task, Index first, Index last, float* scratch) {
    if (task.weight) return CurvatureRows<true>{task, scratch}.run(first, last);
    CurvatureRows<false>{task, scratch}.run(first, last);
}
