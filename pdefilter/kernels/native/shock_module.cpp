// The bindings of upwind steps and of those of curvature.

#include "bindings.hpp"
#include "shock.hpp"

namespace pdefilter {

namespace {

void call_shock(Planes in, nb::object guide, Numbers smoothing, Index first, nb::object weight,
                nb::object structure, Target out, float tau, int threads,
                const std::string& variant) {
    require_same_shape(in, out);
    require_work(in, threads);
    auto task = task_on<Shock>(in);
    task.out = out.data();
    task.tau = tau;
    Planes decides, tensor;
    if (!guide.is_none()) {
        decides = nb::cast<Planes>(guide);
        require_same_shape(in, decides);
        task.guide = decides.data();
    }
    if (smoothing.size()) task.smoothing = taps_of(smoothing, first);
    if (!structure.is_none()) {
        tensor = nb::cast<Planes>(structure);
        if (tensor.shape(0) != 3 || tensor.shape(1) != in.shape(1) ||
            tensor.shape(2) != in.shape(2))
            throw nb::value_error("a tensor has three components at every pixel");
        task.structure = tensor.data();
    }
    Plane counts;
    task.weight = plane_of(in, weight, counts);
    const auto& table = table_of(variant);
    run([&] { return shock(task, threads, table, interrupted); });
}

void call_straighten(Planes in, nb::object weight, Target out, float tau, float flat, int threads,
                     const std::string& variant) {
    require_same_shape(in, out);
    require_work(in, threads);
    auto task = task_on<Curvature>(in);
    task.out = out.data();
    task.tau = tau;
    task.flat = flat;
    Plane counts;
    task.weight = plane_of(in, weight, counts);
    const auto& table = table_of(variant);
    run([&] { return straighten(task, threads, table, interrupted); });
}

}  // namespace

void bind_shock(nb::module_& m) {
    m.def("shock", &call_shock, "in_"_a, "guide"_a.none(), "smoothing"_a, "first"_a,
          "weight"_a.none(), "structure"_a.none(), "out"_a, "tau"_a, "threads"_a, "variant"_a);
    m.def("straighten", &call_straighten, "in_"_a, "weight"_a.none(), "out"_a, "tau"_a, "flat"_a,
          "threads"_a, "variant"_a);
}

}  // namespace pdefilter
