// The bindings. Shapes and types are checked in Python; here only what could crash.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "bindings.hpp"
#include "channels.hpp"
#include "correlation.hpp"
#include "lattice.hpp"
#include "march.hpp"
#include "shock.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using Planes = nb::ndarray<const float, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
using Plane = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Target = nb::ndarray<float, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
using Ends = nb::ndarray<const std::int8_t, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
using EndsTarget = nb::ndarray<std::int8_t, nb::ndim<3>, nb::c_contig, nb::device::cpu>;
using Places = nb::ndarray<const std::ptrdiff_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Index1 = nb::ndarray<const std::ptrdiff_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Numbers = nb::ndarray<const float, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

template <class A, class B>
void require_same_shape(const A& a, const B& b) {
    for (size_t axis = 0; axis < 3; ++axis)
        if (a.shape(axis) != b.shape(axis)) throw nb::value_error("images must be of one shape");
}

// What the edges conduct, kept alive in `held`; null for 1.
const float* edges_of(const Planes& image, const nb::object& edges, Planes& held) {
    if (edges.is_none()) return nullptr;
    held = nb::cast<Planes>(edges);
    if (held.shape(0) != 2 || held.shape(1) != image.shape(1) || held.shape(2) != image.shape(2))
        throw nb::value_error("every pixel has two edges");
    return held.data();
}

using pdefilter::interrupted;
using pdefilter::run;

// How much every pixel counts, kept alive in `held`; null for 1.
const float* plane_of(const Planes& image, const nb::object& plane, Plane& held) {
    if (plane.is_none()) return nullptr;
    held = nb::cast<Plane>(plane);
    if (held.shape(0) != image.shape(1) || held.shape(1) != image.shape(2))
        throw nb::value_error("images must be of one shape");
    return held.data();
}

const pdefilter::Variant& table_of(const std::string& variant) {
    const auto* table = pdefilter::variant_of(variant);
    if (!table) throw nb::value_error("this machine cannot run that variant");
    return *table;
}

pdefilter::How how(int threads, pdefilter::Index levels, pdefilter::Index tile_rows,
                   pdefilter::Index tile_columns, const std::string& variant) {
    if (threads < 1 || levels < 1 || tile_rows < 1 || tile_columns < 1)
        throw nb::value_error("threads, levels and tiles must be at least one");
    return {threads, levels, tile_rows, tile_columns, &table_of(variant)};
}

pdefilter::Conducting law_of(const Planes& in, const float* edges, int conductance, float scale) {
    if (in.shape(0) < 1 || in.shape(0) > 4 || in.size() == 0)
        throw nb::value_error("one to four channels and one pixel at least");
    pdefilter::Conducting law{};
    law.channels = pdefilter::Index(in.shape(0));
    law.rows = pdefilter::Index(in.shape(1));
    law.columns = pdefilter::Index(in.shape(2));
    law.in = in.data();
    law.edges = edges;
    law.conductance = pdefilter::Conductance(conductance);
    law.scale = scale;
    return law;
}

pdefilter::Conducting law_of(const Planes& in, const float* edges, Target& out, int conductance,
                             float scale) {
    auto law = law_of(in, edges, conductance, scale);
    if (out.shape(0) != 2 || out.shape(1) != in.shape(1) || out.shape(2) != in.shape(2))
        throw nb::value_error("every pixel has two edges");
    law.out = out.data();
    return law;
}

