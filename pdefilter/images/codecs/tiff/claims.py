"""Parts of a TIFF that are files of their own: what they claim is what decoders make room for."""

import struct

from pdefilter.images.codecs import jpeg_segments, jpegxl_header, png_chunks


def claimed(stored: bytes) -> tuple[int, int]:
    """Read the rows and columns that a part claims; zeros where it is no file of its own.

    Raises
    ------
    ImageError, EOFError, struct.error
        If it is one, and broken.
    """
    if stored.startswith(b"\xff\xd8"):
        frame = jpeg_segments.frame_of(jpeg_segments.taken_apart(stored))
        return struct.unpack_from(">HH", frame[1], 1) if frame else (0, 0)
    if stored.startswith(png_chunks.SIGNATURE):
        columns, rows = struct.unpack_from(">II", stored, 16)
        return rows, columns
    if stored.startswith(jpegxl_header.SIGNATURE):
        said = jpegxl_header.header(stored)
        return said.rows, said.columns
    # Their modules import decoders.
    from pdefilter.images.codecs import jpeg2000_components, webp

    if stored.startswith(jpeg2000_components.START):
        sizes = jpeg2000_components.sizes(stored)
        return sizes.rows, sizes.columns
    return webp.size_of(stored) if stored[:4] == b"RIFF" and stored[8:12] == b"WEBP" else (0, 0)
