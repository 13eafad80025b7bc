"""JPEG 2000 with components of every depth, sign and size, and every box about colours."""

import struct

import imagecodecs
import numpy as np
from icc import profile

ROWS, COLUMNS = 12, 18
SRGB, GREY, CMYK, YCC, LAB = 16, 17, 12, 18, 14
SIZE, STYLE, STEPS, STEPS_OF, PART, DATA, END = (
    bytes([0xFF, code]) for code in (0x51, 0x52, 0x5C, 0x5D, 0x90, 0x93, 0xD9)
)
_BY_COMPONENTS = 4


def box(kind: bytes, body: bytes) -> bytes:
    """Write a box."""
    return struct.pack(">I", len(body) + 8) + kind + body


def enumerated(space: int) -> bytes:
    """Specify an enumerated colour space."""
    return box(b"colr", b"\1\0\0" + space.to_bytes(4))


def by_profile(icc: bytes, method: int = 2) -> bytes:
    """Specify colours by a profile."""
    return box(b"colr", bytes([method, 0, 0]) + icc)


def definitions(*rows: tuple[int, int, int]) -> bytes:
    """Define channels: kind (0 colour, 1 alpha, 2 premultiplied alpha) and colour."""
    return box(
        b"cdef", struct.pack(">H", len(rows)) + b"".join(struct.pack(">3H", *r) for r in rows)
    )


def jp2(codestream: bytes, *colours: bytes, extra: bytes = b"") -> bytes:
    """Write a file around a codestream."""
    columns, rows = struct.unpack_from(">II", codestream, 8)
    count, size = struct.unpack_from(">HB", codestream, 40)
    header = struct.pack(">IIHBBBB", rows, columns, count, size, 7, not colours, 0)
    return (
        box(b"jP  ", b"\r\n\x87\n")
        + box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
        + box(b"jp2h", box(b"ihdr", header) + b"".join(colours))
        + extra
        + box(b"jp2c", codestream)
    )


def encoded(pixels: np.ndarray, bits: int | None = None, **options: object) -> bytes:
    """Write a codestream by OpenJPEG."""
    usual = {"level": 0, "reversible": True, "codecformat": "j2k", "planar": False}
    return bytes(imagecodecs.jpeg2k_encode(pixels, bitspersample=bits, **(usual | options)))


def joined(*components: tuple[np.ndarray, int, int], **options: object) -> bytes:
    """Join components, each with its own bits and subsampling."""
    heads, bodies, sizes = [], [], b""
    for pixels, bits, step in components:
        segments, body = _apart(encoded(pixels, bits, resolutions=1, **options))
        heads.append(segments)
        bodies.append(body)
        sizes += bytes([bits - 1 | 0x80 * (pixels.dtype.kind == "i"), step, step])
    rows, columns = (length * components[0][2] for length in components[0][0].shape)
    grid = struct.pack(">H8IH", 0, columns, rows, 0, 0, columns, rows, 0, 0, len(components))
    style = heads[0][STYLE]
    # Packets component by component, without a colour transform.
    style = style[:1] + bytes([_BY_COMPONENTS]) + style[2:4] + b"\0" + style[5:]
    head = _segment(SIZE, grid + sizes) + _segment(STYLE, style) + _segment(STEPS, heads[0][STEPS])
    for number, segments in enumerate(heads[1:], start=1):
        head += _segment(STEPS_OF, bytes([number]) + segments[STEPS])
    body = b"".join(bodies)
    part = _segment(PART, struct.pack(">HIBB", 0, len(body) + 14, 0, 1)) + DATA
    return b"\xff\x4f" + head + part + body + END


def _segment(marker: bytes, body: bytes) -> bytes:
    return marker + struct.pack(">H", len(body) + 2) + body


def _apart(codestream: bytes) -> tuple[dict[bytes, bytes], bytes]:
    at, segments = 2, {}
    while codestream[at : at + 2] != DATA:
        size = int.from_bytes(codestream[at + 2 : at + 4])
        segments[codestream[at : at + 2]] = codestream[at + 4 : at + 2 + size]
        at += 2 + size
    return segments, codestream[at + 2 : -2]


