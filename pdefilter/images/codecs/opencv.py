"""JPEG, WebP, BMP and the PNM family, by OpenCV."""

import re

import cv2
import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.codecs.limits import MOST_PIXELS
from pdefilter.images.image import Image, Pixels

# What is wrong with a file is told by our own sentence.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

_ENDINGS = {"JPEG": ".jpg", "WebP": ".webp", "BMP": ".bmp", "PFM": ".pfm"}
_OPTIONS = {
    "JPEG": [
        cv2.IMWRITE_JPEG_QUALITY, 95,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ],
    "WebP": [cv2.IMWRITE_WEBP_LOSSLESS_MODE, cv2.IMWRITE_WEBP_LOSSLESS_PRESERVE_COLOR],
}  # fmt: skip


def decode(data: bytes, name: str) -> Image:
    """Read an image; a JPEG is turned upright as its EXIF orientation says."""
    # IMREAD_UNCHANGED would keep alpha, but also leave a photograph lying on its side.
    flags = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH if name == "JPEG" else cv2.IMREAD_UNCHANGED
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        if "CV_IO_MAX_IMAGE" in str(error):
            raise ImageError(
                f"claims more pixels than the {MOST_PIXELS} that an image may have"
            ) from None
        raise ImageError(f"is a broken {name} ({error.err}); get an intact copy") from None
    if pixels is None:
        raise ImageError(f"is a truncated or broken {name}; get an intact copy")
    if pixels.ndim == 3 and pixels.shape[2] == 4 and name == "BMP" and not _bmp_has_alpha(data):
        pixels = pixels[..., :3]
    if name in ("PGM", "PPM"):
        pixels = _spread(pixels, data)
    pixels = _reversed_colour(pixels)
    return Image(pixels, has_alpha=pixels.ndim == 3 and pixels.shape[2] == 4, format=name)


def encode(image: Image, name: str) -> bytes:
    """Write an image: JPEG at quality 95 with full colour resolution, WebP without loss."""
    pixels = image.pixels
    if image.channels == 2:
        pixels = pixels[..., [0, 0, 0, 1]]
    if image.channels == 1:
        pixels = pixels.reshape(pixels.shape[:2])
    ending = _ENDINGS.get(name) or (".pgm" if image.channels == 1 else ".ppm")
    try:
        done, data = cv2.imencode(ending, _reversed_colour(pixels), _OPTIONS.get(name, []))
    except cv2.error as error:
        raise ImageError(f"cannot be written as {name} ({error.err})") from None
    if not done:
        raise ImageError(f"of {pixels.shape[1]} × {pixels.shape[0]} pixels is too large for {name}")
    return data.tobytes()


def _reversed_colour(pixels: Pixels) -> Pixels:
    """Exchange RGB and OpenCV's BGR."""
    if pixels.ndim == 2:
        return pixels
    return np.ascontiguousarray(pixels[..., [2, 1, 0, 3][: pixels.shape[2]]])


def _bmp_has_alpha(data: bytes) -> bool:
    """Whether the header is of version 3 or later and gives alpha a mask."""
    header_size = int.from_bytes(data[14:18], "little")
    return header_size >= 56 and any(data[66:70])


def _spread(pixels: Pixels, data: bytes) -> Pixels:
    """Spread values up to the header's own largest value over the whole type."""
    header = re.match(rb"P\d(?:\s|#[^\n]*\n)+\d+(?:\s|#[^\n]*\n)+\d+(?:\s|#[^\n]*\n)+(\d+)", data)
    largest = int(header[1]) if header else 0
    full = int(np.iinfo(pixels.dtype).max)
    if largest in (0, full):
        return pixels
    values = pixels.astype(np.int64)
    if data[:2] in (b"P2", b"P3") and full == 255:
        # OpenCV spreads these itself, but rounds down: undo that.
        values = -(-values * largest // full)
    spread: Pixels = np.rint(values * (full / largest)).clip(0, full).astype(pixels.dtype)
    return spread
