"""The filters: each a function from options, its keyword parameters, to an operation."""

from collections.abc import Callable, Mapping

from pdefilter.filters.anisotropic import anisotropic
from pdefilter.filters.convolve import convolve
from pdefilter.filters.denoise import denoise
from pdefilter.filters.edge import edge
from pdefilter.filters.heat_diffuse import heat_diffuse
from pdefilter.filters.inpaint import inpaint
from pdefilter.filters.poisson import poisson
from pdefilter.filters.ridge import ridge
from pdefilter.filters.sharpen import sharpen
from pdefilter.filters.shock import shock
from pdefilter.filters.smooth import smooth
from pdefilter.filters.wave import wave
from pdefilter.operation import Operation

__all__ = [
    "EVOLVING",
    "FILTERS",
    "TRACING",
    "anisotropic",
    "convolve",
    "denoise",
    "edge",
    "heat_diffuse",
    "inpaint",
    "poisson",
    "ridge",
    "sharpen",
    "shock",
    "smooth",
    "wave",
]

FILTERS: Mapping[str, Callable[..., Operation]] = {
    "edge": edge,
    "ridge": ridge,
    "smooth": smooth,
    "convolve": convolve,
    "sharpen": sharpen,
    "heat-diffuse": heat_diffuse,
    "anisotropic": anisotropic,
    "denoise": denoise,
    "shock": shock,
    "wave": wave,
    "inpaint": inpaint,
    "poisson": poisson,
}
"""Every filter by the name of its command."""

EVOLVING = (
    "smooth", "heat-diffuse", "anisotropic", "denoise", "shock", "wave", "inpaint", "poisson",
)  # fmt: skip
"""The filters that have an operation which evolves."""

TRACING = ("edge", "ridge")
"""The filters that have an operation which traces lines."""