void march(Planes in, Target out, Target spare, nb::object befores, Numbers steps,
           nb::object momenta, nb::object edges, nb::object held, int conductance, float scale,
           int threads, pdefilter::Index levels, pdefilter::Index tile_rows,
           pdefilter::Index tile_columns, const std::string& variant) {
    const auto way = how(threads, levels, tile_rows, tile_columns, variant);
    require_same_shape(in, out);
    const auto count = pdefilter::Index(steps.shape(0));
    if (count < 1 || in.shape(0) < 1 || in.shape(0) > 4 || in.size() == 0)
        throw nb::value_error("one to four channels, one pixel and one step at least");
    if (count > levels) require_same_shape(in, spare);

    pdefilter::Pass pass{};
    pass.channels = pdefilter::Index(in.shape(0));
    pass.rows = pdefilter::Index(in.shape(1));
    pass.columns = pdefilter::Index(in.shape(2));
    pass.in = pass.before = in.data();
    pass.out = out.data();
    pass.steps = steps.data();

    Planes given, followed;
    pass.edges = edges_of(in, edges, given);
    pdefilter::Conducting law{};
    if (held.is_none()) {
        pass.conductance = pdefilter::Conductance(conductance);
        pass.scale = scale;
    } else {
        followed = nb::cast<Planes>(held);
        law = law_of(followed, pass.edges, conductance, scale);
        if (law.rows != pass.rows || law.columns != pass.columns)
            throw nb::value_error("images must be of one shape");
        pass.held = &law;
    }
    Numbers factors;
    std::array<Target, 2> room;
    float* room_data[2] = {nullptr, nullptr};
    if (!momenta.is_none()) {
        factors = nb::cast<Numbers>(momenta);
        if (factors.shape(0) != steps.shape(0)) throw nb::value_error("one momentum a step");
        pass.momenta = factors.data();
        bool moved = false;
        for (auto k = levels; k < count; k += levels) moved |= pass.momenta[k] != 1;
        if (moved)
            for (size_t k = 0; k < 2; ++k) {
                room[k] = nb::cast<Target>(befores[k]);
                require_same_shape(in, room[k]);
                room_data[k] = room[k].data();
            }
    }
    run([&] { return pdefilter::march(pass, count, spare.data(), room_data, way, interrupted); });
}

void split(Planes in, Target out, Target spare, Numbers two_taus, nb::object edges,
           nb::object held, int conductance, float scale, int threads,
           const std::string& variant) {
    const auto way = how(threads, 1, 1, 1, variant);
    require_same_shape(in, out);
    require_same_shape(in, spare);
    const auto count = pdefilter::Index(two_taus.shape(0));
    if (count < 1) throw nb::value_error("one step at least");
    Planes given;
    const Planes followed = held.is_none() ? in : nb::cast<Planes>(held);
    auto law = law_of(followed, edges_of(in, edges, given), conductance, scale);
    if (held.is_none()) law.in = nullptr;
    pdefilter::Splitting task{};
    task.channels = pdefilter::Index(in.shape(0));
    task.rows = pdefilter::Index(in.shape(1));
    task.columns = pdefilter::Index(in.shape(2));
    if (law.rows != task.rows || law.columns != task.columns)
        throw nb::value_error("images must be of one shape");
    task.in = in.data();
    task.out = out.data();
    run([&] {
        return pdefilter::split(law, task, two_taus.data(), count, spare.data(), way, interrupted);
    });
}

void conduct(Planes in, Target out, nb::object edges, int conductance, float scale, int threads,
             const std::string& variant) {
    const auto way = how(threads, 1, 1, 1, variant);
    Planes given;
    const auto law = law_of(in, edges_of(in, edges, given), out, conductance, scale);
    run([&] { return pdefilter::conduct(law, way, interrupted); });
}

pdefilter::Taps taps_of(const Numbers& weights, pdefilter::Index first) {
    const float* const w = weights.data();
    const auto count = pdefilter::Index(weights.shape(0));
    if (count < 1) throw nb::value_error("one weight at least");
    const bool symmetric = std::equal(w, w + count, std::reverse_iterator(w + count));
    return {w, count, first, symmetric};
}

void correlate(Planes in, Target out, Numbers along_rows, pdefilter::Index first_row,
               Numbers along_columns, pdefilter::Index first_column, int threads,
               const std::string& variant) {
    require_same_shape(in, out);
    if (in.size() == 0 || threads < 1) throw nb::value_error("one pixel and one thread at least");
    pdefilter::Correlation task{};
    task.channels = pdefilter::Index(in.shape(0));
    task.rows = pdefilter::Index(in.shape(1));
    task.columns = pdefilter::Index(in.shape(2));
    task.in = in.data();
    task.out = out.data();
    task.along_rows = taps_of(along_rows, first_row);
    task.along_columns = taps_of(along_columns, first_column);
    const auto& table = table_of(variant);
    run([&] { return pdefilter::correlate(task, threads, table, interrupted); });
}

