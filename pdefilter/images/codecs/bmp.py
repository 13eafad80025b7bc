"""BMP, by OpenCV, which reads its run lengths too and notices truncated data."""

import struct
from collections.abc import Iterable

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.codecs.opencv import cv2
from pdefilter.images.frames import Frames, single
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata, Resolution
from pdefilter.images.reading import Reading

_RESOLUTION = struct.Struct("<ii")
_RESOLUTION_AT = 38
_OLDEST_HEADER = 12


def decode(data: bytes, name: str, reading: Reading) -> Frames:  # noqa: ARG001 (every codec takes it)
    """Read a BMP; the fourth byte of a pixel is alpha only where the header says so."""
    header = int.from_bytes(data[14:18], "little")
    sizes = struct.Struct("<HH" if header == _OLDEST_HEADER else "<ii")
    columns, rows = sizes.unpack_from(data, 18)
    reading.require_size(abs(rows), columns)

    def read() -> Image:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels is None:
            raise ImageError("is a truncated or broken BMP; get an intact copy")
        has_alpha = header >= 56 and any(data[66:70])
        if pixels.ndim == 3:
            order = [2, 1, 0, 3] if has_alpha and pixels.shape[2] == 4 else [2, 1, 0]
            pixels = np.ascontiguousarray(pixels[..., order])
        return Image(
            pixels,
            has_alpha=pixels.ndim == 3 and pixels.shape[2] == 4,
            metadata=Metadata(resolution=_resolution(data, header)),
        )

    return single(read, (abs(rows), columns))


def encode(images: Iterable[Image], name: str) -> bytes:  # noqa: ARG001 (every codec takes it)
    """Write a BMP; grey with alpha becomes RGB with alpha."""
    (image,) = images
    pixels = image.pixels
    if image.channels == 1:
        pixels = pixels.reshape(pixels.shape[:2])
    elif image.channels == 2:
        pixels = pixels[..., [0, 0, 0, 1]]
    else:
        pixels = pixels[..., [2, 1, 0, 3][: image.channels]]
    done, data = cv2.imencode(".bmp", np.ascontiguousarray(pixels))
    if not done:
        raise ImageError("is too large for BMP; write .png")
    written = bytearray(data)
    resolution = image.metadata.resolution
    if resolution is not None and (densities := resolution.per_metre()):
        _RESOLUTION.pack_into(written, _RESOLUTION_AT, *densities)
    return bytes(written)


def _resolution(data: bytes, header: int) -> Resolution | None:
    if header == _OLDEST_HEADER:
        return None
    columns, rows = _RESOLUTION.unpack_from(data, _RESOLUTION_AT)
    return Resolution.of_metre(columns, rows) if columns > 0 and rows > 0 else None
