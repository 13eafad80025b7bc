// A step of a shock filter: every pixel looks at its eight neighbours.
#pragma once

#include "neighbours.hpp"
#include "tensors.hpp"

inline Floats flatter(Pair d) {
    const Floats a = absolute(d.ahead), b = absolute(d.behind), zero = all(0.0f);
    return d.ahead * d.behind < zero ? (a < b ? a : b) : zero;
}

Index shock_scratch(const Shock& task) {
    const Index N = task.columns, C = task.channels;
    return (2 * C + 1) * Around::room(N) + 2 * (C + 1) * stride_of(N) +
           framed_stride(N, task.mirror.reach) + C * Window::room(N, task.mirror);
}

template <bool weighted>
struct ShockRows {
    const Shock& task;
    float* const scratch;
    const Index M = task.rows, N = task.columns, C = task.channels, far = task.mirror.reach;
    const bool smoothing = task.smoothing.count > 0, guided = task.guide || smoothing;
    // What decides for all channels, of the row computed: where the edge is that they share.
    float* const q_r = scratch + (2 * C + 1) * Around::room(N);
    float* const q_c = q_r + stride_of(N);
    float* const gradients = q_c + stride_of(N);
    // A row correlated down the columns, and what that takes.
    float* const between = gradients + 2 * C * stride_of(N) + up_to_line(far);
    float* const windows = between - up_to_line(far) + framed_stride(N, far);

    Around around(const float* planes, Index plane, Index place) const {
        return {planes + plane * M * N, M, N, scratch + place * Around::room(N)};
    }
    Around image(Index c) const { return around(task.in, c, c); }
    Around guide(Index c) const { return guided ? around(task.guide, c, C + c) : image(c); }
    Around weights() const { return around(task.weight, 0, 2 * C); }
    Window window(Index c) const {
        return {task.in + c * M * N, nullptr, N, task.mirror, windows + c * Window::room(N, task.mirror)};
    }

    void smooth(Index r, Index c) const {
        if (r < 0 || r >= M) return;
        window(c).fetch(r + far, r + far + 1);
        window(c).correlate_down(task.smoothing, r, between);
        float* const to = guide(c).row(r);
        for (Index j = 0; j < N; j += block) {
            Floats total[side_by_side];
            correlate_across(between + j, task.smoothing, total);
            for (Index g = 0, at = j; g < side_by_side; ++g, at += lanes)
                store_some(to + at, total[g], N - at);
        }
        guide(c).repeat_ends(r);
    }

    void fetch(Index r) const {
        for (Index c = 0; c < C; ++c) image(c).fetch(r);
        for (Index c = 0; guided && c < C; ++c) smoothing ? smooth(r, c) : guide(c).fetch(r);
        if constexpr (weighted) weights().fetch(r);
    }

    Neighbours<weighted> of(const Around& plane, Index r) const {
        Neighbours<weighted> found{};
        for (int k = 0; k < 3; ++k) {
            found.row[k] = plane.row(r + k - 1);
            if constexpr (weighted) found.weight[k] = weights().row(r + k - 1);
        }
        return found;
    }

    template <bool directed>
    void decide(Index r, Index c) const {
        const auto v = of(guide(c), r);
        float *const g_r = gradients + 2 * c * stride_of(N), *const g_c = g_r + stride_of(N);
        const float* const structure = task.structure + r * N;
        for (Index j = 0; j < N; j += lanes) {
            const Pair rows = v.on_rows(j), columns = v.on_columns(j);
            const Vector g = gradient_of(rows, columns);
            const auto [rr, rc, cc] = hessian_of(v, j, rows, columns);
            Vector q;
            if constexpr (directed) {
                auto component = [&](Index plane) {
                    return load_some(structure + plane * M * N + j, N - j);
                };
                const auto p = projection_of({component(0), component(1), component(2)});
                const Floats second = (rr * p.rr + cc * p.cc) + (rc + rc) * p.rc;
                q = {(g.r * p.rr + g.c * p.rc) * second, (g.r * p.rc + g.c * p.cc) * second};
            } else {
                q = {rr * g.r + rc * g.c, rc * g.r + cc * g.c};
            }
            if (c) q = {load(q_r + j) + q.r, load(q_c + j) + q.c};
            store(g_r + j, g.r), store(g_c + j, g.c);
            store(q_r + j, q.r), store(q_c + j, q.c);
        }
    }

    void move(Index r, Index c) const {
        const auto u = of(image(c), r);
        const float *const g_r = gradients + 2 * c * stride_of(N), *const g_c = g_r + stride_of(N);
        const Floats zero = all(0.0f), tau = all(task.tau);
        float* const out = task.out + (c * M + r) * N;
        for (Index j = 0; j < N; j += lanes) {
            const Floats decision =
                load(g_r + j) * load(q_r + j) + load(g_c + j) * load(q_c + j);
            const Floats m_r = flatter(u.on_rows(j)), m_c = flatter(u.on_columns(j));
            const Floats change = root(m_r * m_r + m_c * m_c) * tau;
            const Floats now = load(u.row[1] + j);
            const Floats rising = decision < zero ? now + change : now;
            store_some(out + j, decision > zero ? now - change : rising, N - j);
        }
    }

    void run(Index first, Index last) const {
        const Index top = larger(first - 1, 0);
        for (Index c = 0; smoothing && c < C; ++c) window(c).fetch(top - far, top + far);
        fetch(first - 1);
        fetch(first);
        for (Index r = first; r < last; ++r) {
            fetch(r + 1);
            for (Index c = 0; c < C; ++c) task.structure ? decide<true>(r, c) : decide<false>(r, c);
            for (Index c = 0; c < C; ++c) move(r, c);
        }
    }
};

void shock_rows(const Shock& task, Index first, Index last, float* scratch) {
    if (task.weight) return ShockRows<true>{task, scratch}.run(first, last);
    ShockRows<false>{task, scratch}.run(first, last);
}
