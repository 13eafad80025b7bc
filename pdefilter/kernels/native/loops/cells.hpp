// Correlations of features, in whole numbers: their sums have the same bits in any order.
#pragma once

#include "floats.hpp"

// Wholes, or pairs of features or of weights, which have 16 bits each; and as many features alone.
typedef int32_t Wholes __attribute__((vector_size(lanes * sizeof(int32_t))));
typedef int16_t Features __attribute__((vector_size(lanes * sizeof(int16_t))));

constexpr int32_t most_feature = 32767;

inline Wholes load_wholes(const void* p) {
    Wholes v;
    memcpy(&v, p, sizeof v);
    return v;
}
inline Wholes all_wholes(int32_t x) { return Wholes{} + x; }

// The sum of the two products of every pair.
inline Wholes products_of_pairs(Wholes a, Wholes b) {
#if defined(__AVX512BW__)
    return (Wholes)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return (Wholes)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
    return (Wholes)_mm_madd_epi16((__m128i)a, (__m128i)b);
#elif defined(__aarch64__)
    const auto i = (int16x8_t)a, j = (int16x8_t)b;
    return (Wholes)vpaddq_s32(vmull_s16(vget_low_s16(i), vget_low_s16(j)), vmull_high_s16(i, j));
#else
    return (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16);
#endif
}

inline Wholes rounded(Wholes s, int shift) { return (s + all_wholes(1 << (shift - 1))) >> shift; }

inline Wholes saturated(Wholes s) {
    const Wholes most = all_wholes(most_feature), least = -most;
    s = s > most ? most : s;
    return s < least ? least : s;
}

inline Wholes load_features(const int16_t* p) {
    Features v;
    memcpy(&v, p, sizeof v);
    return __builtin_convertvector(v, Wholes);
}
inline void store_features(int16_t* p, Wholes s) {
    const auto v = __builtin_convertvector(s, Features);
    memcpy(p, &v, sizeof v);
}

// So many outputs of a cell are computed together; every input is loaded once for all of them.
constexpr Index outputs_together = 16, vectors_together = outputs_together / lanes;

// And so many cells, as their sums fit the registers; every weight is loaded once for all of them.
constexpr Index cells_together = lanes == 4 ? 2 : 6;

// The weights of a kernel, which are so many numbers apart.
struct KernelView {
    const int16_t* at;
    Index output, input, row, column;
    Index outputs, inputs, rows, columns;

    Index size() const { return outputs * inputs * rows * columns; }
};

// Copies weights into the order in which they are needed: the pairs of an input's next 16 outputs.
void pack(const KernelView& kernel, int16_t* to) {
    for (Index o = 0; o < kernel.outputs; o += outputs_together)
        for (Index r = 0; r < kernel.rows; ++r)
            for (Index c = 0; c < kernel.columns; ++c)
                for (Index i = 0; i < kernel.inputs; i += 2) {
                    const int16_t* const at =
                        kernel.at + i * kernel.input + r * kernel.row + c * kernel.column;
                    for (Index k = o; k < o + outputs_together; ++k) {
                        *to++ = at[k * kernel.output];
                        *to++ = at[k * kernel.output + kernel.input];
                    }
                }
}

// Where the inputs of a row of cells lie: in each of some rows so many numbers side by side, which
// are so far apart from those of the next cell.
struct Inputs {
    const int16_t* row[3];
    Index rows, length, apart;
};

// Sums of some cells from cell j on. Not inlined: among the variables of a caller there would not
// be enough registers.
template <int cells>
__attribute__((noinline)) void correlate_cells(const Inputs& inputs, const int16_t* weights,
                                               Index j, Wholes (*to)[vectors_together]) {
    // Nothing is kept in memory for loops that do not begin.
    if (inputs.rows < 1 || inputs.length < 2) __builtin_unreachable();
    Wholes sums[cells][vectors_together] = {};
    for (Index r = 0; r < inputs.rows; ++r) {
        const int16_t* const in = inputs.row[r] + j * inputs.apart;
        for (Index i = 0; i < inputs.length; i += 2, weights += 2 * outputs_together) {
            Wholes w[vectors_together];
            for (Index k = 0; k < vectors_together; ++k)
                w[k] = load_wholes(weights + 2 * lanes * k);
            for (int cell = 0; cell < cells; ++cell) {
                int32_t pair;
                memcpy(&pair, in + cell * inputs.apart + i, sizeof pair);
                for (Index k = 0; k < vectors_together; ++k)
                    sums[cell][k] += products_of_pairs(all_wholes(pair), w[k]);
            }
        }
    }
    memcpy(to, sums, sizeof sums);
}

// Calls done(j, o, sums) for all cells j of a row, and their outputs from o on. Some cells at the
// end are computed twice.
template <class Done>
void correlate_row(const Inputs& inputs, const int16_t* weights, Index outputs, Index cells,
                   Done done) {
    const bool few = cells < cells_together;
    const Index together = few ? 1 : cells_together;
    const auto correlate = few ? correlate_cells<1> : correlate_cells<cells_together>;
    Wholes sums[cells_together][vectors_together];
    for (Index o = 0; o < outputs; o += outputs_together) {
        for (Index first = 0; first < cells; first += together) {
            const Index j = smaller(first, cells - together);
            correlate(inputs, weights, j, sums);
            for (Index cell = 0; cell < together; ++cell)
                for (Index k = 0; k < vectors_together; ++k)
                    done(j + cell, o + lanes * k, sums[cell][k]);
        }
        weights += inputs.rows * inputs.length * outputs_together;
    }
}

// The cells of a grid, with their border of zeros.
struct Cells {
    int16_t* first;
    Index rows, columns, channels;

    Index stride() const { return (columns + 2) * channels; }
    int16_t* at(Index r, Index j) const { return first + (r + 1) * stride() + (j + 1) * channels; }
    // Makes the part of the border that touches some rows.
    void close(Index first_row, Index last_row) const {
        const size_t cell = size_t(channels) * sizeof(int16_t), row = (columns + 2) * cell;
        if (first_row == 0) memset(at(-1, -1), 0, row);
        if (last_row == rows) memset(at(rows, -1), 0, row);
        for (Index r = first_row; r < last_row; ++r) {
            memset(at(r, -1), 0, cell);
            memset(at(r, columns), 0, cell);
        }
    }
};

// Scratch is counted in floats.
inline Index floats_of(Index features) { return up_to_line((features + 1) / 2); }
inline int16_t* features_in(float* scratch) { return reinterpret_cast<int16_t*>(scratch); }
