// Symmetric 2 x 2 tensors: their axes, and functions of them.
#pragma once

#include "conductances.hpp"

struct Tensor {
    Floats rr, rc, cc;
};

// The eigenvalues of a positive semidefinite tensor, their difference, and that times the cosine
// and the sine of twice the angle of the first axis.
struct Axes {
    Floats larger, smaller, distance, spread, twice;
};

inline Axes axes_of(const Tensor& j) {
    const Floats half = all(0.5f), zero = all(0.0f);
    const Floats trace = j.rr + j.cc, spread = j.rr - j.cc, twice = j.rc + j.rc;
    const Floats distance = root(spread * spread + twice * twice), rest = trace - distance;
    return {(trace + distance) * half, (rest > zero ? rest : zero) * half, distance, spread, twice};
}

// The tensor of these axes with other eigenvalues; where no axis is clear, any will do.
inline Tensor with_eigenvalues(const Axes& axes, Floats larger, Floats smaller) {
    const Floats half = all(0.5f), zero = all(0.0f);
    const Floats mean = (larger + smaller) * half, deviation = (larger - smaller) * half;
    const Floats share = axes.distance > zero ? deviation / axes.distance : zero;
    return {mean + share * axes.spread, share * axes.twice, mean - share * axes.spread};
}

// The projection on the first axis.
inline Tensor projection_of(const Tensor& j) {
    return with_eigenvalues(axes_of(j), all(1.0f), all(0.0f));
}

// From the structure of an image to the tensor of diffusion in it.
template <TensorLaw law, Conductance kind>
inline Tensor diffusion_along(const Tensor& j, float scale) {
    if constexpr (law == given) return j;
    const Axes axes = axes_of(j);
    const Floats factor = all(scale), one = all(1.0f), zero = all(0.0f);
    Floats g[2] = {axes.larger * factor, axes.smaller * factor};
    if constexpr (law == along_lines) {
        const Floats contrast = (axes.larger - axes.smaller) * factor;
        Floats along[1] = {one / (contrast * contrast)};
        exponential_of(along);
        g[0] = zero, g[1] = along[0];
    } else {
        conductances_of<kind>(g);
    }
    const Floats least = all(least_diffusivity), rest = all(1.0f - least_diffusivity);
    return with_eigenvalues(axes, g[0] * rest + least, g[1] * rest + least);
}
