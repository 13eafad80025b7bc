// What a variant, the loops compiled for one instruction set, offers to the rest.
#pragma once

#include <cstddef>
#include <cstdint>

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

// Which row and which column of an image there is, mirrored, where one is up to `reach` outside.
struct Mirror {
    Index rows, reach;
    const Index *row, *column;
};

// How the edges below the pixels of an image and to their right conduct.
struct Conducting {
    Index channels, rows, columns;
    const float* in;
    const float* edges;  // what comes as a factor for each of them, or null
    Conductance conductance;
    float scale;
    Taps smoothing;  // with which `in` is correlated before along both axes, as the mean of either
                     // order; no weights for none
    Mirror mirror;   // of the smoothing
};

// Some consecutive steps of a march, from one image to another or in place. Planes are
// contiguous: channel after channel, row after row.
struct Pass {
    Index channels, rows, columns;
    const float* in;         // u_k
    const float* before;     // u_{k-1}, read only where the first level has momentum;
                             // overwritten where it is out_before too
    const float* edges;      // as above
    const Conducting* held;  // what the edges conduct at every step, or null if they follow u;
                             // of u smoothed, one level at a time, in whole rows
    float* out;              // u_{k+levels}
    float* out_before;       // u_{k+levels-1}, or null if nobody will ask
    const float* steps;      // tau of each level
    const float* momenta;    // alpha of each level, 1 for none; or null
    Index levels;
    Conductance conductance;
    float scale;
};

// A rectangle of the result.
struct Tile {
    Index first_row, last_row, first_column, last_column;
    float* kept;  // room for what surrounds it, to read there; or null if nothing overwrites it
};

// A step of additive operator splitting; `in` and `out` are different images.
struct Splitting {
    Index channels, rows, columns;
    const float* in;
    const Conducting* law;
    float* out;
    float two_tau;
};

// Along which axis to correlate first; the mean of both ways is the same in a turned image.
enum Order { rows_first = 0, columns_first = 1, mean = 2 };

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
    const float* weights;    // those that are not zero
    const Index* places;     // and their rows and columns in the kernel
    const Index* row_of;     // which row lies where, from the first that the kernel covers; -1 none
    const Index* column_of;  // likewise
};

enum Measure { vector = 0, magnitude = 1, sum = 2, tensor = 3 };

// The channels' shared gradient, or its strength, or their structure tensor: to `out`, two planes,
// one or three.
struct Gradient {
    Index channels, rows, columns;
    const float* in;
    const float* alpha;  // or null where all is opaque
    float* out;
    Taps difference, smoothing;
    Mirror mirror;
    Measure measure;
    float factor;
};

enum Stored { uint8 = 0, uint16 = 1, float32 = 2 };

// Stored values, channels side by side, to planes on the unit scale.
struct Parting {
    Index channels, rows, columns;
    const void* in;
    Stored type;
    const float* values;  // what an integer stands for; floats stand for themselves
    float* out;
};

// Planes to stored values, channels side by side: `lowest` of a plane is stored as zero, and
// `width` above it as `full`, where they are stored as integers.
struct Joining {
    Index channels, rows, columns;
    const float* const* planes;
    const float* lowest;
    const float* width;
    float full;
    void* out;
    Stored type;
};

// What a field of tensors says of diffusion: all of it, or, of the structure of an image, how much
// there is along each axis.
enum Axial { given = 0, along_each = 1, along_lines = 2 };

// The stencils of a field of tensors (three planes, rr, rc and cc): of every pixel three weights,
// and six neighbours, two offsets each, in a plane each.
struct Reducing {
    Index rows, columns;
    const float* tensor;
    Axial law;
    Conductance conductance;
    float scale;
};

// Some or all rows of stencils; planes are so many numbers apart.
struct Stencils {
    float* weights;
    std::int8_t* ends;
    Index apart;
};

