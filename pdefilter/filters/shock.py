"""Sharpen an image to flat regions between sharp edges, by shock filters."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pdefilter.errors import ParameterError
from pdefilter.filters.colour import Color, in_space
from pdefilter.filters.evolution_options import Steps, time_option, travel_step_option
from pdefilter.filters.option import Option, image_filter
from pdefilter.filters.smooth import gaussian
from pdefilter.schemes.explicit import explicit_steps

if TYPE_CHECKING:
    from pdefilter.raster import Raster

DEFAULT_TIME = 3.0
DEFAULT_STEP = 0.5
DEFAULT_SIGMA = 1.0

# Of two neighbours one is as far from the pixel as the upwind slope divided by √2, at least.
LARGEST_STEP = math.sqrt(0.5)

MODELS = {
    "osher-rudin": "the image itself",
    "alvarez-mazorra": "the image smoothed by a Gaussian, so that noise makes no edges",
}


@image_filter
def shock(
    image: "Raster",
    *,
    model: Annotated[
        str, Option("What tells the two sides of an edge apart.", choices=MODELS)
    ] = "alvarez-mazorra",
    sigma: Annotated[
        float | None,
        Option(
            "Standard deviation of the Gaussian of alvarez-mazorra.",
            unit="px",
            minimum=0,
            maximum=1000,
            otherwise="1",
        ),
    ] = None,
    time: Annotated[float | None, time_option(otherwise="3", unit="px")] = None,
    iterations: Steps = None,
    step: Annotated[float | None, travel_step_option(LARGEST_STEP, otherwise="0.5")] = None,
    color: Color = "rgb",
) -> "Raster":
    """Sharpen edges by a shock filter, u_t = −sgn(v_ηη) |∇u| with v = u or G_σ ∗ u.

    Bright and dark regions grow until they meet at an edge, at 1 px in a time of
    1 px; no value leaves the range of its neighbours. η is the direction of ∇v.
    All channels grow toward the edge that they share, where Σ|∇v|² is largest;
    zero flux through the border. A neighbour counts by its opacity; alpha is kept.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), or Image
        The initial image, integers or floats.
    model : {"osher-rudin", "alvarez-mazorra"}
        v: the image itself, or smoothed by a Gaussian.
    sigma : float, optional
        Standard deviation σ of that Gaussian in px, by default 1.
    time : float, optional
        Stopping time t in px, by default 3.
    iterations : int, optional
        Number of steps.
    step : float, optional
        Size τ of a step in px, at most √½, by default 0.5.
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
        If a step is unstable or the options contradict each other.

    References
    ----------
    Osher & Rudin 1990, doi:10.1137/0727053; Alvarez & Mazorra 1994,
    doi:10.1137/0731032, without their diffusion along edges.
    """
    if model == "osher-rudin" and sigma is not None:
        raise ParameterError(
            "sigma", "the model osher-rudin smooths nothing; take the model alvarez-mazorra"
        )
    steps = explicit_steps(
        time=time,
        iterations=iterations,
        step=step,
        default_time=DEFAULT_TIME,
        default_step=DEFAULT_STEP,
        largest_stable_step=LARGEST_STEP,
        unit="px",
    )
    deviation = DEFAULT_SIGMA if sigma is None else sigma
    if model == "osher-rudin":
        deviation = 0.0

    def shocked(converted: "Raster") -> "Raster":
        return _advance(converted, steps, deviation)

    return in_space(color, image, shocked) if steps and image.colour.size else image


def _advance(image: "Raster", steps: tuple[float, ...], sigma: float) -> "Raster":
    import numpy as np

    from pdefilter.kernels.shock import advance

    weight = image.weight
    room = [np.empty_like(image.colour) for _ in range(min(2, len(steps)))]
    for k, step in enumerate(steps):
        guide = gaussian(image, sigma).colour if sigma else None
        colour = advance(image.colour, step, guide=guide, weight=weight, out=room[k % 2])
        image = replace(image, colour=colour)
    return image
