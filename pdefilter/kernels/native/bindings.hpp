// What all bindings need. Shapes and types are checked in Python; here only what could crash.
#pragma once

#include <algorithm>
#include <iterator>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
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

template <class A, class B>
void require_same_shape(const A& a, const B& b) {
    for (size_t axis = 0; axis < 3; ++axis)
        if (a.shape(axis) != b.shape(axis)) throw nb::value_error("images must be of one shape");
}

template <class A>
void require_work(const A& image, int threads) {
    if (image.size() == 0 || threads < 1)
        throw nb::value_error("one pixel and one thread at least");
}

// How much every pixel counts, kept alive in `held`; null for 1.
inline const float* plane_of(const Planes& image, const nb::object& plane, Plane& held) {
    if (plane.is_none()) return nullptr;
    held = nb::cast<Plane>(plane);
    if (held.shape(0) != image.shape(1) || held.shape(1) != image.shape(2))
        throw nb::value_error("images must be of one shape");
    return held.data();
}

inline Taps taps_of(const Numbers& weights, Index first) {
    const float* const w = weights.data();
    const auto count = Index(weights.shape(0));
    if (count < 1) throw nb::value_error("one weight at least");
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
