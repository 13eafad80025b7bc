// The bindings of upwind steps and of those of curvature.

#include "bindings.hpp"
#include "shock.hpp"

namespace pdefilter {

namespace {

void call_shock(Planes in, Maybe<const float, 3> guide, Numbers smoothing, Index first,
                Maybe<const float> weight, Maybe<const float, 3> structure, Target out, float tau,
                int threads, const std::string& variant) {
    require_same_shape(in, out);
    require_work(in, threads);
    require_same_shape(in, guide);
    require_shape(weight, {in.shape(1), in.shape(2)});
    require_shape(structure, {3, in.shape(1), in.shape(2)});
    require_apart(out, in, guide, smoothing, weight, structure);
    auto task = task_on<Shock>(in);
    task.out = out.data();
    task.tau = tau;
    task.guide = data_of(guide);
    if (smoothing.size()) task.smoothing = taps_of(smoothing, first);
    task.structure = data_of(structure);
    task.weight = data_of(weight);
    const auto& table = table_of(variant);
    run([&] { return shock(task, threads, table, interrupted); });
}

void call_straighten(Planes in, Maybe<const float> weight, Target out, float tau, float flat,
                     int threads, const std::string& variant) {
    require_same_shape(in, out);
    require_work(in, threads);
    require_shape(weight, {in.shape(1), in.shape(2)});
    require_apart(out, in, weight);
    auto task = task_on<Curvature>(in);
    task.out = out.data();
    task.tau = tau;
    task.flat = flat;
    task.weight = data_of(weight);
    const auto& table = table_of(variant);
    run([&] { return straighten(task, threads, table, interrupted); });
}

}  // namespace

void bind_shock(nb::module_& m) {
    m.def("shock", &call_shock, "in_"_a, "guide"_a.none(), "smoothing"_a, "first"_a,
          "weight"_a.none(), "structure"_a.none(), written("out"), "tau"_a, "threads"_a,
          "variant"_a);
    m.def("straighten", &call_straighten, "in_"_a, "weight"_a.none(), written("out"), "tau"_a,
          "flat"_a, "threads"_a, "variant"_a);
}

}  // namespace pdefilter
