"""Colour spaces: from RGB to where a filter works, and back."""

import numpy as np

from pdefilter.kernels.bands import for_each_band
from pdefilter.raster import Plane, Planes
from pdefilter.warn import warn

# Rec. ITU-R BT.601, on the stored values.
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


def luminance(rgb: Planes) -> Planes:
    """Weigh the channels by how bright they look: (1, M, N)."""
    # One after the other: a product of matrices rounds as the processor's library does.
    r, g, b = (weight * plane for weight, plane in zip(_LUMINANCE, rgb, strict=True))
    y: Plane = r + g + b
    return y[None]


def with_luminance(y: Planes, rgb: Planes) -> Planes:
    """Change the luminance of `rgb` to `y`; all differences of colour stay."""
    return rgb + (y - luminance(rgb))


def linear_light(rgb: Planes) -> Planes:
    """Undo the transfer function of sRGB (IEC 61966-2-1); of negative values, mirrored."""
    # In double precision: the last bit of a power in single is not the same on every processor.
    size = np.abs(rgb).astype(np.float64)
    light = np.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4)
    return np.copysign(light, rgb).astype(np.float32)


def srgb(light: Planes) -> Planes:
    """Apply the transfer function of sRGB (IEC 61966-2-1); of negative values, mirrored."""
    size = np.abs(light).astype(np.float64)
    rgb = np.where(size <= 0.04045 / 12.92, size * 12.92, 1.055 * size ** (1 / 2.4) - 0.055)
    return np.copysign(rgb, light).astype(np.float32)


def lab(rgb: Planes) -> Planes:
    """Convert sRGB to a hundredth of CIE L*a*b*, white D65; of grey, L* alone.

    Values outside [0, 1] have no colour there and are clipped, with a warning
    that counts them.
    """
    from skimage.color import rgb2lab

    outside = np.count_nonzero((rgb < 0) | (rgb > 1))
    if outside:
        warn(
            f"{outside} of {rgb.size} values lie outside 0 to 1, where lab has no colours, and "
            "were clipped"
        )
    converted = np.empty_like(rgb)

    def work(first: int, last: int) -> None:
        band = np.broadcast_to(rgb[:, first:last].clip(0, 1), (3, last - first, rgb.shape[2]))
        # In double precision: to single, a colour at 16 bits would not come back as it was.
        found = rgb2lab(band.astype(np.float64), channel_axis=0) / 100
        converted[:, first:last] = found[: len(rgb)]

    for_each_band(work, rgb)
    return converted


def rgb_of_lab(found: Planes) -> Planes:
    """Undo `lab`."""
    from skimage.color import lab2rgb

    converted = np.empty_like(found)

    def work(first: int, last: int) -> None:
        band = np.zeros((3, last - first, found.shape[2]))
        band[: len(found)] = found[:, first:last] * 100.0
        converted[:, first:last] = lab2rgb(band, channel_axis=0)[: len(found)]

    for_each_band(work, found)
    return converted
