// The gradient that the channels share: the principal axis of their structure tensor.
#pragma once

#include "correlation.hpp"

// Sums over the channels of a gradient (r, c) and of its outer product.
struct Sums {
    Floats r, c, rr, cc, rc;
};

struct Vector {
    Floats r, c;
};

// The difference of the eigenvalues of the summed tensor; of one channel it is not used.
inline Floats distance_of(const Sums& s, Index channels) {
    if (channels == 1) return all(0.0f);
    const Floats spread = s.rr - s.cc, twice = s.rc + s.rc;
    return root(spread * spread + twice * twice);
}

// The larger eigenvalue of the mean tensor: of one channel, whose tensor has no other, the trace.
inline Floats eigenvalue_of(const Sums& s, Floats distance, Index channels) {
    if (channels == 1) return s.rr + s.cc;
    return (s.rr + s.cc + distance) * all(1.0f / float(2 * channels));
}

inline Floats magnitude_of(const Sums& s, Index channels, float factor) {
    return root(eigenvalue_of(s, distance_of(s, channels), channels) * all(factor));
}

// The vector along the axis, to where the sum of the channels grows, of one channel the gradient.
// The larger component follows from its square, the smaller from their product: no cancellation.
inline Vector vector_of(const Sums& s, Index channels) {
    if (channels == 1) return {s.r, s.c};
    const Floats zero = all(0.0f), one = all(1.0f);
    const Floats spread = s.rr - s.cc, distance = distance_of(s, channels);
    const Floats eigenvalue = eigenvalue_of(s, distance, channels);
    const auto clear = distance > zero;
    const Floats safe = clear ? distance : one;
    const Floats cosine = (clear ? absolute(spread) : one) / safe;
    const Floats larger = root(eigenvalue * (one + cosine) * all(0.5f));
    const Floats quotient = eigenvalue * s.rc / safe / larger;
    const Floats smaller = larger > zero ? quotient : zero;
    const auto along_rows = spread >= zero;
    const Floats r = along_rows ? larger : smaller, c = along_rows ? smaller : larger;
    const Floats sign = r * s.r + c * s.c < zero ? all(-1.0f) : one;
    return {r * sign, c * sign};
}

// For every channel, and for alpha: a framed row of differences down the columns, and two windows.
inline Index size_of_plane(const Gradient& task) {
    const Index N = task.columns;
    return framed_stride(N, task.mirror.reach) + 2 * Window::size(N, task.mirror);
}

Index gradient_scratch(const Gradient& task) { return (task.channels + 1) * size_of_plane(task); }

// Whether the kernels are those of most operators: a central difference, and three weights.
inline bool is_central(const Gradient& task) {
    const Taps &d = task.difference, &s = task.smoothing;
    return d.count == 3 && d.first == -1 && s.count == 3 && s.first == -1 && s.symmetric &&
           d.weights[0] == -1 && d.weights[1] == 0 && d.weights[2] == 1 && s.weights[0] != 0 &&
           s.weights[1] != 0;
}

// Differences are smoothed, not the other way round, along either axis: a turned image has the
// turned gradient. Central ones take one trip through the rows around a pixel.
template <bool adjusted, bool central>
struct GradientRows {
    static constexpr int n = central ? 2 : 4;  // groups of lanes that fit the registers

    const Gradient& task;
    float* const scratch;
    const Index M = task.rows, N = task.columns, reach = task.mirror.reach;
    const Index planes = task.channels + (adjusted && task.alpha);  // the last is alpha

    float* differences(Index plane) const {
        return scratch + plane * size_of_plane(task) + up_to_line(reach);
    }
    Window window(Index plane, Index k) const {
        const bool colour = plane < task.channels;
        float* const copies = scratch + plane * size_of_plane(task) + framed_stride(N, reach);
        return {colour ? task.in + plane * M * N : task.alpha, colour ? task.alpha : nullptr, N,
                task.mirror, copies + k * Window::size(N, task.mirror)};
    }
    Window plain(Index plane) const { return window(plane, 0); }
    Window differing(Index plane) const { return window(plane, 1); }  // along the rows

    void fetch(Index plane, Index first, Index last) const {
        const Window window = plain(plane);
        window.fetch(first, last);
        if constexpr (central)
            for (Index r = first; r < last; ++r) window.frame(window.row(r));
        else
            differing(plane).fetch_correlated(task.difference, first, last, differences(plane));
    }

    // Rows r - 1, r and r + 1 of the first plane; those of the next ones are so far apart.
    struct RowsAround {
        const float* row[3];
        Index apart;
    };
    RowsAround rows_around(Index r) const {
        if constexpr (!central) return {};  // other kernels may reach no further than row r
        const Window first = plain(0);
        return {{first.row(r - 1), first.row(r), first.row(r + 1)}, size_of_plane(task)};
    }

