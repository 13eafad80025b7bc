// The types and checks of all bindings. No byte is read or written outside of the arrays, and none
// is written that another thread still has to read: calls that could do so are refused here.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <utility>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>

#include "team.hpp"
#include "variants.hpp"

namespace pdefilter {

namespace nb = nanobind;

template <class T, int dimensions = 2>
using Array = nb::ndarray<T, nb::ndim<dimensions>, nb::c_contig, nb::device::cpu>;
template <class T, int dimensions = 2>
using Maybe = std::optional<Array<T, dimensions>>;
using Planes = Array<const float, 3>;
using Target = Array<float, 3>;
using Numbers = Array<const float, 1>;
// The weights of a kernel, and the offset of the first.
using Kernel1D = std::pair<Numbers, Index>;

// Asks Python now and then whether it was interrupted: other threads of Python may hold its lock.
class Interruption {
public:
    bool operator()() {
        const auto now = std::chrono::steady_clock::now();
        if (now - last_ < std::chrono::milliseconds(50)) return false;
        last_ = now;
        nb::gil_scoped_acquire acquired;
        return PyErr_CheckSignals() != 0;
    }

private:
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

// Lets other threads of Python run while `work` does; raises what interrupted it.
template <class Work>
void run(Work work) {
    bool done;
    {
        nb::gil_scoped_release released;
        done = work(Interruption());
    }
    if (!done) throw nb::python_error();
}

// An argument that may be None; and one that is written to, as a copy of another type or layout
// would be lost.
template <bool optional, bool is_written>
auto described() {
    if constexpr (optional && is_written) return nb::arg().noconvert().none();
    if constexpr (optional && !is_written) return nb::arg().none();
    if constexpr (!optional && is_written) return nb::arg().noconvert();
    if constexpr (!optional && !is_written) return nb::arg();
}

template <class... A>
auto data_of(const nb::ndarray<A...>& array) {
    return array.data();
}
template <class A>
auto data_of(const std::optional<A>& array) {
    return array ? array->data() : nullptr;
}

template <class... A>
void require_shape(const nb::ndarray<A...>& array, std::initializer_list<size_t> shape) {
    size_t axis = 0;
    for (const size_t size : shape)
        if (array.shape(axis++) != size) throw nb::value_error("arrays must be of shapes that fit");
}
template <class A>
void require_shape(const std::optional<A>& array, std::initializer_list<size_t> shape) {
    if (array) require_shape(*array, shape);
}

inline void require_threads(int threads) {
    if (threads < 1) throw nb::value_error("one thread at least");
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
inline Bytes bytes_of(const Kernel1D& kernel) { return bytes_of(kernel.first); }
template <class A>
Bytes bytes_of(const std::optional<A>& array) {
    return array ? bytes_of(*array) : Bytes{};
}

// That what is written lies apart from the others, which are read, or written too.
inline void require_apart(Bytes a, Bytes b) {
    if (a.last > b.first && b.last > a.first)
        throw nb::value_error("what is written must lie apart from what is read");
}
template <class A, class... Others>
void require_apart(const A& out, const Others&... others) {
    (require_apart(bytes_of(out), bytes_of(others)), ...);
}

// The same, but what is read there may be all that is overwritten.
inline void require_apart_or_in_place(Bytes out, Bytes in) {
    if (out.first != in.first || out.last != in.last) require_apart(out, in);
}

inline Taps taps_of(const Kernel1D& kernel) {
    const auto& [weights, first] = kernel;
    const float* const w = weights.data();
    const auto count = Index(weights.shape(0));
    if (count < 1 || first > 0 || first <= -count)
        throw nb::value_error("one weight at least, and one of the pixel computed");
    const bool symmetric = std::equal(w, w + count, std::reverse_iterator(w + count));
    return {w, count, first, symmetric};
}
inline Taps taps_of(const std::optional<Kernel1D>& kernel) {
    return kernel ? taps_of(*kernel) : Taps{};
}

// Whether a known name, in which an underscore stands for a space, is this.
inline bool is_named(const char* known, const std::string& name) {
    auto same = [](char a, char b) { return (a == '_' ? ' ' : a) == b; };
    return std::equal(known, known + std::strlen(known), name.begin(), name.end(), same);
}

template <size_t n>
int number_of(const std::string& name, const char* const (&names)[n]) {
    for (size_t k = 0; k < n; ++k)
        if (is_named(names[k], name)) return int(k);
    throw nb::value_error("no such name");
}

inline Conductance conductance_of(const std::string& name) {
    const auto names = variant_of("baseline")->conductances;
    for (Conductance k = 0; names[k]; ++k)
        if (is_named(names[k], name)) return k;
    throw nb::value_error("no such conductance");
}

inline const Variant& table_of(const std::string& variant) {
    const auto* table = variant_of(variant);
    if (!table) throw nb::value_error("this machine cannot run that variant");
    return *table;
}

void bind_march(nb::module_& m);
void bind_rows(nb::module_& m);
void bind_volumes(nb::module_& m);
void bind_channels(nb::module_& m);
void bind_edges(nb::module_& m);

}  // namespace pdefilter
