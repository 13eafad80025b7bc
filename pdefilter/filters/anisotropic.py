"""Smooth an image within its regions and not across their edges."""

import warnings
from typing import TYPE_CHECKING, Annotated

from pdefilter.equations.contrast import contrast_parameter, percentile_of
from pdefilter.equations.diffusivities import DIFFUSIVITIES
from pdefilter.filters.colour import Color, in_space
from pdefilter.filters.evolution_options import (
    Iterations,
    Step,
    Tolerance,
    scheme_option,
    time_option,
)
from pdefilter.filters.evolve import SCHEMES, edges_of, schedule
from pdefilter.filters.models import MODELS, choose
from pdefilter.filters.option import Option, image_filter

if TYPE_CHECKING:
    from pdefilter.raster import Planes, Raster

_MODELS = {name: model.meaning for name, model in MODELS.items()}
_FORMULAS = {name: diffusivity.formula for name, diffusivity in DIFFUSIVITIES.items()}


@image_filter
def anisotropic(
    image: "Raster",
    *,
    model: Annotated[
        str, Option("Which equation u_t = … the image follows.", choices=_MODELS)
    ] = "perona-malik",
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
        str | None,
        Option(
            "How diffusion g fades with the difference s.",
            choices=_FORMULAS,
            otherwise="exponential",
        ),
    ] = None,
    presmooth: Annotated[
        float | None,
        Option(
            "Standard deviation σ of the Gaussian that smooths the image u_σ from which "
            "differences are taken.",
            unit="px",
            minimum=0,
            maximum=1000,
            otherwise="0.5 for regularized",
        ),
    ] = None,
    time: Annotated[float | None, time_option(otherwise="5")] = None,
    iterations: Iterations = None,
    step: Step = None,
    scheme: Annotated[str | None, scheme_option(SCHEMES, "explicit, or fsi to a tolerance")] = None,
    tolerance: Tolerance = None,
    color: Color = "rgb",
) -> "Raster":
    """Smooth within regions, not across edges, by nonlinear diffusion.

    u_t = div(g(|∇u|²) ∇u) by default, with zero flux through the border and
    edge-wise differences. All channels share one diffusivity, which
    follows the root mean square of their differences.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), or Image
        The initial image, integers or floats.
    model : {"perona-malik", "regularized"}
        Whether the diffusivity follows the image itself or, with fewer traces
        of the noise, the smoothed image u_σ.
    kappa : float or str
        Contrast parameter κ on the unit scale, where full scale is 1; or a
        percentile of the differences between neighbouring pixels, of u_σ where
        the model has one.
    diffusivity : {"exponential", "rational", "charbonnier", "weickert", \
"tukey", "tv"}, optional
        g, by default exponential. The flux s g is largest at s = κ/√2, κ,
        nowhere, κ, κ/√5 and, constant from there on, κ. Where it falls,
        edges are sharpened.
    presmooth : float, optional
        Standard deviation σ in px of the Gaussian that makes u_σ, by default
        0.5; for the models that have one.
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
    Perona & Malik 1990, doi:10.1109/34.56205; Catté, Lions, Morel & Coll 1992,
    doi:10.1137/0729012 (regularized). Diffusivities: Charbonnier et al. 1997,
    doi:10.1109/83.551699; Weickert 1998, Anisotropic Diffusion in Image
    Processing; Black et al. 1998, doi:10.1109/83.661192 (tukey); Rudin, Osher &
    Fatemi 1992, doi:10.1016/0167-2789(92)90242-F (tv). Schemes: Grewenig, Weickert &
    Bruhn 2010, doi:10.1007/978-3-642-15986-2_54 (fed); Hafner et al. 2016,
    doi:10.1007/978-3-319-45886-1_8 (fsi); Weickert, ter Haar Romeny &
    Viergever 1998, doi:10.1109/83.661190 (aos).
    """
    choice = choose(model, diffusivity=diffusivity, presmooth=presmooth)
    plan = schedule(
        scheme=scheme,
        time=time,
        iterations=iterations,
        step=step,
        tolerance=tolerance,
        to_tolerance="fsi",
        default_time=MODELS[model].time,
        largest_stable_step=MODELS[model].largest_stable_step,
    )

    def diffused(converted: "Raster") -> "Raster":
        channels, edges = len(converted.colour), edges_of(converted)
        smoothed = choice.smoothed(converted)

        def diffuse(u: "Planes") -> "Planes":
            contrast = contrast_parameter(smoothed(u), kappa, channels, edges)
            if not contrast:
                # g tends to 0 at every edge as κ does: the image is a steady state.
                return u
            if contrast > 1 and contrast > u.max() - u.min():
                warnings.warn(
                    f"kappa = {contrast:g} is above every difference in the image, where full "
                    "scale is 1: nothing counts as an edge",
                    stacklevel=2,
                )
            return plan.run(choice.evolution(converted, contrast), u)

        return converted.filtered(diffuse)

    return in_space(color, image, diffused) if plan.time else image
