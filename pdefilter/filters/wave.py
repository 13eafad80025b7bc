"""Evolve an image by the wave equation, with or without damping."""

import math
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pdefilter.display import Offer, is_shown, seen_through
from pdefilter.equations.contrast import contrast_among, usable
from pdefilter.equations.diffusivities import DIFFUSIVITIES, DiffusivityName
from pdefilter.equations.evolution import LinearEvolution
from pdefilter.equations.heat import Heat
from pdefilter.equations.smoothing import Smoothing
from pdefilter.errors import ParameterError
from pdefilter.evolve.watched import Course, WatchedLinear, one_by_one
from pdefilter.filters.operations.models import evolution_along_edges
from pdefilter.filters.operations.planes import edges_of
from pdefilter.filters.options.colour import Color, InSpace
from pdefilter.filters.options.coupling import Coupled, Coupling
from pdefilter.filters.options.maps import (
    KappaMap,
    SupportsArray,
    as_number,
    as_raster,
    numbers_in,
    require_map,
    require_size,
)
from pdefilter.filters.options.option import Option, image_filter
from pdefilter.filters.options.quantity import as_pixels
from pdefilter.filters.options.time import (
    Steps,
    kappa_option,
    time_option,
    travel_step_option,
)
from pdefilter.grid import UNIT, largest_stable_step
from pdefilter.operation import Numbers, Operation, Unchanged
from pdefilter.parts import has_parts, in_parts, most_steps
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
            "Damping γ: 0 for waves without loss; a large γ gives diffusion for the time t/γ.",
            unit="1/px",
            minimum=0,
            maximum=1e4,
        ),
    ] = 0.0,
    diffusivity: Annotated[
        DiffusivityName | Literal["constant"],
        Option("How g falls with the difference s in the initial image.", choices=_FORMULAS),
    ] = CONSTANT,
    kappa: Annotated[
        float | str | SupportsArray | None, kappa_option(otherwise=DEFAULT_KAPPA)
    ] = None,
    time: Annotated[float | str | None, time_option(otherwise="4", unit="px")] = None,
    iterations: Steps = None,
    step: Annotated[
        float | str | None,
        travel_step_option(LARGEST_STEP, otherwise="0.5, or 2/γ if that is smaller"),
    ] = None,
    kappa_map: KappaMap = None,
    coupling: Coupling = None,
    color: Color = "rgb",
) -> Operation:
    """Evolve an image by the wave equation u_tt + γ u_t = div(g ∇u).

    The image starts at rest. Where g = 1, waves travel 1 px in a time of 1 px.
    The border reflects waves, as there is no flux through it. Without damping
    the energy ½‖u_t‖² + ½⟨g∇u, ∇u⟩ is constant. With strong damping the equation
    becomes that of diffusion. g is computed from the initial image, and stays. A
    neighbour counts by its opacity. Alpha is kept.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), or Image
        The initial image, integers or floats.
    damping : float
        γ in px⁻¹.
    diffusivity : {"constant", "exponential", "rational", "charbonnier", \
"weickert", "tukey", "geman-mcclure", "tv"}
        g: 1 everywhere, or as in `anisotropic` a function of the difference s
        between two neighbouring pixels, in all channels together.
    kappa : float or str, optional
        Contrast parameter κ as a fraction of full scale; or a percentile of the
        differences between neighbouring pixels. By default p90.
    time : float or str, optional
        Stopping time t in px, or a length such as "2mm"; by default 4.
    iterations : int, optional
        Number of steps.
    step : float or str, optional
        Size τ of a step in px, or a length, at most √½. The default is 0.5, or 2/γ if that is
        smaller; each step is then a step of diffusion.
    kappa_map : ndarray of shape (M, N) or Image, optional
        κ for every pixel, in the unit of `kappa`, which may be this array too.
    coupling : {"shared", "noise", "none"}, optional
        How channels share g: by all of their differences alike, by differences in
        units of each channel's noise, or not at all. By default shared for colours,
        and noise for other bands.
    color : {"rgb", "luminance", "lab", "linear"}
        Colour space to filter in: the stored values; their luminance alone
        (ITU-R BT.601); CIE L*a*b* of sRGB, where full scale is L* = 100; or
        linear light (IEC 61966-2-1).

    Returns
    -------
    ndarray or Image
        As `image`: same shape, same type of values.

    Raises
    ------
    ParameterError
        If κ is not a contrast, a step is unstable or the options contradict each
        other.

    References
    ----------
    Ratner & Zeevi 2007 (telegraph–diffusion, where g depends on the image).
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
        time=as_pixels(time),
        iterations=iterations,
        step=as_pixels(step),
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
        The steps.
    diffusivity : str
        The name of g.
    contrast : float or str
        κ, as a fraction of full scale or a percentile.
    kappa_map : Raster or None
        κ for every pixel.
    """

    table: Cycle
    diffusivity: str
    contrast: float | str
    kappa_map: "Raster | None"

    @property
    def evolves(self) -> bool:
        """Return true."""
        return True

    @property
    def planar(self) -> str:
        """Name the filter."""
        return "wave"

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:
        """Refuse volumes, and images whose size is not that of the map."""
        super().require_fit(shape, valid)
        require_size("kappa_map", self.kappa_map, shape)

    def measure(self, image: "Raster") -> Numbers:
        """Find κ, unless it is given for every pixel."""
        if self.diffusivity == CONSTANT or self.kappa_map is not None:
            return {}
        parts = [
            (_visible(part), edges_of(part))
            for part in (image.part(*place) for place in image.parts)
        ]
        contrast = contrast_among(
            parts, self.contrast, len(image.colour), image.scale, image.spacing
        )
        return {"kappa": image.scale.fraction(contrast)}

    def reach(self, numbers: Numbers) -> int:
        """Return one pixel for every step."""
        return len(self.table.sizes)

    def reach_of_part(self, numbers: Numbers, parts: int) -> int:
        """Return one pixel for every step of a part."""
        return most_steps(len(self.table.sizes), parts)

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Evolve the image from rest."""
        medium, table = self._medium(image, numbers), self.table
        if is_shown():
            return self._shown(image, medium)
        if has_parts():
            return image.convolved(lambda u: self._in_parts(u, medium))
        return image.convolved(lambda u: medium.march(u, table.sizes, table.momenta))

    def _in_parts(self, u: "Planes", medium: LinearEvolution) -> "Planes":
        """Take a part of the steps, from the last two states to the next two."""
        import numpy as np

        channels, (sizes, momenta) = len(u), (self.table.sizes, self.table.momenta)

        def march(pair: "Planes", steps: slice) -> "Planes":
            last = pair[:channels], pair[channels:]
            for states in one_by_one(medium, *last, sizes[steps], momenta[steps]):
                last = states
            return np.concatenate(last)

        pair, _ = in_parts(np.concatenate([u, u]), len(sizes), march)
        return np.ascontiguousarray(pair[channels:])

    def _shown(self, image: "Raster", medium: LinearEvolution) -> "Raster":
        """Evolve the image and the rest of its weights side by side, to show states of both."""
        import numpy as np

        from pdefilter.raster import as_channels

        weight, channels = image.weight, len(image.colour)

        def completed(u: "Planes") -> "Raster":
            if weight is None:
                return replace(image, colour=u)
            return image.completed(u[:channels], u[channels:])

        u = image.colour
        if weight is not None:
            u = np.concatenate([u * weight, as_channels(np.float32(1) - weight, len(image.shape))])
        # ½τ² is the size of a step of diffusion; see `leapfrog`.
        times = accumulate(math.sqrt(2 * size) for size in self.table.sizes)
        states = Offer(lambda: dict(enumerate(times, 1)), "px")
        with seen_through(completed):
            evolution = WatchedLinear(medium, Course(states, None))
            u = evolution.march(u, self.table.sizes, self.table.momenta)
        return completed(u)

    def _medium(self, image: "Raster", numbers: Numbers) -> LinearEvolution:
        """Compute g from the initial image, whose transparent pixels count as black."""
        edges = edges_of(image)
        if self.diffusivity == CONSTANT:
            return Heat(edges, image.spacing)
        contrast: Any = numbers_in("kappa_map", self.kappa_map, image, positive=True)
        if contrast is None:
            contrast = image.scale.number(numbers["kappa"])
        # If κ is zero, only edges without a difference conduct, and these have no flux.
        return evolution_along_edges(
            DIFFUSIVITIES[self.diffusivity],
            usable(contrast),
            image,
            edges,
            Smoothing(0.0, image.valid, image.spacing),
        ).freeze(_visible(image))


def _visible(image: "Raster") -> "Planes":
    return image.colour if image.weight is None else image.colour * image.weight
