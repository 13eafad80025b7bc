"""libtiff, for what tifffile does not read: faxes, subsampled colours, JPEG of the old style.

It gets a file of one page, of one part or of all, with nothing but what decoding needs.
"""

import imagecodecs
import numpy as np

from pdefilter.images.codecs.silence import silence
from pdefilter.images.codecs.tiff import tags
from pdefilter.images.codecs.tiff.directories import header, longs, places, with_directory
from pdefilter.images.exif import Directory, Layout
from pdefilter.images.image import Pixels


def part(
    stored: bytes, size: tuple[int, int], directory: Directory, layout: Layout, *, colours: bool
) -> Pixels:
    """Decode a strip or tile.

    Parameters
    ----------
    stored : bytes
        The part.
    size : tuple of int
        Its rows and columns.
    directory : Directory
        That of its page.
    layout : Layout
        That of its file.
    colours : bool
        Whether to make RGB of whatever colours there are.

    Returns
    -------
    ndarray of shape (rows, columns) or (rows, columns, C)
        What is stored, or RGB.
    """
    start = header(layout, 0)
    rows, columns = size
    page = {tag: entry for tag, entry in directory.items() if tag in tags.CODING} | {
        tags.COLUMNS: longs(layout, columns),
        tags.ROWS: longs(layout, rows),
        tags.ROWS_PER_STRIP: longs(layout, rows),
        tags.PARTS: places(layout, len(start)),
        tags.SIZES_OF_PARTS: places(layout, len(stored)),
    }
    return _decoded(with_directory(start + stored, page, layout), colours=colours)


def page(data: bytes, directory: Directory, layout: Layout) -> Pixels:
    """Decode a page whose parts lie in the data to RGB, as they are stored, not turned upright.

    Returns
    -------
    ndarray of shape (rows, columns, 3), uint8
        The page.
    """
    kept = tags.CODING | {
        tags.COLUMNS, tags.ROWS, tags.ROWS_PER_STRIP, tags.PARTS, tags.SIZES_OF_PARTS,
        tags.TILE_COLUMNS, tags.TILE_ROWS, tags.TILES, tags.SIZES_OF_TILES,
    }  # fmt: skip
    alone = {tag: entry for tag, entry in directory.items() if tag in kept}
    return _decoded(with_directory(data, alone, layout), colours=True)


def _decoded(file: bytes, *, colours: bool) -> Pixels:
    with silence():
        decoded: Pixels = np.asarray(imagecodecs.tiff_decode(file, asrgb=colours))
    return decoded[..., :3] if colours else decoded
