// The bindings of sums over neighbours.

#include "bindings.hpp"
#include "correlation.hpp"

namespace pdefilter {

namespace {

using Places = Array<const Index, 2>;
using Place = Array<const Index, 1>;

void call_correlate(Planes in, Target out, Numbers along_rows, Index first_row,
                    Numbers along_columns, Index first_column, int order, int threads,
                    const std::string& variant) {
    require_same_shape(in, out);
    require_work(in, threads);
    auto task = task_on<Correlation>(in);
    task.out = out.data();
    task.along_rows = taps_of(along_rows, first_row);
    task.along_columns = taps_of(along_columns, first_column);
    task.order = Order(order);
    const auto& table = table_of(variant);
    run([&] { return correlate(task, threads, table, interrupted); });
}

void call_gradient(Planes in, nb::object alpha, Target out, Numbers difference, Index first,
                   Numbers smoothing, Index first_across, int measure, float factor, int threads,
                   const std::string& variant) {
    auto task = task_on<Gradient>(in);
    task.out = out.data();
    task.measure = Measure(measure);
    task.factor = factor;
    task.difference = taps_of(difference, first);
    task.smoothing = taps_of(smoothing, first_across);
    const size_t planes = task.measure == tensor ? 3 : task.measure == vector ? 2 : 1;
    require_work(in, threads);
    if (out.shape(0) != planes || out.shape(1) != in.shape(1) || out.shape(2) != in.shape(2))
        throw nb::value_error("two planes for the vector, one for its strength, three for the tensor");
    Plane opacity;
    task.alpha = plane_of(in, alpha, opacity);
    const auto& table = table_of(variant);
    run([&] { return gradient(task, threads, table, interrupted); });
}

// That no place lies outside the kernel or the image is what Python sees to.
void call_correlate2d(Planes in, Target out, Numbers weights, Places places, Place row_of,
                      Place column_of, int left, int threads, const std::string& variant) {
    require_same_shape(in, out);
    require_work(in, threads);
    auto task = task_on<Correlation2D>(in);
    task.out = out.data();
    task.height = Index(row_of.shape(0)) - task.rows + 1;
    task.width = Index(column_of.shape(0)) - task.columns + 1;
    task.left = left;
    task.count = Index(weights.shape(0));
    if (task.height < 1 || task.width < 1 || left < 0 || left >= task.width ||
        places.size() != 2 * weights.size())
        throw nb::value_error("a kernel of one weight at least, and a place for every weight");
    task.weights = weights.data();
    task.places = places.data();
    task.row_of = row_of.data();
    task.column_of = column_of.data();
    const auto& table = table_of(variant);
    run([&] { return correlate2d(task, threads, table, interrupted); });
}

}  // namespace

void bind_correlation(nb::module_& m) {
    m.def("correlate", &call_correlate, "in_"_a, "out"_a, "along_rows"_a, "first_row"_a,
          "along_columns"_a, "first_column"_a, "order"_a, "threads"_a, "variant"_a);
    m.def("correlate2d", &call_correlate2d, "in_"_a, "out"_a, "weights"_a, "places"_a, "row_of"_a,
          "column_of"_a, "left"_a, "threads"_a, "variant"_a);
    m.def("gradient", &call_gradient, "in_"_a, "alpha"_a.none(), "out"_a, "difference"_a,
          "first"_a, "smoothing"_a, "first_across"_a, "measure"_a, "factor"_a, "threads"_a,
          "variant"_a);
}

}  // namespace pdefilter
