// The work on volumes that a variant offers, beside that on images in variant.hpp.
//
// Volumes are contiguous: channel after channel, slice after slice, row after row.
#pragma once

#include "variant.hpp"

namespace pdefilter {

// The axis to correlate along first, then along the others: the mean of both their orders. Or the
// mean of all orders.
constexpr const char* orders_of_volumes[] = {"rows first", "columns first", "mean", "slices first"};

struct VolumeCorrelation {
    Index channels, slices, rows, columns;
    const float* in;
    float* out;
    Taps along_slices, along_rows, along_columns;
    Order order;
};

// A step of a march whose conductances follow the volume smoothed; `in` and `out` are different.
struct VolumeSmoothedStep {
    Index channels, slices, rows, columns;
    const float* in;
    float* out;
    const float* edges;  // factors of the conductances, as of a march, or null
    Taps along_slices, along_rows, along_columns;
    Conductance conductance;
    float scale;
    const float* per_square;  // 1/h^2 of every axis, or null where all are 1
    float tau;
};

constexpr Index planes_of_volume_measure[] = {3, 1, 1, 6};

struct VolumeGradient {
    Index channels, slices, rows, columns;
    const float* in;
    const float* alpha;  // or null where all is opaque
    float* out;
    Index planes;
    Taps difference, smoothing;
    Measure measure;
    float factor;
    const float* per_length;  // 1/h of every axis, or null where all are 1
};

// Non-maximum suppression.
struct Thinning {
    Index slices, rows, columns;
    const float* strength;
    const float* normal;  // its component along every axis
    Index axes;           // three, or two of an image, which has one slice
    float* kept;          // the strength, or zero
    float* steps;         // the place of the edge, as a part of the way to the next pixels, or null
    float least;          // strengths below are not kept
};

// The stencils of a field of tensors (six planes: ss, sr, sc, rr, rc and cc): for every pixel six
// weights, and the components of the three of its offsets that are kept, in a plane each.
struct VolumeReduction {
    Index slices, rows, columns;
    const float* tensor;
    TensorLaw law;
    Conductance conductance;
    float scale;
    const float* per_area;  // 1/(h_a h_b) of every component, or null where all are 1
    Index reach;
    float* weights;  // perhaps in the place of the tensor
    std::int8_t* offsets;
};

// The fluxes of a step on such stencils, added to the changes of the pixels that they reach. Slabs
// so thick that the stencils of every other one never meet are of two colours.
struct VolumeExchange {
    Index channels, slices, rows, columns;
    const float* in;
    double* changes;
    float* weights;               // of the stencils of all pixels,
    std::int8_t* offsets;         // likewise;
    const std::uint16_t* closed;  // which of their twelve ways are closed, bit by bit, or null;
    const float* tensor;          // or the field that they come from, or null, as of a reduction
    TensorLaw law;
    Conductance conductance;
    float scale;
    const float* per_area;
    Index reach;
    const double* rounding_bias;  // of every channel: fluxes are rounded to its last bit
    int colour;
};

// What the changes make of an image; `out` holds the image before `in` and becomes the next.
struct VolumeStep {
    Index channels, slices, rows, columns;
    const float* in;
    const double* changes;
    float* out;
    float tau, alpha;
};

// A step that minimises variation, or its parts, as of an image: see variant.hpp. Fields have 2^d
// orthants of d components a channel, on d axes: three, or two of an image with a spacing, which
// has one slice. `descend` finds the image u = f + div q, and `ascend` goes up from there.
struct VolumeVariation {
    Index channels, slices, rows, columns;
    const float *f, *p;
    float *before, *u;
    const float* edges;   // 0 where an edge is closed, or null; d planes a set
    const float* radius;  // the largest norm of a pixel's field over all orthants
    Index planes, planes_before, edge_planes, radius_lines;  // so many there are
    int axes;
    const float* per_length;  // 1/h of slices, rows and columns, or null where all are 1
    bool bounded;
    double* sums;
    float momentum, step, kink, step_of_kink, least;
};

// Steps as of an image, see variant.hpp, in a volume, or in an image with a spacing, as a volume of
// one slice.
struct VolumeShock {
    Index channels, slices, rows, columns;
    const float *in, *guide, *weight, *structure;
    float* out;
    float tau;
    int axes;  // three, or two
    const float *per_length, *per_area;
};
struct VolumeCurvature {
    Index channels, slices, rows, columns;
    const float *in, *weight;
    float* out;
    float tau, flat;
    int axes;
    const float *per_length, *per_area;
};

// Operations of a graph Laplacian, see variant.hpp, with three edges a pixel.
struct VolumeBalance {
    Index slices, rows, columns;
    const float* edges;
    const float* leaks;
    const bool* free;
    float* u;
    const float* from;
    const float *f, *v;
    float *to, *to_edges;
    double* sums;
    int colour;
    float scale;
};

struct Volumes {
    RowKernel<VolumeCorrelation> correlate;
    RowKernel<VolumeSmoothedStep> smoothed_step;
    RowKernel<VolumeGradient> gradient;
    RowKernel<Thinning> thin;
    RowKernel<VolumeReduction> reduce;
    RowKernel<VolumeExchange> count_outside, exchange;
    RowKernel<VolumeStep> step;
    RowKernel<VolumeShock> shock;
    RowKernel<VolumeCurvature> curvature_motion;
    RowKernel<VolumeVariation> descend, ascend, evaluate;
};

}  // namespace pdefilter
