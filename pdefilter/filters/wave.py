"""Evolve an image by the wave equation, damped or not: between waves and diffusion."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pdefilter.equations.contrast import contrast_parameter, usable
from pdefilter.equations.diffusivities import DIFFUSIVITIES, DiffusivityName
from pdefilter.equations.evolution import LinearEvolution
from pdefilter.equations.heat import Heat
from pdefilter.equations.smoothing import Smoothing
from pdefilter.errors import ParameterError
from pdefilter.filters.colour import Color, InSpace
from pdefilter.filters.coupling import Coupled, Coupling
from pdefilter.filters.maps import (
    KappaMap,
    SupportsArray,
    as_number,
    as_raster,
    numbers_in,
    require_map,
    require_size,
)
from pdefilter.filters.models import evolution_along_edges
from pdefilter.filters.option import Option, image_filter
from pdefilter.filters.planes import edges_of
from pdefilter.filters.time_options import (
    Steps,
    kappa_option,
    time_option,
    travel_step_option,
)
from pdefilter.grid import UNIT, largest_stable_step
from pdefilter.operation import Numbers, Operation, Unchanged
from pdefilter.schemes.explicit import explicit_steps
from pdefilter.schemes.fast_explicit import Cycle
from pdefilter.schemes.leapfrog import largest_leap, leapfrog

if TYPE_CHECKING:
    from pdefilter.raster import Mask, Planes, Raster

DEFAULT_TIME = 4.0
DEFAULT_STEP = 0.5
DEFAULT_KAPPA = "p90"

LARGEST_STEP = largest_leap(largest_stable_step(UNIT))

CONSTANT: Literal["constant"] = "constant"
_FORMULAS = {
    CONSTANT: "1 everywhere",
    **{name: diffusivity.formula for name, diffusivity in DIFFUSIVITIES.items()},
}


@image_filter
def wave(
    *,
    damping: Annotated[
        float,
        Option(
            "Damping γ: 0 for waves without loss; the larger, the more it is diffusion for the "
            "time t/γ.",
            unit="1/px",
            minimum=0,
            maximum=1e4,
        ),
    ] = 0.0,
    diffusivity: Annotated[
        DiffusivityName | Literal["constant"],
        Option("How g fades with the difference s of the image given.", choices=_FORMULAS),
    ] = CONSTANT,
    kappa: Annotated[
        float | str | SupportsArray | None, kappa_option(otherwise=DEFAULT_KAPPA)
    ] = None,
    time: Annotated[float | None, time_option(otherwise="4", unit="px")] = None,
    iterations: Steps = None,
    step: Annotated[
        float | None,
        travel_step_option(LARGEST_STEP, otherwise="0.5, or 2/γ if that is less"),
    ] = None,
    kappa_map: KappaMap = None,
    coupling: Coupling = None,
    color: Color = "rgb",
) -> Operation:
    """Evolve an image by the wave equation u_tt + γ u_t = div(g ∇u), damped or not.

    It starts at rest, and waves travel at 1 px in a time of 1 px where g = 1;
    zero flux through the border, where waves are reflected. Without damping the
    energy ½‖u_t‖² + ½⟨g∇u, ∇u⟩ is kept; with strong damping the equation is that
    of diffusion. g is held as it is for the image given. A neighbour counts by
    its opacity; alpha is kept.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), or Image
        The initial image, integers or floats.
    damping : float
        γ in px⁻¹.
    diffusivity : {"constant", "exponential", "rational", "charbonnier", \
"weickert", "tukey", "geman-mcclure", "tv"}
        g: 1 everywhere, or as for `anisotropic` of the difference s, of all
        channels together, across an edge between pixels.
    kappa : float or str, optional
        Contrast parameter κ as a part of full scale; or a percentile of the
        differences between neighbouring pixels. By default p90.
    time : float, optional
        Stopping time t in px, by default 4.
    iterations : int, optional
        Number of steps.
    step : float, optional
        Size τ of a step in px, at most √½; by default 0.5, or 2/γ if that is
        less, where each step is one of diffusion.
    kappa_map : ndarray of shape (M, N) or Image, optional
        κ for every pixel, in the unit of `kappa`, which may be this array too.
    coupling : {"shared", "noise", "none"}, optional
        How channels share g: by their differences alike, by those in the unit of
        each one's own noise, or not at all. By default shared for colours, noise
        for other bands.
    color : {"rgb", "luminance", "lab", "linear"}
        Where colours are filtered: on the stored values; on their luminance
        alone (ITU-R BT.601); on CIE L*a*b* of sRGB, where full scale is
        L* = 100; or on linear light (IEC 61966-2-1).

    Returns
    -------
    ndarray or Image
        As `image`: same shape, same type of values.

    Raises
    ------
    ParameterError
        If κ is no contrast, a step is unstable or the options contradict each
        other.

    References
    ----------
    Ratner & Zeevi 2007 (telegraph–diffusion, where g follows the image).
    Limit of stability: Courant, Friedrichs & Lewy 1928,
    doi:10.1007/BF01448839.
    """
    for name, value in (("kappa", kappa), ("kappa_map", kappa_map), ("coupling", coupling)):
        if value is not None and diffusivity == CONSTANT:
            raise ParameterError(
                name, f"g is 1 everywhere; give a diffusivity too: {', '.join(DIFFUSIVITIES)}"
            )
    require_map("kappa", kappa, as_raster(kappa_map), given=kappa is not None)
    steps = explicit_steps(
        time=time,
        iterations=iterations,
        step=step,
        default_time=DEFAULT_TIME,
        default_step=min(DEFAULT_STEP, 2 / damping) if damping else DEFAULT_STEP,
        largest_stable_step=LARGEST_STEP,
        unit="px",
    )
    if not steps:
        return Unchanged()
    contrast = as_number(kappa or DEFAULT_KAPPA)
    waves = Waves(leapfrog(steps, damping), diffusivity, contrast, as_raster(kappa_map))
    if diffusivity == CONSTANT:
        return InSpace(color, waves)
    return InSpace(color, Coupled(coupling, waves), couples=True)


@dataclass(frozen=True)
class Waves(Operation):
    """The wave equation.

    Attributes
    ----------
    table : Cycle
        Its steps.
    diffusivity : str
        g.
    contrast : float or str
        κ, as a fraction of full scale or a percentile.
    kappa_map : Raster or None
        κ for every pixel.
    """

    table: Cycle
    diffusivity: str
    contrast: float | str
    kappa_map: "Raster | None"

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:  # noqa: ARG002 (an Operation's)
        """Refuse images that are not of the size of the map."""
        require_size("kappa_map", self.kappa_map, shape)

    def measure(self, image: "Raster") -> Numbers:
        """Find κ, unless it is given for every pixel."""
        if self.diffusivity == CONSTANT or self.kappa_map is not None:
            return {}
        u = _visible(image)
        found = contrast_parameter(u, self.contrast, len(u), edges_of(image), image.scale)
        return {"kappa": image.scale.fraction(found)}

    def reach(self, numbers: Numbers) -> int:  # noqa: ARG002 (an Operation's)
        """Depend on a pixel more for every step."""
        return len(self.table.sizes)

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Evolve the image from rest."""
        medium = self._medium(image, numbers)
        return image.convolved(lambda u: medium.march(u, self.table.sizes, self.table.momenta))

    def _medium(self, image: "Raster", numbers: Numbers) -> LinearEvolution:
        """Take g as it is for the image given, its transparent pixels as if black."""
        edges = edges_of(image)
        if self.diffusivity == CONSTANT:
            return Heat(edges, image.spacing)
        contrast: Any = numbers_in("kappa_map", self.kappa_map, image, positive=True)
        if contrast is None:
            contrast = image.scale.number(numbers["kappa"])
        # Where κ is zero no edge conducts but those without difference, which have no flux either.
        return evolution_along_edges(
            DIFFUSIVITIES[self.diffusivity],
            usable(contrast),
            image,
            edges,
            Smoothing(0.0, image.valid, image.spacing),
        ).freeze(_visible(image))


def _visible(image: "Raster") -> "Planes":
    return image.colour if image.weight is None else image.colour * image.weight
