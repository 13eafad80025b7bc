"""The sizes claimed by parts of a TIFF that are whole files, by which decoders allocate."""

import struct

from pdefilter.images.codecs import jpeg_segments, jpegxl_header, png_chunks


def claimed_size(stored: bytes) -> tuple[int, int]:
    """Read the rows and columns that a part claims; zeros if it is not a whole file.

    Raises
    ------
    ImageError, EOFError, struct.error
        If it is one, but broken.
    """
    if stored.startswith(b"\xff\xd8"):
        frame = jpeg_segments.frame_of(jpeg_segments.split_jpeg(stored))
        return struct.unpack_from(">HH", frame[1], 1) if frame else (0, 0)
    if stored.startswith(png_chunks.SIGNATURE):
        columns, rows = struct.unpack_from(">II", stored, 16)
        return rows, columns
    if stored.startswith(jpegxl_header.SIGNATURE):
        head = jpegxl_header.header(stored)
        return head.rows, head.columns
    # Imported late, as these modules import decoders.
    from pdefilter.images.codecs import jpeg2000_components, webp

    if stored.startswith(jpeg2000_components.START):
        sizes = jpeg2000_components.sizes(stored)
        return sizes.rows, sizes.columns
    return webp.size_of(stored) if stored[:4] == b"RIFF" and stored[8:12] == b"WEBP" else (0, 0)