void gradient(Planes in, nb::object alpha, Target out, Numbers difference,
              pdefilter::Index first, Numbers smoothing, pdefilter::Index first_across,
              int measure, float factor, int threads, const std::string& variant) {
    pdefilter::Gradient task{};
    task.channels = pdefilter::Index(in.shape(0));
    task.rows = pdefilter::Index(in.shape(1));
    task.columns = pdefilter::Index(in.shape(2));
    task.in = in.data();
    task.out = out.data();
    task.measure = pdefilter::Measure(measure);
    task.factor = factor;
    task.difference = taps_of(difference, first);
    task.smoothing = taps_of(smoothing, first_across);
    const size_t planes = task.measure == pdefilter::vector ? 2 : 1;
    if (in.size() == 0 || threads < 1) throw nb::value_error("one pixel and one thread at least");
    if (out.shape(0) != planes || out.shape(1) != in.shape(1) || out.shape(2) != in.shape(2))
        throw nb::value_error("two planes for the vector, one for its strength");
    Plane opacity;
    task.alpha = plane_of(in, alpha, opacity);
    const auto& table = table_of(variant);
    run([&] { return pdefilter::gradient(task, threads, table, interrupted); });
}

using Pixels = nb::ndarray<nb::ndim<3>, nb::c_contig, nb::device::cpu>;
using StoredPixels = nb::ndarray<nb::ro, nb::ndim<3>, nb::c_contig, nb::device::cpu>;

pdefilter::Stored stored_as(nb::dlpack::dtype type) {
    if (type == nb::dtype<uint8_t>()) return pdefilter::uint8;
    if (type == nb::dtype<uint16_t>()) return pdefilter::uint16;
    if (type == nb::dtype<float>()) return pdefilter::float32;
    throw nb::value_error("8 bits, 16 bits or float32");
}

void part(StoredPixels pixels, Target out, Numbers values, int threads,
          const std::string& variant) {
    pdefilter::Parting task{};
    task.rows = pdefilter::Index(pixels.shape(0));
    task.columns = pdefilter::Index(pixels.shape(1));
    task.channels = pdefilter::Index(pixels.shape(2));
    task.in = pixels.data();
    task.type = stored_as(pixels.dtype());
    task.values = values.data();
    task.out = out.data();
    if (pixels.size() == 0 || threads < 1)
        throw nb::value_error("one pixel and one thread at least");
    if (task.type != pdefilter::float32 && values.shape(0) != size_t(1) << pixels.itemsize() * 8)
        throw nb::value_error("one value for every integer");
    if (out.shape(0) != pixels.shape(2) || out.shape(1) != pixels.shape(0) ||
        out.shape(2) != pixels.shape(1))
        throw nb::value_error("one plane for every channel");
    const auto& table = table_of(variant);
    run([&] { return pdefilter::part(task, threads, table, interrupted); });
}

pdefilter::Index join(std::vector<Plane> planes, Pixels out, Numbers lowest, Numbers width,
                      float full, int threads, const std::string& variant) {
    pdefilter::Joining task{};
    task.rows = pdefilter::Index(out.shape(0));
    task.columns = pdefilter::Index(out.shape(1));
    task.channels = pdefilter::Index(out.shape(2));
    task.lowest = lowest.data();
    task.width = width.data();
    task.full = full;
    task.out = out.data();
    task.type = stored_as(out.dtype());
    if (out.size() == 0 || threads < 1) throw nb::value_error("one pixel and one thread at least");
    if (planes.size() != out.shape(2) || lowest.shape(0) != planes.size() ||
        width.shape(0) != planes.size())
        throw nb::value_error("one plane and one interval for every channel");
    std::vector<const float*> places;
    for (const auto& plane : planes) {
        if (plane.shape(0) != out.shape(0) || plane.shape(1) != out.shape(1))
            throw nb::value_error("images must be of one shape");
        places.push_back(plane.data());
    }
    task.planes = places.data();
    const auto& table = table_of(variant);
    pdefilter::Index outside = 0;
    run([&] { return pdefilter::join(task, threads, table, interrupted, outside); });
    return outside;
}

