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
    return (2 * C + 1) * Around::size(N) + 2 * (C + 1) * stride_of(N) +
           framed_stride(N, task.mirror.reach) + line + C * Window::size(N, task.mirror);
}

template <bool weighted>
struct ShockRows {
    const Shock& task;
    float* const scratch;
    const Index M = task.rows, N = task.columns, C = task.channels, far = task.mirror.reach;
    const bool smoothing = task.smoothing.weights, guided = task.guide || smoothing;
    // Decides for all channels of the row computed: points to the edge that they share.
    float* const q_r = scratch + (2 * C + 1) * Around::size(N);
    float* const q_c = q_r + stride_of(N);
    float* const gradients = q_c + stride_of(N);
    // A row correlated down the columns, and the rows of the image that this takes, which are then
    // those of the step too.
    float* const between = gradients + 2 * C * stride_of(N) + up_to_line(far);
    float* const windows = between - up_to_line(far) + framed_stride(N, far) + line;

    Around around(const float* planes, Index plane, Index place) const {
        return {planes + plane * M * N, M, N, scratch + place * Around::size(N)};
    }
    Around image(Index c) const { return around(task.in, c, c); }
    Around guide(Index c) const { return around(task.guide, c, C + c); }
    Around weights() const { return around(task.weight, 0, 2 * C); }
    Window window(Index c) const {
        float* const copies = windows + c * Window::size(N, task.mirror);
        return {task.in + c * M * N, nullptr, N, task.mirror, copies};
    }

    float* image_row(Index c, Index r) const {
        return smoothing ? window(c).row(smaller(larger(r, 0), M - 1)) : image(c).row(r);
    }
    float* guide_row(Index c, Index r) const { return guided ? guide(c).row(r) : image_row(c, r); }

    void smooth(Index c, Index r) const {
        if (r < 0 || r >= M) return;
        window(c).fetch(r + far, r + far + 1);
        window(c).template correlate<1>(task.smoothing, task.smoothing, r, {between},
                                        {guide(c).row(r)});
        repeat_ends(guide(c).row(r), N);
        repeat_ends(window(c).row(r), N);
    }

    void fetch(Index r) const {
        for (Index c = 0; c < C; ++c) {
            if (smoothing) {
                smooth(c, r);
                continue;
            }
            image(c).fetch(r);
            if (guided) guide(c).fetch(r);
        }
        if constexpr (weighted) weights().fetch(r);
    }

    // Before the first row is fetched.
    void begin(Index r) const {
        for (Index c = 0; smoothing && c < C; ++c) window(c).fetch(r - far, r + far);
    }

    template <class RowOf>
    Neighbours<weighted> neighbours(Index r, RowOf row) const {
        Neighbours<weighted> found{};
        for (int k = 0; k < 3; ++k) {
            found.row[k] = row(r + k - 1);
            if constexpr (weighted) found.weight[k] = weights().row(r + k - 1);
        }
        return found;
    }

    // A channel's gradient, and its part of q.
    struct Ascent {
        Vector g, q;
    };

    template <bool directed>
    Ascent ascent(const Neighbours<weighted>& v, Index r, Index j) const {
        const Pair rows = v.on_rows(j), columns = v.on_columns(j);
        const Vector g = gradient_of(rows, columns);
        const auto [rr, rc, cc] = hessian_of(v, j, rows, columns);
        if constexpr (!directed) return {g, {rr * g.r + rc * g.c, rc * g.r + cc * g.c}};
        auto component = [&](Index plane) {
            return load_some(task.structure + (plane * M + r) * N + j, N - j);
        };
        const auto p = projection_of({component(0), component(1), component(2)});
        const Floats second = (rr * p.rr + cc * p.cc) + (rc + rc) * p.rc;
        return {g, {(g.r * p.rr + g.c * p.rc) * second, (g.r * p.rc + g.c * p.cc) * second}};
    }

    void move(const Neighbours<weighted>& u, const Ascent& a, float* out, Index j) const {
        const Floats zero = all(0.0f), now = load(u.row[1] + j);
        const Floats decision = a.g.r * a.q.r + a.g.c * a.q.c;
        const Floats m_r = flatter(u.on_rows(j)), m_c = flatter(u.on_columns(j));
        const Floats change = root(m_r * m_r + m_c * m_c) * all(task.tau);
        const Floats rising = decision < zero ? now + change : now;
        store_some(out + j, decision > zero ? now - change : rising, N - j);
    }

    // Inlined into one function, both would lack registers, and take half as long again.
    template <bool directed>
    __attribute__((noinline)) void step(Index r) const {
        for (Index c = 0; c < C; ++c) {
            const auto v = neighbours(r, [&](Index k) { return guide_row(c, k); });
            float *const g_r = gradients + 2 * c * stride_of(N), *const g_c = g_r + stride_of(N);
            for (Index j = 0; j < N; j += lanes) {
                auto [g, q] = ascent<directed>(v, r, j);
                if (c) q = {load(q_r + j) + q.r, load(q_c + j) + q.c};
                store(g_r + j, g.r), store(g_c + j, g.c);
                store(q_r + j, q.r), store(q_c + j, q.c);
            }
        }
        for (Index c = 0; c < C; ++c) {
            const auto u = neighbours(r, [&](Index k) { return image_row(c, k); });
            const float* const g_r = gradients + 2 * c * stride_of(N);
            const float* const g_c = g_r + stride_of(N);
            for (Index j = 0; j < N; j += lanes) {
                const Ascent found{{load(g_r + j), load(g_c + j)}, {load(q_r + j), load(q_c + j)}};
                move(u, found, task.out + (c * M + r) * N, j);
            }
        }
    }

    // Where no other channel has a say.
    template <bool directed>
    __attribute__((noinline)) void step_alone(Index r) const {
        const auto v = neighbours(r, [&](Index k) { return guide_row(0, k); });
        const auto u = neighbours(r, [&](Index k) { return image_row(0, k); });
        for (Index j = 0; j < N; j += lanes)
            move(u, ascent<directed>(v, r, j), task.out + r * N, j);
    }

    template <bool directed>
    void run(Index first, Index last) const {
        begin(larger(first - 1, 0));
        fetch(first - 1);
        fetch(first);
        for (Index r = first; r < last; ++r) {
            fetch(r + 1);
            C == 1 ? step_alone<directed>(r) : step<directed>(r);
        }
    }
};

void shock_rows(const Shock& task, Index first, Index last, float* scratch) {
    with_flag(task.weight, [&]<bool weighted>() {
        const ShockRows<weighted> rows{task, scratch};
        with_flag(task.structure,
                  [&]<bool directed>() { rows.template run<directed>(first, last); });
    });
}
