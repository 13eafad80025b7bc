"""OpenEXR files of every layout, type of attribute and kind of channel."""

import io
import struct
from typing import NamedTuple

import numpy as np
import OpenEXR

ROWS, COLUMNS = 6, 8
TYPES = {"u4": 0, "f2": 1, "f4": 2}
SCAN_LINES, TILES = "scanlineimage", "tiledimage"


class Plane(NamedTuple):
    """A channel, and its subsampling along rows and columns."""

    pixels: np.ndarray
    step: int = 1


def attribute(name: str, kind: str, value: bytes) -> bytes:
    """Write an attribute."""
    size = struct.pack("<i", len(value))
    return name.encode() + b"\0" + kind.encode() + b"\0" + size + value


def _text(words: bytes) -> bytes:
    return struct.pack("<i", len(words)) + words


ATTRIBUTES = {
    "owner": ("string", "a painter, été".encode()),
    "framesPerSecond": ("rational", struct.pack("<iI", 24000, 1001)),
    "timeCode": ("timecode", struct.pack("<II", 0x01020304, 5)),
    "keyCode": ("keycode", struct.pack("<7i", 1, 2, 3, 4, 5, 6, 64)),
    "chromaticities": ("chromaticities", struct.pack("<8f", .708, .292, .17, .797, .131, .046,
                                                     .3127, .329)),
    "envmap": ("envmap", b"\1"),
    "worldToCamera": ("m44f", struct.pack("<16f", *range(16))),
    "toScreen": ("m33d", struct.pack("<9d", *range(9))),
    "adoptedNeutral": ("v2f", struct.pack("<2f", .31, .33)),
    "corner": ("v3i", struct.pack("<3i", 1, -2, 3)),
    "far": ("v3d", struct.pack("<3d", 1e300, 0.1, -1)),
    "box": ("box2f", struct.pack("<4f", 0, 1, 2, 3)),
    "count": ("int", struct.pack("<i", -7)),
    "isoSpeed": ("float", struct.pack("<f", 0.1)),
    "altitude": ("double", struct.pack("<d", 0.1)),
    "views": ("stringvector", _text(b"left") + _text(b"right")),
    "weights": ("floatvector", struct.pack("<3f", 0.1, 0.2, 0.3)),
    "ownSecret": ("ofSomeProgram", bytes(range(40))),
    "aNameOfMoreThanThirtyOneCharactersInAll": ("int", struct.pack("<i", 1)),
    "pixelAspectRatio": ("float", struct.pack("<f", 2)),
}  # fmt: skip


