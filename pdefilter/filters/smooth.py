"""Smooth an image by convolution, or by a running median."""

from typing import TYPE_CHECKING, Annotated

from pdefilter.errors import ParameterError
from pdefilter.filters.colour import Color, in_space
from pdefilter.filters.option import Option, image_filter

if TYPE_CHECKING:
    from pdefilter.kernels.taps import Taps
    from pdefilter.raster import Raster

DEFAULT_SIGMA = 2.0
DEFAULT_MEDIAN_SIZE = 3

METHODS = {
    "gaussian": "sampled Gaussian, cut at 4σ",
    "box": "mean of a square",
    "binomial": "binomial coefficients",
    "median": "median of a square",
}


@image_filter
def smooth(
    image: "Raster",
    *,
    method: Annotated[str, Option("What the neighbours weigh.", choices=METHODS)] = "gaussian",
    sigma: Annotated[
        float | None,
        Option(
            "Standard deviation of the kernel along an axis.",
            unit="px",
            minimum=0,
            maximum=1000,
            otherwise="2",
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
    color: Color = "rgb",
) -> "Raster":
    """Smooth by a convolution with a Gaussian, box or binomial kernel, or by a median.

    The image is mirrored at its border.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), or Image
        The image, integers or floats.
    method : {"gaussian", "box", "binomial", "median"}
        The kernel. A box and a binomial kernel have exactly the standard
        deviation asked for, by a mixture of two neighbouring sizes.
    sigma : float, optional
        Standard deviation of the kernel along an axis in px, by default 2. A
        median has none.
    size : int, optional
        Width of the window in px, odd, in place of `sigma`. A Gaussian's holds
        ±4σ. By default 3 for the median.
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
        If both `sigma` and `size` are given, or `sigma` for a median.

    References
    ----------
    Tukey 1977 (median); Gwosdek, Grewenig, Bruhn & Weickert 2011,
    doi:10.1007/978-3-642-24785-9_38 (extended box).
    """
    if sigma is not None and size is not None:
        raise ParameterError("size", "sigma and size say the same; give one of them")
    if method == "median":
        if sigma is not None:
            raise ParameterError("sigma", "a median has no standard deviation; give a size")
        return in_space(color, image, lambda i: _median(i, size or DEFAULT_MEDIAN_SIZE))
    if size == 1 or sigma == 0:
        return image
    deviation = DEFAULT_SIGMA if sigma is None else sigma
    return in_space(color, image, lambda i: _convolved(i, method, deviation, size))


def gaussian(image: "Raster", sigma: float) -> "Raster":
    """Smooth by a Gaussian of standard deviation `sigma`, in px."""
    return _convolved(image, "gaussian", sigma, None) if sigma else image


def _convolved(image: "Raster", method: str, sigma: float, size: int | None) -> "Raster":
    from pdefilter.kernels.convolution import correlate

    taps = _taps(method, sigma, size)
    return image.averaged(lambda u: correlate(u, taps, taps))


def _taps(method: str, sigma: float, size: int | None) -> "Taps":
    from pdefilter.kernels import windows

    if method == "gaussian":
        return windows.gaussian_of_size(size) if size else windows.gaussian(sigma)
    window, variance = {
        "box": (windows.box, windows.box_variance),
        "binomial": (windows.binomial, windows.binomial_variance),
    }[method]
    return window(size) if size else windows.of_deviation(sigma, window, variance)


def _median(image: "Raster", size: int) -> "Raster":
    """Take medians, of visible pixels by their opacity; holes do not count."""
    from dataclasses import replace

    from pdefilter.kernels.median import median, weighted_median

    if size == 1 or not image.colour.size:
        return image
    if image.weight is None:
        return replace(image, colour=median(image.colour, size))
    colour = weighted_median(image.colour, image.weight, size)
    if image.alpha is None:
        return replace(image, colour=colour)
    opaque = replace(image, colour=image.alpha[None], alpha=None)
    return replace(image, colour=colour, alpha=_median(opaque, size).colour[0])
