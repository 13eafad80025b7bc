// The bindings of edges.

#include "edges.hpp"
#include "rows.hpp"

namespace pdefilter {

void bind_edges(nb::module_& m) {
    define<Thinning>(m, "thin", &thin, {}, array<2>(&Thinning::strength, plane),
                     array<3>(&Thinning::normal, {2, rows, columns}),
                     array<2>(&Thinning::kept, plane), array<2>(&Thinning::steps, plane),
                     number(&Thinning::least));
    define<Linking>(m, "link", &link, {}, array<2>(&Linking::weak, plane),
                    array<2>(&Linking::strong, plane), array<2>(&Linking::linked, plane));
}

}  // namespace pdefilter
