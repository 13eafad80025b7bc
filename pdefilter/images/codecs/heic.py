"""HEIC of 8, 10 and 12 bits, by pillow-heif (libheif), which turns pixels upright itself."""

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pillow_heif

from pdefilter.errors import ImageError
from pdefilter.images.alpha import unpremultiplied
from pdefilter.images.codecs.boxes import boxes
from pdefilter.images.codecs.colour_numbers import SRGB, UNSPECIFIED
from pdefilter.images.codecs.companions import GAIN_MAP, without_companions
from pdefilter.images.codecs.silence import without_warnings
from pdefilter.images.exif import without_jpeg_prefix
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata
from pdefilter.images.reading import Reading
from pdefilter.images.values import from_full_range, to_full_range
from pdefilter.warn import warn

_LOSSLESS = -1
# RGB is stored as it is (identity matrix); for grey the matrix does not matter.
_IDENTITY, _ANY_MATRIX = 0, 6
_COLOUR_NUMBERS = ("color_primaries", "transfer_characteristics")
_OWN = (
    "content_light_level",
    "mastering_display_colour_volume",
    "ambient_viewing_environment",
    "nominal_diffuse_white_luminance",
    "pixel_aspect_ratio",
)
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read the pictures in a file, the primary one first."""
    kinds = [kind for kind, _ in boxes(data)]
    if b"moov" in kinds and b"meta" not in kinds:
        raise ImageError("is an animation; save its frames as .png by ffmpeg first")
    with without_warnings():
        file = pillow_heif.open_heif(
            io.BytesIO(data), convert_hdr_to_8bit=False, hdr_to_16bit=False
        )
    stills = [file[number] for number in range(len(file))]
    stills.insert(0, stills.pop(file.primary_index))
    columns, rows = stills[0].size
    reading.require_size(rows, columns)
    first = _metadata(stills[0])
    if b"moov" in kinds:
        first = replace(first, dropped=(*first.dropped, "animation"))

    def read(number: int) -> Image:
        still = stills[number]
        if number:
            reading.require_size(*still.size[::-1])
        metadata = _metadata(still) if number else first
        claimed, bits = still.size, _bits(still)
        pixels = np.array(still)
        if still.size != claimed:
            raise ImageError(
                "is a broken HEIC (its size is not the one it claims); get an intact copy"
            )
        if bits > 8:
            pixels = to_full_range(pixels, (1 << bits) - 1)
        return Image(
            unpremultiplied(pixels) if still.premultiplied_alpha else pixels,
            has_alpha=still.has_alpha,
            bits=bits if bits > 8 else None,
            metadata=metadata,
        )

    return Frames(len(stills), read, (rows, columns), metadata=lambda: first)


def encode(images: Iterable[Image], name: str) -> bytes:
    """Write a HEIC without loss; grey with alpha becomes RGB with alpha."""
    file = pillow_heif.HeifFile()  # type: ignore[no-untyped-call]
    for image in images:
        bits = image.bits or 8
        pixels = image.pixels
        if bits > 8:
            pixels = from_full_range(pixels, (1 << bits) - 1)
        if image.channels == 2:
            pixels = pixels[..., [0, 0, 0, 1]]
        rows, columns = pixels.shape[:2]
        channels = pixels.shape[2] if pixels.ndim == 3 else 1
        mode = _MODES[channels] + (f";{bits}" if bits > 8 else "")
        still = file.add_frombytes(mode, (columns, rows), np.ascontiguousarray(pixels).tobytes())
        still.info.update(_info_of(image, bits, channels))
    stream = io.BytesIO()
    file.save(stream, quality=_LOSSLESS, chroma=444)
    return stream.getvalue()


def _info_of(image: Image, bits: int, channels: int) -> dict[str, Any]:
    metadata = image.metadata
    own = dict(metadata.own) if image.format == "HEIC" else {}
    info = {
        "bit_depth": bits,
        "full_range_flag": 1,
        "matrix_coefficients": _IDENTITY if channels > 1 else _ANY_MATRIX,
        **dict(zip(_COLOUR_NUMBERS, UNSPECIFIED if metadata.icc else SRGB, strict=True)),
        "icc_profile": metadata.icc,
        "exif": metadata.exif,
        "xmp": _utf8_only(metadata.xmp),
        **own,
    }
    return {key: value for key, value in info.items() if value is not None}


def _utf8_only(xmp: bytes | None) -> bytes | None:
    """Drop a packet in another encoding, as the library would change its bytes."""
    try:
        (xmp or b"").decode()
    except UnicodeDecodeError:
        warn("HEIC carries XMP only in UTF-8: left out")
        return None
    return xmp


def _bits(still: pillow_heif.HeifImage) -> int:
    bits: int = still.info["bit_depth"]  # type: ignore[assignment]
    return bits


def _metadata(still: pillow_heif.HeifImage) -> Metadata:
    info: Mapping[str, Any] = still.info
    xmp, dropped = without_companions(info.get("xmp") or None)
    return Metadata(
        icc=info.get("icc_profile"),
        exif=without_jpeg_prefix(info["exif"] or b"") or None,
        xmp=xmp,
        own=tuple(_own(info)),
        dropped=tuple(dict.fromkeys((*_companions(info), *dropped))),
        # Only the boxes count, and libheif has applied them.
        orientation=1,
    )


def _own(info: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    colours = info.get("nclx_profile", {})
    numbers = tuple(int(colours.get(key, 2)) for key in _COLOUR_NUMBERS)
    if numbers not in (SRGB, UNSPECIFIED):
        yield from zip(_COLOUR_NUMBERS, numbers, strict=True)
    for key in _OWN:
        if key in info:
            yield key, info[key]


def _companions(info: Mapping[str, Any]) -> Iterator[str]:
    """Name the companions of a picture."""
    if info["depth_images"]:
        yield "depth map"
    for kind in info.get("aux", {}):
        yield GAIN_MAP if "hdrgainmap" in kind else "auxiliary picture"
    if info["metadata"]:
        yield "metadata of other kinds"
    if "heif" in info:
        yield "place of the camera"
