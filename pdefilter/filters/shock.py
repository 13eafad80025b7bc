"""Turn an image into flat regions between sharp edges, by shock filters."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pdefilter.display import Offer
from pdefilter.equations.smoothing import Smoothing
from pdefilter.errors import ParameterError
from pdefilter.filters.operations.weighted_mean import WeightedMean
from pdefilter.filters.options.colour import Color, InSpace
from pdefilter.filters.options.coupling import Coupled, Coupling
from pdefilter.filters.options.option import Option, image_filter
from pdefilter.filters.options.quantity import as_pixels
from pdefilter.filters.options.time import Steps, time_option, travel_step_option
from pdefilter.grid import Grid
from pdefilter.observer import advanced
from pdefilter.operation import Numbers, Operation, Unchanged
from pdefilter.parts import in_parts, most_steps
from pdefilter.schemes.explicit import explicit_steps

if TYPE_CHECKING:
    from pdefilter.kernels.taps import Taps
    from pdefilter.raster import Planes, Raster

# In this time regions grow by one pixel. That makes edges sharp which are blurred by a pixel or so,
# and is less than the strokes of small letters and the gaps between them are wide: looked at on
# pages of text, coins, a fingerprint and photographs, sharp and blurred, letters are shattered
# from 1.5 px on and cannot be read after 3 px, while edges are hardly sharper.
DEFAULT_TIME = 1.0
DEFAULT_STEP = 0.5
DEFAULT_SIGMA = 1.0
DEFAULT_RHO = 4.0

# At least one of two neighbours differs from the pixel by the upwind slope divided by √2; in a
# volume one of three by the slope divided by √3.
LARGEST_STEP = Grid.unit((1, 1)).largest_shock_step

Model: TypeAlias = Literal["osher-rudin", "alvarez-mazorra", "coherence"]

MODELS = {
    "osher-rudin": "the image itself",
    "alvarez-mazorra": "the image smoothed by a Gaussian, so that noise does not make edges",
    "coherence": "the same, across the dominant lines of the neighbourhood",
}


@image_filter
def shock(
    *,
    model: Annotated[
        Model, Option("Image v that tells the two sides of an edge apart.", choices=MODELS)
    ] = "alvarez-mazorra",
    sigma: Annotated[
        float | str | None,
        Option(
            "Standard deviation of that Gaussian.",
            unit="px",
            minimum=0,
            maximum=1000,
            otherwise="1",
        ),
    ] = None,
    rho: Annotated[
        float | str | None,
        Option(
            "Standard deviation of the neighbourhood from which coherence finds directions.",
            unit="px",
            minimum=0,
            maximum=1000,
            otherwise="4",
        ),
    ] = None,
    time: Annotated[float | str | None, time_option(otherwise="1", unit="px")] = None,
    iterations: Steps = None,
    step: Annotated[float | str | None, travel_step_option(LARGEST_STEP, otherwise="0.5")] = None,
    coupling: Coupling = None,
    color: Color = "rgb",
) -> Operation:
    """Sharpen edges by a shock filter, u_t = −sgn(v_ηη) |∇u| with v = u or G_σ ∗ u.

    Bright and dark regions grow until they meet at an edge, at 1 px in a time of
    1 px. No value leaves the range of its neighbours. η is the direction of ∇v, or
    the direction across the lines of the neighbourhood, so that lines grow along
    themselves. All channels grow toward the edge that they share, where Σ|∇v|² is
    largest. There is no flux through the border. A neighbour counts by its
    opacity. Alpha is kept.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), Image or Volume
        The initial image, integers or floats.
    model : {"osher-rudin", "alvarez-mazorra", "coherence"}
        v is the image itself; or the image smoothed by a Gaussian; or v is
        smoothed, and η is the eigenvector of the largest eigenvalue of the
        structure tensor G_ρ ∗ Σ ∇u ∇uᵀ of all channels.
    sigma : float or str, optional
        Standard deviation σ of that Gaussian in px, or a length such as "2mm"; by
        default 1 px.
    rho : float or str, optional
        Standard deviation ρ in px, or a length, of the neighbourhood from which directions are
        found, by default 4.
    time : float or str, optional
        Stopping time t in px, or a length such as "2mm"; by default 1 px. More suits
        large, blurred shapes; small text is shattered by it.
    iterations : int, optional
        Number of steps.
    step : float or str, optional
        Size τ of a step in px, or a length, at most √½, in a volume √⅓, by default 0.5.
    coupling : {"shared", "noise", "none"}, optional
        How channels share their edges: all alike, in units of each channel's noise,
        or not at all. By default shared for colours, and noise for other bands.
        Channels with different holes share nothing.
    color : {"rgb", "luminance", "lab", "linear"}
        Colour space to filter in: the stored values; their luminance alone
        (ITU-R BT.601); CIE L*a*b* of sRGB, where full scale is L* = 100; or
        linear light (IEC 61966-2-1).

    Returns
    -------
    ndarray, Image or Volume
        As `image`: same shape, same type of values.

    Raises
    ------
    ParameterError
        If a step is unstable or the options contradict each other.

    References
    ----------
    Osher & Rudin 1990, doi:10.1137/0727053; Alvarez & Mazorra 1994,
    doi:10.1137/0731032, without their diffusion along edges; Weickert 2003,
    doi:10.1007/978-3-540-45243-0_1 (coherence).
    """
    if model == "osher-rudin" and sigma is not None:
        raise ParameterError(
            "sigma", "the model osher-rudin does not smooth; take the model alvarez-mazorra"
        )
    if model != "coherence" and rho is not None:
        raise ParameterError(
            "rho", f"the model {model} does not use a neighbourhood; take the model coherence"
        )
    plan = functools.partial(
        explicit_steps,
        time=as_pixels(time),
        iterations=iterations,
        step=as_pixels(step),
        default_time=DEFAULT_TIME,
        default_step=DEFAULT_STEP,
        unit="px",
    )
    if not plan(largest_stable_step=LARGEST_STEP):
        return Unchanged()
    shock_filter = ShockFilter(
        plan,
        None if model == "osher-rudin" else DEFAULT_SIGMA if sigma is None else as_pixels(sigma),
        None if model != "coherence" else DEFAULT_RHO if rho is None else as_pixels(rho),
    )
    return InSpace(color, Coupled(coupling, shock_filter))


@dataclass(frozen=True)
class ShockFilter(Operation):
    """Explicit steps of a shock filter.

    Attributes
    ----------
    plan : callable
        The function from the largest stable step to the step sizes in px.
    sigma : float or None
        The standard deviation in px of the Gaussian that makes v; None if v is the image.
    rho : float or None
        The standard deviation in px of the neighbourhood from which directions are found;
        None if η is the direction of ∇v.
    """

    plan: Callable[..., tuple[float, ...]]
    sigma: float | None
    rho: float | None

    @property
    def evolves(self) -> bool:
        """Return true."""
        return True

    def measure(self, image: "Raster") -> Numbers:
        """Find whether pixels have different weights, and count the steps."""
        return {"weighted": image.weight is not None, "steps": len(self._steps(image))}

    def reach(self, numbers: Numbers) -> int | None:
        """Return how far all steps together reach.

        None where pixels have different weights: v is then kept in the range of the image.
        """
        return self.reach_of_part(numbers, 1)

    def reach_of_part(self, numbers: Numbers, parts: int) -> int | None:
        """Return how far the steps of a part reach together."""
        if numbers["weighted"] and self.sigma:
            return None
        kernels = [Smoothing(sigma).reach for sigma in (self.sigma, self.rho) if sigma]
        return most_steps(numbers["steps"], parts) * (1 + max(kernels, default=0))

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Take the steps."""
        import numpy as np

        from pdefilter.kernels.shock import advance

        weight, structure = image.weight, self._structure_of(image)
        sizes = self._steps(image)
        states = Offer(lambda: dict(enumerate(accumulate(sizes), 1)), "px")
        buffers = [np.empty_like(image.colour) for _ in range(min(2, len(sizes)))]

        def march(colour: "Planes", steps: slice) -> "Planes":
            for k, step in enumerate(sizes[steps]):
                state = replace(image, colour=colour)
                colour = advance(
                    colour,
                    step,
                    spacing=image.spacing,
                    guide=self._guide(state),
                    weight=weight,
                    structure=structure(colour) if structure else None,
                    out=buffers[k % 2],
                )
                states.reached(k + 1, replace(image, colour=colour))
                advanced()
            return colour

        colour, _ = in_parts(image.colour, len(sizes), march)
        return replace(image, colour=colour)

    def _steps(self, image: "Raster") -> tuple[float, ...]:
        return self.plan(largest_stable_step=image.grid.largest_shock_step)

    def _guide(self, image: "Raster") -> "Planes | Taps | None":
        """Make v, or the kernel by which a step makes it; None if v is the image."""
        from pdefilter.kernels.windows import Window

        if not self.sigma:
            return None
        if image.weight is not None:
            return WeightedMean(Window("gaussian", self.sigma))(image).colour
        smoothed = Smoothing(self.sigma, spacing=image.spacing)
        return smoothed(image.colour) if smoothed.same_taps is None else smoothed.same_taps

    def _structure_of(self, image: "Raster") -> "Callable[[Planes], Planes] | None":
        """Make the function from the colours to the structure tensor of every pixel."""
        if self.rho is None:
            return None
        import numpy as np

        from pdefilter.kernels.reference.gradient import planes_of
        from pdefilter.kernels.tensors import structure_tensor

        visible = image.visible
        gathered = Smoothing(self.rho, visible, image.spacing)
        components = planes_of("tensor", len(image.shape))
        buffer = np.empty((components, *image.shape), np.float32)

        def structure(colour: "Planes") -> "Planes":
            tensors = structure_tensor(
                colour, len(colour), visible, spacing=image.spacing, out=buffer
            )
            return gathered.of_tensors(tensors)

        return structure
