"""Alpha as files store it: beside the colours, or multiplied into them."""

import numpy as np

from pdefilter.images.image import Pixels


def divided(pixels: Pixels) -> Pixels:
    """Divide alpha out of the colours; those under no alpha stay."""
    colour, alpha = pixels[..., :-1].astype(np.float64), pixels[..., -1:]
    full = 1.0 if pixels.dtype.kind == "f" else np.iinfo(pixels.dtype).max
    with np.errstate(over="ignore", invalid="ignore"):
        np.divide(colour * full, alpha, out=colour, where=alpha > 0)
        if pixels.dtype.kind != "f":
            colour = np.rint(colour).clip(0, full)
        return np.concatenate([colour.astype(pixels.dtype), alpha], axis=-1)


def multiplied(pixels: Pixels) -> Pixels:
    """Multiply the colours of floats by alpha; those under no alpha stay."""
    colour, alpha = pixels[..., :-1], pixels[..., -1:]
    with np.errstate(over="ignore", invalid="ignore"):
        product = colour * np.where(alpha > 0, alpha, 1)
    return np.concatenate([product.astype(pixels.dtype), alpha], axis=-1)
