// The mean of all orders in which a volume may be correlated along its axes, row by row, so that
// what is soon needed again is in the level-1 cache.
#pragma once

#include "volume_prisms.hpp"

// Adds up numbers of a row as `weigh` does: weight k finds them in the row place(k). Of a symmetric
// kernel of so many weights, none of which is zero, all stay in registers; and a zero may be
// negative where that of `weigh` is not.
template <int count, class Place>
struct Sum {
    Floats weights[count / 2 + 1];
    const float* rows[count];

    Sum(const Taps& taps, Place place) {
        for (int k = 0; k <= count / 2; ++k) weights[k] = all(taps.weights[k]);
        for (int k = 0; k < count; ++k) rows[k] = place(k);
    }
    Floats at(Index j) const {
        Floats total = (load(rows[0] + j) + load(rows[count - 1] + j)) * weights[0];
        for (int k = 1; k < count / 2; ++k)
            total += (load(rows[k] + j) + load(rows[count - 1 - k] + j)) * weights[k];
        return total + load(rows[count / 2] + j) * weights[count / 2];
    }
};

// Of any kernel.
template <class Place>
struct Sum<0, Place> {
    const Taps taps;
    const Place place;

    Sum(const Taps& taps, Place place) : taps(taps), place(place) {}
    Floats at(Index j) const {
        Floats total[1];
        weigh(taps, [&](Index k) { return place(k) + j; }, total);
        return total[0];
    }
};

template <int count, class Place>
inline Sum<count, Place> sum_of(const Taps& taps, Place place) {
    return {taps, place};
}

// The number of a kernel's weights, if there is a sum for so many; else 0.
inline Index count_known(const Taps& taps) {
    bool known = taps.symmetric && (taps.count == 3 || taps.count == 5);
    for (Index k = 0; k < taps.count; ++k) known &= taps.weights[k] != 0;
    return known ? taps.count : 0;
}

// Calls f.operator()<count>() with that number, which is known when compiling.
template <class F>
inline void with_count(Index count, F f) {
    if (count == 3) return f.template operator()<3>();
    if (count == 5) return f.template operator()<5>();
    f.template operator()<0>();
}

// The most columns of a prism: those of most volumes, whose rows lie side by side in memory.
constexpr Index widest_smoothed = 384;

// Some columns.
struct Span {
    Index first, last;
};

// Writes value(j), as many numbers as fit a register, from all columns j of a span on.
template <class Value>
inline void fill(Span span, float* to, Value value) {
    for (Index j = span.first; j < span.last; j += lanes) store(to + j, value(j));
}

// Two axes are correlated in either order, and of these results the mean along the third: the
// result is the mean over the three axes that may be the third.
struct MeanOfOrders {
    Prism prism;
    Taps along_slices, along_rows, along_columns;
    Index rows_around;                // of which the result is wanted too,
    Span wanted, reached;             // columns of these, and those that they follow from
    const float** from[4];            // where every weight along the slices finds its plane
    Ring across, down, both;          // slices correlated along columns, along rows, and along both
    float *through, *through_across;  // rows correlated along slices, and along columns too
    float* through_down;              // a row correlated along slices and rows

    static MeanOfOrders of(const Prism& prism, const Taps& along_slices, const Taps& along_rows,
                           const Taps& along_columns, Index ahead, Index rows_around, Span wanted,
                           Memory& memory) {
        MeanOfOrders found{};
        found.prism = prism;
        found.along_slices = along_slices, found.along_rows = along_rows;
        found.along_columns = along_columns;
        found.rows_around = rows_around, found.wanted = wanted;
        const Index reach = reach_of(along_columns);
        // In whole groups, so that they begin where those of the result do.
        found.reached = {wanted.first - (reach + lanes - 1) / lanes * lanes, wanted.last + reach};
        for (auto& pointers : found.from)
            pointers = (const float**)memory.take(2 * along_slices.count);
        found.across = Ring::of(prism, ahead, prism.beyond, memory);
        found.down = Ring::of(prism, ahead, rows_around, memory);
        found.both = Ring::of(prism, ahead, rows_around, memory);
        auto rows = [&](Index count) {
            return memory.take(count * prism.stride()) + up_to_line(prism.beside);
        };
        found.through = rows(found.kept_rows());
        found.through_across = rows(found.kept_rows());
        found.through_down = rows(1);
        return found;
    }

