// The bindings of stencils for tensors.

#include "bindings.hpp"
#include "lattice.hpp"

namespace pdefilter {

namespace {

using Ends = Array<std::int8_t, 3>;
using Anchors = Array<const double, 1>;

Stencils stencils_of(const Target& weights, const Ends& ends, size_t rows, size_t columns) {
    require_shape(weights, {3, rows, columns});
    require_shape(ends, {12, rows, columns});
    return {weights.data(), ends.data(), Index(rows * columns)};
}

Reducing reducing_of(const Planes& tensor, int law, int conductance, float scale) {
    require_shape(tensor, {3, tensor.shape(1), tensor.shape(2)});
    require_one_of(3, law);
    require_conductance(conductance);
    return {Index(tensor.shape(1)),
            Index(tensor.shape(2)),
            tensor.data(),
            Axial(law),
            Conductance(conductance),
            scale};
}

Tying tying_of(const Planes& in, const Target& out, const Anchors& anchors, float tau,
               int threads) {
    require_same_shape(in, out);
    require_work(in, threads);
    require_apart(out, in, anchors);
    if (in.shape(0) > 4) throw nb::value_error("one to four channels");
    require_shape(anchors, {in.shape(0)});
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
    const auto stencils = stencils_of(weights, ends, tensor.shape(1), tensor.shape(2));
    // Weights may take the place of tensors, which are read before.
    require_apart_or_in_place(weights, tensor);
    require_apart(ends, tensor, weights);
    const auto& table = table_of(variant);
    run([&] { return reduce(task, stencils, threads, table, interrupted); });
}

void call_tie(Planes in, Target out, Target weights, Ends ends, Anchors anchors, float tau,
              float alpha, int threads, const std::string& variant) {
    auto task = tying_of(in, out, anchors, tau, threads);
    task.stencils = stencils_of(weights, ends, in.shape(1), in.shape(2));
    require_apart(out, weights, ends);
    task.alpha = alpha;
    const auto& table = table_of(variant);
    bool inside = true;
    run([&] {
        return ends_inside(task, threads, table, interrupted, inside) &&
               (!inside || tie(task, threads, table, interrupted));
    });
    if (!inside) throw nb::value_error("ties must end in the image, five pixels away at most");
}

void call_tie_along(Planes in, Target out, Planes tensor, int law, int conductance, float scale,
                    Anchors anchors, float tau, int threads, const std::string& variant) {
    auto task = tying_of(in, out, anchors, tau, threads);
    const auto reducing = reducing_of(tensor, law, conductance, scale);
    require_shape(tensor, {3, in.shape(1), in.shape(2)});
    require_apart(out, tensor);
    task.reducing = &reducing;
    const auto& table = table_of(variant);
    run([&] { return tie(task, threads, table, interrupted); });
}

}  // namespace

void bind_lattice(nb::module_& m) {
    m.def("reduce", &call_reduce, "tensor"_a, "law"_a, "conductance"_a, "scale"_a,
          written("weights"), written("ends"), "threads"_a, "variant"_a);
    m.def("tie", &call_tie, "in_"_a, written("out"), "weights"_a, "ends"_a, "anchors"_a, "tau"_a,
          "alpha"_a, "threads"_a, "variant"_a);
    m.def("tie_along", &call_tie_along, "in_"_a, written("out"), "tensor"_a, "law"_a,
          "conductance"_a, "scale"_a, "anchors"_a, "tau"_a, "threads"_a, "variant"_a);
}

}  // namespace pdefilter
