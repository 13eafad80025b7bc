// The bindings of kernels that work on rows.

#include "elliptic.hpp"
#include "rows.hpp"

namespace pdefilter {

namespace {

void require(bool fits, const char* otherwise) {
    if (!fits) throw nb::value_error(otherwise);
}

// That indices lie from `first` up to `end`.
void require_within(const Index* indices, Index count, Index apart, Index first, Index end) {
    for (Index k = 0; k < count; ++k)
        require(first <= indices[k * apart] && indices[k * apart] < end,
                "offsets must lie in the kernel, and rows and columns in the image");
}

void check(Correlation2D& task) {
    task.height = task.framed_rows - task.rows + 1;
    task.width = task.framed_columns - task.columns + 1;
    require(task.height > 0 && task.width > 0 && 0 <= task.left && task.left < task.width,
            "a kernel has a row, and a column, of the pixel computed");
    require_within(task.offsets, task.count, 2, 0, task.height);
    require_within(task.offsets + 1, task.count, 2, 0, task.width);
    require_within(task.row_of, task.framed_rows, 1, -1, task.rows);
    require_within(task.column_of, task.framed_columns, 1, -1, task.columns);
}

void check(Gradient& task) {
    require(task.planes == planes_of_measure[task.measure], "as many planes as the measure has");
}

void check(ThinnedGradient& task) {
    task.channels = 1;
    require(!task.along_rows.weights == !task.along_columns.weights, "both kernels, or none");
}

void check(Search& task) { task.rows = (task.count + piece - 1) / piece; }

template <class Task>
void require_reach(const Task& task) {
    require(1 <= task.reach && task.reach <= 63, "offsets reach 1 to 63 pixels");
}

void check(Reduction& task) { require_reach(task); }

void check(Application& task) {
    require(task.channels <= 4, "one to four channels");
    require_reach(task);
}

void check(Variation& task) {
    require(!task.edges || task.edge_sets == 1 || task.edge_sets == task.channels,
            "edges of all channels, or of each");
    require(!task.radius || task.radius_rows == 1 || task.radius_rows == task.rows,
            "a radius for every pixel, or a row for all rows");
}

void check(Balance& task) { require(task.colour / 2 == 0 && task.colour >= 0, "colour 0 or 1"); }

void require_channels(Index channels) {
    require(channels % 16 == 0, "features come in multiples of 16");
}

void require_shift(int shift) { require(1 <= shift && shift <= 30, "a shift is between 1 and 30"); }

// Room for the weights of these arrays, for so many inputs and outputs.
void require_packed(Index size, Index outputs, Index inputs, Index others) {
    require(size == outputs * inputs * others, "room for all weights, and no more");
}

template <class Task>
void require_halves(const Task& task) {
    require(task.rows % 2 == 0 && task.columns % 2 == 0, "even numbers of rows and columns");
}

// A step has two kernels to pack, and what drives steps has one.
template <Index kernels>
void check(FeatureStep& task) {
    require(!task.bias != !task.driven, "either a bias or a state that drives");
    require_channels(task.channels);
    require_shift(task.shift);
    require_packed(task.packed_size, task.channels, task.channels, 9 * kernels);
}

void check(Regridding& task) {
    require_channels(task.channels);
    require_channels(task.coarse_channels);
    require_shift(task.shift);
    require_halves(task);
    require_packed(task.packed_size, task.channels, task.coarse_channels, 4);
}

void check(Lifting& task) {
    require_channels(task.channels);
    require_shift(task.shift);
    require_halves(task);
    require_packed(task.packed_size, task.channels, 1, 36);
}

void check(Lowering& task) {
    require_channels(task.channels);
    require_halves(task);
    require_packed(task.packed_size, task.channels, 1, 36);
}

template <class... Arguments>
void define_balance(nb::module_& m, const char* name, const RowKernel<Balance>& kernel,
                    Arguments... arguments) {
    define<Balance>(m, name, &kernel, {check}, size(&Balance::rows), size(&Balance::columns),
                    maybe<3>(&Balance::edges, {2, rows, columns}), maybe<2>(&Balance::leaks, plane),
                    maybe<2>(&Balance::free, plane), arguments...);
}

}  // namespace

void bind_rows(nb::module_& m) {
    define<Correlation>(m, "correlate", &Variant::correlate, {}, array<3>(&Correlation::in, image),
                        array<3>(&Correlation::out, image), taps(&Correlation::along_rows),
                        taps(&Correlation::along_columns), name(&Correlation::order, orders));
    define<Correlation2D>(
        m, "correlate2d", &Variant::correlate2d, {check}, array<3>(&Correlation2D::in, image),
        array<3>(&Correlation2D::out, image), array<1>(&Correlation2D::weights, {counted}),
        array<2>(&Correlation2D::offsets, {counted, 2}),
        array<1>(&Correlation2D::row_of, {any}, &Correlation2D::framed_rows),
        array<1>(&Correlation2D::column_of, {any}, &Correlation2D::framed_columns),
        number(&Correlation2D::left));
    define<Gradient>(m, "gradient", &Variant::gradient, {check}, array<3>(&Gradient::in, image),
                     maybe<2>(&Gradient::alpha, plane),
                     array<3>(&Gradient::out, {any, rows, columns}, &Gradient::planes),
                     taps(&Gradient::difference), taps(&Gradient::smoothing),
                     name(&Gradient::measure, measures), number(&Gradient::factor),
                     maybe<1>(&Gradient::per_length, {2}));
    define<ThinnedGradient>(
        m, "thin_gradient", &Variant::thin_gradient, {check},
        array<3>(&Gradient::in, {1, rows, columns}), array<3>(&Gradient::out, {1, rows, columns}),
        taps(&Gradient::difference), taps(&Gradient::smoothing), number(&Gradient::factor),
        number(&ThinnedGradient::least), maybe_taps(&ThinnedGradient::along_rows),
        maybe_taps(&ThinnedGradient::along_columns), name(&ThinnedGradient::order, orders),
        number(&ThinnedGradient::lowest), number(&ThinnedGradient::highest));
    define<Shock>(m, "shock", &Variant::shock, {}, array<3>(&Shock::in, image),
                  maybe<3>(&Shock::guide, image), maybe_taps(&Shock::smoothing),
                  maybe<2>(&Shock::weight, plane), maybe<3>(&Shock::structure, {3, rows, columns}),
                  array<3>(&Shock::out, image), number(&Shock::tau));
    define<Curvature>(m, "curvature_motion", &Variant::curvature_motion, {},
                      array<3>(&Curvature::in, image), maybe<2>(&Curvature::weight, plane),
                      array<3>(&Curvature::out, image), number(&Curvature::tau),
                      number(&Curvature::flat));

    const Shape tensor{3, rows, columns}, offsets{12, rows, columns};
    define<Reduction>(m, "reduce", &Variant::reduce, {.check = check, .in_place = true},
                      array<3>(&Reduction::tensor, tensor), name(&Reduction::law, tensor_laws),
                      conductance(&Reduction::conductance), number(&Reduction::scale),
                      maybe<1>(&Reduction::per_area, {3}), number(&Reduction::reach),
                      array<3>(&Reduction::weights, tensor),
                      array<3>(&Reduction::neighbours, offsets));
    define<Application>(m, "apply_stencil", &Variant::apply_stencil,
                        {.check = check, .count_refused = &Variant::count_outside},
                        array<3>(&Application::in, image), array<3>(&Application::out, image),
                        array<3>(&Application::weights, tensor),
                        array<3>(&Application::neighbours, offsets), number(&Application::reach),
                        array<1>(&Application::rounding_bias, {channels}),
                        number(&Application::tau), number(&Application::alpha));
    define<Application>(
        m, "reduce_and_apply", &Variant::apply_stencil, {check}, array<3>(&Application::in, image),
        array<3>(&Application::out, image), array<3>(&Application::tensor, tensor),
        name(&Application::law, tensor_laws), conductance(&Application::conductance),
        number(&Application::scale), maybe<1>(&Application::per_area, {3}),
        number(&Application::reach), array<1>(&Application::rounding_bias, {channels}),
        number(&Application::tau), number(&Application::alpha));

    const Shape field{channels, 4, 2, rows, columns}, edges{any, 2, rows, columns};
    define<Variation>(m, "descend", &Variant::descend, {}, array<3>(&Variation::f, image),
                      array<5>(&Variation::p, field), array<3>(&Variation::u, image));
    define<Variation>(m, "ascend", &Variant::ascend, {check}, array<3>(&Variation::f, image),
                      array<5>(&Variation::p, field), array<5>(&Variation::before, field),
                      maybe<4>(&Variation::edges, edges, &Variation::edge_sets),
                      array<2>(&Variation::radius, {any, columns}, &Variation::radius_rows),
                      array<3>(&Variation::u, image), number(&Variation::step_of_kink),
                      number(&Variation::bounded), number(&Variation::momentum),
                      number(&Variation::step), number(&Variation::least));
    define<Variation>(m, "energies_and_gaps", &Variant::evaluate, {check},
                      array<3>(&Variation::f, image), array<3>(&Variation::u, image),
                      array<5>(&Variation::p, field),
                      maybe<4>(&Variation::edges, edges, &Variation::edge_sets),
                      array<2>(&Variation::radius, {any, columns}, &Variation::radius_rows),
                      array<2>(&Variation::sums, {2, rows}), number(&Variation::kink),
                      number(&Variation::bounded));
    define<Comparison>(m, "risk_sums", &Variant::compare, {},
                       array<3>(&Comparison::filtered, image), array<3>(&Comparison::probed, image),
                       array<3>(&Comparison::f, image), array<3>(&Comparison::signs, image),
                       array<3>(&Comparison::sums, {2, channels, rows}));
    define<Search>(m, "count_not_finite", &Variant::count_not_finite, {check},
                   array<1>(&Search::values, {counted}));

    const Shape kernel{channels, channels, 3, 3}, filters{channels, 6, 6};
    const auto packed = array<1>(&FeatureStep::packed, {any}, &FeatureStep::packed_size);
    define<FeatureStep>(m, "step", &Variant::step, {check<2>}, array<3>(&FeatureStep::in, state),
                        array<4>(&FeatureStep::kernel, kernel),
                        maybe<1>(&FeatureStep::bias, {channels}),
                        maybe<3>(&FeatureStep::driven, state), number(&FeatureStep::shift), packed,
                        array<3>(&FeatureStep::out, state));
    define<FeatureStep>(m, "inject", &Variant::inject, {check<1>},
                        array<3>(&FeatureStep::in, state), array<4>(&FeatureStep::kernel, kernel),
                        array<1>(&FeatureStep::bias, {channels}), number(&FeatureStep::shift),
                        packed, array<3>(&FeatureStep::out, state));

    const Shape squares_of_kernel{coarse_channels, channels, 2, 2};
    const auto packed_squares = array<1>(&Regridding::packed, {any}, &Regridding::packed_size);
    define<Regridding>(m, "restrict_features", &Variant::restrict_features, {check},
                       array<3>(&Regridding::in, state),
                       array<4>(&Regridding::kernel, squares_of_kernel), number(&Regridding::shift),
                       packed_squares, array<3>(&Regridding::out, coarse_state));
    define<Regridding>(m, "prolong_features", &Variant::prolong_features, {check},
                       array<3>(&Regridding::in, state),
                       array<3>(&Regridding::before, coarse_state),
                       array<3>(&Regridding::after, coarse_state),
                       array<4>(&Regridding::kernel, squares_of_kernel), number(&Regridding::shift),
                       packed_squares, array<3>(&Regridding::out, state));

    const Shape half_state{framed + half_rows, framed + half_columns, channels};
    define<Lifting>(m, "lift", &Variant::lift, {check}, array<2>(&Lifting::in, plane),
                    array<3>(&Lifting::filters, filters), maybe<2>(&Lifting::factors, squares),
                    number(&Lifting::factor), number(&Lifting::shift),
                    array<1>(&Lifting::packed, {any}, &Lifting::packed_size),
                    array<3>(&Lifting::out, half_state));
    define<Lowering>(m, "lower", &Variant::lower, {check}, array<2>(&Lowering::in, plane),
                     array<3>(&Lowering::v, half_state), array<3>(&Lowering::filters, filters),
                     maybe<2>(&Lowering::factors, plane), number(&Lowering::factor),
                     array<1>(&Lowering::packed, {any}, &Lowering::packed_size),
                     array<2>(&Lowering::out, plane));

    const auto u = array<2>(&Balance::u, plane);
    const auto from = array<2>(&Balance::from, plane);
    const auto f = maybe<2>(&Balance::f, plane);
    define_balance(m, "relax", relax, u, f, number(&Balance::colour));
    define_balance(m, "residual", residual, from, f, array<2>(&Balance::to, plane));
    define_balance(m, "restrict", restrict_squares, from, f, array<2>(&Balance::to, squares));
    define_balance(m, "prolong", prolong_squares, u, array<2>(&Balance::from, squares));
    define_balance(m, "products", products, from, f, maybe<2>(&Balance::v, plane),
                   array<1>(&Balance::sums, {rows}));
    define_balance(m, "coarsen", coarsen,
                   array<3>(&Balance::to_edges, {2, half_rows, half_columns}),
                   array<2>(&Balance::to, squares), number(&Balance::scale));
}

}  // namespace pdefilter
