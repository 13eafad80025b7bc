"""Smooth an image within its regions and not across their edges."""

import warnings
from typing import TYPE_CHECKING, Annotated

from pdefilter.equations.contrast import contrast_parameter, percentile_of
from pdefilter.equations.diffusivities import DIFFUSIVITIES
from pdefilter.equations.perona_malik import PeronaMalik
from pdefilter.filters.evolution_options import DEFAULT_STEP, Iterations, Step, time_option
from pdefilter.filters.option import Option, image_filter
from pdefilter.schemes.explicit import explicit_steps

if TYPE_CHECKING:
    from pdefilter.raster import Planes, Raster

DEFAULT_TIME = 5.0

_FORMULAS = {name: diffusivity.formula for name, diffusivity in DIFFUSIVITIES.items()}


@image_filter
def anisotropic(
    image: "Raster",
    *,
    kappa: Annotated[
        float | str,
        Option(
            "Contrast parameter κ: a difference between neighbours on the scale where full scale "
            "is 1, or a percentile of the image's own, such as p90.",
            verify=percentile_of,
            metavar="NUMBER|pNN",
        ),
    ] = "p90",
    diffusivity: Annotated[
        str, Option("How diffusion g fades with the difference s.", choices=_FORMULAS)
    ] = "exponential",
    time: Annotated[float | None, time_option(otherwise="5")] = None,
    iterations: Iterations = None,
    step: Step = None,
) -> "Raster":
    """Smooth within regions, not across edges, by Perona–Malik diffusion.

    u_t = div(g(|∇u|²) ∇u) with zero flux through the border, by explicit steps
    with edge-wise differences. All channels share one diffusivity, which
    follows the root mean square of their differences.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), or Image
        The initial image, integers or floats.
    kappa : float or str
        Contrast parameter κ on the unit scale, where full scale is 1; or a
        percentile of the differences between neighbouring pixels.
    diffusivity : {"exponential", "rational"}
        exp(−s²/κ²) favours strong edges over weak ones, 1/(1 + s²/κ²) wide
        regions over small ones.
    time : float, optional
        Stopping time t in px², by default 5.
    iterations : int, optional
        Number of explicit steps.
    step : float, optional
        Size τ of an explicit step in px², at most 0.25; by default 0.2 at most.

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
    Perona & Malik 1990, doi:10.1109/34.56205.
    """
    steps = explicit_steps(
        time=time,
        iterations=iterations,
        step=step,
        default_time=DEFAULT_TIME,
        default_step=DEFAULT_STEP,
        largest_stable_step=PeronaMalik.largest_stable_step,
    )
    g = DIFFUSIVITIES[diffusivity]
    channels = len(image.colour)

    def diffuse(u: "Planes") -> "Planes":
        contrast = contrast_parameter(u, kappa, channels)
        if not contrast:
            # g tends to 0 at every edge as κ does: the image is a steady state.
            return u
        if contrast > max(1.0, u.max() - u.min()):
            warnings.warn(
                f"kappa = {contrast:g} is above every difference in the image, where full scale "
                "is 1: nothing counts as an edge",
                stacklevel=2,
            )
        return PeronaMalik(g, contrast, channels).march(u, steps)

    return image.filtered(diffuse) if steps else image
