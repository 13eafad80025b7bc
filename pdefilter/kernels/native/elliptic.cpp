#include "elliptic.hpp"

namespace pdefilter {

namespace {

// The four edges of pixel (r, c): from above, from below, from the left, from the right.
template <bool weighted>
struct Cross {
    float conductance[4];
    Index neighbour[4];

    Cross(const Network& n, Index r, Index c) {
        const Index N = n.columns, at = r * N + c;
        const Index right = n.rows * N;
        auto set = [&](int k, bool inside, Index edge, Index to) {
            conductance[k] = inside ? (weighted ? n.edges[edge] : 1.0f) : 0.0f;
            neighbour[k] = inside ? to : at;
        };
        set(0, r > 0, at - N, at - N);
        set(1, r < n.rows - 1, at, at + N);
        set(2, c > 0, right + at - 1, at - 1);
        set(3, c < N - 1, right + at, at + 1);
    }

    // What flows in.
    float flow(const float* u, float here) const {
        float sum = conductance[0] * (u[neighbour[0]] - here);
        for (int k = 1; k < 4; ++k) sum += conductance[k] * (u[neighbour[k]] - here);
        return sum;
    }
    float total() const {
        return conductance[0] + conductance[1] + conductance[2] + conductance[3];
    }
};

bool is_free(const Network& n, Index at) { return !n.free || n.free[at]; }

template <bool weighted>
float lack_of(const Network& n, const Cross<weighted>& cross, const float* u, const float* f,
              Index at) {
    float sum = cross.flow(u, u[at]);
    if (f) sum += f[at];
    if (n.leaks) sum -= n.leaks[at] * u[at];
    return sum;
}

// Calls work.operator()<weighted>(r) for all rows.
template <class Work>
bool for_rows(const Network& n, Index rows, int threads, const Interrupted& interrupted,
              Work work) {
    auto some_rows = [&](Index first, Index last, float*) {
        for (Index r = first; r < last; ++r)
            n.edges ? work.template operator()<true>(r) : work.template operator()<false>(r);
    };
    return in_chunks(rows, threads, 0, some_rows, interrupted);
}

}  // namespace

bool relax(const Network& n, float* u, const float* f, Index colour, int threads,
           const Interrupted& interrupted) {
    auto row = [&]<bool weighted>(Index r) {
        for (Index c = (r + colour) % 2; c < n.columns; c += 2) {
            const Index at = r * n.columns + c;
            if (!is_free(n, at)) continue;
            const Cross<weighted> cross(n, r, c);
            const float total = n.leaks ? cross.total() + n.leaks[at] : cross.total();
            if (total > 0) u[at] += lack_of(n, cross, u, f, at) / total;
        }
    };
    return for_rows(n, n.rows, threads, interrupted, row);
}

bool residual(const Network& n, const float* u, const float* f, float* lack, int threads,
              const Interrupted& interrupted) {
    auto row = [&]<bool weighted>(Index r) {
        for (Index c = 0; c < n.columns; ++c) {
            const Index at = r * n.columns + c;
            lack[at] = is_free(n, at) ? lack_of(n, Cross<weighted>(n, r, c), u, f, at) : 0.0f;
        }
    };
    return for_rows(n, n.rows, threads, interrupted, row);
}

bool restrict_squares(const Network& n, const float* u, const float* f, float* coarse, int threads,
                      const Interrupted& interrupted) {
    const Index half_rows = (n.rows + 1) / 2, half_columns = (n.columns + 1) / 2;
    auto row = [&]<bool weighted>(Index R) {
        for (Index C = 0; C < half_columns; ++C) {
            auto lacks = [&](Index r, Index c) {
                if (r >= n.rows || c >= n.columns || !is_free(n, r * n.columns + c)) return 0.0f;
                return lack_of(n, Cross<weighted>(n, r, c), u, f, r * n.columns + c);
            };
            const float upper = lacks(2 * R, 2 * C) + lacks(2 * R, 2 * C + 1);
            const float lower = lacks(2 * R + 1, 2 * C) + lacks(2 * R + 1, 2 * C + 1);
            coarse[R * half_columns + C] = upper + lower;
        }
    };
    return for_rows(n, half_rows, threads, interrupted, row);
}

bool prolong_squares(const Network& n, float* u, const float* coarse, int threads,
                     const Interrupted& interrupted) {
    const Index half_columns = (n.columns + 1) / 2;
    auto row = [&]<bool>(Index r) {
        const float* const from = coarse + r / 2 * half_columns;
        for (Index c = 0; c < n.columns; ++c)
            if (is_free(n, r * n.columns + c)) u[r * n.columns + c] += from[c / 2];
    };
    return for_rows(n, n.rows, threads, interrupted, row);
}

bool products(const Network& n, const float* u, const float* f, const float* v, double* sums,
              int threads, const Interrupted& interrupted) {
    auto row = [&]<bool weighted>(Index r) {
        double sum = 0;
        for (Index c = 0; c < n.columns; ++c) {
            const Index at = r * n.columns + c;
            if (!is_free(n, at)) continue;
            const float lack = lack_of(n, Cross<weighted>(n, r, c), u, f, at);
            sum += double(lack) * double(v ? v[at] : lack);
        }
        sums[r] = sum;
    };
    return for_rows(n, n.rows, threads, interrupted, row);
}

bool coarsen(const Network& n, float* edges, float* leaks, float scale, int threads,
             const Interrupted& interrupted) {
    const Index half_rows = (n.rows + 1) / 2, half_columns = (n.columns + 1) / 2;
    auto row = [&]<bool weighted>(Index R) {
        for (Index C = 0; C < half_columns; ++C) {
            // What ties a pixel to one that is not free or to zero, and edge k to one that is.
            auto tie = [&](Index r, Index c) {
                const Index at = r * n.columns + c;
                if (r >= n.rows || c >= n.columns || !is_free(n, at)) return 0.0f;
                const Cross<weighted> cross(n, r, c);
                float sum = 0;
                for (int k = 0; k < 4; ++k)
                    sum += is_free(n, cross.neighbour[k]) ? 0.0f : cross.conductance[k];
                return n.leaks ? sum + n.leaks[at] : sum;
            };
            auto edge = [&](Index r, Index c, int k) {
                if (r >= n.rows || c >= n.columns || !is_free(n, r * n.columns + c)) return 0.0f;
                const Cross<weighted> cross(n, r, c);
                return is_free(n, cross.neighbour[k]) ? cross.conductance[k] : 0.0f;
            };
            const Index r = 2 * R, c = 2 * C, at = R * half_columns + C;
            const float below = edge(r + 1, c, 1) + edge(r + 1, c + 1, 1);
            const float right = edge(r, c + 1, 3) + edge(r + 1, c + 1, 3);
            const float upper = tie(r, c) + tie(r, c + 1);
            const float lower = tie(r + 1, c) + tie(r + 1, c + 1);
            edges[at] = below * scale;
            edges[half_rows * half_columns + at] = right * scale;
            leaks[at] = (upper + lower) * scale;
        }
    };
    return for_rows(n, half_rows, threads, interrupted, row);
}

}  // namespace pdefilter
