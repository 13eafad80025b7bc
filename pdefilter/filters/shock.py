"""Sharpen an image to flat regions between sharp edges, by shock filters."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pdefilter.equations.smoothing import Smoothing
from pdefilter.errors import ParameterError
from pdefilter.filters.colour import Color, in_space
from pdefilter.filters.coupling import Coupling, coupled
from pdefilter.filters.evolution_options import Steps, time_option, travel_step_option
from pdefilter.filters.option import Option, image_filter
from pdefilter.filters.smooth import gaussian
from pdefilter.schemes.explicit import explicit_steps

if TYPE_CHECKING:
    from pdefilter.kernels.taps import Taps
    from pdefilter.raster import Planes, Raster

DEFAULT_TIME = 3.0
DEFAULT_STEP = 0.5
DEFAULT_SIGMA = 1.0
DEFAULT_RHO = 4.0

# Of two neighbours one is as far from the pixel as the upwind slope divided by √2, at least.
LARGEST_STEP = math.sqrt(0.5)

MODELS = {
    "osher-rudin": "the image itself",
    "alvarez-mazorra": "the image smoothed by a Gaussian, so that noise makes no edges",
    "coherence": "the same, across the lines that most of the neighbourhood has",
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
            "Standard deviation of that Gaussian.",
            unit="px",
            minimum=0,
            maximum=1000,
            otherwise="1",
        ),
    ] = None,
    rho: Annotated[
        float | None,
        Option(
            "Standard deviation of the neighbourhood that coherence takes directions from.",
            unit="px",
            minimum=0,
            maximum=1000,
            otherwise="4",
        ),
    ] = None,
    time: Annotated[float | None, time_option(otherwise="3", unit="px")] = None,
    iterations: Steps = None,
    step: Annotated[float | None, travel_step_option(LARGEST_STEP, otherwise="0.5")] = None,
    coupling: Coupling = None,
    color: Color = "rgb",
) -> "Raster":
    """Sharpen edges by a shock filter, u_t = −sgn(v_ηη) |∇u| with v = u or G_σ ∗ u.

    Bright and dark regions grow until they meet at an edge, at 1 px in a time of
    1 px; no value leaves the range of its neighbours. η is the direction of ∇v, or
    that across lines of the neighbourhood, which grow along themselves. All
    channels grow toward the edge that they share, where Σ|∇v|² is largest; zero
    flux through the border. A neighbour counts by its opacity; alpha is kept.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), or Image
        The initial image, integers or floats.
    model : {"osher-rudin", "alvarez-mazorra", "coherence"}
        v is the image itself; or smoothed by a Gaussian; or η also the
        eigenvector of the larger eigenvalue of the structure tensor
        G_ρ ∗ Σ ∇u ∇uᵀ of all channels.
    sigma : float, optional
        Standard deviation σ of that Gaussian in px, by default 1.
    rho : float, optional
        Standard deviation ρ in px of the neighbourhood that directions are
        taken from, by default 4.
    time : float, optional
        Stopping time t in px, by default 3.
    iterations : int, optional
        Number of steps.
    step : float, optional
        Size τ of a step in px, at most √½, by default 0.5.
    coupling : {"shared", "noise", "none"}, optional
        How channels share their edges: alike, each in the unit of its own noise, or
        not at all. By default shared for colours, noise for other bands; channels
        whose holes differ share nothing.
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
    doi:10.1137/0731032, without their diffusion along edges; Weickert 2003,
    doi:10.1007/978-3-540-45243-0_1 (coherence).
    """
    if model == "osher-rudin" and sigma is not None:
        raise ParameterError(
            "sigma", "the model osher-rudin smooths nothing; take the model alvarez-mazorra"
        )
    if model != "coherence" and rho is not None:
        raise ParameterError(
            "rho", f"the model {model} looks at no neighbourhood; take the model coherence"
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
    if not steps or not image.colour.size:
        return image
    smoothing = DEFAULT_SIGMA if sigma is None else sigma
    neighbourhood = DEFAULT_RHO if rho is None else rho

    def shocked(converted: "Raster") -> "Raster":
        def guide(now: "Raster") -> "Planes | Taps | None":
            return None if model == "osher-rudin" else _smoothed(now, smoothing)

        structure = _structure_of(converted, neighbourhood) if model == "coherence" else None
        return _advance(converted, steps, guide, structure)

    return in_space(color, image, lambda i: coupled(coupling, i, shocked))


def _advance(
    image: "Raster",
    steps: tuple[float, ...],
    guide: "Callable[[Raster], Planes | Taps | None]",
    structure: "Callable[[Planes], Planes] | None",
) -> "Raster":
    import numpy as np

    from pdefilter.kernels.shock import advance

    weight = image.weight
    scratch = [np.empty_like(image.colour) for _ in range(min(2, len(steps)))]
    for k, step in enumerate(steps):
        colour = advance(
            image.colour,
            step,
            guide=guide(image),
            weight=weight,
            structure=structure(image.colour) if structure else None,
            out=scratch[k % 2],
        )
        image = replace(image, colour=colour)
    return image


def _smoothed(image: "Raster", sigma: float) -> "Planes | Taps | None":
    """Smooth what decides, or say how, where a step can do so on its way."""
    from pdefilter.kernels import windows

    if not sigma:
        return None
    if image.weight is None:
        return windows.gaussian(sigma)
    return gaussian(image, sigma).colour


def _structure_of(image: "Raster", rho: float) -> "Callable[[Planes], Planes]":
    """Make what finds the directions in the neighbourhood of every pixel, in room of its own."""
    import numpy as np

    from pdefilter.kernels.tensors import structure_tensor

    visible = image.visible
    gathered = Smoothing(rho, visible)
    scratch = [np.empty((3, *image.colour.shape[1:]), np.float32) for _ in range(2)]

    def structure(colour: "Planes") -> "Planes":
        tensors = structure_tensor(colour, len(colour), visible, out=scratch[0])
        return gathered.of_tensors(tensors, scratch[1])

    return structure
