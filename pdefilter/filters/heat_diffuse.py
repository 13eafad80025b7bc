"""Smooth an image by linear diffusion."""

from typing import TYPE_CHECKING, Annotated

from pdefilter.equations.heat import Heat
from pdefilter.errors import ParameterError
from pdefilter.filters.evolution_options import (
    DEFAULT_STEP,
    LONGEST_TIME,
    Iterations,
    Step,
    time_option,
)
from pdefilter.filters.option import Option, image_filter
from pdefilter.schemes.explicit import explicit_steps

if TYPE_CHECKING:
    from pdefilter.raster import Raster

DEFAULT_TIME = 2.0

SCHEMES = {
    "explicit": "Euler steps",
    "exact": "cosine transform, any time at one cost",
}


@image_filter
def heat_diffuse(
    image: "Raster",
    *,
    time: Annotated[float | None, time_option()] = None,
    sigma: Annotated[
        float | None,
        Option(
            "Standard deviation of the Gaussian that it amounts to, t = σ²/2.",
            unit="px",
            minimum=0,
            maximum=(2 * LONGEST_TIME) ** 0.5,
            otherwise="2",
        ),
    ] = None,
    iterations: Iterations = None,
    step: Step = None,
    scheme: Annotated[str, Option("How time advances.", choices=SCHEMES)] = "explicit",
) -> "Raster":
    """Smooth an image by the heat equation u_t = Δu, zero flux through the border.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), or Image
        The initial image, integers or floats.
    time : float, optional
        Stopping time t in px².
    sigma : float, optional
        Standard deviation in px of the Gaussian that it amounts to; t = σ²/2.
        Where neither is given, σ = 2.
    iterations : int, optional
        Number of explicit steps.
    step : float, optional
        Size τ of an explicit step in px², at most 0.25; by default 0.2 at most.
    scheme : {"explicit", "exact"}
        Euler steps with the 5-point Laplacian, or the discrete cosine transform.

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
    Iijima 1959; Weickert, Ishikawa & Imiya 1999, doi:10.1023/A:1008344623873.
    """
    if time is not None and sigma is not None:
        raise ParameterError("sigma", "time and sigma say the same; give one of them")
    if sigma is not None:
        time = sigma**2 / 2

    heat = Heat()
    if scheme == "exact":
        for name, value in (("iterations", iterations), ("step", step)):
            if value is not None:
                raise ParameterError(
                    name, "the exact scheme takes no steps; give a time or a sigma"
                )
        t = DEFAULT_TIME if time is None else time
        return image.filtered(lambda u: heat.evolve_exactly(u, t)) if t else image

    steps = explicit_steps(
        time=time,
        iterations=iterations,
        step=step,
        default_time=DEFAULT_TIME,
        default_step=DEFAULT_STEP,
        largest_stable_step=heat.largest_stable_step,
    )
    return image.filtered(lambda u: heat.march(u, steps)) if steps else image
