"""TIFFs that few programs write, entry by entry."""

import io
import struct
import zlib

import imagecodecs
import numpy as np
import PIL.Image
import tifffile

ROWS, COLUMNS = 20, 26

BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG, SRATIONAL, FLOAT, DOUBLE = (
    range(1, 13)
)
IFD, LONG8, SLONG8, IFD8 = 13, 16, 17, 18
_FORMS = {1: "B", 2: "B", 3: "H", 4: "I", 5: "I", 6: "b", 7: "B", 8: "h", 9: "i", 10: "i",
          11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q"}  # fmt: skip
_TOGETHER = {RATIONAL: 2, SRATIONAL: 2}

SUBFILE, MASKS, COLOURS, EXTRA, PALETTE = 254, 4, 262, 338, 320


def picture(channels=1, dtype=np.uint8):
    """Waves and a little noise over the full range of a type."""
    rng = np.random.default_rng(7)
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    planes = [np.sin(rows / (3 + c)) * np.cos(columns / (4 + c)) for c in range(channels)]
    full = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    values = np.stack(planes, -1) * 0.45 + 0.5 + rng.normal(0, 0.01, (ROWS, COLUMNS, channels))
    made = np.ascontiguousarray(values.clip(0, 1) * full, dtype)
    return made[..., 0] if channels == 1 else made


class Page:
    """A page: its entries, its parts, and the pages and directories that entries point to."""

    def __init__(self, entries, parts, below=None):
        self.entries, self.parts, self.below = entries, parts, below or {}


def page(pixels, parts=None, entries=None, without=(), below=None, rows_per_strip=None):
    """A page of uncompressed pixels, or of given parts."""
    samples = pixels.shape[2] if pixels.ndim == 3 else 1
    usual = {
        256: (LONG, [pixels.shape[1]]),
        257: (LONG, [pixels.shape[0]]),
        258: (SHORT, [pixels.dtype.itemsize * 8] * samples),
        259: (SHORT, [1]),
        COLOURS: (SHORT, [2 if samples >= 3 else 1]),
        277: (SHORT, [samples]),
        278: (LONG, [rows_per_strip or pixels.shape[0]]),
        339: (SHORT, [{"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]] * samples),
    }
    kept = {tag: entry for tag, entry in usual.items() if tag not in without}
    return Page(kept | (entries or {}), parts or [pixels], below)


def tiff(*pages, order="<", big=False):
    """A file of pages, whose parts are bytes, or pixels to store in its byte order."""
    word = "Q" if big else "I"
    mark = b"II" if order == "<" else b"MM"
    version = struct.pack(f"{order}HHH", 43, 8, 0) if big else struct.pack(f"{order}H", 42)
    data = bytearray(mark + version + bytes(struct.calcsize(word)))
    link = len(data) - struct.calcsize(word)
    for one in pages:
        link = _append(data, one, link, order, word)
    return bytes(data)


def _append(data, one, link, order, word):
    """Add a page, and write its offset at `link`."""
    places, sizes = [], []
    for part in one.parts:
        if isinstance(part, np.ndarray):
            part = part.astype(part.dtype.newbyteorder(order)).tobytes()
        data += bytes(-len(data) % 8)
        places.append(len(data))
        sizes.append(len(part))
        data += part
    tiled = 322 in one.entries
    kind = LONG8 if word == "Q" else LONG
    own = {324 if tiled else 273: (kind, places), 325 if tiled else 279: (kind, sizes)}
    entries = (own if one.parts else {}) | one.entries
    entries = {tag: entry for tag, entry in entries.items() if entry is not None}
    entries |= {tag: (kind, [0]) for tag in one.below}
    size = struct.calcsize(word)
    values = {}
    for tag, (form, content) in sorted(entries.items()):
        raw = (
            content
            if isinstance(content, bytes)
            else struct.pack(f"{order}{len(content)}{_FORMS[form]}", *content)
        )
        count = len(raw) // struct.calcsize(_FORMS[form]) // _TOGETHER.get(form, 1)
        at = None
        if len(raw) > size:
            data += bytes(-len(data) % 8)
            at = len(data)
            data += raw
        values[tag] = form, count, raw, at
    data += bytes(-len(data) % 8)
    struct.pack_into(f"{order}{word}", data, link, len(data))
    data += struct.pack(f"{order}{'Q' if word == 'Q' else 'H'}", len(values))
    inner = {}
    for tag, (form, count, raw, at) in values.items():
        data += struct.pack(f"{order}HH{word}", tag, form, count)
        inner[tag] = len(data)
        data += raw.ljust(size, b"\0") if at is None else struct.pack(f"{order}{word}", at)
    following = len(data)
    data += bytes(size)
    for tag, below in one.below.items():
        _append(data, below, inner[tag], order, word)
    return following


def every_type(order, big):
    """A page with a tag of every type, one value and several."""
    values_by_type = {
        BYTE: [1, 2, 250], ASCII: b"two\0words\0", SHORT: [1, 2, 60000], LONG: [1, 70000],
        RATIONAL: [1, 3, 4000000000, 7], SBYTE: [-1, 2], UNDEFINED: b"\1\2\3\4\5", SSHORT: [-2, 3],
        SLONG: [-70000, 2], SRATIONAL: [-1, 3, 2, -9], FLOAT: [0.1, -1e30], DOUBLE: [0.1, 1e300],
    }  # fmt: skip
    if big:
        values_by_type |= {LONG8: [1, 1 << 40], SLONG8: [-1, 1 << 40]}
    entries = {65100 + kind: (kind, values) for kind, values in values_by_type.items()}
    one = {RATIONAL: [22, 7], SRATIONAL: [-22, 7], SHORT: [9], DOUBLE: [0.5], FLOAT: [0.5]}
    entries |= {65200 + kind: (kind, values) for kind, values in one.items()}
    return tiff(page(picture(), entries=entries), order=order, big=big)


def fax(compression, entries=None):
    stream = io.BytesIO()
    bits = PIL.Image.fromarray(picture() > 127)
    bits.save(stream, "TIFF", compression=compression, tiffinfo=entries or {})
    return stream.getvalue()


def parts_of(data, number=0):
    """The parts of a page, and its tags."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        found = file.pages[number]
        spans = zip(found.dataoffsets, found.databytecounts, strict=True)
        return [data[at : at + size] for at, size in spans], found.tags


def two_faxes():
    """Two pages of Group 3 that differ only in their options."""
    pages = []
    for options in (0, 1, 4):
        parts, tags = parts_of(fax("group3", {292: options}))
        entries = {
            258: (SHORT, [1]), 259: (SHORT, [3]), COLOURS: (SHORT, [tags[COLOURS].value]),
            292: (LONG, [options]),
        }  # fmt: skip
        pages.append(page(picture(), parts, entries, without=(339,)))
    return tiff(*pages)


def subsampled(across, down, compression=1):
    """Subsampled YCbCr, as TIFF 6.0 lays it out."""
    luma = picture(3)[..., 0]
    rows, columns = -(-ROWS // down), -(-COLUMNS // across)
    chroma = picture(3)[: rows * down : down, : columns * across : across, 1:]
    padded = np.pad(luma, ((0, rows * down - ROWS), (0, columns * across - COLUMNS)), mode="edge")
    blocks = padded.reshape(rows, down, columns, across).swapaxes(1, 2)
    units = np.concatenate([blocks.reshape(rows, columns, -1), chroma], axis=-1)
    raw = units.astype(np.uint8).tobytes()
    coded = {1: bytes, 5: imagecodecs.lzw_encode, 8: zlib.compress}[compression](raw)
    entries = {
        COLOURS: (SHORT, [6]), 530: (SHORT, [across, down]), 259: (SHORT, [compression]),
        529: (RATIONAL, [299, 1000, 587, 1000, 114, 1000]),
        532: (RATIONAL, [0, 1, 255, 1, 128, 1, 255, 1, 128, 1, 255, 1]),
    }  # fmt: skip
    return tiff(page(picture(3), [coded], entries))


def paletted(bits, alpha=False, colours_of_8=False):
    """A picture with a palette, with or without alpha."""
    numbers = picture() >> (8 - bits)
    palette = np.random.default_rng(bits).integers(0, 256, 3 << bits)
    stored = palette if colours_of_8 else palette * 257
    if alpha:
        body = np.stack([numbers, picture()[::-1]], -1)
        entries = {258: (SHORT, [bits] * 2), EXTRA: (SHORT, [2])}
        raw = body.tobytes()
    else:
        width = -(-COLUMNS * bits // 8) * 8 // bits
        padded = np.pad(numbers, ((0, 0), (0, width - COLUMNS)))
        body, entries = numbers, {258: (SHORT, [bits])}
        raw = np.packbits(np.unpackbits(padded[..., None], axis=2)[..., 8 - bits :].ravel())
        raw = raw.tobytes()
    entries |= {COLOURS: (SHORT, [3]), PALETTE: (SHORT, list(stored))}
    return tiff(page(body, [raw], entries, without=(339,)))


def five_channels(extra, order="<"):
    pixels = picture(5)
    return tiff(page(pixels, entries={EXTRA: (SHORT, list(extra))}), order=order)


def mask_page(bits, mask, reduced=0):
    packed = np.packbits(mask, axis=1) if bits == 1 else mask * np.uint8(255)
    entries = {
        SUBFILE: (LONG, [4 | reduced]), COLOURS: (SHORT, [MASKS]), 258: (SHORT, [bits]),
        259: (SHORT, [8]), 256: (LONG, [mask.shape[1]]), 257: (LONG, [mask.shape[0]]),
        278: (LONG, [mask.shape[0]]),
    }  # fmt: skip
    return page(packed, [zlib.compress(packed.tobytes())], entries, without=(339,))


def holes():
    """A mask with holes."""
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    return (rows - 9) ** 2 + (columns - 12) ** 2 < 90


def with_masks(bits=1):
    """Two pictures with masks and smaller versions, as a cloud-optimised GeoTIFF has them."""
    small, reduced = picture()[::2, ::2], {SUBFILE: (LONG, [1])}
    pages = []
    for value in (picture(), picture()[::-1]):
        pages += [
            page(value, entries={33550: (DOUBLE, [1.0, 1.0, 0.0])}),
            page(small, entries=reduced),
            mask_page(bits, holes()),
            mask_page(bits, holes()[::2, ::2], reduced=1),
        ]
    return tiff(*pages)


def metamorph(planes=3, order="<", claimed=None):
    """A stack of planes under one directory, with tables of offsets."""
    stack = np.stack([np.roll(picture(1, np.uint16), shift, 0) for shift in range(planes)])
    entries = {
        33628: (LONG, [0, 1]),
        33629: (RATIONAL, list(range(2 * (claimed or planes)))),
        279: (LONG, [stack[0].nbytes]),
    }
    return tiff(page(stack[0], [stack], entries), order=order)


def beside(**entries):
    return {int(tag[1:]): entry for tag, entry in entries.items()}


def with_exif(place):
    """A page with EXIF and GPS; the EXIF may lie beyond the file, or be broken."""
    photograph = Page({0x829A: (RATIONAL, [1, 250]), 0xA434: (ASCII, b"50 mm\0")}, [])
    gps = Page({1: (ASCII, b"N\0"), 2: (RATIONAL, [10, 1, 20, 1, 30, 1])}, [])
    if place is None:
        return tiff(page(picture(), below={0x8769: photograph, 0x8825: gps}))
    return tiff(page(picture(), entries={0x8769: (LONG, [place])}, below={0x8825: gps}))


def broken_tags():
    """Entries that point beyond the file, have an unknown type, or hold broken text."""
    data = tiff(
        page(
            picture(),
            entries={
                270: (ASCII, b"\xff\xfe\x80 no text\0"),
                65100: (LONG, [1, 2, 3]),
                65101: (LONG, [7]),
                700: (BYTE, b"<x:xmpmeta>"),
            },
        )
    )
    changed = bytearray(data)
    for tag, offset, value in ((65100, 8, 1 << 31), (65101, 2, 99), (700, 8, 1 << 31)):
        (first,) = struct.unpack_from("<I", data, 4)
        (count,) = struct.unpack_from("<H", data, first)
        at = next(
            first + 2 + 12 * entry
            for entry in range(count)
            if struct.unpack_from("<H", data, first + 2 + 12 * entry) == (tag,)
        )
        struct.pack_into("<H" if offset == 2 else "<I", changed, at + offset, value)
    return bytes(changed)


def surplus(compression):
    """Strips of eight rows each; the last is full, though the picture ends within it."""
    pixels = picture(3)
    padded = np.pad(pixels, ((0, 4), (0, 0), (0, 0)), mode="edge")
    code = {1: bytes, 5: imagecodecs.lzw_encode, 8: zlib.compress,
            32773: imagecodecs.packbits_encode}[compression]  # fmt: skip
    parts = [code(padded[row : row + 8].tobytes()) for row in range(0, 24, 8)]
    parts[0] += bytes(5)
    return tiff(page(pixels, parts, {259: (SHORT, [compression])}, rows_per_strip=8))


def uncounted(compression):
    """A strip without a byte count."""
    pixels = picture(3)
    code = {1: bytes, 5: imagecodecs.lzw_encode}[compression]
    return tiff(page(pixels, [code(pixels.tobytes())], {259: (SHORT, [compression]), 279: None}))


def tiled():
    stream = io.BytesIO()
    tifffile.imwrite(
        stream, picture(3), photometric="rgb", tile=(16, 32), compression="zlib", metadata=None
    )
    return stream.getvalue()


def files():
    """Make the files, by their names."""
    made = {
        f"types-{'MM' if order == '>' else 'II'}{'-big' * big}.tif": every_type(order, big)
        for order in "<>"
        for big in (False, True)
    }
    resolutions = {
        "none": beside(t282=(RATIONAL, [3, 2]), t283=(RATIONAL, [1, 7]), t296=(SHORT, [1])),
        "one": beside(t282=(RATIONAL, [1, 1]), t283=(RATIONAL, [1, 1]), t296=(SHORT, [1])),
        "unsaid": beside(t282=(RATIONAL, [600, 2]), t283=(RATIONAL, [300, 1])),
        "zero": beside(t282=(RATIONAL, [0, 0]), t283=(RATIONAL, [0, 1]), t296=(SHORT, [2])),
        "float": beside(t282=(FLOAT, [72.5]), t283=(FLOAT, [72.5]), t296=(SHORT, [3])),
    }
    made |= {
        f"resolution-{name}.tif": tiff(page(picture(), entries=entries))
        for name, entries in resolutions.items()
    }
    made |= {
        f"unsaid-{samples}-{np.dtype(dtype)}.tif": tiff(
            page(picture(samples, dtype), without=(COLOURS,))
        )
        for samples, dtype in ((1, np.uint8), (3, np.uint8), (1, np.float32), (4, np.uint16))
    }
    made |= {
        f"{name}{'-lsb' * (fill == 2)}-{options}.tif": fax(name, {266: fill, 292: options})
        for name, fill, options in (
            ("group3", 1, 0), ("group3", 2, 1), ("group3", 1, 5), ("group4", 1, 0),
            ("group4", 2, 0), ("tiff_ccitt", 1, 0),
        )
    }  # fmt: skip
    made |= {
        f"ycbcr-{across}{down}-{compression}.tif": subsampled(across, down, compression)
        for across, down in ((1, 1), (2, 1), (2, 2), (4, 2))
        for compression in (1, 5, 8)
    }
    made |= {f"palette-{bits}.tif": paletted(bits) for bits in (1, 2, 4, 8)}
    made |= {
        f"extra-{''.join(map(str, extra))}.tif": five_channels(extra)
        for extra in ((2, 0), (0, 2), (1, 0), (0, 0), (2, 2))
    }
    made |= {f"surplus-{kind}.tif": surplus(kind) for kind in (1, 5, 8, 32773)}
    return made | {
        "faxes.tif": two_faxes(),
        "bytes.tif": tiff(
            page(
                picture(3),
                entries={
                    256: (BYTE, [COLUMNS]),
                    257: (SBYTE, [ROWS]),
                    258: (BYTE, [8, 8, 8]),
                    259: (SLONG, [1]),
                    COLOURS: (SSHORT, [2]),
                    277: (BYTE, [3]),
                },
            )
        ),
        "palette-alpha.tif": paletted(8, alpha=True),
        "palette-bytes.tif": paletted(8, colours_of_8=True),
        "masks.tif": with_masks(),
        "masks-bytes.tif": with_masks(8),
        "stack.stk": metamorph(),
        "exif.tif": with_exif(None),
        "exif-broken.tif": with_exif(0x7FFFFFF0),
        "tags-broken.tif": broken_tags(),
        "uncounted.tif": uncounted(1),
        "uncounted-lzw.tif": uncounted(5),
        "tiles.tif": tiled(),
        "white-alpha.tif": tiff(
            page(picture(2), entries={COLOURS: (SHORT, [0]), EXTRA: (SHORT, [2])})
        ),
        "bands.tif": tiff(page(picture(5), entries={COLOURS: (SHORT, [1])})),
        "leading.tif": tiff(
            page(picture(), entries={34412: (BYTE, bytes(30)), 65105: (IFD, [8])})
        ),
    }  # fmt: skip
