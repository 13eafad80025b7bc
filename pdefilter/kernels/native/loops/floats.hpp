// As many numbers as fit a register, and the rows of scratch that they come from.
#pragma once

inline Index smaller(Index a, Index b) { return a < b ? a : b; }
inline Index larger(Index a, Index b) { return a > b ? a : b; }

#if defined(__AVX512F__)
#define PDEFILTER_LANES(f)                                                                         \
    f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7), f(8), f(9), f(10), f(11), f(12), f(13), f(14), \
        f(15)
constexpr Index lanes = 16;
#elif defined(__AVX__)
#define PDEFILTER_LANES(f) f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7)
constexpr Index lanes = 8;
#else
#define PDEFILTER_LANES(f) f(0), f(1), f(2), f(3)
constexpr Index lanes = 4;
#endif

typedef float Floats __attribute__((vector_size(lanes * sizeof(float))));
typedef uint32_t Integers __attribute__((vector_size(lanes * sizeof(float))));

inline Floats load(const float* p) {
    Floats v;
    memcpy(&v, p, sizeof v);
    return v;
}
inline void store(float* p, Floats v) { memcpy(p, &v, sizeof v); }

inline Floats all(float x) {
#define PDEFILTER_SAME(k) x
    return Floats{PDEFILTER_LANES(PDEFILTER_SAME)};
}

inline Floats absolute(Floats v) { return (Floats)((Integers)v & ~(Integers)all(-0.0f)); }

// The first where they are alike.
inline Floats least_of(Floats a, Floats b) { return b < a ? b : a; }
inline Floats largest_of(Floats a, Floats b) { return b > a ? b : a; }

// The first where it is less, or greater, than the second; else the second. Processors have an
// instruction for it, which compilers do not find where both are needed.
inline Floats lesser(Floats a, Floats b) {
#if defined(__AVX512F__)
    return (Floats)_mm512_min_ps((__m512)a, (__m512)b);
#elif defined(__AVX__)
    return (Floats)_mm256_min_ps((__m256)a, (__m256)b);
#elif defined(__SSE2__)
    return (Floats)_mm_min_ps((__m128)a, (__m128)b);
#else
    return a < b ? a : b;
#endif
}
inline Floats greater(Floats a, Floats b) {
#if defined(__AVX512F__)
    return (Floats)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__AVX__)
    return (Floats)_mm256_max_ps((__m256)a, (__m256)b);
#elif defined(__SSE2__)
    return (Floats)_mm_max_ps((__m128)a, (__m128)b);
#else
    return a > b ? a : b;
#endif
}

// The sum of three terms, to the same bits in whatever order they come; see kernels/axes.py.
inline Floats add_up(Floats a, Floats b, Floats c) {
    const Floats less = lesser(a, b), more = greater(b, a);
    const Floats between = greater(less, lesser(more, c));
    return lesser(c, less) + greater(c, more) + between;
}
template <class F>
inline F add_up(F a, F b, F c) {
    const F less = a < b ? a : b, more = b > a ? b : a;
    const F least = c < less ? c : less, largest = c > more ? c : more;
    const F below = more < c ? more : c, between = less > below ? less : below;
    return least + largest + between;
}

// Written so that every compiler finds the instruction for all lanes.
inline Floats root(Floats v) {
    float each[lanes];
    memcpy(each, &v, sizeof v);
    for (Index k = 0; k < lanes; ++k) each[k] = __builtin_sqrtf(each[k]);
    return load(each);
}

// 1/a of an even number of a from 1 to 2^60, to the bit what a division gives. AVX-512 divides so
// slowly that half of them are found by Newton's steps on 1/y - a = 0 meanwhile (Markstein 1990,
// doi:10.1147/rd.341.0111): from what the processor takes for 1/a, wrong by less than 2^-14, to a
// neighbour of 1/a, and from either to the nearest number. The first step rounds up, as the
// neighbour below would stay where it is for the largest mantissa; of all mantissas that was tried.
template <int n>
inline void inverses_of(Floats (&a)[n]) {
#if defined(__AVX512F__)
    constexpr int found = n / 2, up = _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC;
    const __m512 one = _mm512_set1_ps(1.0f);
    for (int k = 0; k < found; ++k) {
        const auto d = (__m512)a[k];
        __m512 y = _mm512_rcp14_ps(d);
        y = _mm512_fmadd_round_ps(y, _mm512_fnmadd_ps(d, y, one), y, up);
        a[k] = (Floats)_mm512_fmadd_ps(y, _mm512_fnmadd_ps(d, y, one), y);
    }
#else
    constexpr int found = 0;
#endif
    for (int k = found; k < n; ++k) a[k] = all(1.0f) / a[k];
}

// The numbers one place further back, in a row where `v` comes after `preceding`.
inline Floats last_in(Floats preceding, Floats v) {
#define PDEFILTER_LAST(k) int(lanes) + k - 1
    return __builtin_shufflevector(preceding, v, PDEFILTER_LANES(PDEFILTER_LAST));
}

// As many numbers as there are, and zeros; all of them being the common case.
inline Floats load_some(const float* p, Index count) {
    if (count >= lanes) return load(p);
    Floats v = {};
    if (count > 0) memcpy(&v, p, size_t(count) * sizeof(float));
    return v;
}
inline void store_some(float* p, Floats v, Index count) {
    if (count >= lanes) return store(p, v);
    if (count > 0) memcpy(p, &v, size_t(count) * sizeof(float));
}

// Rows of scratch begin on a cache line and have room for whole groups of lanes, and one more to
// the right.
constexpr Index line = 16;
inline Index up_to_line(Index floats) { return (floats + line - 1) / line * line; }
inline Index stride_of(Index width) { return up_to_line(width) + line; }

// Call f.operator()<C>() or f.operator()<flag>(): the number of channels, one to four, or the flag
// is known when compiling.
template <class F>
inline void with_channels(Index channels, F f) {
    switch (channels) {
        case 1:
            return f.template operator()<1>();
        case 2:
            return f.template operator()<2>();
        case 3:
            return f.template operator()<3>();
        default:
            return f.template operator()<4>();
    }
}
template <class F>
inline void with_flag(bool flag, F f) {
    flag ? f.template operator()<true>() : f.template operator()<false>();
}