def exr(
    planes: dict[str, Plane],
    attributes: dict[str, tuple[str, bytes]] | None = None,
    data_at: tuple[int, int] = (0, 0),
    display: tuple[int, int, int, int] | None = None,
    tiles: int = 0,
    levels: bool = False,
) -> bytes:
    """Write flat channels, without compression, row by row or in tiles."""
    rows, columns = next(iter(planes.values())).pixels.shape
    left, top = data_at
    window = (left, top, left + columns - 1, top + rows - 1)
    channels = b"".join(
        name.encode() + b"\0" + struct.pack("<4i", TYPES[p.pixels.dtype.str[1:]], 0, p.step, p.step)
        for name, p in sorted(planes.items())
    )
    head = [
        attribute("channels", "chlist", channels + b"\0"),
        attribute("compression", "compression", b"\0"),
        attribute("dataWindow", "box2i", struct.pack("<4i", *window)),
        attribute("displayWindow", "box2i", struct.pack("<4i", *(display or window))),
        attribute("lineOrder", "lineOrder", b"\0"),
        attribute("screenWindowCenter", "v2f", bytes(8)),
        attribute("screenWindowWidth", "float", struct.pack("<f", 1)),
    ]
    attributes = {"pixelAspectRatio": ("float", struct.pack("<f", 1))} | (attributes or {})
    head += [attribute(name, *value) for name, value in attributes.items()]
    if tiles:
        head.append(attribute("tiles", "tiledesc", struct.pack("<IIB", tiles, tiles, int(levels))))
    chunks = []
    if tiles:
        for level in range(max(rows, columns).bit_length() if levels else 1):
            small = {n: p.pixels[:: 1 << level, :: 1 << level] for n, p in planes.items()}
            shape = (max(1, rows >> level), max(1, columns >> level))
            chunks += _tiles(small, shape, tiles, level)
    else:
        for row in range(rows):
            body = b"".join(
                p.pixels[row // p.step].tobytes()
                for _, p in sorted(planes.items())
                if row % p.step == 0
            )
            chunks.append(struct.pack("<ii", top + row, len(body)) + body)
    long_names = 0x400 if any(len(name) > 31 for name in attributes) else 0
    version = 2 | (0x200 if tiles else 0) | long_names
    start = b"\x76\x2f\x31\x01" + struct.pack("<I", version) + b"".join(head) + b"\0"
    places, at = [], len(start) + 8 * len(chunks)
    for chunk in chunks:
        places.append(at)
        at += len(chunk)
    return start + struct.pack(f"<{len(places)}Q", *places) + b"".join(chunks)


def _tiles(
    planes: dict[str, np.ndarray], shape: tuple[int, int], side: int, level: int
) -> list[bytes]:
    found = []
    for row in range(0, shape[0], side):
        for column in range(0, shape[1], side):
            body = b"".join(
                line[column : min(column + side, shape[1])].tobytes()
                for row_within in range(row, min(row + side, shape[0]))
                for line in [p[row_within] for _, p in sorted(planes.items())]
            )
            place = (column // side, row // side, level, level, len(body))
            found.append(struct.pack("<5i", *place) + body)
    return found


def random(dtype: str = "f4", seed: int = 0) -> np.ndarray:
    """Make a plane of values between zero and one, or of any integers."""
    rng = np.random.default_rng(seed)
    if dtype == "u4":
        return rng.integers(0, 1 << 20, (ROWS, COLUMNS), np.uint32)
    return rng.random((ROWS, COLUMNS)).astype(dtype)


def random_planes(names: str, dtype: str = "f4") -> dict[str, Plane]:
    """Make a plane for each letter."""
    return {name: Plane(random(dtype, ord(name))) for name in names}


def by_library(parts: list[tuple[dict, dict]]) -> bytes:
    """Write parts by OpenEXR."""
    stream = io.BytesIO()
    made = [
        OpenEXR.Part({"type": OpenEXR.scanlineimage} | header, planes, f"the {number}. part")
        for number, (header, planes) in enumerate(parts)
    ]
    with_one = made[0]
    file = (
        OpenEXR.File(with_one.header, with_one.channels) if len(made) == 1 else OpenEXR.File(made)
    )
    file.write(stream)
    return stream.getvalue()


def compressed(kind: str, dtype: str = "f2") -> bytes:
    """Write a smooth picture with one of the compressions."""
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    planes = {n: ((rows + columns * k) / 50).astype(dtype) for k, n in enumerate("RGB")}
    return by_library([({"compression": getattr(OpenEXR, f"{kind}_COMPRESSION")}, planes)])


def deep() -> bytes:
    """Write deep pixels, of several values each."""
    values = np.empty((2, 3), dtype=object)
    for place in np.ndindex(2, 3):
        values[place] = np.arange(sum(place), dtype=np.float32)
    header = {"type": OpenEXR.deepscanline, "compression": OpenEXR.ZIPS_COMPRESSION}
    return by_library([(header, {"Z": values})])


def nearly_clear() -> dict[str, Plane]:
    """Make half floats under an alpha so small that their quotient overflows."""
    planes = random_planes("RGBA", "f2")
    planes["A"].pixels[0, :3] = 6e-8, 0, 1e-5
    planes["R"].pixels[0, :3] = 0.5, 0.25, 0.9
    return planes


def luminance_and_chroma(alpha: bool = False) -> dict[str, Plane]:
    """Make luminance, and chroma at every second row and column."""
    half = {n: Plane(random("f2", ord(n[0]))[::2, ::2] - np.float16(0.5), 2) for n in ("RY", "BY")}
    planes = {"Y": Plane(random("f2", 9))} | half
    return planes | ({"A": Plane(random("f2", 7))} if alpha else {})


def files() -> dict[str, bytes]:
    """Make the files."""
    window = (-10, -20, 99, 79)
    made = {
        "half.exr": exr(random_planes("RGB", "f2")),
        "grey.exr": exr(random_planes("Y")),
        "crop.exr": exr(random_planes("RGB"), data_at=(5, 3), display=(0, 0, 99, 79)),
        "overscan.exr": exr(random_planes("RGB"), data_at=(-2, -1), display=(0, 0, 3, 3)),
        "moved.exr": exr(random_planes("Y"), data_at=(-10, -20), display=window),
        "alpha.exr": exr(random_planes("RGBA")),
        "half-alpha.exr": exr(random_planes("RGBA", "f2")),
        "nearly-clear.exr": exr(nearly_clear()),
        "luminance-alpha.exr": exr(random_planes("YA")),
        "alpha-layer.exr": exr({f"left.{n}": p for n, p in random_planes("RGBA").items()}),
        "layers.exr": exr({f"{layer}.{n}": Plane(random("f2", k)) for layer in ("left", "right")
                           for k, n in enumerate("RGB")}),
        "layer.exr": exr({f"left.{n}": p for n, p in random_planes("RGB").items()}),
        "depth.exr": exr(random_planes("RGBAZ")),
        "integers.exr": exr({"id": Plane(random("u4"))}),
        "mixed.exr": exr(random_planes("RGBZ", "f2") | {"id": Plane(random("u4"))}),
        "large-integers.exr": exr({"id": Plane(random("u4") + np.uint32(0xFFF00001))}),
        "luminance-chroma.exr": exr(luminance_and_chroma()),
        "luminance-chroma-alpha.exr": exr(luminance_and_chroma(alpha=True)),
        "chroma-wide.exr": exr(luminance_and_chroma(), {"chromaticities":
                                                        ATTRIBUTES["chromaticities"]}),
        "attributes.exr": exr(random_planes("RGB"), ATTRIBUTES),
        "preview.exr": exr(random_planes("RGB"), {"preview": ("preview", struct.pack("<II", 1, 1)
                                                              + bytes(4))}),
        "tiles.exr": exr(random_planes("RGB"), tiles=4),
        "levels.exr": exr(random_planes("RGB"), tiles=4, levels=True),
        "odd.exr": exr({"x": Plane(np.array([[np.inf, -np.inf, np.nan, -0.0]], np.float32))}),
        "deep.exr": deep(),
        "parts.exr": by_library([
            ({"owner": "one"}, {n: random("f2", k) for k, n in enumerate("RGB")}),
            ({"owner": "two"}, {"Z": random("f4")}),
        ]),
    }  # fmt: skip
    kinds = ("NO", "RLE", "ZIPS", "ZIP", "PIZ", "PXR24", "B44", "B44A", "DWAA", "DWAB")
    return made | {f"{kind.lower()}.exr": compressed(kind) for kind in kinds}
