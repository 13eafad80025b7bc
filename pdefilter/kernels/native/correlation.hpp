// Correlations and gradients of whole images, on several threads.
#pragma once

#include "team.hpp"
#include "variant.hpp"

namespace pdefilter {

inline Index reach_of(const Taps& taps) {
    return std::max(-taps.first, taps.first + taps.count - 1);
}

// What a mirror points to.
class Mirrored {
public:
    Mirrored(Index rows, Index columns, Index reach);
    Mirror mirror() const {
        return {Index(row_.size()) - 2 * reach_, reach_, row_.data() + reach_,
                column_.data() + reach_};
    }

private:
    Index reach_;
    std::vector<Index> row_, column_;
};

// The mirror of the task is made here. They return false if interrupted.
bool correlate(Correlation task, int threads, const Variant& variant,
               const Interrupted& interrupted);
// Returns false if interrupted.
bool correlate2d(const Correlation2D& task, int threads, const Variant& variant,
                 const Interrupted& interrupted);

bool gradient(Gradient task, int threads, const Variant& variant, const Interrupted& interrupted);

}  // namespace pdefilter
