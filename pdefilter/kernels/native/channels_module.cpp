// The bindings of stored values.

#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "channels.hpp"

namespace pdefilter {

namespace {

using Pixels = nb::ndarray<nb::ndim<3>, nb::c_contig, nb::device::cpu>;
using StoredPixels = nb::ndarray<nb::ro, nb::ndim<3>, nb::c_contig, nb::device::cpu>;

Stored stored_as(nb::dlpack::dtype type) {
    if (type == nb::dtype<uint8_t>()) return uint8;
    if (type == nb::dtype<uint16_t>()) return uint16;
    if (type == nb::dtype<float>()) return float32;
    throw nb::value_error("8 bits, 16 bits or float32");
}

void call_part(StoredPixels pixels, Target out, Numbers values, int threads,
               const std::string& variant) {
    Parting task{};
    task.rows = Index(pixels.shape(0));
    task.columns = Index(pixels.shape(1));
    task.channels = Index(pixels.shape(2));
    task.in = pixels.data();
    task.type = stored_as(pixels.dtype());
    task.values = values.data();
    task.out = out.data();
    require_work(pixels, threads);
    if (task.type != float32 && values.shape(0) != size_t(1) << pixels.itemsize() * 8)
        throw nb::value_error("one value for every integer");
    require_shape(out, {pixels.shape(2), pixels.shape(0), pixels.shape(1)});
    require_apart(out, pixels, values);
    const auto& table = table_of(variant);
    run([&] { return part(task, threads, table, interrupted); });
}

bool call_finite(Numbers values, int threads, const std::string& variant) {
    require_work(values, threads);
    const auto& table = table_of(variant);
    bool found = false;
    run([&] {
        return finite(values.data(), Index(values.size()), threads, table, interrupted, found);
    });
    return found;
}

Index call_join(std::vector<Plane> planes, Pixels out, Numbers lowest, Numbers width, float full,
                int threads, const std::string& variant) {
    Joining task{};
    task.rows = Index(out.shape(0));
    task.columns = Index(out.shape(1));
    task.channels = Index(out.shape(2));
    task.lowest = lowest.data();
    task.width = width.data();
    task.full = full;
    task.out = out.data();
    task.type = stored_as(out.dtype());
    require_work(out, threads);
    const size_t channels = out.shape(2);
    if (planes.size() != channels) throw nb::value_error("one plane for every channel");
    require_shape(lowest, {channels});
    require_shape(width, {channels});
    require_apart(out, lowest, width);
    std::vector<const float*> places;
    for (const auto& plane : planes) {
        require_shape(plane, {out.shape(0), out.shape(1)});
        require_apart(out, plane);
        places.push_back(plane.data());
    }
    task.planes = places.data();
    const auto& table = table_of(variant);
    Index outside = 0;
    run([&] { return join(task, threads, table, interrupted, outside); });
    return outside;
}

}  // namespace

void bind_channels(nb::module_& m) {
    m.def("part", &call_part, "pixels"_a, written("out"), "values"_a, "threads"_a, "variant"_a);
    m.def("finite", &call_finite, "values"_a, "threads"_a, "variant"_a);
    m.def("join", &call_join, "planes"_a, written("out"), "lowest"_a, "width"_a, "full"_a,
          "threads"_a, "variant"_a);
}

}  // namespace pdefilter
