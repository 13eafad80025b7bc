// The bindings of stored values, of any of three types.

#include <nanobind/stl/vector.h>

#include "rows.hpp"

namespace pdefilter {

namespace {

using Pixels = nb::ndarray<nb::ndim<3>, nb::c_contig, nb::device::cpu>;
using StoredPixels = nb::ndarray<nb::ro, nb::ndim<3>, nb::c_contig, nb::device::cpu>;

// Starts the description of work on pixels of shape (rows, columns, channels).
template <class Task, class A>
Task task_on(const A& pixels, int threads) {
    require_threads(threads);
    if (pixels.size() == 0) throw nb::value_error("one pixel at least");
    Task task{};
    task.rows = Index(pixels.shape(0));
    task.columns = Index(pixels.shape(1));
    task.channels = Index(pixels.shape(2));
    const auto type = pixels.dtype();
    if (type == nb::dtype<uint8_t>())
        task.type = uint8;
    else if (type == nb::dtype<uint16_t>())
        task.type = uint16;
    else if (type == nb::dtype<float>())
        task.type = float32;
    else
        throw nb::value_error("8 bits, 16 bits or float32");
    return task;
}

void deinterleave(StoredPixels pixels, Target out, Numbers values, int threads,
                  const std::string& variant) {
    auto task = task_on<Deinterleaving>(pixels, threads);
    task.in = pixels.data();
    task.values = values.data();
    task.out = out.data();
    if (task.type != float32 && values.shape(0) != size_t(1) << pixels.itemsize() * 8)
        throw nb::value_error("one value for every integer");
    require_shape(out, {pixels.shape(2), pixels.shape(0), pixels.shape(1)});
    require_apart(out, pixels, values);
    run_rows(table_of(variant).deinterleave, task, threads);
}

Index interleave(std::vector<Array<const float>> planes, Pixels out, Numbers lowest, Numbers width,
                 float full, int threads, const std::string& variant) {
    auto task = task_on<Interleaving>(out, threads);
    task.lowest = lowest.data();
    task.width = width.data();
    task.full = full;
    task.out = out.data();
    const size_t channels = out.shape(2);
    if (planes.size() != channels) throw nb::value_error("one plane for every channel");
    require_shape(lowest, {channels});
    require_shape(width, {channels});
    require_apart(out, lowest, width);
    std::vector<const float*> pointers;
    for (const auto& plane : planes) {
        require_shape(plane, {out.shape(0), out.shape(1)});
        require_apart(out, plane);
        pointers.push_back(plane.data());
    }
    task.planes = pointers.data();
    return run_rows(table_of(variant).interleave, task, threads);
}

}  // namespace

void bind_channels(nb::module_& m) {
    const auto given = described<false, false>();
    const auto target = described<false, true>();
    m.def("deinterleave", &deinterleave, given, target, given, given, given);
    m.def("interleave", &interleave, given, target, given, given, given, given, given);
}

}  // namespace pdefilter
