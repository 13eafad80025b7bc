"""The run-length encoding of BMP: pixels of 8 or 4 bits."""

from typing import NamedTuple

import numpy as np

from pdefilter.images.image import Pixels
from pdefilter.images.reading import Reading

_END_OF_ROW, _END, _MOVE = 0, 1, 2
# Some programs pad rows to whole words.
_WORD = 32
_PAIRS = [bytes([pair >> 4, pair & 15]) for pair in range(256)]


class _Run(NamedTuple):
    """The pixels of a run, and the offset of the next run."""

    values: bytes
    next: int


def expanded(data: bytes, rows: int, columns: int, bits: int, reading: Reading) -> Pixels:
    """Expand runs; pixels in none of them stay 0.

    Every run takes at least two bytes, so that the size of the file bounds the time.

    Parameters
    ----------
    data : bytes
        The runs.
    rows, columns : int
        The size of the picture.
    bits : int
        The bits of a pixel: 8 or 4.
    reading : Reading
        Whether damage is tolerated.

    Returns
    -------
    ndarray of shape (rows, columns), uint8
        The pixels, in the order of the file.

    Raises
    ------
    ImageError
        If the runs end too early, or leave the picture.

    References
    ----------
    https://learn.microsoft.com/windows/win32/gdi/bitmap-compression
    """
    width = -(-columns * bits // _WORD) * _WORD // bits
    pixels = bytearray(rows * width)
    row = column = at = 0
    ended = strays = False
    while not ended and at + 2 <= len(data) and row < rows:
        count, value = data[at], data[at + 1]
        if count == 0 and value == _END_OF_ROW:
            row, column, at = row + 1, 0, at + 2
        elif count == 0 and value == _END:
            ended = True
        elif count == 0 and value == _MOVE:
            right, down = data[at + 2 : at + 4].ljust(2, b"\0")
            row, column, at = row + down, column + right, at + 4
            strays |= row > rows
        else:
            values, at = _run(data, at, bits)
            strays |= column + len(values) > width
            values = values[: max(0, width - column)]
            first = row * width + column
            pixels[first : first + len(values)] = values
            column += len(values)
    if strays:
        reading.report_flaw("has runs of pixels that leave the picture")
    elif not ended and (row, column) < (rows - 1, columns):
        reading.report_flaw("is truncated")
    return np.frombuffer(pixels, np.uint8).reshape(rows, width)[:, :columns]


def _run(data: bytes, at: int, bits: int) -> _Run:
    """Read a run of one value, or of literal values, which are padded to pairs of bytes."""
    count, value = data[at], data[at + 1]
    if count:
        one = bytes([value]) if bits == 8 else _PAIRS[value]
        return _Run((one * count)[:count], at + 2)
    size = (value * bits + 7) // 8
    stored = data[at + 2 : at + 2 + size]
    values = stored if bits == 8 else b"".join([_PAIRS[pair] for pair in stored])
    return _Run(values[:value], at + 2 + size + size % 2)
