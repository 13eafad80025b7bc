// The bindings of what an estimate of risk adds up.

#include <nanobind/stl/optional.h>

#include "bindings.hpp"
#include "risk.hpp"

namespace pdefilter {

namespace {

void risk_sums(Planes filtered, Planes probed, Planes f, Array<const std::int8_t, 3> signs,
               std::optional<Array<const bool>> visible, Array<double, 3> rows, int threads) {
    require_work(filtered, threads);
    require_same_shape(filtered, probed);
    require_same_shape(filtered, f);
    require_same_shape(filtered, signs);
    Comparison task{};
    task.channels = Index(f.shape(0));
    task.rows = Index(f.shape(1));
    task.columns = Index(f.shape(2));
    task.filtered = filtered.data();
    task.probed = probed.data();
    task.f = f.data();
    task.signs = signs.data();
    if (visible) {
        if (visible->shape(0) != f.shape(1) || visible->shape(1) != f.shape(2))
            throw nb::value_error("images must be of one shape");
        task.visible = visible->data();
    }
    if (Index(rows.size()) != 2 * task.channels * task.rows)
        throw nb::value_error("two sums for every row");
    task.misfits = rows.data();
    task.answers = rows.data() + task.channels * task.rows;
    run([&] { return compare(task, threads, interrupted); });
}

}  // namespace

void bind_risk(nb::module_& m) { m.def("risk_sums", &risk_sums); }

}  // namespace pdefilter
