"""PNGs, chunk by chunk."""

import struct
import zlib

import numpy as np
import PIL.Image
from sample_files import png_chunk

ROWS, COLUMNS = 9, 13
SIGNATURE = b"\x89PNG\r\n\x1a\n"
END = png_chunk(b"IEND", b"")
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
          (1, 0, 2, 1))  # fmt: skip


def header(colour_type, bits, interlaced=0, size=(ROWS, COLUMNS)):
    return png_chunk(
        b"IHDR", struct.pack(">IIBBBBB", *size[::-1], bits, colour_type, 0, 0, interlaced)
    )


def values(colour_type, bits):
    """Samples of every value of some bits, or of many of them."""
    rng = np.random.default_rng(bits)
    return rng.integers(0, 1 << bits, (ROWS, COLUMNS, SAMPLES[colour_type]), np.uint16)


def packed(samples, bits, interlaced=0):
    """Pixels unfiltered, as one picture or interlaced as seven smaller ones."""
    raw = b""
    for row, column, down, right in PASSES if interlaced else ((0, 0, 1, 1),):
        part = samples[row::down, column::right]
        if not part.size:
            continue
        for line in part:
            if bits == 16:
                raw += b"\0" + line.astype(">u2").tobytes()
            else:
                each = np.unpackbits(line.astype(np.uint8).reshape(-1, 1), axis=1)[:, 8 - bits :]
                raw += b"\0" + np.packbits(each.ravel()).tobytes()
    return zlib.compress(raw)


def still(*before, colour_type=2, bits=8, interlaced=0, trailing=b"", samples=None):
    """A picture with chunks before its pixels, and after them."""
    if samples is None:
        samples = values(colour_type, bits)
    pixels = png_chunk(b"IDAT", packed(samples, bits, interlaced))
    head = SIGNATURE + header(colour_type, bits, interlaced)
    return head + b"".join(before) + pixels + trailing + END


def corrupted(chunk):
    """A chunk with a wrong checksum."""
    return chunk[:-1] + bytes((chunk[-1] ^ 1,))


def oblong(columns, rows, unit):
    return png_chunk(b"pHYs", struct.pack(">IIB", columns, rows, unit))


def control(number, rows=ROWS, columns=COLUMNS, delay=(7, 100)):
    return png_chunk(b"fcTL", struct.pack(">5IHHBB", number, columns, rows, 0, 0, *delay, 0, 0))


def turned_exif(orientation):
    tags = PIL.Image.Exif()
    tags[0x0112] = orientation
    return png_chunk(b"eXIf", tags.tobytes()[6:])


def animated(hidden, count, delay=(7, 100)):
    """An animation, with the default image as a frame or hidden."""
    moving = [np.roll(values(2, 8), shift, 0) for shift in range(count)]
    chunks = [header(2, 8), png_chunk(b"acTL", struct.pack(">II", count, 3))]
    number = 0
    if hidden:
        chunks.append(png_chunk(b"IDAT", packed(255 - moving[0], 8)))
    for frame in moving:
        chunks.append(control(number, delay=delay))
        body = packed(frame, 8)
        if number or hidden:
            number += 1
            chunks.append(png_chunk(b"fdAT", struct.pack(">I", number) + body))
        else:
            chunks.append(png_chunk(b"IDAT", body))
        number += 1
    return SIGNATURE + b"".join(chunks) + END


PALETTE = np.random.default_rng(1).integers(0, 256, 48, np.uint8).tobytes()
METADATA = {
    b"gAMA": struct.pack(">I", 45455),
    b"cICP": bytes((1, 13, 0, 1)),
    b"sCAL": b"\x010.5\x000.25",
    b"oFFs": struct.pack(">iiB", -3, 5, 0),
    b"pCAL": b"heat\0" + struct.pack(">iiBB", 0, 255, 0, 2) + b"K\0001\0002",
    b"sBIT": bytes((5, 6, 5)),
    b"bKGD": struct.pack(">3H", 1, 2, 3),
    b"prIv": b"kept?",
    b"abCd": b"safe to copy",
}
LOST = {b"sPLT": b"few\0\x08" + bytes(6), b"hIST": bytes(32), b"tIME": bytes(7)}