    void derive(Index plane, Index r, Index j, const RowsAround& around, Floats (&along_rows)[n],
                Floats (&along_columns)[n]) const {
        if constexpr (central) {
            const Index at = plane * around.apart + j;
            derive_centrally(around.row[0] + at, around.row[1] + at, around.row[2] + at, along_rows,
                             along_columns);
        } else {
            correlate_across(differences(plane) + j, task.smoothing, along_rows);
            weigh(task.smoothing, differing(plane).column_from(task.smoothing, r, j),
                  along_columns);
        }
    }

    void derive_centrally(const float* above, const float* here, const float* below,
                          Floats (&along_rows)[n], Floats (&along_columns)[n]) const {
        const Floats zero = all(0.0f), outer = all(task.smoothing.weights[0]);
        const Floats inner = all(task.smoothing.weights[1]);
        auto smoothed = [&](Floats a, Floats b, Floats c) {
            return zero + (a + c) * outer + b * inner;
        };
        auto down = [&](int beside) { return load(below + beside) - load(above + beside); };
        auto across = [](const float* row) { return load(row + 1) - load(row - 1); };
        for (int k = 0; k < n; ++k, above += lanes, here += lanes, below += lanes) {
            along_rows[k] = smoothed(down(-1), down(0), down(1));
            along_columns[k] = smoothed(across(above), across(here), across(below));
        }
    }

    void add_up(Index r, Index j, const RowsAround& around, Sums (&sums)[n]) const {
        const Floats zero = all(0.0f);
        Floats g_r[n], g_c[n], outline_r[n], outline_c[n];
        for (int k = 0; k < n; ++k) sums[k] = {zero, zero, zero, zero, zero};
        if (adjusted && task.alpha) derive(task.channels, r, j, around, outline_r, outline_c);
        for (Index c = 0; c < task.channels; ++c) {
            derive(c, r, j, around, g_r, g_c);
            // The product rule: alpha grad u = grad (alpha u) - u grad alpha.
            for (int k = 0; adjusted && task.alpha && k < n; ++k) {
                const Index at = r * N + j + k * lanes, rest = N - j - k * lanes;
                const Floats u = load_some(task.in + c * M * N + at, rest);
                const auto visible = load_some(task.alpha + at, rest) > zero;
                g_r[k] = visible ? g_r[k] - u * outline_r[k] : zero;
                g_c[k] = visible ? g_c[k] - u * outline_c[k] : zero;
            }
            for (int k = 0; adjusted && task.per_length && k < n; ++k)
                g_r[k] *= all(task.per_length[0]), g_c[k] *= all(task.per_length[1]);
            for (int k = 0; k < n; ++k) {
                Sums& s = sums[k];
                s.r += g_r[k], s.c += g_c[k];
                s.rr += g_r[k] * g_r[k], s.cc += g_c[k] * g_c[k], s.rc += g_r[k] * g_c[k];
            }
        }
    }

    template <Measure measure>
    void deliver(const Sums& s, Index r, Index j) const {
        auto write = [&](Index plane, Floats value) {
            store_some(task.out + (plane * M + r) * N + j, value, N - j);
        };
        const Floats factor = all(task.factor);
        if constexpr (measure == tensor) {
            write(0, s.rr * factor), write(1, s.rc * factor), write(2, s.cc * factor);
        } else if constexpr (measure == magnitude) {
            write(0, magnitude_of(s, task.channels, task.factor));
        } else {
            const Vector v = vector_of(s, task.channels);
            if constexpr (measure == sum) return write(0, absolute(v.r + v.c) * factor);
            write(0, v.r), write(1, v.c);
        }
    }

    // Before the first row.
    void begin(Index r) const {
        for (Index p = 0; p < planes; ++p) fetch(p, r - reach, r + reach);
    }

    // Calls use(sums, j) for all columns of row r, which comes after those before.
    template <class Use>
    void go_along(Index r, Use use) const {
        for (Index p = 0; p < planes; ++p) {
            fetch(p, r + reach, r + reach + 1);
            if constexpr (!central)
                plain(p).template correlate_down<1>(task.difference, r, {differences(p)});
        }
        const RowsAround around = rows_around(r);
        for (Index j = 0; j < N; j += n * lanes) {
            Sums sums[n];
            add_up(r, j, around, sums);
            for (int k = 0; k < n; ++k) use(sums[k], j + k * lanes);
        }
    }

    template <Measure measure>
    void run(Index first, Index last) const {
        begin(first);
        for (Index r = first; r < last; ++r)
            go_along(r, [&](const Sums& s, Index j) { deliver<measure>(s, r, j); });
    }
};

void gradient_rows(const Gradient& task, Index first, Index last, float* scratch) {
    with_flag(task.alpha || task.per_length, [&]<bool adjusted>() {
        with_flag(is_central(task), [&]<bool central>() {
            const GradientRows<adjusted, central> rows{task, scratch};
            switch (task.measure) {
                case vector:
                    return rows.template run<vector>(first, last);
                case magnitude:
                    return rows.template run<magnitude>(first, last);
                case sum:
                    return rows.template run<sum>(first, last);
                case tensor:
                    return rows.template run<tensor>(first, last);
            }
        });
    });
}
