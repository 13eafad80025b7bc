// The compiled module.

#include <nanobind/stl/vector.h>

#include "bindings.hpp"

namespace pdefilter {

namespace {

std::vector<const char*> conductances() {
    std::vector<const char*> names;
    for (auto name = variant_of("baseline")->conductances; *name; ++name) names.push_back(*name);
    return names;
}

}  // namespace

}  // namespace pdefilter

NB_MODULE(_native, m) {
    using namespace pdefilter;
    m.doc() = "The kernels, compiled; see pdefilter.kernels.native.";
    m.attr("sources") = PDEFILTER_SOURCES;
    nb::dict constants;
    constants["exponential_coefficients"] = nb::cast(std::vector<float>(
        std::begin(exponential_coefficients), std::end(exponential_coefficients)));
    constants["largest_exponent"] = largest_exponent;
    constants["least_diffusivity"] = least_diffusivity;
    constants["most_sweeps"] = most_sweeps;
    constants["most_sweeps_of_volumes"] = most_sweeps_of_volumes;
    constants["digits_of_tensors"] = digits_of_tensors;
    constants["jacobi_sweeps"] = jacobi_sweeps;
    m.attr("constants") = constants;
    m.def("variants", &variants);
    m.def("conductances", &conductances);
    bind_march(m);
    bind_rows(m);
    bind_volumes(m);
    bind_channels(m);
    bind_edges(m);
}