def chunks(bodies):
    return [png_chunk(kind, body) for kind, body in bodies.items()]


def international(keyword, language, translated, text):
    return png_chunk(
        b"iTXt",
        keyword + b"\0\0\0" + language + b"\0" + translated.encode() + b"\0" + text.encode(),
    )


TEXTS = [
    png_chunk(b"tEXt", b"Title\0A portrait"),
    png_chunk(b"tEXt", b"Title\0Another"),
    png_chunk(b"tEXt", b"Author\0Gr\xfc\xdfe\x80"),
    png_chunk(b"tEXt", b"Empty\0"),
    png_chunk(b"zTXt", b"Packed\0\0" + zlib.compress(b"many words " * 30)),
    png_chunk(b"zTXt", b"Nothing\0\0" + zlib.compress(b"")),
    international(b"Comment", b"ja", "注釈", "日本"),
    international(b"Comment", b"", "", "日本"),
    international(b"Comment", b"en", "", "plain"),
    png_chunk(b"iTXt", b"Wrong\0" + bytes(4) + b"Gr\xfc\xdfe"),
    png_chunk(b"tEXt", b"K" * 90 + b"\0too long"),
]
BROKEN = {
    "profile": png_chunk(b"iCCP", b"name\0\0" + b"no profile"),
    "method": png_chunk(b"iCCP", b"name\0\7" + zlib.compress(b"profile")),
    "cut": png_chunk(b"iCCP", b"name\0\0" + zlib.compress(bytes(range(200)))[:-20]),
    "text": png_chunk(b"zTXt", b"key\0\7words"),
    "deflated": png_chunk(b"zTXt", b"key\0\0words"),
    "international": png_chunk(b"iTXt", b"key\0\1\0en"),
    "exif": png_chunk(b"eXIf", b"none"),
    "checksum": corrupted(png_chunk(b"tEXt", b"key\0words")),
    "gamma": png_chunk(b"gAMA", b"\1"),
    "shape": png_chunk(b"pHYs", bytes(9)),
    "bits": png_chunk(b"sBIT", bytes((9, 9, 9))),
}


def files():
    coloured = png_chunk(b"PLTE", PALETTE)
    made = {
        "oblong.png": still(oblong(4, 2, 0)),
        "metres.png": still(oblong(1003, 2835, 1)),
        "tagged.png": still(*chunks(METADATA)),
        "lost.png": still(coloured, *chunks(LOST)),
        "turned-tagged.png": still(turned_exif(6), oblong(4, 2, 0), *chunks(METADATA)),
        "texts.png": still(*TEXTS),
        "trailing.png": still(trailing=png_chunk(b"abCe", b"copy") + TEXTS[0]) + b"and more",
        "palette-tagged.png": still(
            coloured,
            png_chunk(b"tRNS", bytes((0, 128))),
            png_chunk(b"sBIT", bytes((4, 5, 6))),
            png_chunk(b"bKGD", b"\2"),
            colour_type=3,
            bits=4,
        ),
        "few-tagged.png": still(
            png_chunk(b"tRNS", b"\0\1"),
            png_chunk(b"sBIT", b"\1"),
            png_chunk(b"bKGD", b"\0\2"),
            colour_type=0,
            bits=2,
        ),
        "hidden-default.png": animated(hidden=True, count=2),
        "hidden-single.png": animated(hidden=True, count=1),
        "single-frame.png": animated(hidden=False, count=1),
        "odd-times.png": animated(hidden=False, count=2, delay=(1, 30)),
        "profile.png": still(png_chunk(b"iCCP", b"Display P3\0\0" + zlib.compress(bytes(99)))),
    }
    for name, chunk in BROKEN.items():
        made[f"broken-{name}.png"] = still(chunk, TEXTS[0])
    return made
