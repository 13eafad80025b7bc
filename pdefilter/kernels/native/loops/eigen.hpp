// The eigenproblem of symmetric 3 x 3 tensors, by Jacobi's rotations in double precision; see
// kernels/reference/eigen.py.
#pragma once

#include "floats.hpp"

// Half as many numbers in double precision fit a register.
constexpr Index real_lanes = lanes / 2;
typedef double Reals __attribute__((vector_size(real_lanes * sizeof(double))));
typedef int64_t Longs __attribute__((vector_size(real_lanes * sizeof(int64_t))));
typedef float HalfOfFloats __attribute__((vector_size(real_lanes * sizeof(float))));

// Two halves, whose operations need not wait for each other.
struct RealPair {
    Reals half[2];
};

inline Reals all_reals(double x) { return Reals{} + x; }

inline RealPair widened(Floats v) {
    HalfOfFloats halves[2];
    memcpy(halves, &v, sizeof v);
    return {__builtin_convertvector(halves[0], Reals), __builtin_convertvector(halves[1], Reals)};
}
inline Floats narrowed(const RealPair& v) {
    const HalfOfFloats halves[2] = {__builtin_convertvector(v.half[0], HalfOfFloats),
                                    __builtin_convertvector(v.half[1], HalfOfFloats)};
    Floats found;
    memcpy(&found, halves, sizeof found);
    return found;
}

inline Reals root(Reals v) {
    double each[real_lanes];
    memcpy(each, &v, sizeof v);
    for (Index k = 0; k < real_lanes; ++k) each[k] = __builtin_sqrt(each[k]);
    memcpy(&v, each, sizeof v);
    return v;
}
inline Reals absolute(Reals v) { return (Reals)((Longs)v & INT64_MAX); }

inline bool any(Longs v) {
#if defined(__AVX512F__)
    return _mm512_movepi64_mask((__m512i)v) != 0;
#elif defined(__AVX__)
    return _mm256_movemask_pd((__m256d)v) != 0;
#else
    int64_t all = 0;
    for (Index k = 0; k < real_lanes; ++k) all |= v[k];
    return all != 0;
#endif
}

// ss, sr, sc, rr, rc and cc.
struct Tensor3 {
    Floats component[6];
};

// From the largest value on.
struct Eigensystem {
    RealPair value[3], vector[3][3];
};

// The tangent and the cosine of the smaller angle whose turn makes a component between two axes
// vanish, `theta` being half of the difference on the diagonal over it.
inline void find_angle(Reals theta, Longs vanishes, Reals& tangent, Reals& cosine) {
    const Reals one = all_reals(1), zero = all_reals(0);
    const Reals sum = absolute(theta) + root(theta * theta + one);
    tangent = vanishes ? zero : (theta < zero ? -one : one) / sum;
    cosine = one / root(tangent * tangent + one);
}
// The same where theta is so large that the roots, rounded, are |theta| and 1: in the last sweeps.
// Where its square is infinite, there is no turn.
inline void find_slight_angle(Reals theta, Longs vanishes, Reals& tangent, Reals& cosine) {
    const Reals one = all_reals(1), zero = all_reals(0), size = absolute(theta);
    const Reals square = size * size,
                sum = square < all_reals(__builtin_inf()) ? size + size : square;
    tangent = vanishes ? zero : (theta < zero ? -one : one) / sum;
    cosine = one;
}

// Turns axes p and q; by a slight angle, whose cosine is 1. Component k off the diagonal is that
// between the two other axes, and the one between p and q vanishes.
template <int p, int q, bool slightly>
inline void turn_axes(RealPair (&diagonal)[3], RealPair (&off)[3], RealPair (&vector)[3][3],
                      const Reals (&tangent)[2], const Reals (&cosine)[2]) {
    constexpr int r = 3 - p - q;
    for (int k = 0; k < 2; ++k) {
        auto times_cosine = [&](Reals v) { return slightly ? v : cosine[k] * v; };
        const Reals sine = times_cosine(tangent[k]), shift = tangent[k] * off[r].half[k];
        diagonal[p].half[k] -= shift;
        diagonal[q].half[k] += shift;
        off[r].half[k] = all_reals(0);
        auto turn = [&](RealPair& one, RealPair& other) {
            const Reals a = one.half[k], b = other.half[k];
            one.half[k] = times_cosine(a) - sine * b;
            other.half[k] = sine * a + times_cosine(b);
        };
        turn(off[q], off[p]);
        for (int axis = 0; axis < 3; ++axis) turn(vector[p][axis], vector[q][axis]);
    }
}

