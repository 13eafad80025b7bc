"""Previews: how a notebook or a page shows an image, on a screen of 8 bits."""

import base64
import html
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pdefilter.images.formats import named
from pdefilter.images.frames import single
from pdefilter.images.holes import valid_pixels
from pdefilter.images.image import Image
from pdefilter.images.reduction import reduced
from pdefilter.images.tones import Tones, can_be_shown, colours_of, opacity_of
from pdefilter.images.volume import flat

_MOST_SIDE = 800

# A smaller picture is enlarged, pixel by pixel.
_LEAST_SIDE = 160

# Holes and transparent pixels let it through.
_CHESSBOARD = "repeating-conic-gradient(#bbb 0 25%, #eee 0 50%) 0 0/16px 16px"


@dataclass(frozen=True)
class Preview:
    """An image as a screen shows it.

    Attributes
    ----------
    pixels : ndarray of shape (m, n, 2) or (m, n, 4), uint8
        Grey or colours, and opacity: 0 in holes.
    tones : Tones
        The stored values that are black and white.
    step : int
        The side in pixels of the squares of which each became one.
    """

    pixels: NDArray[np.uint8]
    tones: Tones
    step: int


def preview(image: Image, side: int = _MOST_SIDE) -> Preview | None:
    """Draw an image at no more than so many pixels a side; None for inks and bands.

    Of a volume the middle slice is drawn. Larger images are reduced by means over squares.
    `Tones` says what is black and white.
    """
    if not can_be_shown(image):
        return None
    image = flat(image)
    valid, opacity = valid_pixels(image), opacity_of(image)
    step = -(-max(opacity.shape) // side)
    colours = colours_of(image)
    if step > 1:
        colours, opacity = reduced(colours, opacity, step)
    visible = opacity > 0
    tones = Tones.of(image, colours[visible])
    drawn = np.zeros((*opacity.shape, image.colours + 1))
    known = np.ones(opacity.shape, bool) if valid is None else visible
    drawn[known, :-1] = tones.fractions(colours[known])
    drawn[..., -1] = opacity.clip(0, 1)
    return Preview(np.rint(drawn * 255).astype(np.uint8), tones, step)


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
    if image.axes > 2:
        parts.append(f"slice {image.shape[0] // 2}")
    if drawn.tones.is_stretched:
        parts.append(f"black is {drawn.tones.black:.5g}, white {drawn.tones.white:.5g}")
    valid = valid_pixels(image)
    if valid is not None:
        parts.append(f"{100 * (1 - valid.mean()):.2g} % holes")
    if drawn.step > 1:
        parts.append(f"reduced to 1 : {drawn.step}")
    return "; ".join(parts)
