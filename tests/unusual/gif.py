"""GIFs, block by block."""

import imagecodecs
import numpy as np

ROWS, COLUMNS = 9, 13
PALETTE = np.random.default_rng(1).integers(0, 256, 48, np.uint8).tobytes()
HEAD = 13 + 768


def indices(rows=ROWS, columns=COLUMNS, seed=0):
    return np.random.default_rng(seed).integers(0, 16, (rows, columns), np.uint8)


def size_of(palette):
    return 0x80 | (len(palette) // 3 - 1).bit_length() - 1 if palette else 0


def head(rows=ROWS, columns=COLUMNS, palette=PALETTE, background=0, aspect=0):
    flags = size_of(palette)
    size = columns.to_bytes(2, "little") + rows.to_bytes(2, "little")
    return b"GIF89a" + size + bytes((flags, background, aspect)) + palette


def picture(values, column=0, row=0, palette=b"", interlaced=False):
    """An image block, with indices of eight bits compressed by giflib."""
    rows, columns = values.shape
    order = np.r_[0:rows:8, 4:rows:8, 2:rows:4, 1:rows:2] if interlaced else np.arange(rows)
    block = bytes(imagecodecs.gif_encode(np.ascontiguousarray(values[order])))[HEAD:-1]
    place = b"".join(n.to_bytes(2, "little") for n in (column, row, columns, rows))
    flags = size_of(palette) | 0x40 * interlaced
    return b"," + place + bytes((flags,)) + palette + block[10:]


def control(delay=0, transparent=None, disposal=0):
    flags = disposal << 2 | (transparent is not None)
    return b"!\xf9\4" + bytes((flags,)) + delay.to_bytes(2, "little") + bytes((transparent or 0, 0))


def extension(kind, *parts):
    return bytes((0x21, kind)) + b"".join(bytes((len(p),)) + p for p in parts) + b"\0"


def comment(*parts):
    return extension(0xFE, *parts)


def loops(count):
    return extension(0xFF, b"NETSCAPE2.0", b"\1" + count.to_bytes(2, "little"))


def narrow(width, codes):
    """An image block of one row, with indices of a few bits, not compressed."""
    clear, end = 1 << width, (1 << width) + 1
    # A clear code before each index keeps all codes as narrow as the first.
    sequence = [code for number in codes for code in (clear, number)] + [end]
    packed = sum(code << at * (width + 1) for at, code in enumerate(sequence))
    body = packed.to_bytes(-(-len(sequence) * (width + 1) // 8), "little")
    place = bytes(4) + len(codes).to_bytes(2, "little") + b"\1\0"
    return b"," + place + b"\0" + bytes((width, len(body))) + body + b"\0"


def files():
    one, other = picture(indices()), picture(indices(seed=1))
    clear = picture(np.where(indices() < 8, 3, indices()))
    return {
        "comments.gif": head() + comment(b"Gr\xfc\xdfe") + comment("日本".encode()) + comment()
        + comment(b"x" * 255, b"y") + one + comment(b"last") + b";",
        "beyond.gif": head() + one + control(5) + picture(indices(20, 20), 6, 4)
        + control(5) + picture(indices(3, 3), 60, 60) + b";",
        "small-canvas.gif": head(2, 3) + one + b";",
        "no-size.gif": head(0, 0) + one + b";",
        "empty-frame.gif": head() + one + control(5) + picture(indices())[:5] + bytes(4)
        + b"\0\x08\1\0\0" + control(5) + other + b";",
        "no-palette.gif": head(palette=b"") + one + b";",
        "transparent.gif": head() + control(0, 3) + clear + b";",
        "once.gif": head() + control(4) + one + control(0) + other + b";",
        "thrice.gif": head() + loops(2) + control(4) + one + control(9) + other + b";",
        "for-ever.gif": head() + loops(0) + one + other + b";",
        "single-timed.gif": head() + control(8) + one + b";",
        "interlaced.gif": head() + picture(indices(), interlaced=True) + b";",
        "oblong.gif": head(aspect=113, background=5) + one + b";",
        "grey-background.gif": head(palette=bytes(range(16)) * 3, background=5) + one + b";",
        "drawn-text.gif": head() + control(5) + extension(1, bytes(12), b"words") + one
        + extension(0xFF, b"MGKIPTC0000", b"caption") + extension(0x77, b"?") + b";",
        "profile.gif": head() + extension(0xFF, b"ICCRGBG1012", b"p" * 200) + one + b";",
        "narrow.gif": head(1, 4, PALETTE[:12]) + narrow(2, [0, 3, 1, 2]) + b";",
        "extra-zeros.gif": head() + one + b"\0\0" + control(3) + other + b"\0;and more",
    }  # fmt: skip
