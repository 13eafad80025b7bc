"""The PNM family in every spelling, and NumPy arrays in every layout."""

import io

import numpy as np

ROWS, COLUMNS = 4, 9


def values(largest: int, channels: int = 1) -> np.ndarray:
    """Make random values, zero and the largest among them."""
    made = np.random.default_rng(largest).integers(0, largest + 1, (ROWS, COLUMNS, channels))
    made[0, 0], made[0, 1] = 0, largest
    return made[..., 0] if channels == 1 else made


def binary(magic: bytes, largest: int, channels: int = 1, gap: bytes = b"\n") -> bytes:
    """Write values as one byte or two each."""
    stored = values(largest, channels).astype(">u2" if largest > 255 else "u1")
    head = b"%b%b%d %d%b%d%b" % (magic, gap, COLUMNS, ROWS, gap, largest, gap[-1:])
    return head + stored.tobytes()


def pam(largest: int, channels: int, lines: bytes) -> bytes:
    """Write values, and further lines of the header."""
    stored = values(largest, channels).astype(">u2" if largest > 255 else "u1")
    sizes = (COLUMNS, ROWS, channels, largest)
    head = b"P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %d\n" % sizes
    return head + lines + b"ENDHDR\n" + stored.tobytes()


def floats(channels: int = 1) -> np.ndarray:
    """Make random floats."""
    return values(999, channels).astype(np.float32) / 7


def pfm(scale: bytes, channels: int = 1, comment: bytes = b"") -> bytes:
    """Write floats from the lowest row up, in the byte order given by the sign."""
    order = "<f4" if scale.startswith(b"-") else ">f4"
    magic = b"Pf" if channels == 1 else b"PF"
    head = b"%b\n%b%d %d\n%b\n" % (magic, comment, COLUMNS, ROWS, scale)
    return head + floats(channels)[::-1].astype(order).tobytes()


def plain(magic: bytes, largest: int, channels: int = 1) -> bytes:
    """Write values as words, with comments between them."""
    words = b"\n".join(
        b" ".join(b"%d" % v for v in row) for row in values(largest, channels).reshape(ROWS, -1)
    )
    return b"%b # one\n%d #two\n%d\n%d\n%b\n" % (magic, COLUMNS, ROWS, largest, words)


def npy(array: np.ndarray, version: tuple[int, int] | None = None) -> bytes:
    """Write an array."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version)
    return stream.getvalue()


def files() -> dict[str, bytes]:
    """Make the files."""
    bits = values(1)
    packed = np.packbits(bits.astype(np.uint8), axis=1).tobytes()
    single = b"P4\n%d %d\n" % (COLUMNS, ROWS) + packed
    digits = "".join(map(str, bits.ravel())).encode()
    return {
        "packed.pbm": single,
        "two.pbm": single * 2,
        "plain.pbm": b"P1\n# bits\n%d %d\n" % (COLUMNS, ROWS) + digits,
        "plain-10.pgm": plain(b"P2", 1023),
        "plain.ppm": plain(b"P3", 255, 3),
        "10.pgm": binary(b"P5", 1023),
        "12.ppm": binary(b"P6", 4095, 3),
        "1000.pgm": binary(b"P5", 1000),
        "100.pgm": binary(b"P5", 100),
        "crlf.pgm": binary(b"P5", 255, gap=b"\r\n").replace(b"255\n", b"255\r\n", 1),
        "comments.pgm": binary(b"P5", 255).replace(b"P5\n", b"P5\n# a maker\n#\n", 1),
        "kinds.pnm": binary(b"P5", 255) + binary(b"P5", 1023) + single,
        "bilevel.pam": pam(1, 1, b"TUPLTYPE BLACKANDWHITE\n"),
        "bilevel-alpha.pam": pam(1, 2, b"TUPLTYPE BLACKANDWHITE_ALPHA\n"),
        "inks.pam": pam(255, 4, b"TUPLTYPE CMYK\n"),
        "own.pam": pam(255, 3, b"# a satellite\nTUPLTYPE near\nTUPLTYPE infrared\n"),
        "none.pam": pam(255, 2, b"\n"),
        "alpha-10.pam": pam(1023, 4, b"TUPLTYPE RGB_ALPHA\n"),
        "scale.pfm": pfm(b"-2.5"),
        "scale-big.pfm": pfm(b"1e3", 3),
        "big.pfm": pfm(b"1.0"),
        "comment.pfm": pfm(b"-1", comment=b"# a maker\n"),
        "big.npy": npy(values(65535).astype(">u2")),
        "big-float.npy": npy(floats(3).astype(">f4")),
        "columns.npy": npy(np.asfortranarray(floats(3))),
        "bool.npy": npy(bits == 1),
        "version-2.npy": npy(values(255).astype(np.uint8), (2, 0)),
        "version-3.npy": npy(values(255).astype(np.uint8), (3, 0)),
        "python-2.npy": npy(values(255).astype(np.uint8)).replace(b"9), } ", b"9L), }"),
        "half.npy": npy(floats().astype(np.float16)),
        "long.npy": npy(floats().astype(np.longdouble)),
        "records.npy": npy(np.zeros((2, 3), [("height", "f4"), ("quality", "u1")])),
    }
