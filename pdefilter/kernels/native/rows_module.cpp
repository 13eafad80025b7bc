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

void check(Search& task) { task.rows = (task.count + piece - 1) / piece; }

void check(Application& task) { require(task.channels <= 4, "one to four channels"); }

void check(Variation& task) {
    require(!task.edges || task.edge_sets == 1 || task.edge_sets == task.channels,
            "edges of all channels, or of each");
    require(!task.radius || task.radius_rows == 1 || task.radius_rows == task.rows,
            "a radius for every pixel, or a row for all rows");
}

void check(Balance& task) { require(task.colour / 2 == 0 && task.colour >= 0, "colour 0 or 1"); }

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
                     name(&Gradient::measure, measures), number(&Gradient::factor));
    define<Shock>(m, "shock", &Variant::shock, {}, array<3>(&Shock::in, image),
                  maybe<3>(&Shock::guide, image), maybe_taps(&Shock::smoothing),
                  maybe<2>(&Shock::weight, plane), maybe<3>(&Shock::structure, {3, rows, columns}),
                  array<3>(&Shock::out, image), number(&Shock::tau));
    define<Curvature>(m, "curvature_motion", &Variant::curvature_motion, {},
                      array<3>(&Curvature::in, image), maybe<2>(&Curvature::weight, plane),
                      array<3>(&Curvature::out, image), number(&Curvature::tau),
                      number(&Curvature::flat));

    const Shape tensor{3, rows, columns}, offsets{12, rows, columns};
    define<Reduction>(m, "reduce", &Variant::reduce, {.in_place = true},
                      array<3>(&Reduction::tensor, tensor), name(&Reduction::law, tensor_laws),
                      conductance(&Reduction::conductance), number(&Reduction::scale),
                      array<3>(&Reduction::weights, tensor),
                      array<3>(&Reduction::neighbours, offsets));
    define<Application>(m, "apply_stencil", &Variant::apply_stencil,
                        {.check = check, .count_refused = &Variant::count_outside},
                        array<3>(&Application::in, image), array<3>(&Application::out, image),
                        array<3>(&Application::weights, tensor),
                        array<3>(&Application::neighbours, offsets),
                        array<1>(&Application::rounding_bias, {channels}),
                        number(&Application::tau), number(&Application::alpha));
    define<Application>(
        m, "reduce_and_apply", &Variant::apply_stencil, {check}, array<3>(&Application::in, image),
        array<3>(&Application::out, image), array<3>(&Application::tensor, tensor),
        name(&Application::law, tensor_laws), conductance(&Application::conductance),
        number(&Application::scale), array<1>(&Application::rounding_bias, {channels}),
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
