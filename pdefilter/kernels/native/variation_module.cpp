// The bindings of variation.

#include <nanobind/stl/optional.h>

#include "bindings.hpp"
#include "march.hpp"

namespace pdefilter {

namespace {

template <class A, class B>
void require_size(const A& array, const B& image, size_t times) {
    if (array.size() != times * image.size()) throw nb::value_error("images must be of one shape");
}

Variation variation_of(const Array<const float, 3>& f, const Array<const float, 4>& p,
                       const std::optional<Array<const float, 3>>& edges) {
    if (f.size() == 0) throw nb::value_error("one pixel at least");
    require_size(p, f, 2);
    Variation task{};
    task.channels = Index(f.shape(0));
    task.rows = Index(f.shape(1));
    task.columns = Index(f.shape(2));
    task.f = f.data();
    task.p = p.data();
    if (edges) {
        if (Index(edges->size()) != 2 * task.rows * task.columns)
            throw nb::value_error("every pixel has two edges");
        task.edges = edges->data();
    }
    return task;
}

void on_rows(const Variation& task, int threads, const std::string& variant,
             void (*Variant::*rows)(const Variation&, Index, Index, float*)) {
    const Variant* const table = variant_of(variant);
    if (!table || threads < 1) throw nb::value_error("a variant of this machine, and one thread");
    auto work = [&](Index first, Index last, float* scratch) {
        (table->*rows)(task, first, last, scratch);
    };
    run([&] {
        return in_chunks(task.rows, threads, table->variation_scratch(task), work, interrupted);
    });
}

void ascend(Array<const float, 3> f, Array<const float, 4> p, Array<const float, 4> before,
            std::optional<Array<const float, 3>> edges, Array<float, 4> out, float momentum,
            float step, float shrinkage, float radius, int threads, const std::string& variant) {
    Variation task = variation_of(f, p, edges);
    require_size(before, f, 2);
    require_size(out, f, 2);
    task.before = before.data();
    task.out = out.data();
    task.momentum = momentum;
    task.step = step;
    task.shrinkage = shrinkage;
    task.radius = radius;
    on_rows(task, threads, variant, &Variant::ascend_rows);
}

void energies_and_gaps(Array<const float, 3> f, Array<const float, 4> p,
                       std::optional<Array<const float, 3>> edges, Array<double, 2> sums,
                       float softness, float radius, int threads, const std::string& variant) {
    Variation task = variation_of(f, p, edges);
    if (Index(sums.size()) != 2 * task.rows) throw nb::value_error("two sums for every row");
    task.sums = sums.data();
    task.softness = softness;
    task.radius = radius;
    on_rows(task, threads, variant, &Variant::look_rows);
}

}  // namespace

void bind_variation(nb::module_& m) {
    m.def("ascend", &ascend);
    m.def("energies_and_gaps", &energies_and_gaps);
}

}  // namespace pdefilter
