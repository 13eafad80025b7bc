// The bindings. Shapes and types are checked in kernels/march.py; here only what could crash.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <array>

#include "march.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using Planes = nb::ndarray<const float, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
using Target = nb::ndarray<float, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
using Numbers = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

template <class A, class B>
void require_same_shape(const A& a, const B& b) {
    for (size_t axis = 0; axis < 3; ++axis)
        if (a.shape(axis) != b.shape(axis)) throw nb::value_error("images must be of one shape");
}

bool interrupted() {
    nb::gil_scoped_acquire held;
    return PyErr_CheckSignals() != 0;
}

pdefilter::How how(int threads, pdefilter::Index levels, pdefilter::Index tile_rows,
                   pdefilter::Index tile_columns, const std::string& variant) {
    const auto* table = pdefilter::variant_of(variant);
    if (!table) throw nb::value_error("this machine cannot run that variant");
    if (threads < 1 || levels < 1 || tile_rows < 1 || tile_columns < 1)
        throw nb::value_error("threads, levels and tiles must be at least one");
    return {threads, levels, tile_rows, tile_columns, table};
}

void finish(bool done) {
    if (!done) throw nb::python_error();
}

void march(Planes in, Target out, Target spare, nb::object befores, Numbers steps,
           nb::object momenta, nb::object held, int conductance, float scale, int threads,
           pdefilter::Index levels, pdefilter::Index tile_rows, pdefilter::Index tile_columns,
           const std::string& variant) {
    const auto way = how(threads, levels, tile_rows, tile_columns, variant);
    require_same_shape(in, out);
    const auto count = pdefilter::Index(steps.shape(0));
    if (count < 1 || in.shape(0) < 1 || in.shape(0) > 4 || in.size() == 0)
        throw nb::value_error("one to four channels, one pixel and one step at least");
    if (count > levels) require_same_shape(in, spare);

    pdefilter::Pass pass{};
    pass.channels = pdefilter::Index(in.shape(0));
    pass.rows = pdefilter::Index(in.shape(1));
    pass.columns = pdefilter::Index(in.shape(2));
    pass.in = pass.before = in.data();
    pass.out = out.data();
    pass.steps = steps.data();
    pass.conductance = pdefilter::Conductance(conductance);
    pass.scale = scale;

    Planes held_image;
    if (!held.is_none()) {
        held_image = nb::cast<Planes>(held);
        require_same_shape(in, held_image);
        pass.held = held_image.data();
    }
    Numbers factors;
    std::array<Target, 2> room;
    float* room_data[2] = {nullptr, nullptr};
    if (!momenta.is_none()) {
        factors = nb::cast<Numbers>(momenta);
        if (factors.shape(0) != steps.shape(0)) throw nb::value_error("one momentum a step");
        pass.momenta = factors.data();
        if (count > levels)
            for (size_t k = 0; k < 2; ++k) {
                room[k] = nb::cast<Target>(befores[k]);
                require_same_shape(in, room[k]);
                room_data[k] = room[k].data();
            }
    }
    bool done;
    {
        nb::gil_scoped_release released;
        done = pdefilter::march(pass, count, spare.data(), room_data, way, interrupted);
    }
    finish(done);
}

void split(Planes in, Target out, Target spare, Numbers two_taus, int conductance, float scale,
           int threads, const std::string& variant) {
    const auto way = how(threads, 1, 1, 1, variant);
    require_same_shape(in, out);
    require_same_shape(in, spare);
    const auto count = pdefilter::Index(two_taus.shape(0));
    if (count < 1 || in.shape(0) < 1 || in.shape(0) > 4 || in.size() == 0)
        throw nb::value_error("one to four channels, one pixel and one step at least");
    pdefilter::Splitting task{};
    task.channels = pdefilter::Index(in.shape(0));
    task.rows = pdefilter::Index(in.shape(1));
    task.columns = pdefilter::Index(in.shape(2));
    task.in = in.data();
    task.out = out.data();
    task.conductance = pdefilter::Conductance(conductance);
    task.scale = scale;
    bool done;
    {
        nb::gil_scoped_release released;
        done = pdefilter::split(task, two_taus.data(), count, spare.data(), way, interrupted);
    }
    finish(done);
}

}  // namespace

NB_MODULE(_native, m) {
    m.doc() = "The marches, compiled; see pdefilter.kernels.native.";
    m.def("variants", &pdefilter::variants);
    m.def("march", &march, "in_"_a, "out"_a, "spare"_a, "befores"_a.none(), "steps"_a,
          "momenta"_a.none(), "held"_a.none(), "conductance"_a, "scale"_a, "threads"_a,
          "levels"_a, "tile_rows"_a, "tile_columns"_a, "variant"_a);
    m.def("split", &split, "in_"_a, "out"_a, "spare"_a, "two_taus"_a, "conductance"_a, "scale"_a,
          "threads"_a, "variant"_a);
}
