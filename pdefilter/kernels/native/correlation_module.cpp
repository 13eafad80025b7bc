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
    require_apart(out, in, along_rows, along_columns);
    require_one_of(3, order);
    auto task = task_on<Correlation>(in);
    task.out = out.data();
    task.along_rows = taps_of(along_rows, first_row);
    task.along_columns = taps_of(along_columns, first_column);
    task.order = Order(order);
    const auto& table = table_of(variant);
    run([&] { return correlate(task, threads, table, interrupted); });
}

void call_gradient(Planes in, Maybe<const float> alpha, Target out, Numbers difference, Index first,
                   Numbers smoothing, Index first_across, int measure, float factor, int threads,
                   const std::string& variant) {
    require_work(in, threads);
    require_one_of(4, measure);
    const size_t planes = measure == tensor ? 3 : measure == vector ? 2 : 1;
    require_shape(out, {planes, in.shape(1), in.shape(2)});
    require_shape(alpha, {in.shape(1), in.shape(2)});
    require_apart(out, in, alpha, difference, smoothing);
    auto task = task_on<Gradient>(in);
    task.alpha = data_of(alpha);
    task.out = out.data();
    task.measure = Measure(measure);
    task.factor = factor;
    task.difference = taps_of(difference, first);
    task.smoothing = taps_of(smoothing, first_across);
    const auto& table = table_of(variant);
    run([&] { return gradient(task, threads, table, interrupted); });
}

// That numbers lie from `first` up to `end`.
void require_within(const Index* numbers, Index count, Index apart, Index first, Index end) {
    for (Index k = 0; k < count; ++k)
        if (numbers[k * apart] < first || numbers[k * apart] >= end)
            throw nb::value_error("places must lie in the kernel, and in the image");
}

void call_correlate2d(Planes in, Target out, Numbers weights, Places places, Place row_of,
                      Place column_of, int left, int threads, const std::string& variant) {
    require_same_shape(in, out);
    require_work(in, threads);
    require_apart(out, in, weights, places, row_of, column_of);
    require_shape(places, {weights.shape(0), 2});
    auto task = task_on<Correlation2D>(in);
    task.out = out.data();
    task.height = Index(row_of.shape(0)) - task.rows + 1;
    task.width = Index(column_of.shape(0)) - task.columns + 1;
    task.left = left;
    task.count = Index(weights.shape(0));
    if (task.height < 1 || task.width < 1 || left < 0 || left >= task.width)
        throw nb::value_error("a kernel has a row, and a column, of the pixel computed");
    require_within(places.data(), task.count, 2, 0, task.height);
    require_within(places.data() + 1, task.count, 2, 0, task.width);
    require_within(row_of.data(), Index(row_of.size()), 1, -1, task.rows);
    require_within(column_of.data(), Index(column_of.size()), 1, -1, task.columns);
    task.weights = weights.data();
    task.places = places.data();
    task.row_of = row_of.data();
    task.column_of = column_of.data();
    const auto& table = table_of(variant);
    run([&] { return correlate2d(task, threads, table, interrupted); });
}

}  // namespace

void bind_correlation(nb::module_& m) {
    m.def("correlate", &call_correlate, "in_"_a, written("out"), "along_rows"_a, "first_row"_a,
          "along_columns"_a, "first_column"_a, "order"_a, "threads"_a, "variant"_a);
    m.def("correlate2d", &call_correlate2d, "in_"_a, written("out"), "weights"_a, "places"_a,
          "row_of"_a, "column_of"_a, "left"_a, "threads"_a, "variant"_a);
    m.def("gradient", &call_gradient, "in_"_a, "alpha"_a.none(), written("out"), "difference"_a,
          "first"_a, "smoothing"_a, "first_across"_a, "measure"_a, "factor"_a, "threads"_a,
          "variant"_a);
}

}  // namespace pdefilter