template <class A>
void require_of_pixels(const A& array, size_t rows, size_t columns, size_t numbers) {
    if (array.shape(0) != rows || array.shape(1) != columns || array.shape(2) != numbers)
        throw nb::value_error("three weights a pixel, and six ends");
}

void reduce(Planes tensor, Target weights, EndsTarget ends, int threads,
            const std::string& variant) {
    if (tensor.shape(0) != 3 || tensor.size() == 0 || threads < 1)
        throw nb::value_error("three components, one pixel and one thread at least");
    require_of_pixels(weights, tensor.shape(1), tensor.shape(2), 3);
    require_of_pixels(ends, tensor.shape(1), tensor.shape(2), 12);
    pdefilter::Reducing task{};
    task.rows = pdefilter::Index(tensor.shape(1));
    task.columns = pdefilter::Index(tensor.shape(2));
    task.tensor = tensor.data();
    task.weights = weights.data();
    task.ends = ends.data();
    const auto& table = table_of(variant);
    run([&] { return pdefilter::reduce(task, threads, table, interrupted); });
}

// That no end lies outside the image is what `reduce` sees to.
void tie(Planes in, Target out, Planes weights, Ends ends, float tau, float alpha, int threads,
         const std::string& variant) {
    require_same_shape(in, out);
    if (in.shape(0) < 1 || in.shape(0) > 4 || in.size() == 0 || threads < 1)
        throw nb::value_error("one to four channels, one pixel and one thread at least");
    require_of_pixels(weights, in.shape(1), in.shape(2), 3);
    require_of_pixels(ends, in.shape(1), in.shape(2), 12);
    pdefilter::Tying task{};
    task.channels = pdefilter::Index(in.shape(0));
    task.rows = pdefilter::Index(in.shape(1));
    task.columns = pdefilter::Index(in.shape(2));
    task.in = in.data();
    task.out = out.data();
    task.weights = weights.data();
    task.ends = ends.data();
    task.tau = tau;
    task.alpha = alpha;
    const auto& table = table_of(variant);
    run([&] { return pdefilter::tie(task, threads, table, interrupted); });
}

void shock(Planes in, Planes guide, nb::object weight, nb::object across, Target out, float tau,
           int threads, const std::string& variant) {
    require_same_shape(in, guide);
    require_same_shape(in, out);
    if (in.size() == 0 || threads < 1) throw nb::value_error("one pixel and one thread at least");
    pdefilter::Shock task{};
    task.channels = pdefilter::Index(in.shape(0));
    task.rows = pdefilter::Index(in.shape(1));
    task.columns = pdefilter::Index(in.shape(2));
    task.in = in.data();
    task.guide = guide.data();
    task.out = out.data();
    task.tau = tau;
    Plane counts;
    task.weight = plane_of(in, weight, counts);
    Planes projection;
    if (!across.is_none()) {
        projection = nb::cast<Planes>(across);
        if (projection.shape(0) != 3 || projection.shape(1) != in.shape(1) ||
            projection.shape(2) != in.shape(2))
            throw nb::value_error("a projection has three planes");
        task.across = projection.data();
    }
    const auto& table = table_of(variant);
    run([&] { return pdefilter::shock(task, threads, table, interrupted); });
}

