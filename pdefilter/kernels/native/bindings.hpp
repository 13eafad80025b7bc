// What all bindings need. Whatever is asked for, no byte is read or written outside the arrays, and
// none is written that another thread still has to read: what could do so is refused here.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "march.hpp"

namespace pdefilter {

namespace nb = nanobind;
using namespace nb::literals;

template <class T, int dimensions = 2>
using Array = nb::ndarray<T, nb::ndim<dimensions>, nb::c_contig, nb::device::cpu>;
using Planes = Array<const float, 3>;
using Plane = Array<const float, 2>;
using Target = Array<float, 3>;
using Numbers = Array<const float, 1>;
template <class T, int dimensions = 2>
using Maybe = std::optional<Array<T, dimensions>>;

inline bool interrupted() {
    nb::gil_scoped_acquire held;
    return PyErr_CheckSignals() != 0;
}

// Lets other threads of Python run while `work` does; raises what interrupted it.
template <class Work>
void run(Work work) {
    bool done;
    {
        nb::gil_scoped_release released;
        done = work();
    }
    if (!done) throw nb::python_error();
}

// An argument that is written to: a copy of another type or layout would be lost.
inline auto written(const char* name) { return nb::arg(name).noconvert(); }

template <class... A>
auto data_of(const nb::ndarray<A...>& array) {
    return array.data();
}
template <class A>
auto data_of(const std::optional<A>& array) {
    return array ? array->data() : nullptr;
}

using Shape = std::initializer_list<size_t>;

template <class... A>
void require_shape(const nb::ndarray<A...>& array, Shape shape) {
    size_t axis = 0;
    for (const size_t size : shape)
        if (array.shape(axis++) != size) throw nb::value_error("arrays must be of shapes that fit");
}
template <class A>
void require_shape(const std::optional<A>& array, Shape shape) {
    if (array) require_shape(*array, shape);
}

// Three-dimensional arrays.
template <class A, class B>
void require_same_shape(const A& a, const B& b) {
    require_shape(b, {a.shape(0), a.shape(1), a.shape(2)});
}

template <class A>
void require_work(const A& image, int threads) {
    if (image.size() == 0 || threads < 1)
        throw nb::value_error("one pixel and one thread at least");
}

// That an enumeration of so many has this number.
inline void require_one_of(int count, int number) {
    if (number < 0 || number >= count) throw nb::value_error("no such choice");
}

// That there is a conductance of this number.
inline void require_conductance(int number) {
    const std::string names = variant_of("baseline")->conductances;
    require_one_of(int(std::count(names.begin(), names.end(), ' ')), number);
}

// The bytes of an array.
struct Bytes {
    std::uintptr_t first, last;
};
template <class... A>
Bytes bytes_of(const nb::ndarray<A...>& array) {
    const auto first = reinterpret_cast<std::uintptr_t>(array.data());
    return {first, first + array.nbytes()};
}
template <class A>
Bytes bytes_of(const std::optional<A>& array) {
    return array ? bytes_of(*array) : Bytes{};
}

inline bool apart(Bytes a, Bytes b) { return a.last <= b.first || b.last <= a.first; }

// That what is written lies apart from the others, which are read, or written too.
template <class A, class... Others>
void require_apart(const A& out, const Others&... others) {
    const Bytes bytes = bytes_of(out);
    if (!(apart(bytes, bytes_of(others)) && ...))
        throw nb::value_error("what is written must lie apart from what is read");
}

// The same, but what is read there may be all that is overwritten.
template <class A, class B>
void require_apart_or_in_place(const A& out, const B& in) {
    if (out.data() != in.data() || out.nbytes() != in.nbytes()) require_apart(out, in);
}

inline Taps taps_of(const Numbers& weights, Index first) {
    const float* const w = weights.data();
    const auto count = Index(weights.shape(0));
    if (count < 1 || first > 0 || first <= -count)
        throw nb::value_error("one weight at least, and one of the pixel computed");
    const bool symmetric = std::equal(w, w + count, std::reverse_iterator(w + count));
    return {w, count, first, symmetric};
}

// Starts the description of what is done to an image.
template <class Task>
Task task_on(const Planes& in) {
    Task task{};
    task.channels = Index(in.shape(0));
    task.rows = Index(in.shape(1));
    task.columns = Index(in.shape(2));
    task.in = in.data();
    return task;
}

inline const Variant& table_of(const std::string& variant) {
    const auto* table = variant_of(variant);
    if (!table) throw nb::value_error("this machine cannot run that variant");
    return *table;
}

void bind_march(nb::module_& m);
void bind_correlation(nb::module_& m);
void bind_channels(nb::module_& m);
void bind_lattice(nb::module_& m);
void bind_shock(nb::module_& m);
void bind_elliptic(nb::module_& m);
void bind_variation(nb::module_& m);
void bind_risk(nb::module_& m);

}  // namespace pdefilter
