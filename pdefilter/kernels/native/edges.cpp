// Edges, linked. Few pixels are edges, and where the next one is depends on each, so that one build
// does for all instruction sets.

#include "edges.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace pdefilter {

namespace {

// States of a pixel: those that are reached, as `true` is stored, and those that are not yet.
constexpr unsigned char reached = 1, weak = 2, strong = 4;

// Large, as few links cross the borders then.
constexpr Index lines_of_a_piece = 256;

Index lines_of(const Linking& task) { return task.slices * task.rows; }
Index one_piece(const Linking&) { return 1; }

struct Place {
    Index at, slice, row, column;
};

// What is reached spreads over some lines, the rows of all slices.
class Spreading {
public:
    Spreading(const Linking& task, Index first, Index last)
        : S_(task.slices),
          M_(task.rows),
          N_(task.columns),
          begin_(first * N_),
          end_(last * N_),
          state_(reinterpret_cast<unsigned char*>(task.linked)) {}

    // From all pixels in such a state between two lines.
    void begin_at(unsigned char state, Index first, Index last) {
        const auto* const end = state_ + last * N_;
        auto* from = state_ + first * N_;
        while (void* const found = std::memchr(from, state, size_t(end - from))) {
            from = static_cast<unsigned char*>(found);
            const Index k = from - state_;
            *from++ = reached;
            to_visit_.push_back({k, k / N_ / M_, k / N_ % M_, k % N_});
            while (!to_visit_.empty()) {
                const Place next = to_visit_.back();
                to_visit_.pop_back();
                reach_around(next);
            }
        }
    }

private:
    void reach_around(const Place& p) {
        for (int s = p.slice ? -1 : 0; s <= (p.slice + 1 < S_); ++s)
            for (int r = p.row ? -1 : 0; r <= (p.row + 1 < M_); ++r) {
                const Index at = p.at + (s * M_ + r) * N_;
                if (at < begin_ || at >= end_) continue;
                // Most rows hold none, which four bytes at once show.
                if (p.column && p.column + 2 < N_) {
                    uint32_t states;
                    std::memcpy(&states, state_ + at - 1, sizeof states);
                    if (!(states & 0x01010101u * (weak | strong))) continue;
                }
                for (int j = p.column ? -1 : 0; j <= (p.column + 1 < N_); ++j)
                    reach({at + j, p.slice + s, p.row + r, p.column + j});
            }
    }
    void reach(const Place& place) {
        if (state_[place.at] <= reached) return;
        state_[place.at] = reached;
        to_visit_.push_back(place);
    }

    const Index S_, M_, N_, begin_, end_;
    unsigned char* const state_;
    std::vector<Place> to_visit_;
};

void link_lines(const Linking& task, Index first, Index last, float*) {
    const Index N = task.columns, count = (last - first) * N;
    const float* const s = task.strength + first * N;
    auto* const state = reinterpret_cast<unsigned char*>(task.linked) + first * N;
    const float low = std::max(task.low, std::numeric_limits<float>::denorm_min());
    const float high = std::max(task.high, low);
    for (Index k = 0; k < count; ++k)
        state[k] = static_cast<unsigned char>((s[k] >= low) * weak + (s[k] >= high) * weak);
    Spreading(task, first, last).begin_at(strong, first, last);
}

void link_borders(const Linking& task, Index, Index, float*) {
    const Index lines = lines_of(task), size = lines * task.columns;
    Spreading spreading(task, 0, lines);
    // The neighbours of a line of a volume are in other pieces, or may be.
    const Index step = task.slices > 1 ? 1 : lines_of_a_piece;
    for (Index r = step; r < lines; r += step) spreading.begin_at(reached, r - 1, r + 1);
    auto* const state = reinterpret_cast<unsigned char*>(task.linked);
    for (Index k = 0; k < size; ++k) state[k] &= reached;
}

}  // namespace

const RowKernel<Linking> link_within_pieces{nullptr, link_lines,       nullptr,
                                            nullptr, lines_of_a_piece, lines_of};
const RowKernel<Linking> link_pieces{nullptr, link_borders, nullptr, nullptr, 1, one_piece};

}  // namespace pdefilter
