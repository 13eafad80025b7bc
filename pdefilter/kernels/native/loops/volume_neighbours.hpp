// Steps in which every pixel of a volume looks at its 26 neighbours: of shock filters, and of mean
// curvature motion; see kernels/reference/.
#pragma once

#include "eigen.hpp"
#include "shock.hpp"
#include "volumes.hpp"

// Copies of the rows of a plane above, at and below a row, in the slice before, here and after.
struct Surroundings {
    const float* volume;
    Index S, M, N;
    float* copies;

    static Index size(Index columns) { return 3 * Around::size(columns); }

    Around slice(Index s, int offset) const {
        const Index place = smaller(larger(s + offset, 0), S - 1);
        return {volume + place * M * N, M, N, copies + (1 + offset) * Around::size(N)};
    }
    void fetch(Index s, Index r) const {
        for (int offset = -1; offset <= 1; ++offset) slice(s, offset).fetch(r);
    }
    void find(Index s, Index r, const float* (&row)[3][3]) const {
        for (int a = -1; a <= 1; ++a)
            for (int b = -1; b <= 1; ++b) row[1 + a][1 + b] = slice(s, a).row(r + b);
    }
};

// The neighbours of the pixels of a row, and how much these count.
struct VolumeNeighbours {
    const float* row[3][3];
    const float* weight[3][3];
    bool planar;  // nothing differs across slices, even where differences are not finite
    const float *per_length, *per_area;

    Floats here(Index j) const { return load(row[1][1] + j); }
    Floats difference(Index j, const int (&o)[3]) const {
        const Floats d = load(row[1 + o[0]][1 + o[1]] + j + o[2]) - here(j);
        return d * load(weight[1 + o[0]][1 + o[1]] + j + o[2]);
    }
    // A neighbour, or the pixel itself where that does not count.
    Floats counted(Index j, int a, int b, int c) const {
        const Floats neighbour = load(row[1 + a][1 + b] + j + c);
        if (!a && !b && !c) return neighbour;
        return load(weight[1 + a][1 + b] + j + c) > all(0.0f) ? neighbour : here(j);
    }

    Pair on(int axis, Index j) const {
        int ahead[3] = {}, behind[3] = {};
        ahead[axis] = 1, behind[axis] = -1;
        return {difference(j, ahead), difference(j, behind)};
    }
    void find_gradient(Index j, Floats (&g)[3]) const {
        for (int a = 0; a < 3; ++a) {
            const Pair pair = on(a, j);
            g[a] = (pair.ahead - pair.behind) * all(0.5f) * all(per_length[a]);
        }
        if (planar) g[0] = all(0.0f);
    }
    // Second derivatives, in the order of the components of tensors.
    void find_hessian(Index j, Floats (&h)[6]) const {
        int component = 0;
        for (int a = 0; a < 3; ++a)
            for (int b = a; b < 3; ++b, ++component) {
                const Pair pair = on(a, j);
                const Floats second = a == b ? pair.ahead + pair.behind : mixed(a, b, j);
                h[component] = second * all(per_area[component]);
            }
        if (planar) h[0] = h[1] = h[2] = all(0.0f);
    }
    Floats mixed(int a, int b, Index j) const {
        auto at = [&](int along_a, int along_b) {
            int o[3] = {};
            o[a] = along_a, o[b] = along_b;
            return difference(j, o);
        };
        const Floats one = at(1, 1) + at(-1, -1), other = at(-1, 1) + at(1, -1);
        return (one - other) * all(0.25f);
    }

    // Brings v to the range of a pixel and its neighbours.
    Floats within_range(Floats v, Index j) const {
        Floats least[3], largest[3];
        for (int c = 0; c < 3; ++c)
            for (int b = 0; b < 3; ++b) {
                const Floats before = counted(j, -1, b - 1, c - 1);
                const Floats at = counted(j, 0, b - 1, c - 1), after = counted(j, 1, b - 1, c - 1);
                const Floats low = least_of(least_of(before, at), after);
                const Floats high = largest_of(largest_of(before, at), after);
                least[c] = b ? least_of(least[c], low) : low;
                largest[c] = b ? largest_of(largest[c], high) : high;
            }
        v = largest_of(v, least_of(least_of(least[0], least[1]), least[2]));
        return least_of(v, largest_of(largest_of(largest[0], largest[1]), largest[2]));
    }
};

