"""Palettes of at most 256 colours."""

import numpy as np
import PIL.Image

from pdefilter.images.image import Pixels


def indexed(colours: Pixels, most: int) -> tuple[Pixels, Pixels]:
    """Find a palette: all the colours or, if there are too many, those of a median cut.

    Parameters
    ----------
    colours : ndarray of shape (N, 3), uint8
        The colours.
    most : int
        The largest size of the palette, up to 256.

    Returns
    -------
    palette : ndarray of shape (K, 3), uint8
        The palette.
    indices : ndarray of shape (N,), uint8
        The index in the palette of each colour.

    References
    ----------
    Heckbert 1982, doi:10.1145/800064.801294 (median cut).
    """
    codes = colours.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    different, indices = np.unique(codes, return_inverse=True)
    if len(different) <= most:
        palette = different[:, None] >> np.array([16, 8, 0], np.uint32)
        return palette.astype(np.uint8), indices.astype(np.uint8)
    reduced = PIL.Image.fromarray(colours[None]).quantize(most, PIL.Image.Quantize.MEDIANCUT)
    table = np.array(reduced.getpalette(), np.uint8).reshape(-1, 3)
    return table, np.asarray(reduced)[0]
