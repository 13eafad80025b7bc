// A step of mean curvature motion: every pixel looks at its eight neighbours.
#pragma once

#include "neighbours.hpp"

Index curvature_scratch(const Curvature& task) {
    return (task.channels + 1) * Around::size(task.columns);
}

// Of one channel, `alone`, what is loaded serves both the direction and the motion.
template <bool weighted, bool alone>
struct CurvatureRows {
    const Curvature& task;
    float* const scratch;
    const Index M = task.rows, N = task.columns, C = alone ? 1 : task.channels;

    Around image(Index c) const {
        return {task.in + c * M * N, M, N, scratch + c * Around::size(N)};
    }
    Around weights() const { return {task.weight, M, N, scratch + C * Around::size(N)}; }

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

    void move(Index r, Index j) const {
        // Products of first derivatives, added up over the channels.
        Floats rr{}, rc{}, cc{};
        for (Index c = 0; c < C; ++c) {
            const auto u = of(c, r);
            const Vector g = gradient_of(u.on_rows(j), u.on_columns(j));
            rr = c ? rr + g.r * g.r : g.r * g.r;
            rc = c ? rc + g.r * g.c : g.r * g.c;
            cc = c ? cc + g.c * g.c : g.c * g.c;
        }
        const Floats scale = all(task.tau) / (rr + cc + all(task.flat));
        for (Index c = 0; c < C; ++c) {
            const auto u = of(c, r);
            const Hessian h = hessian_of(u, j, u.on_rows(j), u.on_columns(j));
            Floats change = h.rr * cc + h.cc * rr;
            change -= (h.rc + h.rc) * rc;
            change *= scale;
            const Floats moved = u.within_range(load(u.row[1] + j) + change, j);
            store_some(task.out + (c * M + r) * N + j, moved, N - j);
        }
    }

    void run(Index first, Index last) const {
        fetch(first - 1);
        fetch(first);
        for (Index r = first; r < last; ++r) {
            fetch(r + 1);
            for (Index j = 0; j < N; j += lanes) move(r, j);
        }
    }
};

void curvature_rows(const Curvature& task, Index first, Index last, float* scratch) {
    with_flag(task.weight, [&]<bool weighted>() {
        with_flag(task.channels == 1, [&]<bool alone>() {
            CurvatureRows<weighted, alone>{task, scratch}.run(first, last);
        });
    });
}