def plane(bits: int, seed: int = 0, step: int = 1) -> np.ndarray:
    """Make random values, zero and the largest among them."""
    shape = (ROWS // step, COLUMNS // step)
    values = np.random.default_rng(seed).integers(0, 1 << bits, shape, np.int64)
    values[0, :2] = 0, (1 << bits) - 1
    return values.astype(np.uint8 if bits <= 8 else np.uint16)


def signed(bits: int, seed: int = 0, step: int = 1) -> np.ndarray:
    """Make random values around zero."""
    values = plane(bits, seed, step).astype(np.int64) - (1 << (bits - 1))
    return values.astype(np.int8 if bits <= 8 else np.int16)


def planes(bits: int, count: int) -> np.ndarray:
    """Make random channels side by side."""
    return np.stack([plane(bits, seed) for seed in range(count)], axis=-1)


def palette(columns: np.ndarray, bits: int, mapping: tuple[tuple[int, int, int], ...]) -> bytes:
    """Write a palette of whole bytes, and its mapping to channels."""
    count, width = columns.shape
    head = struct.pack(">HB", count, width) + bytes([bits - 1]) * width
    body = columns.astype(">u2" if bits > 8 else "u1").tobytes()
    links = b"".join(struct.pack(">HBB", *row) for row in mapping)
    return box(b"pclr", head + body) + box(b"cmap", links)


RGB, ALPHA = ((0, 0, 1), (1, 0, 2), (2, 0, 3)), (3, 1, 0)
COLOURS = np.random.default_rng(4).integers(0, 256, (16, 3))
GEO = bytes.fromhex("b14bf8bd083d4b43a5ae8cd7d5a6ce03") + b"II*\0 a map"


def files() -> dict[str, bytes]:
    """Make the files."""
    icc, grey_icc = profile(), profile(b"GRAY")
    colour = encoded(planes(8, 3))
    chroma = (plane(8, 1, 2), plane(8, 2, 2))
    mapped = tuple((0, 1, column) for column in range(3))
    cmyk_icc = bytes(16) + b"CMYK" + icc[20:]
    return {
        "icc.jp2": jp2(colour, by_profile(icc)),
        "icc-any.jp2": jp2(colour, by_profile(icc, 3)),
        "icc-grey.jp2": jp2(encoded(plane(8)), by_profile(grey_icc)),
        "icc-cmyk.jp2": jp2(encoded(planes(8, 4)), by_profile(cmyk_icc)),
        "icc-broken.jp2": jp2(colour, by_profile(b"")),
        "icc-second.jp2": jp2(colour, box(b"colr", b"\4\0\0" + bytes(20)), by_profile(icc)),
        "icc-12.jp2": jp2(encoded(planes(12, 3), 12), by_profile(icc)),
        "cmyk.jp2": jp2(encoded(planes(8, 4)), enumerated(CMYK)),
        "lab.jp2": jp2(colour, enumerated(LAB)),
        "vendor.jp2": jp2(colour, box(b"colr", b"\4\0\0" + bytes(16))),
        "ycc.jp2": jp2(encoded(planes(8, 3), mct=False), enumerated(YCC)),
        "ycc-12.jp2": jp2(encoded(planes(12, 3), 12, mct=False), enumerated(YCC)),
        "ycc-subsampled.jp2": jp2(joined((plane(8), 8, 1), *((c, 8, 2) for c in chroma)),
                                  enumerated(YCC)),
        "ycc-signed.jp2": jp2(joined((plane(8), 8, 1), (signed(8, 1, 2), 8, 2),
                                     (signed(8, 2, 2), 8, 2)), enumerated(YCC)),
        "ycc-deep-subsampled.jp2": jp2(joined((plane(10), 10, 1), (plane(10, 1, 2), 10, 2),
                                              (plane(10, 2, 2), 10, 2)), enumerated(YCC)),
        "subsampled.j2k": joined((plane(8), 8, 1), *((c, 8, 2) for c in chroma)),
        "order.jp2": jp2(colour, enumerated(SRGB), definitions((0, 0, 3), (1, 0, 2), (2, 0, 1))),
        "alpha-first.jp2": jp2(encoded(planes(8, 4)), enumerated(SRGB),
                               definitions((0, 1, 0), (1, 0, 1), (2, 0, 2), (3, 0, 3))),
        "alpha.jp2": jp2(encoded(planes(8, 4)), enumerated(SRGB), definitions(*RGB, ALPHA)),
        "alpha-multiplied.jp2": jp2(encoded(planes(8, 4)), enumerated(SRGB),
                                    definitions(*RGB, (3, 2, 0))),
        "alpha-one-bit.jp2": jp2(joined(*((plane(8, n), 8, 1) for n in range(3)),
                                        (plane(1, 3), 1, 1)), enumerated(SRGB),
                                 definitions(*RGB, ALPHA)),
        "alpha-8-of-12.jp2": jp2(joined((plane(12), 12, 1), (plane(8, 1), 8, 1)),
                                 enumerated(GREY), definitions((0, 0, 1), (1, 1, 0))),
        "alpha-grey.jp2": jp2(encoded(planes(8, 2)), enumerated(GREY)),
        "no-alpha.jp2": jp2(encoded(planes(8, 2)), enumerated(GREY),
                            definitions((0, 0, 1), (1, 65535, 65535))),
        "bands.jp2": jp2(encoded(planes(16, 5)), enumerated(GREY)),
        "palette.jp2": jp2(encoded(plane(4), 4), enumerated(SRGB), palette(COLOURS, 8, mapped)),
        "palette-16.jp2": jp2(encoded(plane(4), 4), enumerated(SRGB),
                              palette(COLOURS * 257, 16, mapped)),
        "palette-alpha.jp2": jp2(joined((plane(4), 4, 1), (plane(8, 1), 8, 1)), enumerated(SRGB),
                                 palette(COLOURS, 8, (*mapped, (1, 0, 0))),
                                 definitions(*RGB, ALPHA)),
        "one-bit.jp2": jp2(encoded(plane(1), 1), enumerated(GREY)),
        "10.jp2": jp2(encoded(planes(10, 3), 10), enumerated(SRGB)),
        "signed-8.j2k": encoded(signed(8)),
        "signed-12.j2k": encoded(signed(12), 12),
        "mixed.jp2": jp2(joined((plane(5), 5, 1), (signed(8, 1), 8, 1), (plane(6, 2), 6, 1)),
                         enumerated(SRGB)),
        "without_jpeg_prefix.j2k": colour,
        "high-throughput.jph": bytes(imagecodecs.htj2k_encode(planes(8, 3))),
        "boxes.jp2": jp2(colour, enumerated(SRGB), extra=box(b"xml ", b"<a/>") + box(b"uuid", GEO)),
        "two.jp2": jp2(colour, enumerated(SRGB), extra=b"") + box(b"jp2c", colour),
        "resolution-broken.jp2": jp2(colour, enumerated(SRGB),
                                     box(b"res ", box(b"resc", bytes(10)))),
        "boxes-broken.jp2": jp2(colour, enumerated(SRGB)).replace(b"\x14ftyp", b"\3ftyp"),
    }  # fmt: skip
