// Selling's reduction of 3 x 3 tensors; see kernels/reference/lattice.py.
#pragma once

#include "eigen.hpp"

typedef int32_t Truths __attribute__((vector_size(lanes * sizeof(int32_t))));
typedef int32_t HalfOfTruths __attribute__((vector_size(real_lanes * sizeof(int32_t))));

inline bool any(Truths v) {
#if defined(__AVX512F__)
    return _mm512_movepi32_mask((__m512i)v) != 0;
#elif defined(__AVX__)
    return _mm256_movemask_ps((__m256)v) != 0;
#else
    int32_t all = 0;
    for (Index k = 0; k < lanes; ++k) all |= v[k];
    return all != 0;
#endif
}

// Where numbers are negative, and what is so in either half.
inline Truths is_negative(const RealPair& v) {
    const HalfOfTruths halves[2] = {
        __builtin_convertvector((Longs)(v.half[0] < all_reals(0)), HalfOfTruths),
        __builtin_convertvector((Longs)(v.half[1] < all_reals(0)), HalfOfTruths)};
    Truths found;
    memcpy(&found, halves, sizeof found);
    return found;
}
inline Longs half_of(Truths v, int half) {
    HalfOfTruths halves[2];
    memcpy(halves, &v, sizeof v);
    return __builtin_convertvector(halves[half], Longs);
}

inline Floats farther_of(Floats v, Floats w) {
    const Floats a = absolute(v), b = absolute(w);
    return a > b ? a : b;
}

// The number of two of the four vectors of a superbase, and that of the two others.
constexpr int pair_of(int i, int j) { return i > j ? pair_of(j, i) : i == 0 ? j - 1 : i + j; }
constexpr int others_of(int pair) { return 5 - pair; }

// Of the pairs of a superbase b the lambda_ij = -<b_i, D b_j>, whole numbers in double precision,
// and the b_i x b_j.
struct Superbase3 {
    RealPair weight[6];
    Floats cross[6][3];

    template <int i, int j>
    Floats crossed(int axis) const {
        return i < j ? cross[pair_of(i, j)][axis] : -cross[pair_of(i, j)][axis];
    }
    template <int i, int j>
    void set_crossed(int axis, Floats value, Truths where) {
        Floats& there = cross[pair_of(i, j)][axis];
        there = where ? (i < j ? value : -value) : there;
    }

    // Makes an acute angle between two vectors obtuse, where all offsets stay within reach; says
    // whether there was one.
    template <int i, int j>
    bool make_obtuse(Floats reach) {
        constexpr int k = i == 0 ? (j == 1 ? 2 : 1) : 0, m = 6 - i - j - k;
        constexpr int first = pair_of(i, j), pairs_of_i[] = {first, pair_of(i, k), pair_of(i, m)};
        Truths acute = is_negative(weight[first]);
        if (!any(acute)) return false;
        // b_i becomes -b_i, and is added to b_k and b_m.
        Floats jk[3], jm[3], km[3], farthest = all(0.0f);
        for (int a = 0; a < 3; ++a) {
            const Floats ji = crossed<j, i>(a);
            jk[a] = crossed<j, k>(a) + ji;
            jm[a] = crossed<j, m>(a) + ji;
            km[a] = crossed<k, m>(a) + crossed<k, i>(a) + crossed<i, m>(a);
            farthest = farther_of(farther_of(farthest, jk[a]), farther_of(jm[a], km[a]));
        }
        acute &= farthest <= reach;
        if (!any(acute)) return false;
        const auto turned = (Integers)acute & 0x80000000u;
        for (int a = 0; a < 3; ++a) {
            set_crossed<j, k>(a, jk[a], acute);
            set_crossed<j, m>(a, jm[a], acute);
            set_crossed<k, m>(a, km[a], acute);
            for (const int pair : pairs_of_i)
                cross[pair][a] = (Floats)((Integers)cross[pair][a] ^ turned);
        }
        for (int half = 0; half < 2; ++half) {
            const Longs where = half_of(acute, half);
            auto of = [&](int pair) -> Reals& { return weight[pair].half[half]; };
            auto set = [&](int pair, Reals value) { of(pair) = where ? value : of(pair); };
            const Reals ij = of(first), ik = of(pair_of(i, k)), im = of(pair_of(i, m));
            set(first, -ij);
            set(pair_of(i, k), ij + im);
            set(pair_of(i, m), ij + ik);
            set(pair_of(j, k), of(pair_of(j, k)) + ij);
            set(pair_of(j, m), of(pair_of(j, m)) + ij);
            set(pair_of(k, m), of(pair_of(k, m)) - ij);
        }
        return true;
    }

    void reduce(Floats reach) {
        for (int sweep = 0; sweep < most_sweeps_of_volumes; ++sweep) {
            bool changed = make_obtuse<0, 1>(reach);
            changed |= make_obtuse<0, 2>(reach);
            changed |= make_obtuse<0, 3>(reach);
            changed |= make_obtuse<1, 2>(reach);
            changed |= make_obtuse<1, 3>(reach);
            changed |= make_obtuse<2, 3>(reach);
            if (!changed) return;
        }
    }
};

// 2^n, n being whole numbers between -1022 and 1023.
inline Reals power_of_two(Longs n) { return (Reals)((n + 1023) << 52); }

// The exponent n of the largest number of every tensor, which lies below 2^n; 0 where that is not
// finite.
inline Longs exponent_of(const RealPair (&d)[6], int half) {
    Longs largest{};
    for (const RealPair& component : d) {
        const Longs bits = (Longs)absolute(component.half[half]);
        largest = bits > largest ? bits : largest;
    }
    const Longs exponent = (largest >> 52) - 1022;
    return (exponent > 1000) | (exponent < -1000) ? Longs{} : exponent;
}

// The superbase of the unit vectors and of minus their sum.
inline Superbase3 superbase_of(const RealPair (&d)[6], const Longs (&exponent)[2]) {
    Superbase3 base;
    for (int half = 0; half < 2; ++half) {
        const Reals scale = power_of_two(digits_of_tensors - exponent[half]);
        const Reals rounding = all_reals(0x1.8p52);
        Reals whole[6];
        for (int k = 0; k < 6; ++k) whole[k] = (d[k].half[half] * scale + rounding) - rounding;
        const auto [ss, sr, sc, rr, rc, cc] = whole;
        const Reals weights[] = {-sr, -sc, ss + sr + sc, -rc, sr + rr + rc, sc + rc + cc};
        for (int pair = 0; pair < 6; ++pair) base.weight[pair].half[half] = weights[pair];
    }
    constexpr float crossed[6][3] = {{0, 0, 1}, {0, -1, 0}, {0, 1, -1},
                                     {1, 0, 0}, {-1, 0, 1}, {1, -1, 0}};
    for (int pair = 0; pair < 6; ++pair)
        for (int a = 0; a < 3; ++a) base.cross[pair][a] = all(crossed[pair][a]);
    return base;
}
