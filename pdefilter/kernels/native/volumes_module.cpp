// The bindings of kernels that work on volumes.

#include "rows.hpp"
#include "volume_elliptic.hpp"

namespace pdefilter {

namespace {

void require(bool fits, const char* otherwise) {
    if (!fits) throw nb::value_error(otherwise);
}

void check(VolumeSmoothedStep& task) { require(task.channels <= 4, "four channels at most"); }

void check(VolumeGradient& task) {
    require(task.planes == planes_of_volume_measure[task.measure],
            "as many planes as the measure has");
}

void check(VolumeReduction& task) {
    require(1 <= task.reach && task.reach <= 127, "offsets reach 1 to 127 pixels");
}

void check(VolumeExchange& task) {
    require(1 <= task.reach && task.reach <= 127, "offsets reach 1 to 127 pixels");
    require(task.colour == 0 || task.colour == 1, "colour 0 or 1");
    constexpr Index most = 1 << 30;
    require(task.slices < most && task.rows < most && task.columns < most,
            "fewer than 2^30 pixels along an axis");
}

template <class Task>
void require_axes(const Task& task) {
    require(task.axes == 3 || (task.axes == 2 && task.slices == 1), "three axes, or two");
}

void check(Thinning& task) { require_axes(task); }
void check(VolumeShock& task) { require_axes(task); }
void check(VolumeCurvature& task) { require_axes(task); }

void check(VolumeVariation& task) {
    require_axes(task);
    require(task.planes == task.channels * (task.axes << task.axes) &&
                (!task.before || task.planes_before == task.planes),
            "fields of all orthants");
    require(!task.edges || task.edge_planes == task.axes ||
                task.edge_planes == task.axes * task.channels,
            "edges of all channels, or of each");
    require(!task.radius || task.radius_lines == 1 || task.radius_lines == task.slices * task.rows,
            "a radius for every pixel, or a row for all rows");
}

void check(VolumeBalance& task) { require(task.colour == 0 || task.colour == 1, "colour 0 or 1"); }

// Of all channels, and of one.
const Shape volume{channels, slices, rows, columns}, single{slices, rows, columns};

template <class... Arguments>
void define_balance(nb::module_& m, const char* name, const RowKernel<VolumeBalance>& kernel,
                    Arguments... arguments) {
    using Task = VolumeBalance;
    define<Task>(m, name, &kernel, {check}, size(&Task::slices), size(&Task::rows),
                 size(&Task::columns), maybe<4>(&Task::edges, {3, slices, rows, columns}),
                 maybe<3>(&Task::leaks, single), maybe<3>(&Task::free, single), arguments...);
}

void bind_balances(nb::module_& m) {
    using Task = VolumeBalance;
    const Shape cubes{half_slices, half_rows, half_columns};
    const auto u = array<3>(&Task::u, single);
    const auto from = array<3>(&Task::from, single);
    const auto f = maybe<3>(&Task::f, single);
    define_balance(m, "volume_relax", relax_volume, u, f, number(&Task::colour));
    define_balance(m, "volume_residual", residual_of_volume, from, f, array<3>(&Task::to, single));
    define_balance(m, "volume_restrict", restrict_cubes, from, f, array<3>(&Task::to, cubes));
    define_balance(m, "volume_prolong", prolong_cubes, u, array<3>(&Task::from, cubes));
    define_balance(m, "volume_products", products_of_volume, from, f, maybe<3>(&Task::v, single),
                   array<2>(&Task::sums, {slices, rows}));
    define_balance(m, "volume_coarsen", coarsen_volume,
                   array<4>(&Task::to_edges, {3, half_slices, half_rows, half_columns}),
                   array<3>(&Task::to, cubes), number(&Task::scale));
}

}  // namespace

void bind_volumes(nb::module_& m) {
    bind_balances(m);
    define<VolumeCorrelation>(
        m, "correlate_volume", &Volumes::correlate, {}, array<4>(&VolumeCorrelation::in, volume),
        array<4>(&VolumeCorrelation::out, volume), taps(&VolumeCorrelation::along_slices),
        taps(&VolumeCorrelation::along_rows), taps(&VolumeCorrelation::along_columns),
        name(&VolumeCorrelation::order, orders_of_volumes));
    define<VolumeSmoothedStep>(
        m, "step_through_smoothed_volume", &Volumes::smoothed_step, {check},
        array<4>(&VolumeSmoothedStep::in, volume), array<4>(&VolumeSmoothedStep::out, volume),
        maybe<4>(&VolumeSmoothedStep::edges, {3, slices, rows, columns}),
        taps(&VolumeSmoothedStep::along_slices), taps(&VolumeSmoothedStep::along_rows),
        taps(&VolumeSmoothedStep::along_columns), conductance(&VolumeSmoothedStep::conductance),
        number(&VolumeSmoothedStep::scale), maybe<1>(&VolumeSmoothedStep::per_square, {3}),
        number(&VolumeSmoothedStep::tau));
    define<VolumeGradient>(
        m, "gradient_of_volume", &Volumes::gradient, {check}, array<4>(&VolumeGradient::in, volume),
        maybe<3>(&VolumeGradient::alpha, single),
        array<4>(&VolumeGradient::out, {any, slices, rows, columns}, &VolumeGradient::planes),
        taps(&VolumeGradient::difference), taps(&VolumeGradient::smoothing),
        name(&VolumeGradient::measure, measures), number(&VolumeGradient::factor),
        maybe<1>(&VolumeGradient::per_length, {3}));
    define<Thinning>(m, "thin", &Volumes::thin, {check}, array<3>(&Thinning::strength, single),
                     array<4>(&Thinning::normal, {any, slices, rows, columns}, &Thinning::axes),
                     array<3>(&Thinning::kept, single), maybe<3>(&Thinning::steps, single),
                     number(&Thinning::least));

    const Shape tensor{6, slices, rows, columns}, offsets{9, slices, rows, columns};
    define<VolumeReduction>(
        m, "reduce_volume", &Volumes::reduce, {.check = check, .in_place = true},
        array<4>(&VolumeReduction::tensor, tensor), name(&VolumeReduction::law, tensor_laws),
        conductance(&VolumeReduction::conductance), number(&VolumeReduction::scale),
        maybe<1>(&VolumeReduction::per_area, {6}), number(&VolumeReduction::reach),
        array<4>(&VolumeReduction::weights, tensor), array<4>(&VolumeReduction::offsets, offsets));
    const auto in = array<4>(&VolumeExchange::in, volume);
    const auto changes = array<4>(&VolumeExchange::changes, volume);
    const auto rounding_bias = array<1>(&VolumeExchange::rounding_bias, {channels});
    define<VolumeExchange>(
        m, "exchange_in_volume", &Volumes::exchange,
        {.check = check, .count_refused = &Volumes::count_outside}, in, changes,
        array<4>(&VolumeExchange::weights, tensor), array<4>(&VolumeExchange::offsets, offsets),
        maybe<3>(&VolumeExchange::closed, single), number(&VolumeExchange::reach), rounding_bias,
        number(&VolumeExchange::colour));
    define<VolumeExchange>(
        m, "reduce_and_exchange_in_volume", &Volumes::exchange, {check}, in, changes,
        array<4>(&VolumeExchange::tensor, tensor), name(&VolumeExchange::law, tensor_laws),
        conductance(&VolumeExchange::conductance), number(&VolumeExchange::scale),
        maybe<1>(&VolumeExchange::per_area, {6}), number(&VolumeExchange::reach), rounding_bias,
        number(&VolumeExchange::colour));
    define<VolumeStep>(m, "step_volume", &Volumes::step, {}, array<4>(&VolumeStep::in, volume),
                       array<4>(&VolumeStep::changes, volume), array<4>(&VolumeStep::out, volume),
                       number(&VolumeStep::tau), number(&VolumeStep::alpha));

    define<VolumeShock>(
        m, "shock_in_volume", &Volumes::shock, {check}, number(&VolumeShock::axes),
        array<1>(&VolumeShock::per_length, {3}), array<1>(&VolumeShock::per_area, {6}),
        array<4>(&VolumeShock::in, volume), array<4>(&VolumeShock::guide, volume),
        maybe<3>(&VolumeShock::weight, single), maybe<4>(&VolumeShock::structure, tensor),
        array<4>(&VolumeShock::out, volume), number(&VolumeShock::tau));
    define<VolumeCurvature>(
        m, "curvature_motion_in_volume", &Volumes::curvature_motion, {check},
        number(&VolumeCurvature::axes), array<1>(&VolumeCurvature::per_length, {3}),
        array<1>(&VolumeCurvature::per_area, {6}), array<4>(&VolumeCurvature::in, volume),
        maybe<3>(&VolumeCurvature::weight, single), array<4>(&VolumeCurvature::out, volume),
        number(&VolumeCurvature::tau), number(&VolumeCurvature::flat));

    using Task = VolumeVariation;
    const Shape planes{any, slices, rows, columns};
    const auto f = array<4>(&Task::f, volume);
    const auto u = array<4>(&Task::u, volume);
    const auto p = array<4>(&Task::p, planes, &Task::planes);
    const auto before = array<4>(&Task::before, planes, &Task::planes_before);
    const auto edges = maybe<4>(&Task::edges, planes, &Task::edge_planes);
    const auto radius = array<2>(&Task::radius, {any, columns}, &Task::radius_lines);
    const auto axes = number(&Task::axes);
    const auto bounded = number(&Task::bounded);
    const auto per_length = maybe<1>(&Task::per_length, {3});
    define<Task>(m, "descend_orthants", &Volumes::descend, {check}, axes, per_length, f, p,
                 maybe<4>(&Task::before, planes, &Task::planes_before), u, number(&Task::momentum));
    define<Task>(m, "ascend_orthants", &Volumes::ascend, {check}, axes, per_length, u, p, before,
                 edges, radius, number(&Task::step_of_kink), bounded, number(&Task::momentum),
                 number(&Task::step), number(&Task::least));
    define<Task>(m, "evaluate_orthants", &Volumes::evaluate, {check}, axes, per_length, f, u, p,
                 edges, radius, array<3>(&Task::sums, {2, slices, rows}), number(&Task::kink),
                 bounded);
}

}  // namespace pdefilter
