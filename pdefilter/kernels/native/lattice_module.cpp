// The bindings of stencils for tensors.

#include "bindings.hpp"
#include "lattice.hpp"

namespace pdefilter {

namespace {

using Ends = Array<const std::int8_t, 3>;
using EndsTarget = Array<std::int8_t, 3>;

template <class A>
void require_of_pixels(const A& array, size_t rows, size_t columns, size_t numbers) {
    if (array.shape(0) != rows || array.shape(1) != columns || array.shape(2) != numbers)
        throw nb::value_error("three weights a pixel, and six ends");
}

void call_reduce(Planes tensor, Target weights, EndsTarget ends, int threads,
                 const std::string& variant) {
    if (tensor.shape(0) != 3 || tensor.size() == 0 || threads < 1)
        throw nb::value_error("three components, one pixel and one thread at least");
    require_of_pixels(weights, tensor.shape(1), tensor.shape(2), 3);
    require_of_pixels(ends, tensor.shape(1), tensor.shape(2), 12);
    Reducing task{};
    task.rows = Index(tensor.shape(1));
    task.columns = Index(tensor.shape(2));
    task.tensor = tensor.data();
    task.weights = weights.data();
    task.ends = ends.data();
    const auto& table = table_of(variant);
    run([&] { return reduce(task, threads, table, interrupted); });
}

// That no end lies outside the image is what `reduce` sees to.
void call_tie(Planes in, Target out, Planes weights, Ends ends, float tau, float alpha,
              int threads, const std::string& variant) {
    require_same_shape(in, out);
    if (in.shape(0) < 1 || in.shape(0) > 4 || in.size() == 0 || threads < 1)
        throw nb::value_error("one to four channels, one pixel and one thread at least");
    require_of_pixels(weights, in.shape(1), in.shape(2), 3);
    require_of_pixels(ends, in.shape(1), in.shape(2), 12);
    auto task = task_on<Tying>(in);
    task.out = out.data();
    task.weights = weights.data();
    task.ends = ends.data();
    task.tau = tau;
    task.alpha = alpha;
    const auto& table = table_of(variant);
    run([&] { return tie(task, threads, table, interrupted); });
}

}  // namespace

void bind_lattice(nb::module_& m) {
    m.def("reduce", &call_reduce, "tensor"_a, "weights"_a, "ends"_a, "threads"_a, "variant"_a);
    m.def("tie", &call_tie, "in_"_a, "out"_a, "weights"_a, "ends"_a, "tau"_a, "alpha"_a,
          "threads"_a, "variant"_a);
}

}  // namespace pdefilter
