"""Smooth an image within its regions and not across their edges."""

import functools
import warnings
from typing import TYPE_CHECKING, Annotated, Any

from pdefilter.equations.contrast import contrast_parameter, usable
from pdefilter.equations.diffusivities import DIFFUSIVITIES
from pdefilter.errors import ParameterError
from pdefilter.filters.colour import Color, in_space
from pdefilter.filters.coupling import Coupling, coupled
from pdefilter.filters.evolution_options import (
    Iterations,
    Step,
    Tolerance,
    kappa_option,
    scheme_option,
    time_option,
)
from pdefilter.filters.evolve import SCHEMES, edges_of, schedule
from pdefilter.filters.maps import KappaMap, NoiseMap, numbers_in, require_map
from pdefilter.filters.models import MODELS, choose, scheme_of
from pdefilter.filters.noise import NoiseLevel, noise_of
from pdefilter.filters.option import AUTO, Option, image_filter
from pdefilter.filters.stopping import time_of_least_risk
from pdefilter.observer import chose
from pdefilter.scale import Scale

if TYPE_CHECKING:
    from pdefilter.raster import Planes, Raster

_MODELS = {name: model.meaning for name, model in MODELS.items()}
_DEFAULT_SCHEME = "explicit, or fsi to a tolerance and where diffusion is a tensor"
_FORMULAS = {name: diffusivity.formula for name, diffusivity in DIFFUSIVITIES.items()}


