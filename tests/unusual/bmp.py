"""BMP of every header, depth, layout of bits and compression."""

import struct

import numpy as np
from icc import profile

ROWS, COLUMNS = 5, 13
ICC = profile()
# The primaries of sRGB in XYZ, and gamma, in fixed point.
CALIBRATION = struct.pack(
    "<12I", *(int(v * (1 << 30)) for v in (0.4124, 0.2126, 0.0193, 0.3576, 0.7152, 0.1192,
                                           0.1805, 0.0722, 0.9505)), *[0x23333] * 3,
)  # fmt: skip
COLOURFUL = [(v * 37 % 256, v * 91 % 256, 255 - v * 53 % 256) for v in range(256)]
FIELDS = {
    "555": (16, (0x7C00, 0x3E0, 0x1F)),
    "565": (16, (0xF800, 0x7E0, 0x1F)),
    "444": (16, (0xF00, 0xF0, 0xF)),
    "1555": (16, (0x7C00, 0x3E0, 0x1F, 0x8000)),
    "4444": (16, (0xF00, 0xF0, 0xF, 0xF000)),
    "3103": (16, (0xE000, 0x1FF8, 0x7)),
    "no-green": (16, (0xF800, 0, 0x1F)),
    "888": (32, (0xFF0000, 0xFF00, 0xFF)),
    "order": (32, (0xFF, 0xFF00, 0xFF0000, 0xFF000000)),
    "far": (32, (0xFF000000, 0xFF0000, 0xFF00, 0xFF)),
    "101010": (32, (0x3FF00000, 0xFFC00, 0x3FF)),
    "1010102": (32, (0x3FF00000, 0xFFC00, 0x3FF, 0xC0000000)),
    "7187": (32, (0xFE000000, 0x1FFFF80, 0x7F)),
}


def noise(bits: int) -> np.ndarray:
    """Random pixels, with all rows different, and the extremes first."""
    values = np.random.default_rng(bits).integers(0, 1 << bits, (ROWS, COLUMNS), np.uint64)
    values[0, :2] = 0, (1 << bits) - 1
    return values


