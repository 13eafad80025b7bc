"""Smooth an image by convolution, by a running median, or to the minimum of an energy."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pdefilter.equations.energies import OPTIMIZERS, Optimizer
from pdefilter.errors import ParameterError
from pdefilter.filters.operations.curvature import CurvatureMotion, curvature_plan
from pdefilter.filters.operations.median import Median
from pdefilter.filters.operations.range_one import OfRangeOne
from pdefilter.filters.operations.stabilised import Stabilised
from pdefilter.filters.operations.variational import ENERGIES, Minimised
from pdefilter.filters.operations.weighted_mean import WeightedMean
from pdefilter.filters.options.border import BORDERS, Border
from pdefilter.filters.options.colour import Color, InSpace
from pdefilter.filters.options.coupling import Coupled, Coupling
from pdefilter.filters.options.maps import LEVELS, NoiseMap, SupportsArray, as_number, as_raster
from pdefilter.filters.options.noise import (
    NOISE_MODELS,
    NoiseModelName,
    require_noise_of_model,
)
from pdefilter.filters.options.option import AUTO, Option, image_filter
from pdefilter.filters.options.quantity import along_axes, as_pixels
from pdefilter.filters.options.time import time_option
from pdefilter.grid import UNIT, largest_stable_step
from pdefilter.operation import Operation, Unchanged

if TYPE_CHECKING:
    from pdefilter.raster import Picture

DEFAULT_SIGMA = 2.0
DEFAULT_MEDIAN_SIZE = 3

Method: TypeAlias = Literal[
    "gaussian", "box", "binomial", "median", "tikhonov", "tv", "huber", "curvature"
]

METHODS = {
    "gaussian": "sampled Gaussian, cut at 4σ",
    "box": "mean of a square",
    "binomial": "binomial coefficients",
    "median": "median of a square",
    **ENERGIES,
    "curvature": "u_t = |∇u| div(∇u/|∇u|), level lines move by their curvature",
}

# The methods that have an option.
_OPTIONS_OF = {
    "sigma": ("gaussian", "box", "binomial"),
    "size": ("gaussian", "box", "binomial", "median"),
    "weight": tuple(ENERGIES),
    "weight_map": tuple(ENERGIES),
    "noise": tuple(ENERGIES),
    "noise_model": tuple(ENERGIES),
    "noise_map": tuple(ENERGIES),
    "coupling": tuple(ENERGIES),
    "kappa": tuple(ENERGIES),
    "optimizer": tuple(ENERGIES),
    "tolerance": tuple(ENERGIES),
    "time": ("curvature",),
    "border": ("gaussian", "box", "binomial", "median"),
}


@image_filter
def smooth(
    *,
    method: Annotated[Method, Option("Method of smoothing.", choices=METHODS)] = "gaussian",
    sigma: Annotated[
        float | str | Sequence[float] | None,
        Option(
            "Standard deviation of the kernel along an axis.",
            unit="px",
            minimum=0,
            maximum=1000,
            otherwise="2",
            per_axis=True,
        ),
    ] = None,
    size: Annotated[
        int | None,
        Option(
            "Width of the window, odd.",
            unit="px",
            minimum=1,
            maximum=999,
            odd=True,
            otherwise="3 for the median",
        ),
    ] = None,
    weight: Annotated[
        float | str | SupportsArray | None,
        Option(
            "Weight λ of slopes in the energy: a slope κ (any slope for tv) pulls a pixel by λ; "
            "auto: estimated so that it removes the noise best.",
            unit="grey levels of 255",
            minimum=0,
            metavar="LEVELS|auto",
            otherwise="20",
            auto=True,
        ),
    ] = None,
    kappa: Annotated[
        float | None,
        Option(
            "Reference slope κ of tikhonov and huber, as a fraction of full scale.",
            positive=True,
            otherwise="0.04",
        ),
    ] = None,
    optimizer: Annotated[
        Optimizer | None,
        Option("Method of minimisation.", choices=OPTIMIZERS, otherwise="primal-dual"),
    ] = None,
    tolerance: Annotated[
        float | None,
        Option(
            "Root mean square distance from the minimum to stop at, proved by the duality gap or "
            "by the gradient.",
            unit="grey levels of 255",
            positive=True,
            metavar="LEVELS",
            otherwise="0.1/255 of the image's own range",
        ),
    ] = None,
    time: Annotated[float | str | None, time_option(otherwise="2 for curvature")] = None,
    weight_map: Annotated[
        "Picture | None",
        Option(
            "Grey picture of the size of INPUT with λ for every pixel: floats in the unit of "
            "--weight, integers such that full scale is 255 levels.",
            picture=True,
            levels=LEVELS,
        ),
    ] = None,
    noise: Annotated[
        float | str | SupportsArray | None,
        Option(
            "Standard deviation of the noise as a fraction of full scale, for weight auto; auto: "
            "estimated in every channel.",
            minimum=0,
            metavar="NUMBER|auto",
            otherwise="auto",
            auto=True,
        ),
    ] = None,
    noise_model: Annotated[
        NoiseModelName | None,
        Option("Kind of the noise.", choices=NOISE_MODELS, otherwise="gaussian"),
    ] = None,
    noise_map: NoiseMap = None,
    coupling: Coupling = None,
    border: Annotated[
        Border | None, Option("Values beyond the border.", choices=BORDERS, otherwise="reflect")
    ] = None,
    color: Color = "rgb",
) -> Operation:
    """Smooth by a convolution, a median, the minimum of an energy, or curvature motion.

    The energies are ½‖u − f‖² + λ Σ φ(|∇u|), where f is the image and φ' = 1 at
    the slope κ. So in each of them such a slope pulls a pixel by λ grey levels.
    Under total variation a strip of width w loses 2λ/w. The image is mirrored
    at its border, unless an axis is cyclic.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), Image or Volume
        The image, integers or floats.
    method : str
        "gaussian", "box", "binomial": the kernel. Box and binomial kernels are
        mixtures of two neighbouring sizes, so that σ is exact. "median": the median
        of a square. "tikhonov", "tv", "huber": the energy, where φ(s) is s²/2κ, s,
        or s²/2κ up to κ and s − κ/2 beyond. "curvature": u_t = |∇u| div(∇u/|∇u|).
    sigma : float, str or sequence of float, optional
        Standard deviation of the kernel along an axis in px, by default 2, or a
        length such as "2mm"; or a number for every axis, in its own pixels. A median
        has none.
    size : int, optional
        Width of the window in px, odd, in place of `sigma`. The window of a
        Gaussian holds ±4σ. By default 3 for the median.
    weight : float or "auto", optional
        λ in grey levels of 255 (times px), by default 20; or auto, which depends on
        the noise: an image without noise stays as it is.
    kappa : float, optional
        κ as a fraction of full scale, for tikhonov and huber; by default 0.04.
    optimizer : str, optional
        "gradient-descent": explicit steps of the diffusion u_t = f − u + λ
        div(φ'(|∇u|)/|∇u| ∇u). "nesterov": these steps with momentum. "newton":
        solves for the diffusivity of the previous step. None of these three fits tv.
        "conjugate-gradient": for tikhonov only. "primal-dual": for all energies, the
        default. All of them reach the same minimum.
    tolerance : float, optional
        Root mean square distance from the minimum to stop at, in grey levels of
        255. The default is 0.1/255 of the image's own range.
    time : float or str, optional
        Stopping time t in px², or an area such as "4mm²", for curvature; by default 2:
        a disc of radius r shrinks to √(r² − 2t).
    weight_map : ndarray of shape (M, N) or Image, optional
        λ for every pixel, in the unit of `weight`, which may be this array too.
    noise : float or "auto", optional
        Standard deviation of the noise as a fraction of full scale, for weight
        auto; by default auto, estimated in every channel. For the noise model
        "poisson" it is the value of one photon, and for "rician" the deviation before
        the magnitude was taken.
    noise_model : {"gaussian", "poisson", "rician", "auto"}, optional
        The same noise everywhere, the default; that of photons, whose variance is a
        straight line over the light; that of magnitudes; or auto, which fits the
        variance over the light. Values are transformed so that all of them have the
        same noise, and back without bias.
    noise_map : ndarray of shape (M, N) or Image, optional
        The noise for every pixel, in the unit of `noise`, which may be this array
        too.
    coupling : {"shared", "noise", "none"}, optional
        How channels share their slope in total variation and Huber's energy: all
        alike, in units of each channel's noise, or not at all. By default shared
        for colours, and noise for other bands.
    border : {"reflect", "wrap", "wrap-rows", "wrap-columns"}, optional
        For convolutions and medians: mirrored, the default; or cyclic along both axes;
        along the axis of rows alone, so that the last row is next to the first one; or
        along the axis of columns alone, as for a panorama.
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
        If both `sigma` and `size` are given, or an option that the method does not
        have, or an optimizer that does not fit the energy.

    References
    ----------
    Tukey 1977 (median); Gwosdek, Grewenig, Bruhn & Weickert 2011,
    doi:10.1007/978-3-642-24785-9_38 (extended box); Rudin, Osher & Fatemi 1992,
    doi:10.1016/0167-2789(92)90242-F (tv); Huber 1964,
    doi:10.1214/aoms/1177703732; Alvarez, Lions & Morel 1992,
    doi:10.1137/0729052 (curvature). Optimizers: Beck & Teboulle 2009,
    doi:10.1109/TIP.2009.2028250 (primal-dual); Nesterov 2004,
    doi:10.1007/978-1-4419-8853-9; Vogel & Oman 1996, doi:10.1137/0917016
    (newton); Hestenes & Stiefel 1952, doi:10.6028/jres.049.044. Noise models: Foi,
    Trimeche, Katkovnik & Egiazarian 2008, doi:10.1109/TIP.2008.2001399; Mäkitalo & Foi
    2013, doi:10.1109/TIP.2012.2202675 (poisson); Foi 2011,
    doi:10.1109/ISBI.2011.5872758 (rician).
    """
    if sigma is not None and size is not None:
        raise ParameterError("size", "sigma and size mean the same; give one of them")
    given = {
        "sigma": sigma,
        "size": size,
        "weight": weight,
        "weight_map": weight_map,
        "noise": noise,
        "noise_model": noise_model,
        "noise_map": noise_map,
        "kappa": kappa,
        "optimizer": optimizer,
        "tolerance": tolerance,
        "time": time,
        "coupling": coupling,
        "border": border,
    }
    for name, value in given.items():
        if value is not None and method not in _OPTIONS_OF[name]:
            raise ParameterError(
                name, f"{method} has none; take the method {' or '.join(_OPTIONS_OF[name])}"
            )
    if method in ENERGIES:
        level = None if noise is None else as_number(noise)
        kind: NoiseModelName = noise_model or "gaussian"
        minimised = Minimised(
            method,
            None if weight is None else as_number(weight),
            as_raster(weight_map),
            level if kind == "gaussian" else None,
            as_raster(noise_map),
            kappa,
            optimizer,
            tolerance,
        )
        require_noise_of_model(kind, level, minimised.noise_map)
        if minimised.weight == 0:
            return Unchanged()
        if kind != "gaussian":
            stabilised = Stabilised(kind, AUTO if level is None else level, coupling, minimised)
            return InSpace(color, stabilised, couples=True)
        return InSpace(color, Coupled(coupling, minimised), couples=True)
    if method == "curvature":
        plan = curvature_plan(as_pixels(time))
        if not plan(largest_stable_step=largest_stable_step(UNIT)):
            return Unchanged()
        return InSpace(color, OfRangeOne(CurvatureMotion(plan)))
    border = border or "reflect"
    if method == "median":
        width = size or DEFAULT_MEDIAN_SIZE
        return InSpace(color, Median(width, border)) if width > 1 else Unchanged()
    deviation = as_pixels(sigma)
    if size == 1 or deviation == 0:
        return Unchanged()
    from pdefilter.kernels.windows import Window

    window = Window(method, DEFAULT_SIGMA if deviation is None else deviation, size)
    return InSpace(color, WeightedMean(window, border, along_axes(sigma)))