@image_filter
def anisotropic(
    image: "Raster",
    *,
    model: Annotated[
        str, Option("Which equation u_t = … the image follows.", choices=_MODELS)
    ] = "regularized",
    noise: NoiseLevel = AUTO,
    kappa: Annotated[float | str, kappa_option(auto=True)] = AUTO,
    diffusivity: Annotated[
        str | None,
        Option(
            "How diffusion g fades with the difference s.",
            choices=_FORMULAS,
            otherwise="rational, for edge-enhancing weickert",
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
            otherwise="0.5, for edge-enhancing 1",
        ),
    ] = None,
    integration_scale: Annotated[
        float | None,
        Option(
            "Standard deviation ρ of the Gaussian that gathers the directions of edges: as large "
            "as the lines are apart.",
            unit="px",
            minimum=0,
            maximum=1000,
            otherwise="4, for edge-enhancing 0",
        ),
    ] = None,
    time: Annotated[float | str, time_option(auto=True)] = AUTO,
    iterations: Iterations = None,
    step: Step = None,
    scheme: Annotated[str | None, scheme_option(SCHEMES, _DEFAULT_SCHEME)] = None,
    tolerance: Tolerance = None,
    kappa_map: KappaMap = None,
    noise_map: NoiseMap = None,
    coupling: Coupling = None,
    color: Color = "rgb",
) -> "Raster":
    """Remove noise within regions, not edges between them, by nonlinear diffusion.

    u_t = div(D ∇u) with zero flux through the border, where D follows the
    image. All channels share it, by the mean of their squared differences.
    By default contrast and time are those at which, for white noise, the error
    is estimated to be least: an image without noise stays as it is.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), or Image
        The initial image, integers or floats.
    model : {"perona-malik", "regularized", "edge-enhancing", \
"coherence-enhancing"}
        D = g(|∇u|²), edge by edge between neighbours; D = g(|∇u_σ|²) of the
        smoothed image u_σ, so that noise is no edge; D = g(J_ρ(∇u_σ)), which
        smooths along edges too; or α across and α + (1 − α) exp(−κ⁴/(μ₁ − μ₂)²)
        along lines, which joins where they are interrupted. J_ρ is the structure
        tensor, μ₁ ≥ μ₂ are its eigenvalues. No tensor is below α = 0.01.
    noise : float or "auto"
        Standard deviation of the noise as a part of full scale; estimated, in
        every channel, where it is auto. Noise that neighbours
        share, as in JPEG files, is underestimated and then stays.
    kappa : float, str or "auto"
        Contrast parameter κ as a part of full scale; or a percentile of the differences
        between neighbouring pixels, of u_σ where the model has one; or auto, a
        multiple of the noise in those differences, for coherence-enhancing p50.
    diffusivity : {"exponential", "rational", "charbonnier", "weickert", \
"tukey", "geman-mcclure", "tv"}, optional
        g, by default rational, or weickert for edge-enhancing. The flux s g
        is largest at s = κ/√2, κ, nowhere, κ, κ/√5 and, constant from there on,
        κ. Where it falls, edges are sharpened.
    presmooth : float, optional
        Standard deviation σ in px of the Gaussian that makes u_σ, by default
        0.5, or 1 for edge-enhancing.
    integration_scale : float, optional
        Standard deviation ρ in px of the Gaussian that smooths the structure
        tensor, by default 4, or 0 for edge-enhancing.
    time : float or "auto"
        Stopping time t in px²; or auto, unless iterations are given: that at which
        Stein's unbiased estimate of the error is least, by explicit steps on
        squares of the image, or for coherence-enhancing 20.
    iterations : int, optional
        Number of explicit or aos steps.
    step : float, optional
        Size τ of an explicit step in px², at most 0.25, by default 0.2, or half
        of either where D is a tensor; or of an aos step.
    scheme : {"explicit", "fed", "fsi", "aos"}, optional
        Euler steps, cycles of fast explicit diffusion or of fast
        semi-iterative steps with D held in each, or additive operator
        splitting, which tensors do not allow. By default explicit, or fsi where
        a tolerance is given or D is a tensor: edges that sharpen themselves take
        small steps to follow.
    tolerance : float, optional
        Root mean square error in grey levels of 255 that fed, fsi and aos may
        make, estimated on parts of the image; by default 0.1, or 0.5 where D is a
        tensor, 255ths of the image's own range.
    kappa_map : ndarray of shape (M, N) or Image, optional
        κ for every pixel, in the unit of `kappa`, which may be this array too.
    noise_map : ndarray of shape (M, N) or Image, optional
        The noise for every pixel, in the unit of `noise`, which may be this array
        too.
    coupling : {"shared", "noise", "none"}, optional
        How channels share D: by their differences alike, by those in the unit of
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
        If κ is no contrast, a step is unstable, or the options contradict each
        other or the model.
    MisfitError
        If a map is of another size.

    References
    ----------
    Perona & Malik 1990, doi:10.1109/34.56205; Catté, Lions, Morel & Coll 1992,
    doi:10.1137/0729012 (regularized); Weickert 1998, Anisotropic Diffusion in
    Image Processing (edge-enhancing, weickert); Weickert 1999,
    doi:10.1023/A:1008009714131 (coherence-enhancing); Fehrenbach & Mirebeau
    2014, doi:10.1007/s10851-013-0446-3 (tensors on the grid). Diffusivities:
    Charbonnier et al. 1997, doi:10.1109/83.551699; Black et al. 1998,
    doi:10.1109/83.661192 (tukey); Geman & McClure 1985, Bayesian image analysis
    (geman-mcclure); Rudin, Osher & Fatemi 1992,
    doi:10.1016/0167-2789(92)90242-F (tv). Noise: Immerkær 1996,
    doi:10.1006/cviu.1996.0060; its error: Stein 1981,
    doi:10.1214/aos/1176345632. Schemes: Grewenig, Weickert & Bruhn
    2010, doi:10.1007/978-3-642-15986-2_54 (fed); Hafner et al. 2016,
    doi:10.1007/978-3-319-45886-1_8 (fsi); Weickert, ter Haar Romeny &
    Viergever 1998, doi:10.1109/83.661190 (aos).
    """
    choice = choose(
        model, diffusivity=diffusivity, presmooth=presmooth, integration_scale=integration_scale
    )
    follows_error = (time, iterations, MODELS[model].time) == (AUTO, None, None)
    stepped = iterations is not None or step is not None
    plan_until = functools.partial(
        schedule,
        scheme=scheme_of(model, scheme, stepped=stepped),
        iterations=iterations,
        step=step,
        tolerance=tolerance,
        to_tolerance="fsi",
        default_time=MODELS[model].time or 0.0,
        largest_stable_step=MODELS[model].largest_stable_step,
        default_tolerance=MODELS[model].tolerance,
    )
    plan = plan_until(time=None if time == AUTO else float(time))
    wanted = MODELS[model].contrast if kappa == AUTO else kappa
    for name, value, picture in (("kappa", kappa, kappa_map), ("noise", noise, noise_map)):
        require_map(name, value, picture, image, given=value != AUTO)
    if noise_map is not None and kappa_map is not None and not follows_error:
        raise ParameterError(
            "noise_map", "has no say where kappa and the time are given; leave one of them out"
        )
    if noise != AUTO and (wanted != AUTO or kappa_map is not None) and not follows_error:
        raise ParameterError(
            "noise", "has no say where kappa and the time are given; leave one of the three out"
        )

    def diffused(converted: "Raster") -> "Raster":
        channels, edges, scale = len(converted.colour), edges_of(converted), converted.scale
        smoothed = choice.smoothed(converted)

        def diffuse(u: "Planes") -> "Planes":
            found = functools.cache(
                lambda: noise_of(
                    converted,
                    u,
                    noise,
                    numbers_in("noise_map", noise_map, converted, positive=False),
                )
            )
            contrast: Any = numbers_in("kappa_map", kappa_map, converted, positive=True)
            if contrast is None and wanted == AUTO:
                contrast = choice.contrast_of(found().deviations[:channels])
            elif contrast is None:
                contrast = contrast_parameter(smoothed(u), wanted, channels, edges, scale)
            if isinstance(contrast, float):
                chose(kappa=scale.part(contrast))
                if wanted == AUTO and not contrast:
                    chose(time=0.0)
                    return u
                _warn_of_large(contrast, u, scale)
            else:
                chose(kappa=[scale.part(float(contrast.min())), scale.part(float(contrast.max()))])
            evolution = choice.evolution(converted, usable(contrast))
            if not follows_error:
                return plan.run(evolution, u, scale)
            time = time_of_least_risk(evolution, u, found())
            return plan_until(time=time).run(evolution, u, scale)

        return converted.diffused(diffuse)

    if not follows_error and not plan.time:
        return image
    # Where the noise is given it is that of all bands, and weighs none of them.
    noise_is_known = noise != AUTO or noise_map is not None
    how = "shared" if noise_is_known and coupling != "none" else coupling
    return in_space(color, image, lambda i: coupled(how, i, diffused), couples=True)


def _warn_of_large(contrast: float, u: "Planes", scale: Scale) -> None:
    if scale.part(contrast) > 1 and contrast > u.max() - u.min():
        warnings.warn(
            f"kappa = {scale.part(contrast):g} is above every difference in the image, where full "
            "scale is 1: nothing counts as an edge",
            stacklevel=2,
        )
