// The bindings of variation.

#include "bindings.hpp"
#include "march.hpp"

namespace pdefilter {

namespace {

using Field = Array<const float, 5>;
using Edges = Maybe<const float, 4>;

template <class A>
void require_field(const A& field, const Planes& image) {
    require_shape(field, {image.shape(0), 4, 2, image.shape(1), image.shape(2)});
}

Variation variation_of(const Planes& image, const Field& p, int threads) {
    require_work(image, threads);
    require_field(p, image);
    Variation task{};
    task.channels = Index(image.shape(0));
    task.rows = Index(image.shape(1));
    task.columns = Index(image.shape(2));
    task.p = p.data();
    return task;
}

void weigh(Variation& task, const Edges& edges, const Plane& radius, float kink, bool bounded) {
    if (edges) {
        const size_t count = edges->shape(0) == 1 ? 1 : size_t(task.channels);
        require_shape(edges, {count, 2, size_t(task.rows), size_t(task.columns)});
        task.edges = edges->data();
        task.edges_apart = count != 1;
    }
    const Index rows = Index(radius.shape(0));
    if (Index(radius.shape(1)) != task.columns || (rows != 1 && rows != task.rows))
        throw nb::value_error("a radius for every pixel, or a row for all rows");
    task.radius = radius.data();
    task.radius_apart = rows != 1;
    task.kink = kink;
    task.bounded = bounded;
}

constexpr Index chunk = 64;

void on_rows(const Variation& task, int threads, const Variant& table,
             void (*Variant::*rows)(const Variation&, Index, Index, float*)) {
    auto work = [&](Index first, Index last, float* scratch) {
        (table.*rows)(task, first, last, scratch);
    };
    const Index room = table.variation_scratch(task);
    run([&] { return in_chunks(task.rows, threads, room, work, interrupted, chunk); });
}

void descend(Planes f, Field p, Target u, int threads, const std::string& variant) {
    Variation task = variation_of(f, p, threads);
    require_same_shape(f, u);
    require_apart(u, f, p);
    task.f = f.data();
    task.u = u.data();
    on_rows(task, threads, table_of(variant), &Variant::descend_rows);
}

void ascend(Planes f, Field p, Array<float, 5> before, Edges edges, Plane radius, Target u,
            double kink, bool bounded, float momentum, double step, float least, int threads,
            const std::string& variant) {
    Variation task = variation_of(f, p, threads);
    require_field(before, f);
    require_same_shape(f, u);
    require_apart(before, f, p, edges, radius, u);
    require_apart(u, f, p, edges, radius);
    weigh(task, edges, radius, float(kink), bounded);
    task.f = f.data();
    task.u = u.data();
    task.before = before.data();
    task.momentum = momentum;
    task.step = float(step);
    task.step_of_kink = float(step * kink);
    task.least = least;
    const Variant& table = table_of(variant);
    {
        // The rows on either side of where chunks meet, and the first and the last of all.
        const Scratch scratch(1, table.variation_scratch(task));
        for (Index r = 0; r < task.rows + chunk; r += chunk) {
            const Index first = std::max<Index>(0, std::min(r, task.rows) - 1);
            table.descend_rows(task, first, std::min(task.rows, r + 1), scratch.of(0));
        }
    }
    on_rows(task, threads, table, &Variant::ascend_rows);
}

void energies_and_gaps(Planes f, Target u, Field p, Edges edges, Plane radius,
                       Array<double, 2> sums, float kink, bool bounded, int threads,
                       const std::string& variant) {
    Variation task = variation_of(f, p, threads);
    require_same_shape(f, u);
    require_shape(sums, {2, size_t(task.rows)});
    require_apart(sums, f, u, p, edges, radius);
    weigh(task, edges, radius, kink, bounded);
    task.f = f.data();
    task.u = u.data();
    task.sums = sums.data();
    on_rows(task, threads, table_of(variant), &Variant::look_rows);
}

}  // namespace

void bind_variation(nb::module_& m) {
    m.def("descend", &descend, "f"_a, "p"_a, written("u"), "threads"_a, "variant"_a);
    m.def("ascend", &ascend, "f"_a, "p"_a, written("before"), "edges"_a.none(), "radius"_a,
          written("u"), "kink"_a, "bounded"_a, "momentum"_a, "step"_a, "least"_a, "threads"_a,
          "variant"_a);
    m.def("energies_and_gaps", &energies_and_gaps, "f"_a, written("u"), "p"_a, "edges"_a.none(),
          "radius"_a, written("sums"), "kink"_a, "bounded"_a, "threads"_a, "variant"_a);
}

}  // namespace pdefilter
