// The work that a variant, the loops compiled for one instruction set, offers to the rest.
#pragma once

#include <cstddef>
#include <cstdint>

#include "constants.hpp"

namespace pdefilter {

using Index = std::ptrdiff_t;

// By its number in loops/conductances.hpp.
using Conductance = int;

// A one-dimensional kernel, by the offsets from the pixel computed.
struct Taps {
    const float* weights;
    Index count, first;
    bool symmetric;
};

// The mirrored row, and the mirrored column, of an index up to `reach` outside of an image.
struct Mirror {
    Index rows, reach;
    const Index *row, *column;
};

// The axes of an image, rows and columns, or of a volume, slices before these.
struct Grid {
    Index axes;           // two or three
    Index slices;         // one of an image
    bool spaced;          // whether the spacing along any axis is not one
    float per_square[3];  // 1/h^2 along slices, rows and columns
};

// The conductances of the edges below the pixels of an image and to their right; and in a volume of
// the edges to the next slice.
struct Conducting {
    Index channels, rows, columns;
    Index apart;  // how many numbers a channel begins after the one before
    const float* in;
    const float* edges;  // a factor for each of them, or null
    Conductance conductance;
    float scale;
    Taps smoothing;  // with which `in` is correlated before along both axes, as the mean of either
                     // order; no weights for none
    Mirror mirror;   // of the smoothing
};

// Some consecutive steps of a march, from one image to another or in place. Planes are
// contiguous: channel after channel, slice after slice, row after row.
struct Pass {
    Index channels, rows, columns;
    Grid grid;
    const float* in;               // u_k
    const float* before;           // u_{k-1}, read only where the first level has momentum;
                                   // overwritten where it is out_before too
    const float* edges;            // as above
    const Conducting* conducting;  // conductances that stay for all steps, or null if they follow
                                   // u; of u smoothed, one level at a time, in whole rows
    float* out;                    // u_{k+levels}
    float* out_before;             // u_{k+levels-1}, or null if it is not needed
    const float* steps;            // tau of each level
    const float* momenta;          // alpha of each level, 1 for none; or null
    Index levels;
    Conductance conductance;
    float scale;
};

// A rectangle of the result.
struct Tile {
    Index first_row, last_row, first_column, last_column;
    float* kept;  // a copy of its surroundings, to read there; or null if nothing overwrites them
};

// A step of additive operator splitting; `in` and `out` are different images.
struct Splitting {
    Index channels, rows, columns;
    Index apart, out_apart;  // how many numbers a channel begins after the one before
    const float* in;
    const Conducting* conducting;
    float* out;
    const float* between;  // of a volume, the solution along its rows; planes are contiguous
    float d_tau;           // the number of axes times tau
    float per_square;      // 1/h^2 along the axis
};

// The axis to correlate along first; the mean of both orders is the same in a turned image.
enum Order { rows_first, columns_first, mean, slices_first };
constexpr const char* orders[] = {"rows first", "columns first", "mean"};

// The correlation with the outer product of two kernels.
struct Correlation {
    Index channels, rows, columns;
    const float* in;
    float* out;
    Taps along_rows, along_columns;
    Order order;
    Mirror mirror;
};

// The correlation with a kernel of two dimensions.
struct Correlation2D {
    Index channels, rows, columns;
    const float* in;
    float* out;
    Index height, width, left;  // of the kernel; its columns before the pixel computed
    Index count;
    const float* weights;    // those that are not zero,
    const Index* offsets;    // and their rows and columns in the kernel
    const Index* row_of;     // the image's row, from the first that the kernel covers; -1 for none
    const Index* column_of;  // likewise
    Index framed_rows, framed_columns;  // how many of these
};

enum Measure { vector, magnitude, sum, tensor };
constexpr const char* measures[] = {"vector", "magnitude", "sum", "tensor"};
constexpr Index planes_of_measure[] = {2, 1, 1, 3};

// The channels' shared gradient, or its strength, or their structure tensor.
struct Gradient {
    Index channels, rows, columns;
    const float* in;
    const float* alpha;  // or null where all is opaque
    float* out;
    Index planes;
    Taps difference, smoothing;
    Mirror mirror;
    Measure measure;
    float factor;
    const float* per_length;  // 1/h of both axes, or null where both are 1
};

// The strength of the gradient of one channel, where it is largest along that; else zero. The
// channel may be correlated before, and is kept in a range then.
struct ThinnedGradient : Gradient {
    float least;                     // strengths below are not kept
    Taps along_rows, along_columns;  // of the correlation, or without weights for none
    Order order;
    float lowest, highest;
};

enum Stored { uint8, uint16, float32 };

// From stored values, channels side by side, to planes on the unit scale.
struct Deinterleaving {
    Index channels, rows, columns;
    const void* in;
    Stored type;
    const float* values;  // of every integer; floats stand for themselves
    float* out;
};

// From planes to stored values, channels side by side: `lowest` of a plane is stored as zero, and
// `width` above it as `full`, where they are stored as integers. Counts the values that are
// clipped.
struct Interleaving {
    Index channels, rows, columns;
    const float* const* planes;
    const float* lowest;
    const float* width;
    float full;
    void* out;
    Stored type;
};

// A search for infinities and NaN, in pieces that stand for rows.
struct Search {
    Index rows, count;
    const float* values;
};
constexpr Index piece = 1024;

// How the tensor of diffusion follows from a field: it is that field; or it has the axes of an
// image's structure, and diffuses along each by its eigenvalue, or along lines.
enum TensorLaw { given, along_each, along_lines };
constexpr const char* tensor_laws[] = {"given", "along each", "along lines"};

// The stencils of a field of tensors (three planes, rr, rc and cc): for every pixel three weights,
// and six neighbours, two offsets each, in a plane each.
struct Reduction {
    Index rows, columns;
    const float* tensor;
    TensorLaw law;
    Conductance conductance;
    float scale;
    const float* per_area;  // 1/(h_a h_b) of every component, or null where all are 1
    Index reach;            // the largest component of an offset
    float* weights;         // perhaps in the place of the tensor
    std::int8_t* neighbours;
};

// Some or all rows of stencils; planes are so many numbers apart.
struct Stencils {
    float* weights;
    std::int8_t* neighbours;
    Index apart;
};

// A step on such stencils; `out` holds the image before `in` and becomes the next.
struct Application {
    Index channels, rows, columns;
    const float* in;
    float* out;
    float* weights;           // of the stencils of all pixels,
    std::int8_t* neighbours;  // likewise;
    const float* tensor;      // or the field that they come from, or null, as of a reduction
    TensorLaw law;
    Conductance conductance;
    float scale;
    const float* per_area;
    Index reach;
    const double* rounding_bias;  // of every channel: fluxes are rounded to its last bit
    float tau, alpha;
};

// A step of a shock filter; `in` and `out` are different images.
struct Shock {
    Index channels, rows, columns;
    const float* in;
    const float* guide;  // the image that decides, or null for
    Taps smoothing;      // `in` correlated with this, or without weights for `in` itself
    Mirror mirror;
    const float* weight;     // how much a pixel counts, or null for 1
    const float* structure;  // edges are sought across its first axis, three planes, or null
    float* out;
    float tau;
};

// A step of mean curvature motion; `in` and `out` are different images.
struct Curvature {
    Index channels, rows, columns;
    const float* in;
    const float* weight;  // how much a pixel counts, or null for 1
    float* out;
    float tau;
    float flat;  // added to the square of every slope
};

// A step that minimises variation: up the dual energy, from a field q = p + beta (p - before) to
// `before`, by way of the image u = f + div q. Or that image, of p alone. Or the energy in every
// row, and after those the duality gaps, to `sums`. Fields have four quadrants of two components a
// channel.
struct Variation {
    Index channels, rows, columns;
    const float *f, *p;
    float *before, *u;
    const float* edges;            // 0 where an edge is closed, or null
    const float* radius;           // the largest norm of a pixel's field over all quadrants
    Index edge_sets, radius_rows;  // a set for every channel, a row for every row; or one for all
    bool bounded;                  // whether the field is
    double* sums;
    // `least` is the norm below which a field counts as zero.
    float momentum, step, kink, step_of_kink, least;
};

// The sums of an estimate of risk: for every row of every channel two.
struct Comparison {
    Index channels, rows, columns;
    const float *filtered, *probed, *f, *signs;
    double* sums;
};

// Operations of a graph Laplacian. Nothing passes the image's border, whatever `edges` says there.
struct Balance {
    Index rows, columns;
    const float* edges;  // the conductance below every pixel, then to its right; null for 1
    const float* leaks;  // null for 0
    const bool* free;    // null for everywhere
    float* u;            // where it changes,
    const float* from;   // and where it does not
    const float *f, *v;
    float *to, *to_edges;
    double* sums;
    int colour;
    float scale;
};

// Features of the cells of a grid, those of a cell side by side, with a border of zeros one cell
// wide. Sums of them times weights are shifted to become features. `packed` holds the weights in
// the order in which they are needed.
//
// A step of a trained diffusion; or the state that drives such steps.
struct FeatureStep {
    Index channels, rows, columns;
    const std::int16_t* in;
    const std::int16_t* kernel;
    const std::int32_t* bias;    // of every channel, added to the sums; or null for
    const std::int16_t* driven;  // a state, added to the features
    int shift;
    std::int16_t* packed;
    Index packed_size;
    std::int16_t* out;
};

// From a grid, whose rows and columns these are, to one of half as many, or back: `in`, corrected
// by what the coarse state has gained.
struct Regridding {
    Index channels, coarse_channels, rows, columns;
    const std::int16_t* in;
    const std::int16_t *before, *after;
    const std::int16_t* kernel;
    int shift;
    std::int16_t* packed;
    Index packed_size;
    std::int16_t* out;
};

// From an image, whose rows and columns these are, to the features of its cells of 2 x 2 pixels.
struct Lifting {
    Index channels, rows, columns;
    const float* in;
    const std::int16_t* filters;
    const float* factors;  // of every cell, or null for
    float factor;          // one of all
    int shift;
    std::int16_t* packed;
    Index packed_size;
    std::int16_t* out;
    Mirror mirror;
};

// And back: what the features make of the image is subtracted from it.
struct Lowering {
    Index channels, rows, columns;
    const float* in;
    const std::int16_t* v;
    const std::int16_t* filters;
    const float* factors;  // of every pixel, or null for
    float factor;          // one of all
    std::int16_t* packed;
    Index packed_size;
    float* out;
};

constexpr Index rows_of_a_piece = 64;

// A kernel that works on some rows of a task at a time, on any thread.
template <class Task>
struct RowKernel {
    // How many floats of scratch it needs; null for none.
    Index (*scratch)(const Task&);
    // Does the work; or does it and returns a count, whose sum the caller gets.
    void (*run)(const Task&, Index first, Index last, float* scratch);
    Index (*count)(const Task&, Index first, Index last, float* scratch) = nullptr;
    // Before, on one thread.
    void (*prepare)(const Task&, float* scratch) = nullptr;
    // Larger where work at the ends of a piece is done twice.
    Index rows = rows_of_a_piece;
    // How many rows, or other shares of the work, there are; null for the rows of an image.
    Index (*count_rows)(const Task&) = nullptr;
};

struct Volumes;

struct Variant {
    // How many floats of memory are needed, and the work itself.
    Index (*surroundings_size)(const Pass&, const Tile&);
    void (*keep_surroundings)(const Pass&, const Tile&);
    Index (*march_scratch)(const Pass&, Index tile_columns);
    void (*march_tile)(const Pass&, const Tile&, float* scratch);
    // The same in volumes, and in images of any spacing.
    Index (*march_volume_scratch)(const Pass&, Index tile_rows, Index tile_columns);
    void (*march_volume_tile)(const Pass&, const Tile&, float* scratch);
    Index (*solve_columns_scratch)(const Splitting&);
    Index (*solve_rows_scratch)(const Splitting&);
    // Solves along the rows axis for some columns, writing the solution; then along the columns
    // axis for some rows, where the mean of the solutions takes the place of what was written.
    void (*solve_columns)(const Splitting&, Index first, Index last, float* scratch);
    void (*solve_rows)(const Splitting&, Index first, Index last, float* scratch);
    RowKernel<Correlation> correlate;
    RowKernel<Correlation2D> correlate2d;
    RowKernel<Gradient> gradient;
    RowKernel<ThinnedGradient> thin_gradient;
    RowKernel<Shock> shock;
    RowKernel<Curvature> curvature_motion;
    RowKernel<Deinterleaving> deinterleave;
    RowKernel<Interleaving> interleave;
    RowKernel<Search> count_not_finite;
    RowKernel<Reduction> reduce;
    RowKernel<Application> count_outside, apply_stencil;
    RowKernel<Variation> descend, ascend, evaluate;
    RowKernel<Comparison> compare;
    RowKernel<FeatureStep> step, inject;
    RowKernel<Regridding> restrict_features, prolong_features;
    RowKernel<Lifting> lift;
    RowKernel<Lowering> lower;
    const char* const* conductances;  // their names in the order of their numbers, then null
    const Volumes* volumes;
};

}  // namespace pdefilter