// That no place lies outside the kernel or the image is what Python sees to.
void correlate2d(Planes in, Target out, Numbers weights, Places places, Index1 row_of,
                 Index1 column_of, int left, int threads, const std::string& variant) {
    require_same_shape(in, out);
    if (in.size() == 0 || threads < 1) throw nb::value_error("one pixel and one thread at least");
    pdefilter::Correlation2D task{};
    task.channels = pdefilter::Index(in.shape(0));
    task.rows = pdefilter::Index(in.shape(1));
    task.columns = pdefilter::Index(in.shape(2));
    task.in = in.data();
    task.out = out.data();
    task.height = pdefilter::Index(row_of.shape(0)) - task.rows + 1;
    task.width = pdefilter::Index(column_of.shape(0)) - task.columns + 1;
    task.left = left;
    task.count = pdefilter::Index(weights.shape(0));
    if (task.height < 1 || task.width < 1 || left < 0 || left >= task.width ||
        places.size() != 2 * weights.size())
        throw nb::value_error("a kernel of one weight at least, and a place for every weight");
    task.weights = weights.data();
    task.places = places.data();
    task.row_of = row_of.data();
    task.column_of = column_of.data();
    const auto& table = table_of(variant);
    run([&] { return pdefilter::correlate2d(task, threads, table, interrupted); });
}

void straighten(Planes in, nb::object weight, Target out, float tau, float flat, int threads,
                const std::string& variant) {
    require_same_shape(in, out);
    if (in.size() == 0 || threads < 1) throw nb::value_error("one pixel and one thread at least");
    pdefilter::Curvature task{};
    task.channels = pdefilter::Index(in.shape(0));
    task.rows = pdefilter::Index(in.shape(1));
    task.columns = pdefilter::Index(in.shape(2));
    task.in = in.data();
    task.out = out.data();
    task.tau = tau;
    task.flat = flat;
    Plane counts;
    task.weight = plane_of(in, weight, counts);
    const auto& table = table_of(variant);
    run([&] { return pdefilter::straighten(task, threads, table, interrupted); });
}

}  // namespace

NB_MODULE(_native, m) {
    m.doc() = "The kernels, compiled; see pdefilter.kernels.native.";
    m.def("variants", &pdefilter::variants);
    m.def("march", &march, "in_"_a, "out"_a, "spare"_a, "befores"_a.none(), "steps"_a,
          "momenta"_a.none(), "edges"_a.none(), "held"_a.none(), "conductance"_a, "scale"_a,
          "threads"_a, "levels"_a, "tile_rows"_a, "tile_columns"_a, "variant"_a);
    m.def("split", &split, "in_"_a, "out"_a, "spare"_a, "two_taus"_a, "edges"_a.none(),
          "held"_a.none(), "conductance"_a, "scale"_a, "threads"_a, "variant"_a);
    m.def("conduct", &conduct, "in_"_a, "out"_a, "edges"_a.none(), "conductance"_a, "scale"_a,
          "threads"_a, "variant"_a);
    m.def("correlate", &correlate, "in_"_a, "out"_a, "along_rows"_a, "first_row"_a,
          "along_columns"_a, "first_column"_a, "threads"_a, "variant"_a);
    m.def("correlate2d", &correlate2d, "in_"_a, "out"_a, "weights"_a, "places"_a, "row_of"_a,
          "column_of"_a, "left"_a, "threads"_a, "variant"_a);
    m.def("gradient", &gradient, "in_"_a, "alpha"_a.none(), "out"_a, "difference"_a, "first"_a,
          "smoothing"_a, "first_across"_a, "measure"_a, "factor"_a, "threads"_a, "variant"_a);
    m.def("part", &part, "pixels"_a, "out"_a, "values"_a, "threads"_a, "variant"_a);
    m.def("join", &join, "planes"_a, "out"_a, "lowest"_a, "width"_a, "full"_a, "threads"_a,
          "variant"_a);
    m.def("reduce", &reduce, "tensor"_a, "weights"_a, "ends"_a, "threads"_a, "variant"_a);
    m.def("tie", &tie, "in_"_a, "out"_a, "weights"_a, "ends"_a, "tau"_a, "alpha"_a, "threads"_a,
          "variant"_a);
    m.def("shock", &shock, "in_"_a, "guide"_a, "weight"_a.none(), "across"_a.none(), "out"_a,
          "tau"_a, "threads"_a, "variant"_a);
    m.def("straighten", &straighten, "in_"_a, "weight"_a.none(), "out"_a, "tau"_a, "flat"_a,
          "threads"_a, "variant"_a);
    pdefilter::bind_elliptic(m);
    pdefilter::bind_variation(m);
}
