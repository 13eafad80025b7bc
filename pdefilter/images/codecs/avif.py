"""AVIF of 8, 10 and 12 bits, still or moving, by OpenCV (libavif).

Pillow decodes 8 bits only, but reads all metadata, where OpenCV reads only the EXIF. Boxes read
here give the meaning of colours, the loops of an animation and the clean aperture.
"""

import io
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import PIL.Image

from pdefilter.errors import ImageError
from pdefilter.images.codecs.avif_timing import Timing, timing, with_loops
from pdefilter.images.codecs.boxes import Box, body_of, body_slices, boxes
from pdefilter.images.codecs.colour_numbers import SRGB, UNSPECIFIED
from pdefilter.images.codecs.companions import GAIN_MAP, without_companions
from pdefilter.images.codecs.opencv import cv2
from pdefilter.images.codecs.silence import without_warnings
from pdefilter.images.exif import without_jpeg_prefix
from pdefilter.images.frames import Frames, single
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import KINDS, Metadata
from pdefilter.images.reading import Reading
from pdefilter.images.values import from_full_range, to_full_range
from pdefilter.warn import warn

_KINDS = {
    "exif": cv2.IMAGE_METADATA_EXIF,
    "xmp": cv2.IMAGE_METADATA_XMP,
    "icc": cv2.IMAGE_METADATA_ICCP,
}
_SPEED = 9
# EXIF orientations by quarter turns to the left, then by mirror (none, 0, 1).
_ORIENTATIONS = {0: (1, 4, 2), 1: (8, 5, 7), 2: (3, 2, 4), 3: (6, 7, 5)}
_ENTRY = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"av01")
_PROPERTIES = (b"meta", b"iprp", b"ipco")
_ENTRY_HEADER = 78
_DROPPED = {
    b"clli": "light levels",
    b"mdcv": "colours of the mastering display",
    b"pasp": "shape of its pixels",
}
# The library decodes all frames up to the last wanted: so several at once, but not too many.
_FRAMES_AT_ONCE = 16


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read a still or an animation; its boxes give the orientation, not its EXIF."""
    moving = timing(data) if data[8:12] == b"avis" else None
    properties = _properties(data, moving=moving is not None)
    rows, columns = _size(data, properties, moving=moving is not None)
    reading.require_size(rows, columns)
    metadata = _metadata(data, properties, reading)
    window = _clean_aperture(rows, columns, properties)
    if window is None:
        metadata = replace(metadata, dropped=(*metadata.dropped, "clean aperture"))
    else:
        rows, columns = (side.stop - side.start for side in window)
    if moving is None:

        def read() -> Image:
            pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
            return _image(pixels, properties, metadata)

        return single(read, (rows, columns), lambda: metadata)
    return _animation(data, moving, properties, metadata, (rows, columns))


def encode(images: Iterable[Image], name: str) -> bytes:
    """Write an AVIF without loss; grey with alpha becomes RGB with alpha."""
    stills = list(images)
    first, bits = stills[0], stills[0].bits or 8
    options = [cv2.IMWRITE_AVIF_QUALITY, 100, cv2.IMWRITE_AVIF_DEPTH, bits,
               cv2.IMWRITE_AVIF_SPEED, _SPEED]  # fmt: skip
    if len(stills) > 1 or first.metadata.duration is not None:
        data = _encoded_animation(stills, options)
    else:
        data = _encoded(first, options)
    return _with_colours(data, first)


def _encoded(image: Image, options: list[int]) -> bytes:
    if image.has_alpha and (image.pixels[..., -1] == np.iinfo(image.pixels.dtype).max).all():
        warn("AVIF stores no alpha that is opaque everywhere: left out")
    metadata = {
        kind: np.frombuffer(blob, np.uint8)
        for key, kind in _KINDS.items()
        if (blob := getattr(image.metadata, key)) is not None
    }
    is_encoded, data = cv2.imencodeWithMetadata(
        ".avif", _as_opencv(image), list(metadata), list(metadata.values()), options
    )
    if not is_encoded:
        raise ImageError("is too large for AVIF; write .png")
    return bytes(data)


def _encoded_animation(stills: Sequence[Image], options: list[int]) -> bytes:
    if not all(_is_alike(still, stills[0]) for still in stills):
        raise ImageError("has frames of different kinds, which AVIF cannot hold; write .tif")
    metadata = stills[0].metadata
    lost = [
        kind for key, kind in KINDS.items() if key in _KINDS and getattr(metadata, key) is not None
    ]
    if lost:
        warn(f"an animated AVIF carries no {', no '.join(lost)}: left out")
    animation = cv2.Animation()
    animation.frames = [_as_opencv(still) for still in stills]
    durations = [max(1, round(still.metadata.duration or 0)) for still in stills]
    animation.durations = durations
    is_encoded, data = cv2.imencodeanimation(".avif", animation, options)
    if not is_encoded:
        raise ImageError("is too large for AVIF; write .png")
    return with_loops(bytes(data), metadata.loops or 0)


def _is_alike(one: Image, other: Image) -> bool:
    """Whether two images can be frames of the same animation."""
    return (one.pixels.shape, one.pixels.dtype, one.bits, one.has_alpha) == (
        other.pixels.shape, other.pixels.dtype, other.bits, other.has_alpha,
    )  # fmt: skip


def _as_opencv(image: Image) -> Pixels:
    pixels, bits = image.pixels, image.bits or 8
    if bits > 8:
        pixels = from_full_range(pixels, (1 << bits) - 1)
    if image.channels == 1:
        return np.ascontiguousarray(pixels.reshape(pixels.shape[:2]))
    order = [0, 0, 0, 1] if image.channels == 2 else [2, 1, 0, 3][: image.channels]
    return np.ascontiguousarray(pixels[..., order])


def _image(pixels: Pixels | None, properties: list[Box], metadata: Metadata) -> Image:
    if pixels is None:
        raise ImageError("is a truncated or broken AVIF; get an intact copy")
    bits = _bits(properties)
    pixels = pixels[_clean_aperture(pixels.shape[0], pixels.shape[1], properties) or ...]
    if bits > 8:
        pixels = to_full_range(pixels, (1 << bits) - 1)
    if pixels.ndim == 3:
        pixels = np.ascontiguousarray(pixels[..., [2, 1, 0, 3][: pixels.shape[2]]])
    return Image(
        pixels,
        has_alpha=pixels.ndim == 3 and pixels.shape[2] == 4,
        bits=bits if bits > 8 else None,
        metadata=metadata,
    )


def _animation(
    data: bytes, timing_: Timing, properties: list[Box], metadata: Metadata, size: tuple[int, int]
) -> Frames:
    decoded: dict[int, Pixels] = {}

    def read(number: int) -> Image:
        if number not in decoded:
            decoded.clear()
            count = min(_FRAMES_AT_ONCE, len(timing_.durations) - number)
            _, animation = cv2.imdecodeanimation(np.frombuffer(data, np.uint8), number, count)
            decoded.update(enumerate(animation.frames, number))
        of_frame = replace(metadata, duration=timing_.durations[number], loops=timing_.loops)
        return _image(decoded.get(number), properties, of_frame)

    return Frames(len(timing_.durations), read, size, metadata=lambda: metadata)


def _metadata(data: bytes, properties: list[Box], reading: Reading) -> Metadata:
    icc = exif = xmp = None
    try:
        with without_warnings(), PIL.Image.open(io.BytesIO(data), formats=["AVIF"]) as file:
            icc, exif, xmp = (file.info.get(key) for key in ("icc_profile", "exif", "xmp"))
    except (OSError, SyntaxError, ValueError):
        reading.report_broken("metadata")
    xmp, companions = without_companions(xmp or None)
    return Metadata(
        icc=icc,
        exif=exif and without_jpeg_prefix(exif),
        xmp=xmp,
        own=tuple(_own(properties)),
        dropped=tuple(dict.fromkeys((*_dropped(data, properties), *companions))),
        orientation=_orientation(properties),
    )


def _own(properties: list[Box]) -> Iterator[tuple[int, int]]:
    """Read the colour primaries and transfer function, unless they are those of sRGB."""
    for kind, body in properties:
        if kind == b"colr" and body.startswith(b"nclx") and len(body) >= 8:
            numbers = struct.unpack_from(">HH", body, 4)
            if numbers not in (SRGB, UNSPECIFIED):
                yield numbers
            return


def _with_colours(data: bytes, image: Image) -> bytes:
    """Write the colour primaries and transfer function of the input."""
    if not image.metadata.own or image.format != "AVIF":
        return data
    changed = bytearray(data)
    for path in (_PROPERTIES, _ENTRY):
        for place in body_slices(data, (*path, b"colr")):
            if data.startswith(b"nclx", place.start):
                struct.pack_into(">HH", changed, place.start + 4, *image.metadata.own[0])
    return bytes(changed)


def _dropped(data: bytes, properties: list[Box]) -> Iterator[str]:
    kinds = {kind for kind, _ in properties}
    yield from (what for kind, what in _DROPPED.items() if kind in kinds)
    if any(data.startswith(b"tmap", place.start + 8)
           for place in body_slices(data, (b"meta", b"iinf"))):  # fmt: skip
        yield GAIN_MAP
    if data[8:12] != b"avis" and any(True for _ in body_slices(data, (b"moov",))):
        yield "animation"


def _properties(data: bytes, *, moving: bool) -> list[Box]:
    """List the properties of the primary picture, or of the frames, and then of others."""
    if moving:
        entry = next(body_slices(data, _ENTRY), slice(0))
        return list(boxes(data[entry][_ENTRY_HEADER:]))
    properties = list(boxes(data[next(body_slices(data, _PROPERTIES), slice(0))]))
    own = [properties[at - 1] for at in _property_numbers(data) if 0 < at <= len(properties)]
    kinds = {kind for kind, _ in own}
    # Only the tiles of a tiled picture say how it is compressed.
    others = [box for box in properties if box[0] in (b"av1C", b"ispe") and box[0] not in kinds]
    return own + others if own else properties


def _property_numbers(data: bytes) -> Iterator[int]:
    """List the numbers of the primary picture's properties, counted from 1."""
    primary = data[next(body_slices(data, (b"meta", b"pitm")), slice(0))]
    associations = data[next(body_slices(data, (b"meta", b"iprp", b"ipma")), slice(0))]
    if len(primary) < 6 or len(associations) < 8:
        return
    wanted, at = int.from_bytes(primary[4:]), 8
    identifier, wide = 4 if associations[0] else 2, 1 + (associations[3] & 1)
    while at < len(associations):
        item = int.from_bytes(associations[at : at + identifier])
        at += identifier
        count = int.from_bytes(associations[at : at + 1])
        at += 1
        if item == wanted:
            for place in range(at, at + wide * count, wide):
                # The first bit marks an essential property.
                yield int.from_bytes(associations[place : place + wide]) & (
                    (1 << (8 * wide - 1)) - 1
                )
        at += wide * count


