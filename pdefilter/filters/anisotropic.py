"""Smooth an image within its regions and not across their edges."""

import warnings
from typing import TYPE_CHECKING, Annotated

from pdefilter.equations.contrast import contrast_parameter, percentile_of
from pdefilter.equations.diffusivities import DIFFUSIVITIES
from pdefilter.equations.perona_malik import PeronaMalik
from pdefilter.filters.colour import Color, in_space
from pdefilter.filters.evolution_options import (
    Iterations,
    Step,
    Tolerance,
    scheme_option,
    time_option,
)
from pdefilter.filters.evolve import SCHEMES, edges_of, schedule
from pdefilter.filters.option import Option, image_filter
from pdefilter.observer import chose

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
    scheme: Annotated[str | None, scheme_option(SCHEMES, "explicit, or fsi to a tolerance")] = None,
    tolerance: Tolerance = None,
    color: Color = "rgb",
) -> "Raster":
    """Smooth within regions, not across edges, by Perona–Malik diffusion.

    u_t = div(g(|∇u|²) ∇u) with zero flux through the border and edge-wise
    differences. All channels share one diffusivity, which
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
        Number of explicit or aos steps.
    step : float, optional
        Size τ of an explicit step in px², at most 0.25, by default 0.2; or of
        an aos step.
    scheme : {"explicit", "fed", "fsi", "aos"}, optional
        Euler steps, cycles of fast explicit diffusion or of fast
        semi-iterative steps with the diffusivity held in each, or additive
        operator splitting. By default explicit, or fsi where a tolerance is
        given: edges that sharpen themselves take small steps to follow.
    tolerance : float, optional
        Root mean square error in grey levels of 255 that fed, fsi and aos may
        make, estimated on parts of the image; by default 0.1.
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
    Perona & Malik 1990, doi:10.1109/34.56205. Schemes: Grewenig, Weickert &
    Bruhn 2010, doi:10.1007/978-3-642-15986-2_54 (fed); Hafner et al. 2016,
    doi:10.1007/978-3-319-45886-1_8 (fsi); Weickert, ter Haar Romeny &
    Viergever 1998, doi:10.1109/83.661190 (aos).
    """
    plan = schedule(
        scheme=scheme,
        time=time,
        iterations=iterations,
        step=step,
        tolerance=tolerance,
        to_tolerance="fsi",
        default_time=DEFAULT_TIME,
        largest_stable_step=PeronaMalik.largest_stable_step,
    )
    g = DIFFUSIVITIES[diffusivity]

    def diffused(converted: "Raster") -> "Raster":
        channels, edges = len(converted.colour), edges_of(converted)

        def diffuse(u: "Planes") -> "Planes":
            contrast = contrast_parameter(u, kappa, channels, edges)
            chose(kappa=contrast)
            if not contrast:
                # g tends to 0 at every edge as κ does: the image is a steady state.
                return u
            if contrast > 1 and contrast > u.max() - u.min():
                warnings.warn(
                    f"kappa = {contrast:g} is above every difference in the image, where full "
                    "scale is 1: nothing counts as an edge",
                    stacklevel=2,
                )
            return plan.run(PeronaMalik(g, contrast, channels, edges), u)

        return converted.filtered(diffuse)

    return in_space(color, image, diffused) if plan.time else image
