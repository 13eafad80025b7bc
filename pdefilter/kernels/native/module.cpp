// The compiled module. Each *_module.cpp binds the kernels of its name.

#include <nanobind/stl/vector.h>

#include "bindings.hpp"

NB_MODULE(_native, m) {
    m.doc() = "The kernels, compiled; see pdefilter.kernels.native.";
    m.attr("sources") = PDEFILTER_SOURCES;
    m.def("variants", &pdefilter::variants);
    m.def("conductances", [] { return pdefilter::variant_of("baseline")->conductances; });
    pdefilter::bind_march(m);
    pdefilter::bind_correlation(m);
    pdefilter::bind_channels(m);
    pdefilter::bind_lattice(m);
    pdefilter::bind_shock(m);
    pdefilter::bind_elliptic(m);
    pdefilter::bind_variation(m);
    pdefilter::bind_risk(m);
}
