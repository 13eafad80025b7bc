// The bindings of what an estimate of risk adds up.

#include "bindings.hpp"
#include "team.hpp"

namespace pdefilter {

namespace {

void risk_sums(Planes filtered, Planes probed, Planes f, Planes signs, Array<double, 3> rows,
               int threads, const std::string& variant) {
    require_work(filtered, threads);
    require_same_shape(filtered, probed);
    require_same_shape(filtered, f);
    require_same_shape(filtered, signs);
    require_shape(rows, {2, f.shape(0), f.shape(1)});
    require_apart(rows, filtered, probed, f, signs);
    Comparison task{};
    task.columns = Index(f.shape(2));
    task.filtered = filtered.data();
    task.probed = probed.data();
    task.f = f.data();
    task.signs = signs.data();
    const auto count = Index(f.shape(0) * f.shape(1));
    task.misfits = rows.data();
    task.answers = rows.data() + count;
    const auto& table = table_of(variant);
    auto some_rows = [&](Index first, Index last, float*) {
        table.compare_rows(task, first, last);
    };
    run([&] { return in_chunks(count, threads, 0, some_rows, interrupted); });
}

}  // namespace

void bind_risk(nb::module_& m) {
    m.def("risk_sums", &risk_sums, "filtered"_a, "probed"_a, "f"_a, "signs"_a, written("rows"),
          "threads"_a, "variant"_a);
}

}  // namespace pdefilter