// Some images of a task and their surroundings, as work goes from line to line: channels, and how
// much pixels count, which is 1 by default.
template <class Task>
struct VolumeLines {
    const Task& task;
    float* const scratch;
    const Index S = task.slices, M = task.rows, N = task.columns, volume = S * M * N;
    float* const ones = scratch;
    float* const weights = ones + Around::stride(N);
    float* const images = weights + Surroundings::size(N);

    static Index size(const Task& task, Index images) {
        const Index N = task.columns;
        return Around::stride(N) + (1 + images) * Surroundings::size(N);
    }

    bool is_planar() const { return task.axes == 2; }
    Surroundings weight() const { return {task.weight, S, M, N, weights}; }
    Surroundings image(const float* in, Index c, Index place) const {
        return {in + c * volume, S, M, N, images + place * Surroundings::size(N)};
    }
    VolumeNeighbours neighbours(const Surroundings& image, Index s, Index r) const {
        VolumeNeighbours found{};
        image.find(s, r, found.row);
        if (task.weight) {
            weight().find(s, r, found.weight);
        } else {
            for (auto& row : found.weight)
                for (auto& at : row) at = ones + line;
        }
        found.planar = is_planar();
        found.per_length = task.per_length, found.per_area = task.per_area;
        return found;
    }

    // Calls fetch(s, r) for all rows around each of some lines, then use(s, r).
    template <class Fetch, class Use>
    void run(Index first, Index last, Fetch fetch, Use use) const {
        for (Index j = 0; j < Around::stride(N); ++j) ones[j] = 1.0f;
        auto fetch_all = [&](Index s, Index r) {
            fetch(s, r);
            if (task.weight) weight().fetch(s, r);
        };
        for (Index at = first; at < last; ++at) {
            const Index s = at / M, r = at % M;
            if (at == first || r == 0) fetch_all(s, r - 1), fetch_all(s, r);
            fetch_all(s, r + 1);
            use(s, r);
        }
    }
};

// ---------------------------------------------------------------- mean curvature motion

Index curvature_scratch(const VolumeCurvature& task) {
    return VolumeLines<VolumeCurvature>::size(task, task.channels);
}

void curvature_lines(const VolumeCurvature& task, Index first, Index last, float* scratch) {
    const VolumeLines<VolumeCurvature> lines{task, scratch};
    const Index C = task.channels, N = task.columns;
    auto image = [&](Index c) { return lines.image(task.in, c, c); };
    auto fetch = [&](Index s, Index r) {
        for (Index c = 0; c < C; ++c) image(c).fetch(s, r);
    };
    lines.run(first, last, fetch, [&](Index s, Index r) {
        for (Index j = 0; j < N; j += lanes) {
            Floats sums[6] = {}, h[6];
            for (Index c = 0; c < C; ++c) {
                Floats g[3];
                lines.neighbours(image(c), s, r).find_gradient(j, g);
                int component = 0;
                for (int a = 0; a < 3; ++a)
                    for (int b = a; b < 3; ++b, ++component) {
                        const bool absent = a == 0 && lines.is_planar();
                        const Floats product = absent ? all(0.0f) : g[a] * g[b];
                        sums[component] = c ? sums[component] + product : product;
                    }
            }
            const auto& [ss, sr, sc, rr, rc, cc] = sums;
            const Floats scale = all(task.tau) / (add_up(ss, rr, cc) + all(task.flat));
            for (Index c = 0; c < C; ++c) {
                const VolumeNeighbours u = lines.neighbours(image(c), s, r);
                u.find_hessian(j, h);
                const Floats across = lines.is_planar() ? all(0.0f) : h[0] * (rr + cc);
                Floats change = add_up(across, h[3] * (ss + cc), h[5] * (ss + rr));
                change -= add_up((h[1] + h[1]) * sr, (h[2] + h[2]) * sc, (h[4] + h[4]) * rc);
                change *= scale;
                float* const out = task.out + c * lines.volume + (s * task.rows + r) * N;
                store_some(out + j, u.within_range(u.here(j) + change, j), N - j);
            }
        }
    });
}

