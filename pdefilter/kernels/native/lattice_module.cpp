// The bindings of stencils for tensors.

#include "bindings.hpp"
#include "lattice.hpp"

namespace pdefilter {

namespace {

using Ends = Array<std::int8_t, 3>;
using Anchors = Array<const double, 1>;

template <class A>
void require_of_pixels(const A& array, size_t planes, Index rows, Index columns) {
    if (array.shape(0) != planes || array.shape(1) != size_t(rows) ||
        array.shape(2) != size_t(columns))
        throw nb::value_error("three components, three weights and twelve offsets of every pixel");
}

Stencils stencils_of(Target weights, Ends ends, Index rows, Index columns) {
    require_of_pixels(weights, 3, rows, columns);
    require_of_pixels(ends, 12, rows, columns);
    return {weights.data(), ends.data(), rows * columns};
}

Reducing reducing_of(Planes tensor, int law, int conductance, float scale) {
    const auto rows = Index(tensor.shape(1)), columns = Index(tensor.shape(2));
    require_of_pixels(tensor, 3, rows, columns);
    return {rows, columns, tensor.data(), Axial(law), Conductance(conductance), scale};
}

Tying tying_of(Planes in, Target out, Anchors anchors, float tau, int threads) {
    require_same_shape(in, out);
    require_work(in, threads);
    if (in.shape(0) > 4) throw nb::value_error("one to four channels");
    if (anchors.shape(0) != in.shape(0)) throw nb::value_error("one anchor a channel");
    auto task = task_on<Tying>(in);
    task.out = out.data();
    task.anchors = anchors.data();
    task.tau = tau;
    task.alpha = 1.0f;
    return task;
}

void call_reduce(Planes tensor, int law, int conductance, float scale, Target weights, Ends ends,
                 int threads, const std::string& variant) {
    require_work(tensor, threads);
    const auto task = reducing_of(tensor, law, conductance, scale);
    const auto stencils = stencils_of(weights, ends, task.rows, task.columns);
    const auto& table = table_of(variant);
    run([&] { return reduce(task, stencils, threads, table, interrupted); });
}

// That no end lies outside the image is what `reduce` sees to.
void call_tie(Planes in, Target out, Target weights, Ends ends, Anchors anchors, float tau,
              float alpha, int threads, const std::string& variant) {
    auto task = tying_of(in, out, anchors, tau, threads);
    task.stencils = stencils_of(weights, ends, task.rows, task.columns);
    task.alpha = alpha;
    const auto& table = table_of(variant);
    run([&] { return tie(task, threads, table, interrupted); });
}

void call_tie_along(Planes in, Target out, Planes tensor, int law, int conductance, float scale,
                    Anchors anchors, float tau, int threads, const std::string& variant) {
    auto task = tying_of(in, out, anchors, tau, threads);
    const auto reducing = reducing_of(tensor, law, conductance, scale);
    if (reducing.rows != task.rows || reducing.columns != task.columns)
        throw nb::value_error("an image has a tensor of every pixel");
    task.reducing = &reducing;
    const auto& table = table_of(variant);
    run([&] { return tie(task, threads, table, interrupted); });
}

}  // namespace

void bind_lattice(nb::module_& m) {
    m.def("reduce", &call_reduce, "tensor"_a, "law"_a, "conductance"_a, "scale"_a, "weights"_a,
          "ends"_a, "threads"_a, "variant"_a);
    m.def("tie", &call_tie, "in_"_a, "out"_a, "weights"_a, "ends"_a, "anchors"_a, "tau"_a,
          "alpha"_a, "threads"_a, "variant"_a);
    m.def("tie_along", &call_tie_along, "in_"_a, "out"_a, "tensor"_a, "law"_a, "conductance"_a,
          "scale"_a, "anchors"_a, "tau"_a, "threads"_a, "variant"_a);
}

}  // namespace pdefilter
