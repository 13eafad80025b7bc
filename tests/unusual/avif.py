"""AVIFs: animated, HDR, cropped, without colour information, or with premultiplied alpha."""

import io
import struct

import cv2
import imagecodecs
import numpy as np
import PIL.Image

from unusual.jpeg import ICC, MOTION, picture
from unusual.jpegxl import box

DURATIONS = (40, 70, 500)


def frames(channels: int = 3, bits: int = 8) -> list[np.ndarray]:
    """Three different frames."""
    first = picture(channels)
    if bits > 8:
        first = first.astype(np.uint16) << (bits - 8)
    return [np.roll(first, number, 0) for number in range(3)]


def moving(channels: int = 3, bits: int = 8) -> bytes:
    """A lossless animation by OpenCV."""
    animation = cv2.Animation()
    order = [2, 1, 0, 3][:channels]
    animation.frames = [np.ascontiguousarray(frame[..., order]) if channels > 1 else frame
                        for frame in frames(channels, bits)]  # fmt: skip
    animation.durations = list(DURATIONS)
    options = [cv2.IMWRITE_AVIF_QUALITY, 100, cv2.IMWRITE_AVIF_DEPTH, bits,
               cv2.IMWRITE_AVIF_SPEED, 9]  # fmt: skip
    return bytes(cv2.imencodeanimation(".avif", animation, options)[1])


def played(data: bytes, times: int) -> bytes:
    """Set how often an animation is played, by the duration of its track."""
    at = data.index(b"tkhd") + 4
    length = times * sum(DURATIONS)
    return data[: at + 28] + struct.pack(">Q", length) + data[at + 36 :]


def hdr(channels: int = 3, bits: int = 10, matrix: int = 9) -> bytes:
    """A picture in BT.2020 with PQ."""
    pixels = picture(channels).astype(np.uint16) << (bits - 8)
    return bytes(
        imagecodecs.avif_encode(
            pixels, level=100, bitspersample=bits, primaries=9, transfer=16, matrix=matrix
        )
    )


def pillow(**options: object) -> bytes:
    stream = io.BytesIO()
    file = PIL.Image.fromarray(picture(options.pop("channels", 3)))
    file.save(stream, "AVIF", **{"quality": 100, "subsampling": "4:4:4"} | options)
    return stream.getvalue()


def with_property(data: bytes, kind: bytes, body: bytes) -> bytes:
    """Add a property of the primary picture: the boxes grow, and its offset moves."""
    added = box(kind, body)
    changed = bytearray(data)

    def grow(name: bytes, by: int) -> int:
        at = changed.index(name) - 4
        size = int.from_bytes(changed[at : at + 4])
        changed[at : at + 4] = (size + by).to_bytes(4)
        return at + size

    ipco = changed.index(b"ipco") - 4
    count, at = 1, ipco + 8
    end = ipco + int.from_bytes(changed[ipco : ipco + 4])
    while at < end:
        count, at = count + 1, at + int.from_bytes(changed[at : at + 4])
    total = len(added) + 1
    for name in (b"meta", b"iprp"):
        grow(name, total)
    # The first item is the primary picture.
    association = changed.index(b"ipma") + 4 + 8
    place = association + 3 + changed[association + 2]
    changed[association + 2] += 1
    grow(b"ipma", 1)
    changed.insert(place, 0x80 | count)
    grow(b"ipco", len(added))
    changed[end:end] = added
    # All offsets in the file have 32 bits, and point after the box.
    iloc = changed.index(b"iloc") + 4
    assert changed[iloc + 4] == 0x44
    for item in range(int.from_bytes(changed[iloc + 6 : iloc + 8])):
        offset = iloc + 8 + 14 * item + 6
        old = int.from_bytes(changed[offset : offset + 4])
        changed[offset : offset + 4] = (old + total).to_bytes(4)
    return bytes(changed)


def clean_aperture(rows: int, columns: int, down: int, right: int) -> bytes:
    return struct.pack(">IIIIiIiI", columns, 1, rows, 1, right, 1, down, 1)


def files() -> dict[str, bytes]:
    """Make the files."""
    exif = PIL.Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Optics & Co"
    described = {"exif": exif.tobytes(), "icc_profile": ICC, "xmp": MOTION}
    half = struct.pack(">IIIIiIiI", 47, 2, 10, 1, 0, 1, 0, 1)
    return {
        "moving.avif": moving(),
        "moving-grey.avif": moving(1),
        "moving-alpha.avif": moving(4),
        "moving-twelve-bits.avif": moving(3, 12),
        "moving-twice.avif": played(moving(), 2),
        "hdr.avif": hdr(),
        "hdr-grey.avif": hdr(1),
        "hdr-alpha.avif": hdr(4, 12),
        "described.avif": pillow(**described),
        "limited.avif": pillow(range="limited"),
        "chroma.avif": pillow(subsampling="4:2:0"),
        "multiplied.avif": pillow(channels=4, alpha_premultiplied=True),
        "cut.avif": with_property(pillow(), b"clap", clean_aperture(10, 16, 2, -1)),
        "cut-in-halves.avif": with_property(pillow(), b"clap", half),
        "oblong-pixels.avif": with_property(pillow(), b"pasp", struct.pack(">II", 4, 3)),
        "light.avif": with_property(pillow(), b"clli", struct.pack(">HH", 1000, 400)),
    }
