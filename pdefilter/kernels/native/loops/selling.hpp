// Selling's reduction of 3 x 3 tensors; see kernels/reference/lattice.py.
#pragma once

#include "eigen.hpp"

inline Reals farther_of(Reals v, Reals w) {
    const Reals a = absolute(v), b = absolute(w);
    return a > b ? a : b;
}

// The number of two of the four vectors of a superbase, and that of the two others.
constexpr int pair_of(int i, int j) { return i > j ? pair_of(j, i) : i == 0 ? j - 1 : i + j; }
constexpr int others_of(int pair) { return 5 - pair; }

// Of the pairs of a superbase b the lambda_ij = -<b_i, D b_j>, whole numbers, and the b_i x b_j.
struct Superbase3 {
    Reals weight[6], cross[6][3];

    template <int i, int j>
    Reals crossed(int axis) const {
        return i < j ? cross[pair_of(i, j)][axis] : -cross[pair_of(i, j)][axis];
    }
    template <int i, int j>
    void set_crossed(int axis, Reals value, Longs where) {
        Reals& there = cross[pair_of(i, j)][axis];
        there = where ? (i < j ? value : -value) : there;
    }

    // Makes an acute angle between two vectors obtuse, where all offsets stay within reach; says
    // whether there was one.
    template <int i, int j>
    bool make_obtuse(Reals reach) {
        constexpr int k = i == 0 ? (j == 1 ? 2 : 1) : 0, m = 6 - i - j - k;
        constexpr int first = pair_of(i, j), pairs_of_i[] = {first, pair_of(i, k), pair_of(i, m)};
        Longs acute = weight[first] < all_reals(0);
        if (!any(acute)) return false;
        // b_i becomes -b_i, and is added to b_k and b_m.
        Reals jk[3], jm[3], km[3], farthest = all_reals(0);
        for (int a = 0; a < 3; ++a) {
            const Reals ji = crossed<j, i>(a);
            jk[a] = crossed<j, k>(a) + ji;
            jm[a] = crossed<j, m>(a) + ji;
            km[a] = crossed<k, m>(a) + crossed<k, i>(a) + crossed<i, m>(a);
            farthest = farther_of(farther_of(farthest, jk[a]), farther_of(jm[a], km[a]));
        }
        acute &= farthest <= reach;
        if (!any(acute)) return false;
        const Longs turned = acute & INT64_MIN;
        for (int a = 0; a < 3; ++a) {
            set_crossed<j, k>(a, jk[a], acute);
            set_crossed<j, m>(a, jm[a], acute);
            set_crossed<k, m>(a, km[a], acute);
            for (const int pair : pairs_of_i)
                cross[pair][a] = (Reals)((Longs)cross[pair][a] ^ turned);
        }
        const Reals ij = weight[first], ik = weight[pair_of(i, k)], im = weight[pair_of(i, m)];
        auto set = [&](int pair, Reals value) { weight[pair] = acute ? value : weight[pair]; };
        set(first, -ij);
        set(pair_of(i, k), ij + im);
        set(pair_of(i, m), ij + ik);
        set(pair_of(j, k), weight[pair_of(j, k)] + ij);
        set(pair_of(j, m), weight[pair_of(j, m)] + ij);
        set(pair_of(k, m), weight[pair_of(k, m)] - ij);
        return true;
    }

    void reduce(Reals reach) {
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

// The exponents of the largest numbers of tensors, which lie below 2^n; 0 where they are not
// finite.
inline Longs exponent_of(const Reals (&d)[6]) {
    Longs largest = (Longs)absolute(d[0]);
    for (int k = 1; k < 6; ++k) {
        const Longs bits = (Longs)absolute(d[k]);
        largest = bits > largest ? bits : largest;
    }
    const Longs exponent = (largest >> 52) - 1022;
    return (exponent > 1000) | (exponent < -1000) ? Longs{} : exponent;
}

inline Superbase3 superbase_of(const Reals (&d)[6], Longs exponent) {
    const Reals scale = power_of_two(digits_of_tensors - exponent);
    const Reals rounding = all_reals(0x1.8p52);
    Reals whole[6];
    for (int k = 0; k < 6; ++k) whole[k] = (d[k] * scale + rounding) - rounding;
    const auto [ss, sr, sc, rr, rc, cc] = whole;
    Superbase3 base{{-sr, -sc, ss + sr + sc, -rc, sr + rr + rc, sc + rc + cc}, {}};
    // Of the unit vectors, and of the fourth, minus their sum.
    constexpr int crossed[6][3] = {{0, 0, 1}, {0, -1, 0}, {0, 1, -1},
                                   {1, 0, 0}, {-1, 0, 1}, {1, -1, 0}};
    for (int pair = 0; pair < 6; ++pair)
        for (int a = 0; a < 3; ++a) base.cross[pair][a] = all_reals(crossed[pair][a]);
    return base;
}
