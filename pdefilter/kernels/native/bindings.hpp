// What all bindings need.
#pragma once

#include <nanobind/nanobind.h>

namespace pdefilter {

inline bool interrupted() {
    nanobind::gil_scoped_acquire held;
    return PyErr_CheckSignals() != 0;
}

// Lets other threads of Python run while `work` does; raises what interrupted it.
template <class Work>
void run(Work work) {
    bool done;
    {
        nanobind::gil_scoped_release released;
        done = work();
    }
    if (!done) throw nanobind::python_error();
}

void bind_elliptic(nanobind::module_& m);
void bind_variation(nanobind::module_& m);

}  // namespace pdefilter