// A step on such stencils; `out` holds the image before `in` and becomes the next.
struct Tying {
    Index channels, rows, columns;
    const float* in;
    float* out;
    Stencils stencils;         // of all pixels,
    const Reducing* reducing;  // or what they come from; or null
    const double* anchors;     // of every channel: to its last bit fluxes are rounded
    float tau, alpha;
};

// A step of a shock filter; `in` and `out` are different images.
struct Shock {
    Index channels, rows, columns;
    const float* in;
    const float* guide;  // what decides, or null,
    Taps smoothing;      // for what this makes of the image, or none, for that itself
    Mirror mirror;
    const float* weight;     // how much a pixel counts, or null for 1
    const float* structure;  // of whose first axis edges are looked for, three planes, or null
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
    float flat;  // what is added to the square of every slope
};

// A step that minimises variation: up the dual energy, from a field q = p + beta (p - before) to
// `before`, by way of the image u = f + div q. Or that image, of p alone. Or the energy in every
// row, and after those the duality gaps, to `sums`. Fields have four quadrants of two components a
// channel.
struct Variation {
    Index channels, rows, columns;
    const float *f, *p;
    float *before, *u;
    const float* edges;              // 0 where an edge is closed, or null
    const float* radius;             // how long the field of a pixel may be in all
    bool edges_apart, radius_apart;  // a set for every channel, a row for every row; or one for all
    bool bounded;                    // whether the field is
    double* sums;
    // The field below what counts for nothing, and the step times the kink.
    float momentum, step, kink, step_of_kink, least;
};

// What an estimate of risk adds up: for every row of every channel two sums.
struct Comparison {
    Index columns;
    const float* filtered;
    const float* probed;
    const float* f;
    const float* signs;
    double* misfits;
    double* answers;
};

struct Variant {
    // How many floats of scratch is needed, and the work itself.
    Index (*surroundings_room)(const Pass&, const Tile&);
    void (*keep_surroundings)(const Pass&, const Tile&);
    Index (*march_scratch)(const Pass&, Index tile_columns);
    void (*march_tile)(const Pass&, const Tile&, float* scratch);
    Index (*solve_scratch)(const Splitting&);
    // Solves along the rows axis for some columns, writing half of the result; then along
    // the columns axis for some rows, adding the other half.
    void (*solve_columns)(const Splitting&, Index first, Index last, float* scratch);
    void (*solve_rows)(const Splitting&, Index first, Index last, float* scratch);
    Index (*correlate_scratch)(const Correlation&);
    void (*correlate_rows)(const Correlation&, Index first, Index last, float* scratch);
    Index (*correlate2d_scratch)(const Correlation2D&);
    void (*correlate2d_rows)(const Correlation2D&, Index first, Index last, float* scratch);
    Index (*gradient_scratch)(const Gradient&);
    void (*gradient_rows)(const Gradient&, Index first, Index last, float* scratch);
    Index (*shock_scratch)(const Shock&);
    void (*shock_rows)(const Shock&, Index first, Index last, float* scratch);
    Index (*curvature_scratch)(const Curvature&);
    void (*curvature_rows)(const Curvature&, Index first, Index last, float* scratch);
    void (*part_rows)(const Parting&, Index first, Index last);
    bool (*finite)(const float* values, Index count);
    Index (*join_scratch)(const Joining&);
    // Returns how many values were clipped.
    Index (*join_rows)(const Joining&, Index first, Index last, float* scratch);
    void (*reduce_rows)(const Reducing&, const Stencils&, Index first, Index last);
    bool (*ends_inside)(const Tying&, Index first, Index last);
    Index (*tie_scratch)(const Tying&);
    void (*tie_rows)(const Tying&, Index first, Index last, float* scratch);
    Index (*variation_scratch)(const Variation&);
    void (*descend_rows)(const Variation&, Index first, Index last, float* scratch);
    void (*ascend_rows)(const Variation&, Index first, Index last, float* scratch);
    void (*look_rows)(const Variation&, Index first, Index last, float* scratch);
    void (*compare_rows)(const Comparison&, Index first, Index last);
    const char* conductances;  // their names in the order of their numbers, a space behind each
};

}  // namespace pdefilter