def rows_of(values: np.ndarray, bits: int) -> bytes:
    """Store pixels row by row, from the highest bit on, or in little-endian bytes."""
    stored = []
    for row in values[::-1]:
        if bits < 8:
            text = "".join(f"{int(v):0{bits}b}" for v in row)
            text += "0" * (-len(text) % 8)
            line = bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))
        else:
            line = b"".join(int(v).to_bytes(bits // 8, "little") for v in row)
        stored.append(line + bytes(-len(line) % 4))
    return b"".join(stored)


def bmp(
    body: bytes,
    bits: int,
    header: int = 40,
    compression: int = 0,
    palette: bytes = b"",
    masks: tuple[int, ...] = (),
    used: int = 0,
    height: int = ROWS,
    space: int = 0x73524742,
    calibration: bytes = bytes(48),
    icc: bytes = b"",
    offset: int | None = None,
) -> bytes:
    """Write a file: header, palette, pixels and profile."""
    if header == 12:
        head = struct.pack("<IHHHH", 12, COLUMNS, height, 1, bits)
    else:
        head = struct.pack("<IiiHHIIiiII", max(header, 40), COLUMNS, height, 1, bits, compression,
                           len(body), 3780, 7559, used, 0)  # fmt: skip
        if header > 40:
            head += struct.pack("<4I", *(*masks, 0, 0, 0, 0)[:4])
        elif masks:
            palette = struct.pack(f"<{len(masks)}I", *masks) + palette
        if header == 64:
            head = head[:40] + bytes(24)
        head += struct.pack("<I", space) + calibration
        place = header + len(palette) + len(body)
        head += struct.pack("<4I", 4, place if icc else 0, len(icc), 0)
        head = header.to_bytes(4, "little") + head[4:header]
    at = 14 + header + len(palette)
    whole = at + len(body) + len(icc)
    start = struct.pack("<2sIHHI", b"BM", whole, 0, 0, at if offset is None else offset)
    return start + head + palette + body + icc


def palette_of(colours: list, entry: int = 4) -> bytes:
    """Store a palette in the order blue, green, red."""
    return b"".join(bytes([b, g, r, 0][:entry]) for r, g, b in colours)


def with_palette(bits: int, colours: list, **options: object) -> bytes:
    """Write a file of palette indices."""
    entry = 3 if options.get("header") == 12 else 4
    values = noise(bits) % len(colours)
    return bmp(rows_of(values, bits), bits, palette=palette_of(colours, entry), **options)


def with_fields(kind: str, **options: object) -> bytes:
    """Write a file whose colours are bit fields of its pixels."""
    bits, masks = FIELDS[kind]
    usual = {"header": 56 if len(masks) == 4 else 40, "compression": 3}
    return bmp(rows_of(noise(bits), bits), bits, masks=masks, **(usual | options))


def runs_of(values: np.ndarray, pad: int = 0) -> bytes:
    """Store pixels of 8 bits in runs of one value, with padded rows that each end."""
    stored = b""
    for row in values[::-1]:
        line = [int(v) for v in row] + [0] * pad
        at = 0
        while at < len(line):
            count = 1
            while at + count < len(line) and line[at + count] == line[at]:
                count += 1
            stored += bytes([count, line[at]])
            at += count
        stored += b"\0\0"
    return stored + b"\0\1"


# From the bottom: literal values (an odd number, so with padding), a run, and nothing; a move by
# two rows and three columns; then a run to the end of the first row.
MOVING_RUNS = (
    b"\0\5\1\2\3\4\5\0" b"\4\7" b"\0\0" b"\3\2" b"\0\2\3\2" b"\5\6" b"\0\0" b"\x0d\3" b"\0\1"
)  # fmt: skip
MOVED = [
    [3] * 13,
    [0] * 6 + [6] * 5 + [0] * 2,
    [0] * 13,
    [2] * 3 + [0] * 10,
    [1, 2, 3, 4, 5, 7, 7, 7, 7] + [0] * 4,
]
HALF_RUNS = (
    b"\0\5\x12\x34\x50\0" b"\5\x67" b"\0\0" b"\x0d\x11" b"\0\0" b"\0\2\2\1" b"\3\x90" b"\0\1"
)  # fmt: skip
HALF_MOVED = [
    [0] * 13,
    [0, 0, 9, 0, 9] + [0] * 8,
    [0] * 13,
    [1] * 13,
    [1, 2, 3, 4, 5, 6, 7, 6, 7, 6] + [0] * 3,
]


def files() -> dict[str, bytes]:
    """Make the files."""
    grey = [(v, v, v) for v in range(256)]
    eight = COLOURFUL[:8]
    made = {
        "os2-1.bmp": with_palette(1, COLOURFUL[:2], header=12),
        "os2-8.bmp": with_palette(8, COLOURFUL, header=12),
        "os2-8-short.bmp": with_palette(8, eight, header=12),
        "os2-24.bmp": bmp(rows_of(noise(24), 24), 24, header=12),
        "os2-2-16.bmp": with_palette(8, COLOURFUL, header=16),
        "os2-2-64.bmp": with_palette(8, COLOURFUL, header=64),
        "1.bmp": with_palette(1, [(0, 0, 0), (255, 255, 255)]),
        "1-white-first.bmp": with_palette(1, [(255, 255, 255), (0, 0, 0)]),
        "2.bmp": with_palette(2, COLOURFUL[:4]),
        "4.bmp": with_palette(4, COLOURFUL[:16]),
        "4-short.bmp": with_palette(4, eight, used=8),
        "8.bmp": with_palette(8, COLOURFUL, used=256),
        "8-short.bmp": with_palette(8, eight, used=8),
        "8-grey.bmp": with_palette(8, grey),
        "8-top-down.bmp": with_palette(8, COLOURFUL, height=-ROWS),
        "8-no-offset.bmp": with_palette(8, COLOURFUL, offset=0),
        "16.bmp": bmp(rows_of(noise(16), 16), 16),
        "24.bmp": bmp(rows_of(noise(24), 24), 24),
        "24-suggested-palette.bmp": bmp(
            rows_of(noise(24), 24), 24, palette=palette_of(eight), used=8
        ),
        "32.bmp": bmp(rows_of(noise(32), 32), 32),
        "32-alpha-v2.bmp": with_fields("order", header=40, compression=6),
        "32-top-down-v5.bmp": with_fields("888", header=124, height=-ROWS),
        "runs-8.bmp": bmp(runs_of(noise(8) % 8 // 4), 8, palette=palette_of(eight), used=8,
                          compression=1),
        "runs-8-padded.bmp": bmp(runs_of(noise(8) % 8 // 4, 3), 8, compression=1, used=8,
                                 palette=palette_of(eight)),
        "runs-8-moves.bmp": bmp(MOVING_RUNS, 8, palette=palette_of(COLOURFUL), compression=1),
        "runs-4-moves.bmp": bmp(HALF_RUNS, 4, palette=palette_of(COLOURFUL[:16]), compression=2),
        "icc-v5.bmp": bmp(rows_of(noise(24), 24), 24, header=124, space=0x4D424544, icc=ICC),
        "broken-icc-v5.bmp": bmp(rows_of(noise(24), 24), 24, header=124, space=0x4D424544),
        "linked-icc-v5.bmp": bmp(rows_of(noise(24), 24), 24, header=124, space=0x4C494E4B,
                                 icc=b"c:\\profile.icm\0"),
        "calibrated-v4.bmp": bmp(rows_of(noise(24), 24), 24, header=108, space=0,
                                 calibration=CALIBRATION),
    }  # fmt: skip
    made |= {f"fields-{kind}.bmp": with_fields(kind) for kind in FIELDS}
    made |= {f"fields-{kind}-v4.bmp": with_fields(kind, header=108) for kind in ("565", "order")}
    return made
