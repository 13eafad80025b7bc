"""HEICs as phones write them: turned, deep, several in a file, with light levels."""

import io

import numpy as np
import PIL.Image
import pillow_heif

from unusual.jpeg import ICC, MOTION, picture

PQ = {"color_primaries": 9, "transfer_characteristics": 16, "matrix_coefficients": 9,
      "full_range_flag": 0}  # fmt: skip


def heic(
    mode: str = "RGB", bits: int = 8, count: int = 1, options: dict[str, object] | None = None,
    **info: object,
) -> bytes:  # fmt: skip
    """A picture by pillow-heif, lossless by default."""
    channels = {"L": 1, "RGB": 3, "RGBA": 4, "RGBa": 4}[mode]
    pixels = picture(channels)
    if bits > 8:
        pixels = pixels.astype(np.uint16) << (bits - 8)
    file = pillow_heif.HeifFile()
    name = mode + (f";{bits}" if bits > 8 else "")
    for number in range(count):
        shifted = np.roll(pixels, number, 0)
        still = file.add_frombytes(name, pixels.shape[1::-1], shifted.tobytes())
        still.info.update({"bit_depth": bits, "matrix_coefficients": 0, **info})
    stream = io.BytesIO()
    file.save(stream, **({"quality": -1, "chroma": 444} | (options or {})))
    return stream.getvalue()


def camera(orientation: int) -> bytes:
    """EXIF with an orientation."""
    exif = PIL.Image.Exif()
    exif[0x010F], exif[0x0112] = "Optics & Co", orientation
    return exif.tobytes()


def files() -> dict[str, bytes]:
    """Make the files."""
    light = {
        "content_light_level": {"max_content_light_level": 1000, "max_pic_average_light_level": 400}
    }
    lossy = {"quality": 90, "chroma": 420} | PQ
    return {
        "grey.heic": heic("L"),
        "alpha.heic": heic("RGBA"),
        "multiplied.heic": heic("RGBa"),
        "turned.heic": heic(exif=camera(6), icc_profile=ICC, xmp=MOTION),
        "mirrored.heic": heic(exif=camera(5)),
        "ten-bits.heic": heic(bits=10),
        "twelve-bits.heic": heic("RGBA", 12),
        "grey-ten-bits.heic": heic("L", 10),
        "pq.heic": heic(bits=10, options=lossy, **light),
        "oblong-pixels.heic": heic(pixel_aspect_ratio=(4, 3)),
        "several.heic": heic(count=3),
        "thumbnail.heic": heic(thumbnails=[12]),
        "mif1.heif": heic().replace(b"ftypheix", b"ftypmif1").replace(b"ftypheic", b"ftypmif1"),
    }
