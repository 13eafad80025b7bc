// The bindings of the operations of graph Laplacians, of images and of volumes.

#include "elliptic.hpp"
#include "rows.hpp"

namespace pdefilter {

namespace {

template <class Task>
void check(Task& task) {
    if (task.colour != 0 && task.colour != 1) throw nb::value_error("colour 0 or 1");
}

// The axes of an image or of a volume, and those of its squares or cubes, by their names.
template <class Task>
struct Axes {
    static constexpr int count = requires(Task task) { task.slices; } ? 3 : 2;
    Shape whole = with_slices(slices), half = with_slices(half_slices);

    static Shape with_slices(Index first) {
        const bool half = first == half_slices;
        Shape shape{half ? half_rows : rows, half ? half_columns : columns};
        if (count == 3) shape.insert(shape.begin(), first);
        return shape;
    }
    static Shape with_edges(Shape shape) {
        shape.insert(shape.begin(), count);
        return shape;
    }
};

// Defines functions whose first arguments are the graph.
template <class Task>
void define_balances(nb::module_& m, const std::string& prefix, const Balances<Task>& kernels) {
    constexpr int n = Axes<Task>::count;
    const Axes<Task> axes;
    const auto edges = maybe<n + 1>(&Task::edges, Axes<Task>::with_edges(axes.whole));
    const auto leaks = maybe<n>(&Task::leaks, axes.whole);
    const auto free = maybe<n>(&Task::free, axes.whole);
    auto define_one = [&](const char* name, const RowKernel<Task>& kernel, auto... arguments) {
        const std::string full = prefix + name;
        if constexpr (n == 3)
            define<Task>(m, full.c_str(), &kernel, {check}, size(&Task::slices), size(&Task::rows),
                         size(&Task::columns), edges, leaks, free, arguments...);
        else
            define<Task>(m, full.c_str(), &kernel, {check}, size(&Task::rows), size(&Task::columns),
                         edges, leaks, free, arguments...);
    };
    const auto u = array<n>(&Task::u, axes.whole);
    const auto from = array<n>(&Task::from, axes.whole);
    const auto f = maybe<n>(&Task::f, axes.whole);
    const auto to_squares = array<n>(&Task::to, axes.half);
    Shape lines = axes.whole;
    lines.pop_back();
    define_one("relax", kernels.relax, u, f, number(&Task::colour));
    define_one("residual", kernels.residual, from, f, array<n>(&Task::to, axes.whole));
    define_one("restrict", kernels.restrict_squares, from, f, to_squares);
    define_one("prolong", kernels.prolong_squares, u, array<n>(&Task::from, axes.half));
    define_one("products", kernels.products, from, f, maybe<n>(&Task::v, axes.whole),
               array<n - 1>(&Task::sums, lines));
    define_one("coarsen", kernels.coarsen,
               array<n + 1>(&Task::to_edges, Axes<Task>::with_edges(axes.half)), to_squares,
               number(&Task::scale));
}

}  // namespace

void bind_elliptic(nb::module_& m) {
    define_balances<Balance>(m, "", balances);
    define_balances<VolumeBalance>(m, "volume_", volume_balances);
}

}  // namespace pdefilter
