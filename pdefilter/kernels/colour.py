"""Conversions between RGB and the colour spaces that filters work in."""

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.bands import for_each_band
from pdefilter.raster import Plane, Planes
from pdefilter.warn import warn

# Rec. ITU-R BT.601, on the stored values.
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)

_OPPONENT = (np.array([[1, 1, 1], [1, 0, -1], [1, -2, 1]]) / np.sqrt([[3], [2], [6]])).astype(
    np.float32
)


def luminance(rgb: Planes) -> Planes:
    """Find the luminance, shape (1, M, N), of RGB."""
    # One channel after the other: the rounding of a matrix product depends on the library.
    r, g, b = (weight * plane for weight, plane in zip(_LUMINANCE, rgb, strict=True))
    y: Plane = r + g + b
    return y[None]


def with_luminance(y: Planes, rgb: Planes) -> Planes:
    """Change the luminance of RGB to `y`, and keep the colour differences."""
    return rgb + (y - luminance(rgb))


def opponent(rgb: Planes) -> Planes:
    """Change RGB to (R + G + B)/√3, (R − B)/√2 and (R − 2G + B)/√6, an orthonormal basis."""
    return _combined(_OPPONENT, rgb)


def rgb_of_opponent(planes: Planes) -> Planes:
    """Change opponent channels to RGB; the inverse of `opponent`."""
    return _combined(_OPPONENT.T, planes)


def _combined(matrix: NDArray[np.float32], planes: Planes) -> Planes:
    """Apply a matrix to the channels of every pixel."""
    # One channel after the other: the rounding of a matrix product depends on the library.
    first, second, third = planes
    return np.stack([a * first + b * second + c * third for a, b, c in matrix])


def linear_light(rgb: Planes) -> Planes:
    """Invert the transfer function of sRGB (IEC 61966-2-1), continued as an odd function."""
    # In double precision: the last bit of a float32 power depends on the processor.
    size = np.abs(rgb).astype(np.float64)
    light = np.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4)
    return np.copysign(light, rgb).astype(np.float32)


def srgb(light: Planes) -> Planes:
    """Apply the transfer function of sRGB (IEC 61966-2-1), continued as an odd function."""
    size = np.abs(light).astype(np.float64)
    rgb = np.where(size <= 0.04045 / 12.92, size * 12.92, 1.055 * size ** (1 / 2.4) - 0.055)
    return np.copysign(rgb, light).astype(np.float32)


def lab(rgb: Planes) -> Planes:
    """Convert sRGB to CIE L*a*b* / 100 with white D65; grey becomes L* / 100 alone.

    Values outside [0, 1] are clipped, with a warning, the same for every box of an image.
    """
    from skimage.color import rgb2lab

    if rgb.min() < 0 or rgb.max() > 1:
        warn("values lie outside 0 to 1, where lab has no colours, and were clipped")
    converted = np.empty_like(rgb)

    def work(first: int, last: int) -> None:
        band = np.broadcast_to(rgb[:, first:last].clip(0, 1), (3, last - first, rgb.shape[2]))
        # In double precision: float32 does not preserve all colours of 16 bits.
        result = rgb2lab(band.astype(np.float64), channel_axis=0) / 100
        converted[:, first:last] = result[: len(rgb)]

    for_each_band(work, rgb)
    return converted


def rgb_of_lab(planes: Planes) -> Planes:
    """Convert CIE L*a*b* / 100 to sRGB; the inverse of `lab`."""
    from skimage.color import lab2rgb

    converted = np.empty_like(planes)

    def work(first: int, last: int) -> None:
        band = np.zeros((3, last - first, planes.shape[2]))
        band[: len(planes)] = planes[:, first:last] * 100.0
        converted[:, first:last] = lab2rgb(band, channel_axis=0)[: len(planes)]

    for_each_band(work, planes)
    return converted
