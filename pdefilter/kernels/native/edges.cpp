// Edges, thinned and linked. Few pixels are edges, and what they are compared with depends on each,
// so that one build does for all instruction sets. The order of operations is that of
// kernels/reference.

#include "edges.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace pdefilter {

namespace {

// A row of strengths with a frame, at both ends, of zeros.
Index framed(Index columns) { return columns + 2; }

Index thin_scratch(const Thinning& task) { return 3 * framed(task.columns); }

float eighth_root(float s) { return std::sqrt(std::sqrt(std::sqrt(s))); }

// The part of the way along the normal at which a parabola through the eighth roots is highest.
float top(float behind, float s, float ahead) {
    const float a = eighth_root(behind), b = eighth_root(s), c = eighth_root(ahead);
    const float bend = (b - a) + (b - c);
    return bend > 0 ? (c - a) * 0.5f / bend : 0.0f;
}

void thin_rows(const Thinning& task, Index first, Index last, float* scratch) {
    const Index M = task.rows, N = task.columns;
    auto row = [&](Index r) { return scratch + (r + 1) % 3 * framed(N); };
    auto fetch = [&](Index r) {
        float* const to = row(r);
        std::fill_n(to, framed(N), 0.0f);
        if (0 <= r && r < M) std::copy_n(task.strength + r * N, N, to + 1);
    };
    fetch(first - 1);
    fetch(first);
    for (Index r = first; r < last; ++r) {
        fetch(r + 1);
        const float* const around[] = {row(r - 1) + 1, row(r) + 1, row(r + 1) + 1};
        for (Index j = 0; j < N; ++j) {
            const Index at = r * N + j;
            task.kept[at] = task.steps[at] = 0;
            const float s = around[1][j];
            const float v_r = task.normal[at], v_c = task.normal[M * N + at];
            const float size_r = std::fabs(v_r), size_c = std::fabs(v_c);
            if (!(s > 0) || s < task.least || !(size_r + size_c > 0)) continue;
            const float longest = std::max(size_r, size_c);
            const float w_r = size_r / longest, w_c = size_c / longest;
            const float both = w_r * w_c, by_row = w_r * (1 - w_c), by_column = (1 - w_r) * w_c;
            auto on_side = [&](bool down, bool right) {
                const float* const next = around[down ? 2 : 0];
                const Index beside = right ? j + 1 : j - 1;
                return both * next[beside] + (by_column * around[1][beside] + by_row * next[j]);
            };
            const float ahead = on_side(v_r > 0, v_c > 0);
            if (!(s > ahead)) continue;
            const float behind = on_side(!(v_r > 0), !(v_c > 0));
            if (!(s >= behind)) continue;
            task.kept[at] = s;
            task.steps[at] = top(behind, s, ahead);
        }
    }
}

// What is weak and was not reached is open, in a frame of what is not.
void link_all(const Linking& task, Index, Index, float*) {
    const Index M = task.rows, N = task.columns, W = framed(N);
    std::vector<char> open(size_t((M + 2) * W));
    for (Index r = 0; r < M; ++r)
        std::copy_n(task.weak + r * N, N, open.begin() + (r + 1) * W + 1);
    std::vector<Index> to_visit;
    auto reach = [&](Index at) {
        if (!open[size_t(at)]) return;
        open[size_t(at)] = false;
        to_visit.push_back(at);
    };
    for (Index r = 0; r < M; ++r)
        for (Index j = 0; j < N; ++j) {
            if (!task.strong[r * N + j]) continue;
            reach((r + 1) * W + j + 1);
            while (!to_visit.empty()) {
                const Index at = to_visit.back();
                to_visit.pop_back();
                for (const Index row : {at - W, at, at + W})
                    for (const Index next : {row - 1, row, row + 1}) reach(next);
            }
        }
    for (Index r = 0; r < M; ++r)
        for (Index j = 0; j < N; ++j) {
            const Index at = r * N + j;
            task.linked[at] = task.weak[at] && !open[size_t((r + 1) * W + j + 1)];
        }
}

Index one_piece(const Linking&) { return 1; }

}  // namespace

const RowKernel<Thinning> thin{thin_scratch, thin_rows};
const RowKernel<Linking> link{nullptr, link_all, nullptr, nullptr, rows_of_a_piece, one_piece};

}  // namespace pdefilter
