"""WebPs, chunk by chunk, around pixels by Pillow."""

import io

import PIL.Image
from sample_files import _moving, _pillow, _smooth


def chunk(kind, body):
    return kind + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)


def riff(*chunks):
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def extended(flags, *chunks):
    """A still picture with chunks after it."""
    rows, columns = _smooth(3).shape[:2]
    sizes = (columns - 1).to_bytes(3, "little") + (rows - 1).to_bytes(3, "little")
    head = chunk(b"VP8X", bytes((flags, 0, 0, 0)) + sizes)
    return riff(head, _pillow("WEBP", 3, lossless=True)[12:], *chunks)


def single():
    """An animation of one frame."""
    moving = _moving("WEBP", lossless=True, background=(1, 2, 3, 4))
    first = moving.index(b"ANMF")
    size = int.from_bytes(moving[first + 4 : first + 8], "little")
    return riff(moving[12 : first + 8 + size + size % 2])


def hidden():
    """Colours under alpha zero."""
    pixels = _smooth(4)
    pixels[:5, :, 3] = 0
    stream = io.BytesIO()
    PIL.Image.fromarray(pixels).save(stream, "WEBP", lossless=True, exact=True)
    return stream.getvalue()


def files():
    return {
        "background.webp": _moving("WEBP", lossless=True, background=(1, 2, 3, 4)),
        "single-frame.webp": single(),
        "hidden.webp": hidden(),
        "unknown.webp": extended(0, chunk(b"ABCD", b"odd"), chunk(b"C2PA", b"signed")) + b"more",
        "broken-exif.webp": extended(8, chunk(b"EXIF", b"none"), chunk(b"XMP ", b"<x/>")),
        "two-exifs.webp": extended(
            8, chunk(b"EXIF", b"Exif\0\0II*\0" + bytes(12)), chunk(b"EXIF", b"MM\0*" + bytes(12))
        ),
    }
