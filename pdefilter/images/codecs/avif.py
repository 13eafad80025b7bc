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
from pdefilter.images.codecs.boxes import Box, body_of, boxes
from pdefilter.images.codecs.opencv import cv2
from pdefilter.images.codecs.silence import unwarned
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
    properties = _properties(data)
    rows, columns = _size(properties)
    reading.require_size(rows, columns)

    def read() -> Image:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels is None:
            raise ImageError("is a truncated or broken AVIF; get an intact copy")
        bits = _bits(properties)
        if bits > 8:
            pixels = spread(pixels, (1 << bits) - 1)
        if pixels.ndim == 3:
            pixels = np.ascontiguousarray(pixels[..., [2, 1, 0, 3][: pixels.shape[2]]])
        return Image(
            pixels,
            has_alpha=pixels.ndim == 3 and pixels.shape[2] == 4,
            bits=bits if bits > 8 else None,
            metadata=_metadata(data, properties),
        )

    return single(read, (rows, columns), lambda: _metadata(data, properties))


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


def _metadata(data: bytes, properties: list[Box]) -> Metadata:
    with unwarned(), PIL.Image.open(io.BytesIO(data), formats=["AVIF"]) as file:
        said = file.info
    exif = said.get("exif")
    return Metadata(
        icc=said.get("icc_profile"),
        exif=exif and exif.removeprefix(b"Exif\0\0"),
        xmp=said.get("xmp"),
        orientation=_orientation(properties),
    )


def _properties(data: bytes) -> list[Box]:
    """List what is said of the pictures in a file."""
    # In front of the boxes in this one are its version and flags.
    meta = body_of(b"meta", boxes(data))[4:]
    return list(boxes(body_of(b"ipco", boxes(body_of(b"iprp", boxes(meta))))))


def _size(properties: list[Box]) -> tuple[int, int]:
    """Read the size of the largest picture in the file, of which others are tiles."""
    sizes = [struct.unpack(">II", body[4:12]) for kind, body in properties if kind == b"ispe"]
    if not sizes:
        raise ImageError("is a broken AVIF (it says no size); get an intact copy")
    return max(rows for _, rows in sizes), max(columns for columns, _ in sizes)


def _bits(properties: list[Box]) -> int:
    flags = int.from_bytes(body_of(b"av1C", properties)[2:3])
    return 8 if not flags & 0x40 else 12 if flags & 0x20 else 10


def _orientation(properties: list[Box]) -> int:
    quarters, mirror = (body_of(kind, properties) for kind in (b"irot", b"imir"))
    return _ORIENTATIONS[quarters[0] & 3 if quarters else 0][1 + (mirror[0] & 1) if mirror else 0]
