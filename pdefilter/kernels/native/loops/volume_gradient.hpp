// The gradient that the channels of a volume share; see kernels/reference/gradient.py.
#pragma once

#include "eigen.hpp"
#include "volume_correlation.hpp"

inline Prism widest(const VolumeGradient& task) {
    const Index reach = larger(reach_of(task.difference), reach_of(task.smoothing));
    return largest_prism(task, reach, reach, 192);
}

// The derivatives of a plane, of the slices of a channel or of alpha, along the three axes.
struct Derivatives {
    Ring planes;
    Way ways[3];

    static Derivatives of(const VolumeGradient& task, const Prism& prism, Memory& memory) {
        const Taps &d = task.difference, &s = task.smoothing;
        const Index ahead = prism.beyond;
        return {Ring::of(prism, ahead, prism.beyond, memory),
                {Way::of(prism, ahead, d, s, s, slices_first, memory),
                 Way::of(prism, ahead, s, d, s, rows_first, memory),
                 Way::of(prism, ahead, s, s, d, columns_first, memory)}};
    }
};

// Sums over the channels of a gradient and of its outer product.
struct VolumeSums {
    Floats toward[3], product[6];
};

struct VolumeGradientWork {
    const VolumeGradient& task;
    const Prism prism;
    const Index M = task.rows, N = task.columns, volume = task.slices * M * N;
    const float** found = nullptr;  // the derivatives of a slice
    Memory memory;

    Index planes() const { return task.channels + (task.alpha ? 1 : 0); }  // the last is alpha

    // The derivatives along all axes from column j on.
    void derive(Index channel, Index at, Index pixel, Index rest, Floats (&g)[3]) const {
        for (int a = 0; a < 3; ++a) g[a] = load(found[3 * channel + a] + at);
        if (task.alpha) {
            // The product rule: alpha grad u = grad (alpha u) - u grad alpha.
            const Floats u = load_some(task.in + channel * volume + pixel, rest);
            const auto visible = load_some(task.alpha + pixel, rest) > all(0.0f);
            for (int a = 0; a < 3; ++a) {
                const Floats outline = load(found[3 * task.channels + a] + at);
                g[a] = visible ? g[a] - u * outline : all(0.0f);
            }
        }
        if (task.per_length)
            for (int a = 0; a < 3; ++a) g[a] *= all(task.per_length[a]);
    }

    VolumeSums sums(Index at, Index pixel, Index rest) const {
        VolumeSums s{};
        for (Index c = 0; c < task.channels; ++c) {
            Floats g[3];
            derive(c, at, pixel, rest, g);
            Floats* product = s.product;
            for (int a = 0; a < 3; ++a) {
                s.toward[a] += g[a];
                for (int b = a; b < 3; ++b) *product++ += g[a] * g[b];
            }
        }
        return s;
    }

    // The square of the gradient, and the vector itself.
    Floats squared(const VolumeSums& s) const {
        if (task.channels == 1) return add_up(s.product[0], s.product[3], s.product[5]);
        Eigensystem axes;
        find_eigensystem(Tensor3{s.product[0], s.product[1], s.product[2], s.product[3],
                                 s.product[4], s.product[5]},
                         axes);
        return principal(axes);
    }
    Floats principal(const Eigensystem& axes) const {
        RealPair value = axes.value[0];
        for (Reals& half : value.half)
            half = (half <= all_reals(0) ? all_reals(0) : half) / all_reals(double(task.channels));
        return narrowed(value);
    }
    void find_vector(const VolumeSums& s, Floats (&v)[3]) const {
        for (int a = 0; a < 3; ++a) v[a] = s.toward[a];
        if (task.channels == 1) return;
        Eigensystem axes;
        find_eigensystem(Tensor3{s.product[0], s.product[1], s.product[2], s.product[3],
                                 s.product[4], s.product[5]},
                         axes);
        const Floats length = root(principal(axes));
        for (int a = 0; a < 3; ++a) v[a] = narrowed(axes.vector[0][a]);
        const auto against =
            add_up(v[0] * s.toward[0], v[1] * s.toward[1], v[2] * s.toward[2]) < all(0.0f);
        for (Floats& component : v) component *= against ? -length : length;
    }

    void deliver(Index at, Index pixel, Index rest) const {
        auto write = [&](Index plane, Floats value) {
            store_some(task.out + plane * volume + pixel, value, rest);
        };
        const Floats factor = all(task.factor);
        const VolumeSums s = sums(at, pixel, rest);
        if (task.measure == tensor)
            for (Index k = 0; k < 6; ++k) write(k, s.product[k] * factor);
        if (task.measure == magnitude) write(0, root(squared(s) * factor));
        if (task.measure != vector && task.measure != sum) return;
        Floats v[3];
        find_vector(s, v);
        if (task.measure == sum) return write(0, absolute(add_up(v[0], v[1], v[2])) * factor);
        for (Index a = 0; a < 3; ++a) write(a, v[a]);
    }

    void run() {
        found = (const float**)memory.take(2 * 3 * planes());
        auto* const derivatives =
            (Derivatives*)memory.take(Index(sizeof(Derivatives) / sizeof(float)) * planes());
        for (Index p = 0; p < planes(); ++p) derivatives[p] = Derivatives::of(task, prism, memory);
        auto fetch = [&](Index slice) {
            for (Index p = 0; p < planes(); ++p) {
                const bool colour = p < task.channels;
                const Source source{colour ? task.in + p * volume : task.alpha,
                                    colour ? task.alpha : nullptr, M, N};
                source.fetch(prism, slice, derivatives[p].planes.plane(slice));
                for (const Way& way : derivatives[p].ways) way.fetch(derivatives[p].planes, slice);
            }
        };
        from_slice_to_slice(prism.slices, prism.beyond, fetch, [&](Index slice) {
            for (Index p = 0; p < planes(); ++p)
                for (int a = 0; a < 3; ++a)
                    found[3 * p + a] = derivatives[p].ways[a].result(derivatives[p].planes, slice);
            for (Index r = 0; r < prism.rows; ++r)
                for (Index j = 0; j < prism.columns; j += lanes)
                    deliver(r * prism.stride() + j,
                            (slice * M + prism.first_row + r) * N + prism.first_column + j,
                            prism.columns - j);
        });
    }
};

Index gradient_scratch(const VolumeGradient& task) {
    const Index planes = task.channels + 1;
    const Index floats = Index(sizeof(Derivatives) / sizeof(float));
    const Index of_one =
        memory_of([&](Memory& memory) { Derivatives::of(task, widest(task), memory); });
    return up_to_line(6 * planes) + up_to_line(floats * planes) + planes * of_one;
}

Index prisms_of(const VolumeGradient& task) {
    return count_prisms(widest(task), task.rows, task.columns);
}

void gradient_prism(const VolumeGradient& task, Index number, Index, float* scratch) {
    VolumeGradientWork{.task = task,
                       .prism = prism_of(widest(task), task.rows, task.columns, number),
                       .memory = {scratch}}
        .run();
}
