// Indices mirrored at the borders of an image.
#pragma once

#include <algorithm>
#include <vector>

#include "variant.hpp"

namespace pdefilter {

inline Index reach_of(const Taps& taps) {
    return taps.weights ? std::max(-taps.first, taps.first + taps.count - 1) : 0;
}

// The memory that a mirror points to.
class Mirrored {
public:
    Mirrored(Index rows, Index columns, Index reach)
        : reach_(reach), row_(mirrored(rows, reach)), column_(mirrored(columns, reach)) {}

    Mirror mirror() const {
        return {Index(row_.size()) - 2 * reach_, reach_, row_.data() + reach_,
                column_.data() + reach_};
    }

private:
    static std::vector<Index> mirrored(Index size, Index reach) {
        std::vector<Index> indices;
        for (Index k = -reach; k < size + reach; ++k) {
            const Index index = (k % (2 * size) + 2 * size) % (2 * size);
            indices.push_back(std::min(index, 2 * size - 1 - index));
        }
        return indices;
    }

    Index reach_;
    std::vector<Index> row_, column_;
};

}  // namespace pdefilter
