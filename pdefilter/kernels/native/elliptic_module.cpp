// The bindings of networks.

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>

#include "bindings.hpp"
#include "elliptic.hpp"

namespace pdefilter {

namespace {

using Shape = std::pair<Index, Index>;
template <class T, int dimensions = 2>
using Maybe = std::optional<Array<T, dimensions>>;

template <class... A>
auto data_of(const nb::ndarray<A...>& array, Index size) {
    if (Index(array.size()) != size) throw nb::value_error("images must be of one shape");
    return array.data();
}
template <class A>
auto data_of(const std::optional<A>& array, Index size) {
    return array ? data_of(*array, size) : nullptr;
}

Network network_of(Shape shape, const Maybe<const float, 3>& edges,
                   const Maybe<const float>& leaks, const Maybe<const bool>& free) {
    const auto [rows, columns] = shape;
    if (rows < 1 || columns < 1) throw nb::value_error("one pixel at least");
    const Index size = rows * columns;
    return {rows, columns, data_of(edges, 2 * size), data_of(leaks, size), data_of(free, size)};
}

Index size_of(const Network& n) { return n.rows * n.columns; }
Index squares_of(const Network& n) { return (n.rows + 1) / 2 * ((n.columns + 1) / 2); }

// Defines a function that takes a network, then `work`'s own arguments, then the threads.
template <class... Arguments, class Work>
void define(nb::module_& m, const char* name, Work work) {
    auto call = [work](Shape shape, Maybe<const float, 3> edges, Maybe<const float> leaks,
                       Maybe<const bool> free, Arguments... arguments, int threads) {
        const Network network = network_of(shape, edges, leaks, free);
        if (threads < 1) throw nb::value_error("one thread at least");
        work(network, arguments..., threads);
    };
    m.def(name, call);
}

}  // namespace

void bind_elliptic(nb::module_& m) {
    define<Array<float>, Maybe<const float>, Index>(
        m, "relax",
        [](const Network& n, auto& u, auto& f, Index colour, int threads) {
            float* const to = data_of(u, size_of(n));
            const float* const source = data_of(f, size_of(n));
            run([&] { return relax(n, to, source, colour, threads, interrupted); });
        });
    define<Array<const float>, Maybe<const float>, Array<float>>(
        m, "residual", [](const Network& n, auto& u, auto& f, auto& lack, int threads) {
            const float* const from = data_of(u, size_of(n));
            const float* const source = data_of(f, size_of(n));
            float* const to = data_of(lack, size_of(n));
            run([&] { return residual(n, from, source, to, threads, interrupted); });
        });
    define<Array<const float>, Maybe<const float>, Array<float>>(
        m, "restrict", [](const Network& n, auto& u, auto& f, auto& coarse, int threads) {
            const float* const from = data_of(u, size_of(n));
            const float* const source = data_of(f, size_of(n));
            float* const to = data_of(coarse, squares_of(n));
            run([&] { return restrict_squares(n, from, source, to, threads, interrupted); });
        });
    define<Array<float>, Array<const float>>(
        m, "prolong", [](const Network& n, auto& u, auto& coarse, int threads) {
            float* const to = data_of(u, size_of(n));
            const float* const from = data_of(coarse, squares_of(n));
            run([&] { return prolong_squares(n, to, from, threads, interrupted); });
        });
    define<Array<const float>, Maybe<const float>, Maybe<const float>, Array<double, 1>>(
        m, "products",
        [](const Network& n, auto& u, auto& f, auto& v, auto& sums, int threads) {
            const float* const from = data_of(u, size_of(n));
            const float* const source = data_of(f, size_of(n));
            const float* const other = data_of(v, size_of(n));
            double* const to = data_of(sums, n.rows);
            run([&] { return products(n, from, source, other, to, threads, interrupted); });
        });
    define<Array<float, 3>, Array<float>, float>(
        m, "coarsen", [](const Network& n, auto& edges, auto& leaks, float scale, int threads) {
            float* const to_edges = data_of(edges, 2 * squares_of(n));
            float* const to_leaks = data_of(leaks, squares_of(n));
            run([&] { return coarsen(n, to_edges, to_leaks, scale, threads, interrupted); });
        });
}

}  // namespace pdefilter
