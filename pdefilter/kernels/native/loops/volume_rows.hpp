// The rows of one explicit step through a volume, or through an image of any spacing.
#pragma once

#include "conductances.hpp"

// ---------------------------------------------------------------- two rows of one step

// What is known of a step when compiling. An image has no axis of slices.
template <int axes_, bool spaced_, Conductance kind_, bool weighted_, bool momentum_>
struct VolumeStepKind {
    static constexpr int axes = axes_;
    static constexpr bool spaced = spaced_;
    static constexpr Conductance kind = kind_;
    static constexpr bool weighted = weighted_;
    static constexpr bool momentum = momentum_;
};

constexpr int row_pair = 2;

// Two rows, one below the other: the second need not fetch what the first has in registers. Triples
// are of slices, rows and columns.
struct VolumeRows {
    const float* u[row_pair + 1];     // u_k in these rows, and in the next
    const float* behind[row_pair];    // u_k in these rows of the next slice
    const float* before[row_pair];    // u_{k-1}
    float* out[row_pair];             // u_{k+1}, perhaps in the place of u or of u_{k-1}
    float* from_above;                // the flux into the first row; becomes that out of the last
    float* from_slice[row_pair];      // those from the slice before; become those into the next
    const float* edges[row_pair][3];  // given conductances
};

struct VolumeFactors {
    float tau, alpha, rest;
    float scales[3], per_square[3];
};

// Every pixel answers for the edges to the next slice, below it and to its right.
template <class L>
void step_volume_rows(const VolumeRows& rows, const VolumeFactors& factors, Index width) {
    const VolumeRows s = rows;
    const VolumeFactors f = factors;
    constexpr int first = 3 - L::axes, down = L::axes - 2, right = L::axes - 1;
    Floats left[row_pair] = {};
    for (Index j = 0; j < width; j += lanes) {
        Floats above = load(s.from_above + j), below = load(s.u[0] + j);
        for (int q = 0; q < row_pair; ++q) {
            const Floats u = below;
            below = load(s.u[q + 1] + j);
            Floats flux[L::axes];
            if constexpr (L::axes == 3) flux[0] = load(s.behind[q] + j) - u;
            flux[down] = below - u;
            flux[right] = load(s.u[q] + j + 1) - u;
            if constexpr (L::kind != constant) {
                Floats g[L::axes];
                for (int a = 0; a < L::axes; ++a)
                    g[a] = flux[a] * flux[a] * all(f.scales[first + a]);
                conductances_of<L::kind>(g);
                for (int a = 0; a < L::axes; ++a) flux[a] *= g[a];
            }
            for (int a = 0; a < L::axes; ++a) {
                if constexpr (L::weighted) flux[a] *= load(s.edges[q][first + a] + j);
                if constexpr (L::spaced) flux[a] *= all(f.per_square[first + a]);
            }
            const Floats on_rows = flux[down] - above;
            const Floats on_columns = flux[right] - last_in(left[q], flux[right]);
            above = flux[down], left[q] = flux[right];
            Floats change;
            if constexpr (L::axes == 3) {
                const Floats on_slices = flux[0] - load(s.from_slice[q] + j);
                store(s.from_slice[q] + j, flux[0]);
                change = add_up(on_slices, on_rows, on_columns);
            } else {
                change = on_rows + on_columns;
            }
            change *= all(f.tau);
            change += u;
            if constexpr (L::momentum) {
                change *= all(f.alpha);
                change += load(s.before[q] + j) * all(f.rest);
            }
            store(s.out[q] + j, change);
        }
        store(s.from_above + j, above);
    }
}

using StepVolumeRows = void (*)(const VolumeRows&, const VolumeFactors&, Index width);

// Steps that follow the image have its conductances alone, unless `weighted`, where these are
// given; then the kind is constant.
template <int axes, bool spaced>
StepVolumeRows step_volume_rows_of(Conductance kind, bool weighted, bool momentum) {
    StepVolumeRows step{};
    with_kind(kind, [&]<Conductance kind>() {
        if constexpr (kind != constant)
            step = step_volume_rows<VolumeStepKind<axes, spaced, kind, false, false>>;
        else
            with_flag(weighted, [&]<bool weighted>() {
                with_flag(momentum, [&]<bool momentum>() {
                    step = step_volume_rows<
                        VolumeStepKind<axes, spaced, constant, weighted, momentum>>;
                });
            });
    });
    return step;
}

// ---------------------------------------------------------------- conductances of a row

// A row of all channels, the next, and that of the next slice.
struct ConductedRow {
    const float *u[4], *below[4], *behind[4];
    Index channels;
    float scales[3];
    float* g[3];
};

template <Conductance kind>
void conduct_volume_row(const ConductedRow& row, Index width) {
    const ConductedRow s = row;
    for (Index j = 0; j < width; j += lanes) {
        Floats r[3] = {};
        for (Index c = 0; c < s.channels; ++c) {
            const Floats u = load(s.u[c] + j);
            const Floats differences[] = {load(s.behind[c] + j) - u, load(s.below[c] + j) - u,
                                          load(s.u[c] + j + 1) - u};
            for (int a = 0; a < 3; ++a) r[a] += differences[a] * differences[a];
        }
        for (int a = 0; a < 3; ++a) r[a] *= all(s.scales[a]);
        conductances_of<kind>(r);
        for (int a = 0; a < 3; ++a) store(s.g[a] + j, r[a]);
    }
}

using ConductVolumeRow = void (*)(const ConductedRow&, Index width);

ConductVolumeRow conduct_volume_row_of(Conductance kind) {
    ConductVolumeRow conduct{};
    with_kind(kind, [&]<Conductance kind>() { conduct = conduct_volume_row<kind>; });
    return conduct;
}
