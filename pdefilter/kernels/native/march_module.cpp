// The bindings of what marches and what is split.

#include "bindings.hpp"
#include "march.hpp"

namespace pdefilter {

namespace {

How how(int threads, Index levels, Index tile_rows, Index tile_columns,
        const std::string& variant) {
    if (threads < 1 || levels < 1 || tile_rows < 1 || tile_columns < 1)
        throw nb::value_error("threads, levels and tiles must be at least one");
    return {threads, levels, tile_rows, tile_columns, &table_of(variant)};
}

Conducting law_of(const Planes& in, Index channels, const Maybe<const float, 3>& edges,
                  int conductance, float scale) {
    if (channels < 1 || channels > 4 || in.size() == 0)
        throw nb::value_error("one to four channels and one pixel at least");
    auto law = task_on<Conducting>(in);
    law.channels = channels;
    law.edges = data_of(edges);
    law.conductance = Conductance(conductance);
    law.scale = scale;
    return law;
}

// What conducts along the edges of every pixel, and another image that this follows.
void require_planes_of(const Planes& in, const Maybe<const float, 3>& edges,
                       const Maybe<const float, 3>& held, int conductance) {
    const size_t rows = in.shape(1), columns = in.shape(2);
    require_shape(edges, {2, rows, columns});
    if (held) require_shape(held, {held->shape(0), rows, columns});
    require_conductance(conductance);
}

// Steps that take turns between two images end in `out`; the first is taken from `in`, to which
// only a later one may return.
void require_turns(const Planes& in, const Target& out, const Target& spare, Index steps) {
    const bool first_to_out = steps % 2;
    require_apart(first_to_out ? out : spare, in);
    if (steps == 1) return;
    require_apart(out, spare);
    require_apart_or_in_place(first_to_out ? spare : out, in);
}

// Images of so many channels each, one after the other.
void call_march(Planes in, Index channels, Target out, Maybe<float, 3> spare,
                Maybe<float, 3> before, Numbers steps, std::optional<Numbers> momenta,
                Maybe<const float, 3> edges, Maybe<const float, 3> held, Numbers smoothing,
                Index first, int conductance, float scale, Index levels, Index tile_rows,
                Index tile_columns, int threads, const std::string& variant) {
    require_same_shape(in, out);
    const auto count = Index(steps.shape(0)), planes = Index(in.shape(0));
    if (count < 1 || channels < 1 || channels > 4 || planes % channels || in.size() == 0)
        throw nb::value_error("one to four channels, one pixel and one step at least");
    const size_t rows = in.shape(1), columns = in.shape(2);
    require_planes_of(in, edges, held, conductance);
    require_shape(spare, {in.shape(0), rows, columns});
    require_shape(before, {size_t(channels), rows, columns});
    require_apart(out, edges, held, before, steps, momenta, smoothing);
    require_apart(spare, edges, held, before, steps, momenta, smoothing);
    require_apart(before, in, edges, held, steps, momenta, smoothing);
    const auto way = how(threads, std::min(levels, count), std::min(tile_rows, Index(rows)),
                         std::min(tile_columns, Index(columns)), variant);
    const Index passes = (count + way.levels - 1) / way.levels;
    spare ? require_turns(in, out, *spare, passes) : require_apart_or_in_place(out, in);

    auto pass = task_on<Pass>(in);
    pass.channels = channels;
    pass.before = pass.in;
    pass.out = out.data();
    pass.steps = steps.data();
    pass.edges = data_of(edges);
    Conducting law{};
    if (!held && !smoothing.size()) {
        pass.conductance = Conductance(conductance);
        pass.scale = scale;
    } else {
        const Planes& followed = held ? *held : in;
        law = law_of(followed, held ? Index(held->shape(0)) : channels, edges, conductance, scale);
        pass.held = &law;
    }
    if (smoothing.size()) {
        law.smoothing = taps_of(smoothing, first);
        if (held) throw nb::value_error("what is held is not smoothed");
        if ((count > 1 && !spare) || in.data() == (count % 2 ? out : *spare).data())
            throw nb::value_error("what is smoothed cannot be overwritten");
        if (way.levels != 1 || way.tile_columns < law.columns)
            throw nb::value_error("a step at a time, in whole rows");
    }
    if (momenta) {
        require_shape(momenta, {steps.shape(0)});
        pass.momenta = momenta->data();
        for (auto k = way.levels; k < count; k += way.levels)
            if (pass.momenta[k] != 1 && !before) throw nb::value_error("momentum needs room");
    }
    float *turns = data_of(spare), *const last = data_of(before);
    const Index image = channels * pass.rows * pass.columns;
    run([&] {
        for (Index c = 0; c < planes; c += channels) {
            if (!march(pass, count, turns, last, way, interrupted)) return false;
            pass.before = pass.in += image;
            pass.out += image;
            if (turns) turns += image;
        }
        return true;
    });
}

void call_split(Planes in, Target out, Target spare, Numbers two_taus, Maybe<const float, 3> edges,
                Maybe<const float, 3> held, int conductance, float scale, int threads,
                const std::string& variant) {
    const auto way = how(threads, 1, 1, 1, variant);
    require_same_shape(in, out);
    require_same_shape(in, spare);
    require_planes_of(in, edges, held, conductance);
    const auto count = Index(two_taus.shape(0));
    if (count < 1 || in.shape(0) > 4 || in.size() == 0)
        throw nb::value_error("one to four channels, one pixel and one step at least");
    require_turns(in, out, spare, count);
    require_apart(out, two_taus, edges, held);
    require_apart(spare, two_taus, edges, held);
    const Planes& followed = held ? *held : in;
    auto law = law_of(followed, Index(followed.shape(0)), edges, conductance, scale);
    if (!held) law.in = nullptr;
    auto task = task_on<Splitting>(in);
    task.out = out.data();
    run([&] { return split(law, task, two_taus.data(), count, spare.data(), way, interrupted); });
}

}  // namespace

void bind_march(nb::module_& m) {
    m.def("march", &call_march, "in_"_a, "channels"_a, written("out"), written("spare").none(),
          written("before").none(), "steps"_a, "momenta"_a.none(), "edges"_a.none(),
          "held"_a.none(), "smoothing"_a, "first"_a, "conductance"_a, "scale"_a, "levels"_a,
          "tile_rows"_a, "tile_columns"_a, "threads"_a, "variant"_a);
    m.def("split", &call_split, "in_"_a, written("out"), written("spare"), "two_taus"_a,
          "edges"_a.none(), "held"_a.none(), "conductance"_a, "scale"_a, "threads"_a, "variant"_a);
}

}  // namespace pdefilter
