"""Previews: how a notebook shows an image, on a screen of 8 bits."""

import base64
import html
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdefilter.images.formats import named
from pdefilter.images.frames import single
from pdefilter.images.holes import valid_pixels
from pdefilter.images.image import Image, Pixels
from pdefilter.kernels.reference.channels import full_scale
from pdefilter.raster import Mask

_MOST_SIDE = 800

# A smaller picture is enlarged, pixel by pixel.
_LEAST_SIDE = 160

# Sensors of 12 bits and fewer are often stored in 16, where they look black.
_DARK = 1 / 8

# So few values at either end may lie beyond black or white: one hot pixel does not decide.
_BEYOND = 0.1

# Holes and transparent pixels let it through.
_CHESSBOARD = "repeating-conic-gradient(#bbb 0 25%, #eee 0 50%) 0 0/16px 16px"


@dataclass(frozen=True)
class Preview:
    """An image as a screen shows it.

    Attributes
    ----------
    pixels : ndarray of shape (m, n, 2) or (m, n, 4), uint8
        Grey or colours, and opacity: 0 in holes.
    black, white : float
        The stored values that they show.
    is_stretched : bool
        Whether these are not zero and full scale.
    step : int
        The side in pixels of the squares of which each became one.
    """

    pixels: NDArray[np.uint8]
    black: float
    white: float
    is_stretched: bool
    step: int


def preview(image: Image) -> Preview | None:
    """Draw an image at no more than 800 pixels a side; None for inks and bands.

    Larger images are reduced by means over squares. Integers are drawn as fractions of
    full scale. Integers of 16 bits and more that use less than an eighth of it, and floats
    that do not lie between 0 and 1, are drawn from about the smallest value to about the
    largest one.
    """
    if image.is_cmyk or image.colours not in (1, 3):
        return None
    shape = image.pixels.shape[:2]
    pixels = image.pixels.reshape(*shape, -1)
    opacity: NDArray[Any] = np.ones(shape)
    if image.has_alpha:
        opacity = _fractions_of_full_scale(pixels[..., -1])
    valid = valid_pixels(image)
    if valid is not None:
        opacity = opacity * np.logical_and.reduce(valid.reshape(-1, *shape))
    step = -(-max(shape) // _MOST_SIDE)
    colours, opacity = _reduced(pixels[..., : image.colours], opacity, valid, step)
    visible = opacity > 0
    black, white, is_stretched = _ends(colours[visible], image)
    drawn = np.zeros((*opacity.shape, image.colours + 1))
    known = np.ones(opacity.shape, bool) if valid is None else visible
    with np.errstate(over="ignore", invalid="ignore"):
        fractions = (colours[known] - np.float64(black)) / ((white - black) or 1)
    drawn[known, :-1] = fractions.clip(0, 1)
    drawn[..., -1] = opacity.clip(0, 1)
    return Preview(np.rint(drawn * 255).astype(np.uint8), black, white, is_stretched, step)


def preview_png(image: Image) -> bytes | None:
    """Draw an image as a PNG of 8 bits; None for inks and bands."""
    drawn = preview(image)
    return None if drawn is None else _png(drawn.pixels)


def preview_html(image: Image) -> str | None:
    """Draw an image with a line that describes it; None for inks and bands.

    Holes, and what is transparent, show a chessboard.
    """
    drawn = preview(image)
    if drawn is None:
        return None
    rows, columns = drawn.pixels.shape[:2]
    scale = max(1, _LEAST_SIDE // max(rows, columns))
    data = base64.b64encode(_png(drawn.pixels)).decode()
    words = html.escape(_caption(image, drawn))
    return (
        '<figure style="margin: 0">'
        f'<img src="data:image/png;base64,{data}" alt="{words}" '
        f'width="{columns * scale}" height="{rows * scale}" '
        f'style="image-rendering: pixelated; background: {_CHESSBOARD}">'
        f'<figcaption style="font-size: smaller">{words}</figcaption></figure>'
    )


Image.draw = preview_png
Image.describe = preview_html


def _png(pixels: NDArray[np.uint8]) -> bytes:
    picture = Image(pixels, has_alpha=True)
    return named("png").encode(single(lambda: picture, pixels.shape[:2]))


def _caption(image: Image, drawn: Preview) -> str:
    parts = [image.summary]
    if drawn.is_stretched:
        parts.append(f"black is {drawn.black:.5g}, white {drawn.white:.5g}")
    valid = valid_pixels(image)
    if valid is not None:
        parts.append(f"{100 * (1 - valid.mean()):.2g} % holes")
    if drawn.step > 1:
        parts.append(f"reduced to 1 : {drawn.step}")
    return "; ".join(parts)


def _reduced(
    colours: Pixels, opacity: NDArray[Any], valid: Mask | None, step: int
) -> tuple[Pixels, NDArray[Any]]:
    """Take means over squares, where pixels count by their opacity."""
    if step == 1:
        return colours, opacity
    # A hole may hold any number.
    seen = colours if valid is None else np.where(opacity[..., None] > 0, colours, 0)
    total = _sums(opacity, step)
    of_colours = _sums(seen * opacity[..., None], step)
    means = np.divide(of_colours, total[..., None], out=of_colours, where=total[..., None] > 0)
    return means, total / _sums(np.ones(opacity.shape), step)


def _sums(values: NDArray[Any], step: int) -> NDArray[Any]:
    for axis in (0, 1):
        firsts = np.arange(0, values.shape[axis], step)
        values = np.add.reduceat(values, firsts, axis=axis, dtype=np.float64)
    return values


def _ends(values: Pixels, image: Image) -> tuple[float, float, bool]:
    """Find the stored values of black and white, and whether they are not zero and full scale."""
    dtype = image.pixels.dtype
    full = 1.0 if dtype.kind == "f" else float(full_scale(dtype))
    if image.full_scale not in (None, "range"):
        return 0.0, float(image.full_scale), False
    if not values.size:
        return 0.0, full, False
    smallest, largest = float(values.min()), float(values.max())
    as_they_are = image.full_scale is None and dtype.kind != "i"
    if as_they_are and smallest >= 0 and largest <= full:
        is_dark = dtype.kind == "u" and dtype.itemsize > 1 and largest <= _DARK * full
        if not is_dark:
            return 0.0, full, False
    return (
        float(np.percentile(values, _BEYOND, method="lower")),
        float(np.percentile(values, 100 - _BEYOND, method="higher")),
        True,
    )


def _fractions_of_full_scale(values: Pixels) -> NDArray[np.floating]:
    full = 1.0 if values.dtype.kind == "f" else full_scale(values.dtype)
    return (values / np.float64(full)).clip(0, 1)