def _size(data: bytes, properties: list[Box], *, moving: bool) -> tuple[int, int]:
    """Read the stored size of the picture; of several sizes, the largest."""
    if moving:
        entry = data[next(body_slices(data, _ENTRY), slice(0))]
        sizes = [struct.unpack_from(">HH", entry, 24)] if len(entry) >= 28 else []
    else:
        sizes = [
            struct.unpack(">II", body[4:12])
            for kind, body in properties
            if kind == b"ispe" and len(body) >= 12
        ]
    if not sizes:
        raise ImageError("is a broken AVIF (it gives no size); get an intact copy")
    return max(rows for _, rows in sizes), max(columns for columns, _ in sizes)


def _bits(properties: list[Box]) -> int:
    flags = int.from_bytes(body_of(b"av1C", properties)[2:3])
    return 8 if not flags & 0x40 else 12 if flags & 0x20 else 10


def _clean_aperture(rows: int, columns: int, properties: list[Box]) -> tuple[slice, slice] | None:
    """Find the clean aperture of a picture; None if it does not lie on whole pixels.

    It is given by its size, and by the offset of its centre from that of the picture.
    """
    body = body_of(b"clap", properties)
    if not body:
        return slice(0, rows), slice(0, columns)
    numbers = struct.unpack(">IIIIiIiI", body[:32]) if len(body) >= 32 else (0, 0)
    if not all(numbers[1::2]):
        return None
    width, height, right, down = (Fraction(numbers[at], numbers[at + 1]) for at in range(0, 8, 2))
    left, top = (columns - width) / 2 + right, (rows - height) / 2 + down
    bounds = (top, top + height, left, left + width)
    if any(bound.denominator > 1 for bound in bounds):
        return None
    first_row, last_row, first_column, last_column = map(int, bounds)
    if not 0 <= first_row < last_row <= rows or not 0 <= first_column < last_column <= columns:
        return None
    return slice(first_row, last_row), slice(first_column, last_column)


def _orientation(properties: list[Box]) -> int:
    quarters, mirror = (body_of(kind, properties) for kind in (b"irot", b"imir"))
    return _ORIENTATIONS[quarters[0] & 3 if quarters else 0][1 + (mirror[0] & 1) if mirror else 0]
