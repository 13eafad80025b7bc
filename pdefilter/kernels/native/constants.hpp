// The constants that the engines share. tests/kernels/test_constants.py asserts that they are those
// of kernels/.
#pragma once

namespace pdefilter {

// kernels/exponential.py
constexpr float exponential_coefficients[] = {-1.3264727197e-03f, 9.6715126397e-03f,
                                              -5.5507337433e-02f, 2.4022242085e-01f,
                                              -6.9314697760e-01f, 1.0f};
constexpr float largest_exponent = 100.0f;

constexpr float least_diffusivity = 0.01f;  // kernels/tensors.py

// kernels/reference/lattice.py
constexpr int most_sweeps = 16;
constexpr int most_sweeps_of_volumes = 64;
constexpr int digits_of_tensors = 48;

constexpr int jacobi_sweeps = 6;  // kernels/reference/eigen.py

}  // namespace pdefilter
