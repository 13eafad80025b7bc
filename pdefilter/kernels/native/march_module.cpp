// The bindings of what marches and what is split.

#include "bindings.hpp"
#include "march.hpp"

namespace pdefilter {

namespace {

// What the edges conduct, kept alive in `held`; null for 1.
const float* edges_of(const Planes& image, const nb::object& edges, Planes& held) {
    if (edges.is_none()) return nullptr;
    held = nb::cast<Planes>(edges);
    if (held.shape(0) != 2 || held.shape(1) != image.shape(1) || held.shape(2) != image.shape(2))
        throw nb::value_error("every pixel has two edges");
    return held.data();
}

How how(int threads, Index levels, Index tile_rows, Index tile_columns,
        const std::string& variant) {
    if (threads < 1 || levels < 1 || tile_rows < 1 || tile_columns < 1)
        throw nb::value_error("threads, levels and tiles must be at least one");
    return {threads, levels, tile_rows, tile_columns, &table_of(variant)};
}

Conducting law_of(const Planes& in, Index channels, const float* edges, int conductance,
                  float scale) {
    if (channels < 1 || channels > 4 || in.size() == 0)
        throw nb::value_error("one to four channels and one pixel at least");
    auto law = task_on<Conducting>(in);
    law.channels = channels;
    law.edges = edges;
    law.conductance = Conductance(conductance);
    law.scale = scale;
    return law;
}

// Room for so many planes like those of an image, kept alive in `held`; null for none.
float* room_of(const Planes& image, Index planes, const nb::object& room, Target& held) {
    if (room.is_none()) return nullptr;
    held = nb::cast<Target>(room);
    if (Index(held.shape(0)) != planes || held.shape(1) != image.shape(1) ||
        held.shape(2) != image.shape(2))
        throw nb::value_error("images must be of one shape");
    return held.data();
}

// Images of so many channels each, one after the other.
void call_march(Planes in, Index channels, Target out, nb::object spare, nb::object before,
                Numbers steps, nb::object momenta, nb::object edges, nb::object held,
                Numbers smoothing, Index first, int conductance, float scale, int threads,
                Index levels, Index tile_rows, Index tile_columns, const std::string& variant) {
    const auto way = how(threads, levels, tile_rows, tile_columns, variant);
    require_same_shape(in, out);
    const auto count = Index(steps.shape(0)), planes = Index(in.shape(0));
    if (count < 1 || channels < 1 || channels > 4 || planes % channels || in.size() == 0)
        throw nb::value_error("one to four channels, one pixel and one step at least");
    Target held_spare, held_before;
    float* turns = room_of(in, planes, spare, held_spare);
    float* const last = room_of(in, channels, before, held_before);

    auto pass = task_on<Pass>(in);
    pass.channels = channels;
    pass.before = pass.in;
    pass.out = out.data();
    pass.steps = steps.data();

    Planes given, followed;
    pass.edges = edges_of(in, edges, given);
    Conducting law{};
    if (held.is_none() && !smoothing.size()) {
        pass.conductance = Conductance(conductance);
        pass.scale = scale;
    } else {
        followed = held.is_none() ? in : nb::cast<Planes>(held);
        law = law_of(followed, held.is_none() ? channels : Index(followed.shape(0)), pass.edges,
                     conductance, scale);
        if (smoothing.size()) {
            law.smoothing = taps_of(smoothing, first);
            if ((count > 1 && !turns) || in.data() == (count % 2 ? out.data() : turns))
                throw nb::value_error("what is smoothed cannot be overwritten");
            if (levels != 1 || tile_columns < law.columns)
                throw nb::value_error("a step at a time, in whole rows");
        }
        if (law.rows != pass.rows || law.columns != pass.columns)
            throw nb::value_error("images must be of one shape");
        pass.held = &law;
    }
    Numbers factors;
    if (!momenta.is_none()) {
        factors = nb::cast<Numbers>(momenta);
        if (factors.shape(0) != steps.shape(0)) throw nb::value_error("one momentum a step");
        pass.momenta = factors.data();
        for (auto k = levels; k < count; k += levels)
            if (pass.momenta[k] != 1 && !last) throw nb::value_error("momentum needs room");
    }
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

void call_split(Planes in, Target out, Target spare, Numbers two_taus, nb::object edges,
                nb::object held, int conductance, float scale, int threads,
                const std::string& variant) {
    const auto way = how(threads, 1, 1, 1, variant);
    require_same_shape(in, out);
    require_same_shape(in, spare);
    const auto count = Index(two_taus.shape(0));
    if (count < 1) throw nb::value_error("one step at least");
    Planes given;
    const Planes followed = held.is_none() ? in : nb::cast<Planes>(held);
    auto law = law_of(followed, Index(followed.shape(0)), edges_of(in, edges, given), conductance,
                      scale);
    if (held.is_none()) law.in = nullptr;
    auto task = task_on<Splitting>(in);
    if (law.rows != task.rows || law.columns != task.columns)
        throw nb::value_error("images must be of one shape");
    task.out = out.data();
    run([&] {
        return split(law, task, two_taus.data(), count, spare.data(), way, interrupted);
    });
}

}  // namespace

void bind_march(nb::module_& m) {
    m.def("march", &call_march, "in_"_a, "channels"_a, "out"_a, "spare"_a.none(),
          "before"_a.none(), "steps"_a, "momenta"_a.none(), "edges"_a.none(), "held"_a.none(),
          "smoothing"_a, "first"_a, "conductance"_a, "scale"_a, "threads"_a, "levels"_a,
          "tile_rows"_a, "tile_columns"_a, "variant"_a);
    m.def("split", &call_split, "in_"_a, "out"_a, "spare"_a, "two_taus"_a, "edges"_a.none(),
          "held"_a.none(), "conductance"_a, "scale"_a, "threads"_a, "variant"_a);
}

}  // namespace pdefilter
