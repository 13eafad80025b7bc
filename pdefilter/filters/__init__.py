"""The filters: each a function of an image, whose keyword parameters are its options."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pdefilter.filters.anisotropic import anisotropic
from pdefilter.filters.edge import edge
from pdefilter.filters.heat_diffuse import heat_diffuse
from pdefilter.filters.inpaint import inpaint
from pdefilter.filters.poisson import poisson
from pdefilter.filters.smooth import smooth

if TYPE_CHECKING:
    from pdefilter.raster import Raster

__all__ = ["FILTERS", "anisotropic", "edge", "heat_diffuse", "inpaint", "poisson", "smooth"]

FILTERS: "Mapping[str, Callable[..., Raster]]" = {
    "edge": edge,
    "smooth": smooth,
    "heat-diffuse": heat_diffuse,
    "anisotropic": anisotropic,
    "inpaint": inpaint,
    "poisson": poisson,
}
"""Every filter by the name of its command."""
