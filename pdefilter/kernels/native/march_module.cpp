// The bindings of marches and of operator splitting.

#include "bindings.hpp"
#include "march.hpp"

namespace pdefilter {

namespace {

using Edges = Maybe<const float, 3>;

// Of a volume of so many slices, or of an image of none; numbers are 1/h^2 along all axes.
Grid grid_of(Index slices, const std::optional<Numbers>& per_square) {
    if (slices < 0) throw nb::value_error("slices must be none or more");
    Grid grid{slices ? 3 : 2, std::max<Index>(slices, 1), per_square.has_value(), {1, 1, 1}};
    if (per_square) {
        require_shape(*per_square, {size_t(grid.axes)});
        std::copy_n(per_square->data(), grid.axes, grid.per_square + 3 - grid.axes);
    }
    return grid;
}

// Starts the description of work on an image of so many channels, of which there may be several;
// slices of a volume lie one after the other.
template <class Task>
Task task_on(const Planes& in, Index channels, Index slices) {
    const auto planes = Index(in.shape(0));
    if (channels < 1 || channels > 4 || slices > planes || planes % (channels * slices) ||
        in.size() == 0)
        throw nb::value_error("one to four channels and one pixel at least");
    Task task{};
    task.channels = channels;
    task.rows = Index(in.shape(1));
    task.columns = Index(in.shape(2));
    task.in = in.data();
    return task;
}

// The conductances of the edges of an image, which follow a guide, or that image itself.
Conducting conducting_on(const Planes& in, Index channels, const Grid& grid, const Edges& edges,
                         const Edges& guide, const std::string& conductance, float scale) {
    require_shape(edges, {size_t(grid.axes * grid.slices), in.shape(1), in.shape(2)});
    if (guide) require_shape(*guide, {guide->shape(0), in.shape(1), in.shape(2)});
    auto task = task_on<Conducting>(
        guide ? *guide : in, guide ? Index(guide->shape(0)) / grid.slices : channels, grid.slices);
    task.apart = grid.slices * task.rows * task.columns;
    task.edges = data_of(edges);
    task.conductance = conductance_of(conductance);
    task.scale = scale;
    return task;
}

// Steps that alternate between two images end in `out`; the first is taken from `in`, to which
// only a later one may return.
void require_ping_pong(const Planes& in, const Target& out, const Target& spare, Index steps) {
    const bool first_to_out = steps % 2;
    require_apart(first_to_out ? out : spare, in);
    if (steps == 1) return;
    require_apart(out, spare);
    require_apart_or_in_place(bytes_of(first_to_out ? spare : out), bytes_of(in));
}

// Images of so many channels each, one after the other.
void call_march(Planes in, Index channels, Index slices, std::optional<Numbers> per_square,
                Target out, Maybe<float, 3> spare, Maybe<float, 3> before, Numbers steps,
                std::optional<Numbers> momenta, Edges edges, Edges guide,
                std::optional<Kernel1D> smoothing, const std::string& conductance, float scale,
                Index levels, Index tile_rows, Index tile_columns, int threads,
                const std::string& variant) {
    const size_t rows = in.shape(1), columns = in.shape(2);
    const auto count = Index(steps.shape(0)), planes = Index(in.shape(0));
    const Grid grid = grid_of(slices, per_square);
    auto pass = task_on<Pass>(in, channels, grid.slices);
    pass.grid = grid;
    if (count < 1) throw nb::value_error("one step at least");
    require_threads(threads);
    if (levels < 1 || tile_rows < 1 || tile_columns < 1)
        throw nb::value_error("levels and tiles must be at least one");
    const Tiling tiling{std::min(levels, count), std::min(tile_rows, Index(rows)),
                        std::min(tile_columns, Index(columns))};
    const Variant& table = table_of(variant);
    require_shape(out, {in.shape(0), rows, columns});
    require_shape(spare, {in.shape(0), rows, columns});
    require_shape(before, {size_t(channels * grid.slices), rows, columns});
    const Bytes kernel = smoothing ? bytes_of(*smoothing) : Bytes{};
    for (const Bytes bytes : {bytes_of(out), bytes_of(spare), bytes_of(before)}) {
        for (const Bytes other : {bytes_of(edges), bytes_of(guide), bytes_of(steps),
                                  bytes_of(momenta), kernel, bytes_of(per_square)})
            require_apart(bytes, other);
    }
    for (const Bytes bytes : {bytes_of(out), bytes_of(spare), bytes_of(in)})
        require_apart(bytes, bytes_of(before));
    const Index passes = (count + tiling.levels - 1) / tiling.levels;
    if (spare)
        require_ping_pong(in, out, *spare, passes);
    else
        require_apart_or_in_place(bytes_of(out), bytes_of(in));

    auto conducting = conducting_on(in, channels, grid, edges, guide, conductance, scale);
    conducting.smoothing = taps_of(smoothing);
    pass.before = pass.in;
    pass.out = out.data();
    pass.steps = steps.data();
    pass.edges = conducting.edges;
    if (guide || smoothing)
        pass.conducting = &conducting;
    else
        pass.conductance = conducting.conductance, pass.scale = scale;
    if (smoothing) {
        if (guide) throw nb::value_error("a guide is not smoothed");
        if (slices || per_square) throw nb::value_error("smoothed in images of spacing one only");
        if ((count > 1 && !spare) || in.data() == (count % 2 ? out : *spare).data())
            throw nb::value_error("an image that is smoothed cannot be overwritten");
        if (tiling.levels != 1 || tiling.columns < pass.columns)
            throw nb::value_error("a step at a time, in whole rows");
    }
    if (momenta) {
        require_shape(*momenta, {steps.shape(0)});
        if (pass.conductance != 0)  // the constant one is the first
            throw nb::value_error("momentum belongs to linear steps");
        pass.momenta = momenta->data();
        for (auto k = tiling.levels; k < count; k += tiling.levels)
            if (pass.momenta[k] != 1 && !before)
                throw nb::value_error("momentum needs memory for the image before");
    }
    float *alternate = data_of(spare), *const last = data_of(before);
    const Index image = channels * grid.slices * pass.rows * pass.columns;
    run([&](Interrupted interrupted) {
        for (Index c = 0; c < planes; c += channels * grid.slices) {
            if (!march(pass, count, alternate, last, tiling, threads, table, interrupted))
                return false;
            pass.before = pass.in += image;
            pass.out += image;
            if (alternate) alternate += image;
        }
        return true;
    });
}

void call_split(Planes in, Index slices, std::optional<Numbers> per_square, Target out,
                Target spare, Numbers d_taus, Edges edges, Edges guide,
                const std::string& conductance, float scale, int threads,
                const std::string& variant) {
    const Grid grid = grid_of(slices, per_square);
    const auto count = Index(d_taus.shape(0)), channels = Index(in.shape(0)) / grid.slices;
    auto task = task_on<Splitting>(in, channels, grid.slices);
    task.apart = task.out_apart = grid.slices * task.rows * task.columns;
    if (count < 1) throw nb::value_error("one step at least");
    require_threads(threads);
    const Variant& table = table_of(variant);
    for (const Target& image : {out, spare}) {
        require_shape(image, {in.shape(0), in.shape(1), in.shape(2)});
        require_apart(image, d_taus, per_square, edges, guide);
    }
    require_ping_pong(in, out, spare, count);
    auto conducting = conducting_on(in, channels, grid, edges, guide, conductance, scale);
    if (!guide) conducting.in = nullptr;
    task.out = out.data();
    run([&](Interrupted interrupted) {
        return (slices ? split_volume : split)(conducting, task, grid, d_taus.data(), count,
                                               spare.data(), threads, table, interrupted);
    });
}

}  // namespace

void bind_march(nb::module_& m) {
    const auto given = described<false, false>();
    const auto optional = described<true, false>();
    const auto target = described<false, true>();
    const auto spare = described<true, true>();
    m.def("march", &call_march, given, given, given, optional, target, spare, spare, given,
          optional, optional, optional, optional, given, given, given, given, given, given, given);
    m.def("split", &call_split, given, given, optional, target, target, given, optional, optional,
          given, given, given, given);
}

}  // namespace pdefilter
