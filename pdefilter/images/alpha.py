"""Alpha as files store it: beside the colours (straight), or multiplied into them."""

import numpy as np

from pdefilter.images.image import Pixels


def unpremultiplied(pixels: Pixels) -> Pixels:
    """Divide the colours by alpha; colours under alpha 0 stay as they are.

    Half floats that would overflow, under alpha near 0, are returned as floats of 32 bits.
    """
    colour, alpha = pixels[..., :-1].astype(np.float64), pixels[..., -1:]
    full = 1.0 if pixels.dtype.kind == "f" else np.iinfo(pixels.dtype).max
    with np.errstate(over="ignore", invalid="ignore"):
        np.divide(colour * full, alpha, out=colour, where=_is_divisor(alpha))
        if pixels.dtype.kind != "f":
            colour = np.rint(colour).clip(0, full)
        elif pixels.dtype == np.float16 and _overflows(colour, pixels):
            pixels, alpha = (array.astype(np.float32) for array in (pixels, alpha))
        return np.concatenate([colour.astype(pixels.dtype), alpha], axis=-1)


def premultiplied(pixels: Pixels) -> Pixels:
    """Multiply the colours, floats, by alpha; colours under alpha 0 stay as they are."""
    colour, alpha = pixels[..., :-1], pixels[..., -1:]
    with np.errstate(over="ignore", invalid="ignore"):
        product = colour * np.where(_is_divisor(alpha), alpha, 1)
    return np.concatenate([product.astype(pixels.dtype), alpha], axis=-1)


def _is_divisor(alpha: Pixels) -> Pixels:
    within: Pixels = (alpha > 0) & (alpha < np.inf)
    return within


def _overflows(colour: Pixels, stored: Pixels) -> bool:
    """Whether finite stored colours become infinite in the type that they were stored in."""
    as_stored = colour.astype(stored.dtype)
    return bool((np.isinf(as_stored) & np.isfinite(stored[..., :-1])).any())
