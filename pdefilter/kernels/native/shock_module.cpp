// The bindings of upwind steps and of those of curvature.

#include "bindings.hpp"
#include "shock.hpp"

namespace pdefilter {

namespace {

void call_shock(Planes in, Planes guide, nb::object weight, nb::object across, Target out,
                float tau, int threads, const std::string& variant) {
    require_same_shape(in, guide);
    require_same_shape(in, out);
    require_work(in, threads);
    auto task = task_on<Shock>(in);
    task.guide = guide.data();
    task.out = out.data();
    task.tau = tau;
    Plane counts;
    task.weight = plane_of(in, weight, counts);
    Planes projection;
    if (!across.is_none()) {
        projection = nb::cast<Planes>(across);
        if (projection.shape(0) != 3 || projection.shape(1) != in.shape(1) ||
            projection.shape(2) != in.shape(2))
            throw nb::value_error("a projection has three planes");
        task.across = projection.data();
    }
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
    m.def("shock", &call_shock, "in_"_a, "guide"_a, "weight"_a.none(), "across"_a.none(), "out"_a,
          "tau"_a, "threads"_a, "variant"_a);
    m.def("straighten", &call_straighten, "in_"_a, "weight"_a.none(), "out"_a, "tau"_a, "flat"_a,
          "threads"_a, "variant"_a);
}

}  // namespace pdefilter