// ---------------------------------------------------------------- shock filters

Index shock_scratch(const VolumeShock& task) {
    return VolumeLines<VolumeShock>::size(task, 2 * task.channels);
}

// The projection on the axis of the largest eigenvalue; where several share it, a part on each.
inline Tensor3 projection_of(const Tensor3& structure) {
    Eigensystem axes;
    find_eigensystem(structure, axes);
    const Floats largest = eigenvalue_of(axes, 0), one = all(1.0f), zero = all(0.0f);
    Floats shared[3];
    for (int k = 0; k < 3; ++k) shared[k] = eigenvalue_of(axes, k) == largest ? one : zero;
    const Floats count = shared[0] + shared[1] + shared[2];
    for (Floats& share : shared) share /= count;
    return with_eigenvalues(axes, shared);
}

void shock_lines(const VolumeShock& task, Index first, Index last, float* scratch) {
    const VolumeLines<VolumeShock> lines{task, scratch};
    const Index C = task.channels, N = task.columns;
    auto image = [&](Index c) { return lines.image(task.in, c, c); };
    auto guide = [&](Index c) { return lines.image(task.guide, c, C + c); };
    auto fetch = [&](Index s, Index r) {
        for (Index c = 0; c < C; ++c) image(c).fetch(s, r), guide(c).fetch(s, r);
    };
    lines.run(first, last, fetch, [&](Index s, Index r) {
        const Index at = (s * task.rows + r) * N;
        for (Index j = 0; j < N; j += lanes) {
            Tensor3 p{};
            if (task.structure) {
                for (Index k = 0; k < 6; ++k)
                    p.component[k] = load_some(task.structure + k * lines.volume + at + j, N - j);
                p = projection_of(p);
            }
            const auto& [ss, sr, sc, rr, rc, cc] = p.component;
            // Decides for all channels: points to the edge that they share.
            Floats q[3] = {}, g[3], h[6];
            for (Index c = 0; c < C; ++c) {
                const VolumeNeighbours v = lines.neighbours(guide(c), s, r);
                v.find_gradient(j, g), v.find_hessian(j, h);
                Floats part[3] = {add_up(h[0] * g[0], h[1] * g[1], h[2] * g[2]),
                                  add_up(h[1] * g[0], h[3] * g[1], h[4] * g[2]),
                                  add_up(h[2] * g[0], h[4] * g[1], h[5] * g[2])};
                if (task.structure) {
                    const Floats second =
                        add_up(h[0] * ss, h[3] * rr, h[5] * cc) +
                        add_up((h[1] + h[1]) * sr, (h[2] + h[2]) * sc, (h[4] + h[4]) * rc);
                    part[0] = add_up(g[0] * ss, g[1] * sr, g[2] * sc) * second;
                    part[1] = add_up(g[0] * sr, g[1] * rr, g[2] * rc) * second;
                    part[2] = add_up(g[0] * sc, g[1] * rc, g[2] * cc) * second;
                }
                if (lines.is_planar()) part[0] = all(0.0f);
                for (int a = 0; a < 3; ++a) q[a] = c ? q[a] + part[a] : part[a];
            }
            for (Index c = 0; c < C; ++c) {
                lines.neighbours(guide(c), s, r).find_gradient(j, g);
                const Floats decision = add_up(g[0] * q[0], g[1] * q[1], g[2] * q[2]);
                const VolumeNeighbours u = lines.neighbours(image(c), s, r);
                Floats squared[3];
                for (int a = 0; a < 3; ++a) {
                    const Floats slope = flatter(u.on(a, j)) * all(task.per_length[a]);
                    squared[a] = slope * slope;
                }
                const Floats slope = root(add_up(squared[0], squared[1], squared[2]));
                const Floats change = slope * all(task.tau), now = u.here(j), zero = all(0.0f);
                const Floats rising = decision < zero ? now + change : now;
                store_some(task.out + c * lines.volume + at + j,
                           decision > zero ? now - change : rising, N - j);
            }
        }
    });
}