    // Rows and columns are mostly as long, and have the same kernel.
    Index count_in_slice() const {
        const Index count = count_known(along_rows);
        return count == count_known(along_columns) ? count : 0;
    }

    Index kept_rows() const { return 2 * reach_of(along_rows) + 1; }
    float* kept(float* rows, Index r) const {
        return rows + (r + prism.beyond) % kept_rows() * prism.stride();
    }

    // Where the numbers are that are added up along slices, rows and columns.
    auto through_slices(const float* const* planes, Index r) const {
        const Index start = r * prism.stride();
        return [=](Index k) { return planes[k] + start; };
    }
    auto down_plane(const float* row) const {
        const Index stride = prism.stride();
        const float* const first = row + along_rows.first * stride;
        return [=](Index k) { return first + k * stride; };
    }
    auto down_kept(float* rows, Index r) const {
        const Index first = r + along_rows.first;
        return [=, this](Index k) { return kept(rows, first + k); };
    }
    auto across_row(const float* row) const {
        const float* const first = row + along_columns.first;
        return [=](Index k) { return first + k; };
    }

    // Takes the plane of a slice.
    void fetch(const Ring& planes, Index slice) const {
        with_count(count_in_slice(), [&]<int count>() { fetch<count>(planes, slice); });
    }
    template <int count>
    void fetch(const Ring& planes, Index slice) const {
        const Index stride = prism.stride();
        const float* const in = planes.plane(slice);
        for (Index r = -prism.beyond; r < prism.rows + prism.beyond; ++r) {
            const auto along = sum_of<count>(along_columns, across_row(in + r * stride));
            fill(wanted, across.plane(slice) + r * stride, [&](Index j) { return along.at(j); });
        }
        for (Index r = -rows_around; r < prism.rows + rows_around; ++r) {
            float* const row = down.plane(slice) + r * stride;
            const auto along = sum_of<count>(along_rows, down_plane(in + r * stride));
            fill(reached, row, [&](Index j) { return along.at(j); });
            const auto one =
                sum_of<count>(along_rows, down_plane(across.plane(slice) + r * stride));
            const auto other = sum_of<count>(along_columns, across_row(row));
            fill(wanted, both.plane(slice) + r * stride, mean_of(one, other));
        }
    }

    // Writes the result of a slice, when all planes within reach have been fetched.
    void result(const Ring& planes, Index slice, float* to) const {
        for (Index k = 0; k < along_slices.count; ++k) {
            const Index at = mirrored(slice + along_slices.first + k, prism.slices);
            from[0][k] = planes.plane(at), from[1][k] = across.plane(at);
            from[2][k] = down.plane(at), from[3][k] = both.plane(at);
        }
        with_count(count_known(along_slices), [&]<int through_count>() {
            with_count(count_in_slice(), [&]<int count>() { result<through_count, count>(to); });
        });
    }
    template <int through_count, int count>
    void result(float* to) const {
        const Index reach = reach_of(along_rows), around = rows_around + reach;
        for (Index r = -around; r < prism.rows + around; ++r) {
            float* const row = kept(through, r);
            const auto along = sum_of<through_count>(along_slices, through_slices(from[0], r));
            fill(reached, row, [&](Index j) { return along.at(j); });
            const auto one = sum_of<through_count>(along_slices, through_slices(from[1], r));
            const auto other = sum_of<count>(along_columns, across_row(row));
            fill(wanted, kept(through_across, r), mean_of(one, other));
            if (r - reach >= -rows_around)
                combine<through_count, count>(r - reach, to + (r - reach) * prism.stride());
        }
    }
    template <int through_count, int count>
    void combine(Index r, float* to) const {
        const auto one = sum_of<through_count>(along_slices, through_slices(from[2], r));
        const auto other = sum_of<count>(along_rows, down_kept(through, r));
        fill(reached, through_down, mean_of(one, other));
        const auto on_slices = sum_of<through_count>(along_slices, through_slices(from[3], r));
        const auto on_rows = sum_of<count>(along_rows, down_kept(through_across, r));
        const auto on_columns = sum_of<count>(along_columns, across_row(through_down));
        fill(wanted, to, [&](Index j) {
            const Floats total = add_up(on_slices.at(j), on_rows.at(j), on_columns.at(j));
            return (total + all(0.0f)) * all(1.0f / 3);
        });
    }

    template <class One, class Other>
    static auto mean_of(const One& one, const Other& other) {
        return [&](Index j) { return (one.at(j) + other.at(j)) * all(0.5f); };
    }
};
