// The bindings of edges.

#include "edges.hpp"
#include "rows.hpp"

namespace pdefilter {

void bind_edges(nb::module_& m) {
    const Shape volume{slices, rows, columns};
    auto define_linking = [&](const char* name, const RowKernel<Linking>& kernel) {
        define<Linking>(m, name, &kernel, {}, array<3>(&Linking::strength, volume),
                        number(&Linking::low), number(&Linking::high),
                        array<3>(&Linking::linked, volume));
    };
    define_linking("link_within_pieces", link_within_pieces);
    define_linking("link_pieces", link_pieces);
}

}  // namespace pdefilter
