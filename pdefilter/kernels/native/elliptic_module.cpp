// The bindings of networks.

#include <type_traits>

#include <nanobind/stl/pair.h>

#include "bindings.hpp"
#include "elliptic.hpp"

namespace pdefilter {

namespace {

using Size = std::pair<Index, Index>;

Network network_of(Size size, const Maybe<const float, 3>& edges, const Maybe<const float>& leaks,
                   const Maybe<const bool>& free) {
    const auto [rows, columns] = size;
    if (rows < 1 || columns < 1) throw nb::value_error("one pixel at least");
    require_shape(edges, {2, size_t(rows), size_t(columns)});
    require_shape(leaks, {size_t(rows), size_t(columns)});
    require_shape(free, {size_t(rows), size_t(columns)});
    return {rows, columns, data_of(edges), data_of(leaks), data_of(free)};
}

template <class A>
void require_pixels(const Network& n, const A& plane) {
    require_shape(plane, {size_t(n.rows), size_t(n.columns)});
}
template <class A>
void require_squares(const Network& n, const A& plane) {
    require_shape(plane, {size_t(n.rows + 1) / 2, size_t(n.columns + 1) / 2});
}

// A plane that is read.
template <class A>
auto pixels_of(const Network& n, const A& plane) {
    require_pixels(n, plane);
    return data_of(plane);
}

template <class A>
constexpr bool is_written = std::is_same_v<A, Array<float>> || std::is_same_v<A, Array<float, 3>> ||
                            std::is_same_v<A, Array<double, 1>>;

// See `written`.
template <class A>
auto argument() {
    if constexpr (is_written<A>)
        return nb::arg().noconvert();
    else
        return nb::arg().none();
}

// Defines a function that takes a network, then `work`'s own arguments, then the threads.
template <class... Arguments, class Work>
void define(nb::module_& m, const char* name, Work work) {
    auto call = [work](Size size, Maybe<const float, 3> edges, Maybe<const float> leaks,
                       Maybe<const bool> free, Arguments... arguments, int threads) {
        const Network network = network_of(size, edges, leaks, free);
        if (threads < 1) throw nb::value_error("one thread at least");
        auto require_apart_from_network = [&](const auto& a) {
            if constexpr (is_written<std::decay_t<decltype(a)>>)
                require_apart(a, edges, leaks, free);
        };
        (require_apart_from_network(arguments), ...);
        work(network, arguments..., threads);
    };
    m.def(name, call, nb::arg(), nb::arg().none(), nb::arg().none(), nb::arg().none(),
          argument<Arguments>()..., nb::arg());
}

}  // namespace

void bind_elliptic(nb::module_& m) {
    define<Array<float>, Maybe<const float>, int>(
        m, "relax", [](const Network& n, auto& u, auto& f, int colour, int threads) {
            require_pixels(n, u);
            const float* const source = pixels_of(n, f);
            require_apart(u, f);
            require_one_of(2, colour);
            run([&] { return relax(n, u.data(), source, colour, threads, interrupted); });
        });
    define<Array<const float>, Maybe<const float>, Array<float>>(
        m, "residual", [](const Network& n, auto& u, auto& f, auto& lack, int threads) {
            const float *const from = pixels_of(n, u), *const source = pixels_of(n, f);
            require_pixels(n, lack);
            require_apart(lack, u, f);
            run([&] { return residual(n, from, source, lack.data(), threads, interrupted); });
        });
    define<Array<const float>, Maybe<const float>, Array<float>>(
        m, "restrict", [](const Network& n, auto& u, auto& f, auto& coarse, int threads) {
            const float *const from = pixels_of(n, u), *const source = pixels_of(n, f);
            require_squares(n, coarse);
            require_apart(coarse, u, f);
            run([&] {
                return restrict_squares(n, from, source, coarse.data(), threads, interrupted);
            });
        });
    define<Array<float>, Array<const float>>(
        m, "prolong", [](const Network& n, auto& u, auto& coarse, int threads) {
            require_pixels(n, u);
            require_squares(n, coarse);
            require_apart(u, coarse);
            run([&] { return prolong_squares(n, u.data(), coarse.data(), threads, interrupted); });
        });
    define<Array<const float>, Maybe<const float>, Maybe<const float>, Array<double, 1>>(
        m, "products", [](const Network& n, auto& u, auto& f, auto& v, auto& sums, int threads) {
            const float *const from = pixels_of(n, u), *const source = pixels_of(n, f),
                               *const other = pixels_of(n, v);
            require_shape(sums, {size_t(n.rows)});
            require_apart(sums, u, f, v);
            run([&] {
                return products(n, from, source, other, sums.data(), threads, interrupted);
            });
        });
    define<Array<float, 3>, Array<float>, float>(
        m, "coarsen", [](const Network& n, auto& edges, auto& leaks, float scale, int threads) {
            require_squares(n, leaks);
            require_shape(edges, {2, leaks.shape(0), leaks.shape(1)});
            require_apart(leaks, edges);
            run([&] {
                return coarsen(n, edges.data(), leaks.data(), scale, threads, interrupted);
            });
        });
}

}  // namespace pdefilter
