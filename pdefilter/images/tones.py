"""Tones: which stored values a screen shows in black and in white."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pdefilter.images.holes import valid_pixels
from pdefilter.images.image import Image, Pixels
from pdefilter.kernels.reference.channels import full_scale
from pdefilter.raster import Mask

# Sensors of 12 bits and fewer are often stored in 16, where they look black.
_DARK = 1 / 8

# So few per cent at either end may lie beyond black or white: one hot pixel does not decide.
_BEYOND = 0.1


def can_be_shown(image: Image) -> bool:
    """Tell whether it is grey or RGB; a screen cannot show inks and bands."""
    return not image.is_cmyk and image.colours in (1, 3)


@dataclass(frozen=True)
class Tones:
    """Which stored values are drawn in black and in white.

    Integers are drawn as fractions of full scale, floats between 0 and 1 as they are.
    Integers of 16 bits and more that use less than an eighth of full scale, and other
    floats, are drawn from about the smallest value to about the largest one.

    Attributes
    ----------
    black, white : float
        The values.
    is_stretched : bool
        Whether these are not zero and full scale.
    """

    black: float
    white: float
    is_stretched: bool

    @classmethod
    def of(cls, image: Image, colours: Pixels | None = None) -> Self:
        """Choose them for an image, or for some colours of it."""
        values = colours_of(image)[visible_of(image)] if colours is None else colours
        dtype = image.pixels.dtype
        full = full_scale_of(dtype)
        if image.full_scale not in (None, "range"):
            return cls(0.0, float(image.full_scale), False)
        if not values.size:
            return cls(0.0, full, False)
        smallest, largest = float(values.min()), float(values.max())
        as_they_are = image.full_scale is None and dtype.kind != "i"
        if as_they_are and smallest >= 0 and largest <= full:
            is_dark = dtype.kind == "u" and dtype.itemsize > 1 and largest <= _DARK * full
            if not is_dark:
                return cls(0.0, full, False)
        return cls(
            float(np.percentile(values, _BEYOND, method="lower")),
            float(np.percentile(values, 100 - _BEYOND, method="higher")),
            True,
        )

    def fractions(self, colours: Pixels) -> NDArray[np.floating]:
        """Find how light colours are, from 0 to 1."""
        with np.errstate(over="ignore", invalid="ignore"):
            lightness: NDArray[np.floating] = colours - np.float64(self.black)
            lightness /= (self.white - self.black) or 1
        return lightness.clip(0, 1)

    def draw(self, image: Image, *, transparent: bool) -> Image:
        """Draw a grey or RGB image in 8 bits.

        Parameters
        ----------
        image : Image
            Grey or RGB.
        transparent : bool
            Whether it gets an alpha channel, in which holes are transparent; else they are
            black.
        """
        visible, colours = visible_of(image), colours_of(image)
        drawn = np.zeros((*colours.shape[:2], image.colours + transparent))
        drawn[visible, : image.colours] = self.fractions(colours[visible])
        if transparent:
            drawn[..., -1] = opacity_of(image)
        return Image(np.rint(drawn * 255).astype(np.uint8), has_alpha=transparent)


def colours_of(image: Image) -> Pixels:
    """Return the colours of an image, shape (M, N, C)."""
    return image.pixels.reshape(*image.pixels.shape[:2], -1)[..., : image.colours]


def visible_of(image: Image) -> Mask:
    """Find the pixels that are holes in no channel, shape (M, N)."""
    valid, shape = valid_pixels(image), image.pixels.shape[:2]
    if valid is None:
        return np.ones(shape, bool)
    visible: Mask = np.logical_and.reduce(valid.reshape(-1, *shape))
    return visible


def opacity_of(image: Image) -> NDArray[np.floating]:
    """Find how opaque pixels are, from 0, as in holes, to 1; shape (M, N)."""
    opacity = visible_of(image).astype(np.float64)
    if image.has_alpha:
        alpha = image.pixels[..., -1]
        opacity *= (alpha / full_scale_of(alpha.dtype)).clip(0, 1)
    return opacity


def full_scale_of(dtype: np.dtype[Any]) -> float:
    """Return 1 for floats, and the largest value of an integer type."""
    return 1.0 if dtype.kind == "f" else float(full_scale(dtype))
