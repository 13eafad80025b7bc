"""The levels of a pyramid: each is half of the one before, by means of 2 × 2 pixels."""

import numpy as np

from pdefilter.images.holes import as_stored, valid_pixels
from pdefilter.images.image import Image, Pixels
from pdefilter.images.reduction import reduced

_BAND = 256


def halved(image: Image) -> Pixels:
    """Take means of 2 × 2 pixels; at the border, of those that there are.

    Integers are rounded, halves up. Holes do not count; a mean of holes alone is the first of
    them. Colours count by their opacity.

    Parameters
    ----------
    image : Image
        The image, or a box of it that begins at even pixels. Its mask is not looked at.

    Returns
    -------
    ndarray of shape (⌈M/2⌉, ⌈N/2⌉) or (⌈M/2⌉, ⌈N/2⌉, C)
        The means, of the same type.
    """
    pixels = image.pixels
    valid = valid_pixels(Image(pixels, image.has_alpha, nodata=image.nodata))
    if valid is None and not image.has_alpha:
        return _means(pixels)
    opacity = np.ones(pixels.shape[:2]) if valid is None else as_stored(valid, 2).astype(np.float64)
    bands = (slice(row, row + _BAND) for row in range(0, len(pixels), _BAND))
    return np.concatenate([_weighed(pixels[band], opacity[band], image) for band in bands])


def _means(pixels: Pixels) -> Pixels:
    even = [(0, n % 2) for n in pixels.shape[:2]] + [(0, 0)] * (pixels.ndim - 2)
    # Where there is no neighbour, a pixel is repeated, which leaves the mean as it is.
    padded = np.pad(pixels, even, mode="edge")
    quads = [padded[row::2, column::2] for row in (0, 1) for column in (0, 1)]
    if pixels.dtype.kind == "f":
        quarters = [quad * quad.dtype.type(0.25) for quad in quads]  # whose sum cannot overflow
        total: Pixels = (quarters[0] + quarters[1]) + (quarters[2] + quarters[3])
        return total
    if pixels.dtype.kind == "b":
        return _means(pixels.view(np.uint8)).view(bool)
    # ⌊(Σ q + 2) / 4⌋ without a sum that the type cannot hold.
    two, three = pixels.dtype.type(2), pixels.dtype.type(3)
    whole = sum((quad >> two for quad in quads[1:]), quads[0] >> two)
    rest = sum((quad & three for quad in quads[1:]), quads[0] & three)
    means: Pixels = whole + ((rest + two) >> two)
    return means


def _weighed(pixels: Pixels, opacity: Pixels, image: Image) -> Pixels:
    firsts = pixels[::2, ::2]
    if opacity.ndim == 3:  # holes differ from channel to channel
        channels = [
            _weighed(pixels[..., c], opacity[..., c], image) for c in range(pixels.shape[-1])
        ]
        return np.stack(channels, axis=-1)
    colours = pixels if pixels.ndim == 3 else pixels[..., None]
    if image.has_alpha:
        colours, alpha = colours[..., :-1], colours[..., -1]
        full = 1 if pixels.dtype.kind == "f" else np.iinfo(pixels.dtype).max
        opacity = opacity * np.clip(alpha / full, 0, 1)
    means, seen = reduced(colours, opacity, 2)
    of_holes = firsts.reshape(*means.shape[:2], -1)[..., : means.shape[-1]]
    means = np.where(seen[..., None] > 0, means, of_holes)
    if image.has_alpha:
        means = np.concatenate([means, seen[..., None] * full], axis=-1)
    means = means.reshape(firsts.shape)
    if pixels.dtype.kind == "f":
        return means.astype(pixels.dtype)
    limits = np.iinfo(pixels.dtype)
    return np.floor(means + 0.5).clip(limits.min, limits.max).astype(pixels.dtype)