// Turns axes p and q so that the component between them vanishes.
template <int p, int q>
inline void rotate(RealPair (&diagonal)[3], RealPair (&off)[3], RealPair (&vector)[3][3]) {
    constexpr int r = 3 - p - q;
    const Reals zero = all_reals(0), large = all_reals(0x1p28);
    Reals theta[2], tangent[2], cosine[2];
    Longs vanishes[2], small{};
    for (int k = 0; k < 2; ++k) {
        const Reals between = off[r].half[k];
        theta[k] = (diagonal[q].half[k] - diagonal[p].half[k]) / (between + between);
        vanishes[k] = between == zero;
        small |= ~(vanishes[k] | (absolute(theta[k]) >= large));
    }
    if (any(small)) {
        for (int k = 0; k < 2; ++k) find_angle(theta[k], vanishes[k], tangent[k], cosine[k]);
        turn_axes<p, q, false>(diagonal, off, vector, tangent, cosine);
    } else {
        for (int k = 0; k < 2; ++k) find_slight_angle(theta[k], vanishes[k], tangent[k], cosine[k]);
        turn_axes<p, q, true>(diagonal, off, vector, tangent, cosine);
    }
}

// Exchanges two values that are in the wrong order; NaN come last.
inline void put_in_order(Eigensystem& found, int first) {
    for (int k = 0; k < 2; ++k) {
        const Reals a = found.value[first].half[k], b = found.value[first + 1].half[k];
        const Longs wrong = ~(a >= b) & (b == b);
        auto exchange = [&](RealPair& one, RealPair& other) {
            const Reals before = one.half[k];
            one.half[k] = wrong ? other.half[k] : before;
            other.half[k] = wrong ? before : other.half[k];
        };
        exchange(found.value[first], found.value[first + 1]);
        for (int axis = 0; axis < 3; ++axis)
            exchange(found.vector[first][axis], found.vector[first + 1][axis]);
    }
}

// A function of its own: inlined where it is needed, it would take long to compile.
__attribute__((noinline)) void find_eigensystem(const Tensor3& tensor, Eigensystem& found) {
    RealPair off[3] = {widened(tensor.component[4]), widened(tensor.component[2]),
                       widened(tensor.component[1])};
    RealPair(&diagonal)[3] = found.value;
    for (int axis = 0; axis < 3; ++axis) {
        constexpr int place[] = {0, 3, 5};
        diagonal[axis] = widened(tensor.component[place[axis]]);
        for (int other = 0; other < 3; ++other)
            found.vector[axis][other] = {all_reals(axis == other), all_reals(axis == other)};
    }
    for (int sweep = 0; sweep < jacobi_sweeps; ++sweep) {
        rotate<0, 1>(diagonal, off, found.vector);
        rotate<0, 2>(diagonal, off, found.vector);
        rotate<1, 2>(diagonal, off, found.vector);
    }
    put_in_order(found, 0), put_in_order(found, 1), put_in_order(found, 0);
}

// The eigenvalues of a positive semidefinite tensor; NaN stays NaN.
inline Floats eigenvalue_of(const Eigensystem& found, int k) {
    RealPair value = found.value[k];
    for (Reals& half : value.half) half = half <= all_reals(0) ? all_reals(0) : half;
    return narrowed(value);
}

// The tensor of these axes with other eigenvalues.
inline Tensor3 with_eigenvalues(const Eigensystem& axes, const Floats (&eigenvalues)[3]) {
    Tensor3 found;
    const RealPair values[3] = {widened(eigenvalues[0]), widened(eigenvalues[1]),
                                widened(eigenvalues[2])};
    Floats* component = found.component;
    for (int a = 0; a < 3; ++a)
        for (int b = a; b < 3; ++b) {
            RealPair sum;
            for (int half = 0; half < 2; ++half) {
                auto term = [&](int k) {
                    const auto& axis = axes.vector[k];
                    return values[k].half[half] * axis[a].half[half] * axis[b].half[half];
                };
                sum.half[half] = (all_reals(0) + term(0)) + term(1) + term(2);
            }
            *component++ = narrowed(sum);
        }
    return found;
}
