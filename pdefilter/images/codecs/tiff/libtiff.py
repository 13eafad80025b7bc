"""libtiff, for pages that tifffile does not read: faxes, subsampled YCbCr, old-style JPEG.

It gets a file of one page, with one or all of its parts, and only the tags decoding needs.
"""

import imagecodecs
import numpy as np

from pdefilter.images.codecs.silence import silence
from pdefilter.images.codecs.tiff import tags
from pdefilter.images.codecs.tiff.directories import header, longs, offsets, with_directory
from pdefilter.images.exif import Directory, Layout
from pdefilter.images.image import Pixels


def decode_part(
    stored: bytes, size: tuple[int, int], directory: Directory, layout: Layout, *, colours: bool
) -> Pixels:
    """Decode a strip or tile.

    Parameters
    ----------
    stored : bytes
        The compressed part.
    size : tuple of int
        The rows and columns of the part.
    directory : Directory
        The directory of its page.
    layout : Layout
        The layout of its file.
    colours : bool
        Whether to convert the colours to RGB.

    Returns
    -------
    ndarray of shape (rows, columns) or (rows, columns, C)
        The stored values, or RGB.
    """
    start = header(layout, 0)
    rows, columns = size
    page = {tag: entry for tag, entry in directory.items() if tag in tags.CODING} | {
        tags.COLUMNS: longs(layout, columns),
        tags.ROWS: longs(layout, rows),
        tags.ROWS_PER_STRIP: longs(layout, rows),
        tags.STRIP_OFFSETS: offsets(layout, len(start)),
        tags.STRIP_BYTE_COUNTS: offsets(layout, len(stored)),
    }
    return _decode(with_directory(start + stored, page, layout), colours=colours)


def decode_page(data: bytes, directory: Directory, layout: Layout) -> Pixels:
    """Decode a page to RGB from a file's data; it is not turned upright.

    Returns
    -------
    ndarray of shape (rows, columns, 3), uint8
        The page.
    """
    kept = tags.CODING | {
        tags.COLUMNS, tags.ROWS, tags.ROWS_PER_STRIP, tags.STRIP_OFFSETS, tags.STRIP_BYTE_COUNTS,
        tags.TILE_COLUMNS, tags.TILE_ROWS, tags.TILE_OFFSETS, tags.TILE_BYTE_COUNTS,
    }  # fmt: skip
    alone = {tag: entry for tag, entry in directory.items() if tag in kept}
    return _decode(with_directory(data, alone, layout), colours=True)


def _decode(file: bytes, *, colours: bool) -> Pixels:
    with silence():
        decoded: Pixels = np.asarray(imagecodecs.tiff_decode(file, asrgb=colours))
    return decoded[..., :3] if colours else decoded
