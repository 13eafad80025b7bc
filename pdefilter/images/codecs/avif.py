"""AVIF of 8, 10 and 12 bits, by OpenCV (libavif).

Pillow has but 8 bits, yet finds all metadata, of which OpenCV reads the EXIF alone.
"""

import io
import struct
import warnings
from collections.abc import Iterable

import numpy as np
import PIL.Image

from pdefilter.errors import ImageError
from pdefilter.images.codecs.opencv import cv2
from pdefilter.images.frames import Frames, single
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata
from pdefilter.images.reading import Reading
from pdefilter.images.values import gathered, spread

_KINDS = {
    "exif": cv2.IMAGE_METADATA_EXIF,
    "xmp": cv2.IMAGE_METADATA_XMP,
    "icc": cv2.IMAGE_METADATA_ICCP,
}
_SPEED = 9
# How EXIF counts a rotation by so many quarters to the left, and then a mirror (none, 0, 1).
_ORIENTATIONS = {0: (1, 4, 2), 1: (8, 5, 7), 2: (3, 2, 4), 3: (6, 7, 5)}


def decode(data: bytes, name: str, reading: Reading) -> Frames:  # noqa: ARG001 (every codec takes it)
    """Read a still image; how it is to be turned is told by its own boxes, not by EXIF."""
    if data[8:12] == b"avis":
        raise ImageError("is an animation; convert it to an animated .png or .webp first")
    rows, columns = _size(data)
    reading.require_size(rows, columns)

    def read() -> Image:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels is None:
            raise ImageError("is a truncated or broken AVIF; get an intact copy")
        bits = _bits(data)
        if bits > 8:
            pixels = spread(pixels, (1 << bits) - 1)
        if pixels.ndim == 3:
            pixels = np.ascontiguousarray(pixels[..., [2, 1, 0, 3][: pixels.shape[2]]])
        return Image(
            pixels,
            has_alpha=pixels.ndim == 3 and pixels.shape[2] == 4,
            bits=bits if bits > 8 else None,
            metadata=_metadata(data),
        )

    return single(read, (rows, columns), lambda: _metadata(data))


def encode(images: Iterable[Image], name: str) -> bytes:  # noqa: ARG001 (every codec takes it)
    """Write an AVIF without loss; grey with alpha becomes RGB with alpha."""
    (image,) = images
    pixels, bits = image.pixels, image.bits or 8
    if bits > 8:
        pixels = gathered(pixels, (1 << bits) - 1)
    if image.channels == 1:
        pixels = pixels.reshape(pixels.shape[:2])
    else:
        order = [0, 0, 0, 1] if image.channels == 2 else [2, 1, 0, 3][: image.channels]
        pixels = np.ascontiguousarray(pixels[..., order])
    if image.has_alpha and (image.pixels[..., -1] == np.iinfo(image.pixels.dtype).max).all():
        warnings.warn("AVIF stores no alpha that is opaque everywhere: left out", stacklevel=2)
    metadata = {
        kind: np.frombuffer(said, np.uint8)
        for key, kind in _KINDS.items()
        if (said := getattr(image.metadata, key)) is not None
    }
    options = [cv2.IMWRITE_AVIF_QUALITY, 100, cv2.IMWRITE_AVIF_DEPTH, bits,
               cv2.IMWRITE_AVIF_SPEED, _SPEED]  # fmt: skip
    done, data = cv2.imencodeWithMetadata(
        ".avif", pixels, list(metadata), list(metadata.values()), options
    )
    if not done:
        raise ImageError("is too large for AVIF; write .png")
    return bytes(data)


def _metadata(data: bytes) -> Metadata:
    with PIL.Image.open(io.BytesIO(data), formats=["AVIF"]) as file:
        said = file.info
    exif = said.get("exif")
    return Metadata(
        icc=said.get("icc_profile"),
        exif=exif and exif.removeprefix(b"Exif\0\0"),
        xmp=said.get("xmp"),
        orientation=_orientation(data),
    )


def _size(data: bytes) -> tuple[int, int]:
    """Read the size of the largest picture in the file, of which others are tiles."""
    sizes = [struct.unpack_from(">II", data, at) for at in _after(data, b"ispe", 12)]
    if not sizes:
        raise ImageError("is a broken AVIF (it says no size); get an intact copy")
    return max(rows for _, rows in sizes), max(columns for columns, _ in sizes)


def _bits(data: bytes) -> int:
    flags = next((data[at - 2] for at in _after(data, b"av1C", 4)), 0)
    return 8 if not flags & 0x40 else 12 if flags & 0x20 else 10


def _orientation(data: bytes) -> int:
    quarters = next((data[at] & 3 for at in _after(data, b"\0\0\0\x09irot", 1)), 0)
    mirror = next((data[at] & 1 for at in _after(data, b"\0\0\0\x09imir", 1)), None)
    return _ORIENTATIONS[quarters][0 if mirror is None else 1 + mirror]


def _after(data: bytes, start: bytes, size: int) -> Iterable[int]:
    """Find the values, 4 bytes in, of boxes that begin so."""
    at = data.find(start)
    while at >= 0 and at + len(start) + size <= len(data):
        yield at + len(start) + (4 if size > 1 else 0)
        at = data.find(start, at + 1)
