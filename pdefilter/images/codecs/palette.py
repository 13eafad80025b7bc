"""Palettes: many colours by few."""

import numpy as np
import PIL.Image

from pdefilter.images.image import Pixels


def numbered(colours: Pixels, most: int) -> tuple[Pixels, Pixels]:
    """Find a palette of colours: all of them or, where they are more, those of a median cut.

    Parameters
    ----------
    colours : ndarray of shape (N, 3), uint8
        The colours.
    most : int
        How many the palette may have, at most 256.

    Returns
    -------
    palette : ndarray of shape (K, 3), uint8
        The palette.
    numbers : ndarray of shape (N,), uint8
        For every colour the one that stands for it.

    References
    ----------
    Heckbert 1982, doi:10.1145/800064.801294 (median cut).
    """
    codes = colours.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    different, numbers = np.unique(codes, return_inverse=True)
    if len(different) <= most:
        palette = different[:, None] >> np.array([16, 8, 0], np.uint32)
        return palette.astype(np.uint8), numbers.astype(np.uint8)
    reduced = PIL.Image.fromarray(colours[None]).quantize(most, PIL.Image.Quantize.MEDIANCUT)
    table = np.array(reduced.getpalette(), np.uint8).reshape(-1, 3)
    return table, np.asarray(reduced)[0]
