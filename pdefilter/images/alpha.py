"""Alpha as files store it: beside the colours, or multiplied into them."""

import numpy as np

from pdefilter.images.image import Pixels


def divided(pixels: Pixels) -> Pixels:
    """Divide alpha out of the colours; those under no alpha stay.

    Where half floats would overflow, under alpha near zero, floats of 32 bits are returned.
    """
    colour, alpha = pixels[..., :-1].astype(np.float64), pixels[..., -1:]
    full = 1.0 if pixels.dtype.kind == "f" else np.iinfo(pixels.dtype).max
    with np.errstate(over="ignore", invalid="ignore"):
        np.divide(colour * full, alpha, out=colour, where=_divides(alpha))
        if pixels.dtype.kind != "f":
            colour = np.rint(colour).clip(0, full)
        elif pixels.dtype == np.float16 and _overflows(colour, pixels):
            pixels, alpha = (array.astype(np.float32) for array in (pixels, alpha))
        return np.concatenate([colour.astype(pixels.dtype), alpha], axis=-1)


def multiplied(pixels: Pixels) -> Pixels:
    """Multiply the colours of floats by alpha; those under no alpha stay."""
    colour, alpha = pixels[..., :-1], pixels[..., -1:]
    with np.errstate(over="ignore", invalid="ignore"):
        product = colour * np.where(_divides(alpha), alpha, 1)
    return np.concatenate([product.astype(pixels.dtype), alpha], axis=-1)


def _divides(alpha: Pixels) -> Pixels:
    within: Pixels = (alpha > 0) & (alpha < np.inf)
    return within


def _overflows(colour: Pixels, stored: Pixels) -> bool:
    """Whether what was finite is not, in the type that it was stored in."""
    as_stored = colour.astype(stored.dtype)
    return bool((np.isinf(as_stored) & np.isfinite(stored[..., :-1])).any())
