"""How a page's strips and tiles are written: predicted, compressed, in a byte order."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np

from pdefilter.images.codecs.tiff import tags
from pdefilter.images.codecs.tiff.directories import longs, shorts
from pdefilter.images.exif import Directory, Layout
from pdefilter.images.image import Pixels

PLAIN, LZW, DEFLATE, ZSTD = 1, 5, 8, 50000
_HORIZONTAL_PREDICTOR = 2
_FORMATS = {"i": 2, "f": 3}
_ENCODERS: dict[int, Callable[..., bytes | bytearray]] = {
    PLAIN: bytes,
    LZW: imagecodecs.lzw_encode,
    DEFLATE: imagecodecs.deflate_encode,
    ZSTD: imagecodecs.zstd_encode,
}
_DECODERS: dict[int, Callable[..., bytes | bytearray]] = {
    PLAIN: lambda data, out: data[:out],
    LZW: imagecodecs.lzw_decode,
    DEFLATE: imagecodecs.deflate_decode,
    ZSTD: imagecodecs.zstd_decode,
}


def lossless(compression: int) -> int:
    """Choose the compression to write: a page's own, or deflate if that may lose something."""
    return compression if compression in _ENCODERS else DEFLATE


@dataclass(frozen=True, slots=True)
class Coding:
    """How the parts of a page are encoded.

    Attributes
    ----------
    layout : Layout
        The layout of the file.
    dtype : dtype
        The type of the values; single bits if they are bool.
    channels : int
        The number of channels, one after the other in every pixel.
    compression : int
        One of those that `lossless` chooses.
    """

    layout: Layout
    dtype: np.dtype
    channels: int
    compression: int

    def encode(self, part: Pixels) -> bytes | bytearray:
        """Encode pixels of shape (rows, columns, channels)."""
        if self._has_single_bits:
            part = np.packbits(part, axis=1)
        elif self._is_predicted:
            part = imagecodecs.delta_encode(np.ascontiguousarray(part), axis=1)
        raw = part.astype(part.dtype.newbyteorder(self._order), copy=False).tobytes()
        return _ENCODERS[self.compression](raw)

    def decode(self, data: bytes, rows: int, columns: int) -> Pixels:
        """Undo `encode`, for any type but bool."""
        shape = rows, columns, self.channels
        raw = _DECODERS[self.compression](data, out=int(np.prod(shape)) * self.dtype.itemsize)
        stored = np.frombuffer(raw, self.dtype.newbyteorder(self._order)).reshape(shape)
        part: Pixels = stored.astype(self.dtype)
        return imagecodecs.delta_decode(part, axis=1) if self._is_predicted else part

    def entries(self, rows: int, columns: int) -> Directory:
        """Make the entries of a page of so many rows and columns."""
        layout, channels = self.layout, self.channels
        bits = 1 if self._has_single_bits else 8 * self.dtype.itemsize
        directory = {
            tags.COLUMNS: longs(layout, columns),
            tags.ROWS: longs(layout, rows),
            tags.BITS_PER_SAMPLE: shorts(layout, *[bits] * channels),
            tags.COMPRESSION: shorts(layout, self.compression),
            tags.SAMPLES_PER_PIXEL: shorts(layout, channels),
        }
        if kind := _FORMATS.get(self.dtype.kind):
            directory[tags.SAMPLE_FORMAT] = shorts(layout, *[kind] * channels)
        if channels > 1:
            directory[tags.PLANAR_CONFIGURATION] = shorts(layout, 1)
        if self._is_predicted:
            directory[tags.PREDICTOR] = shorts(layout, _HORIZONTAL_PREDICTOR)
        return directory

    @property
    def _has_single_bits(self) -> bool:
        return self.dtype.kind == "b"

    @property
    def _is_predicted(self) -> bool:
        return self.compression != PLAIN and self.dtype.kind in "ui" and self.dtype.itemsize <= 4

    @property
    def _order(self) -> Any:
        return self.layout.order
