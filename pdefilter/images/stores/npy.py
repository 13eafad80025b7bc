"""NumPy's own format, box by box."""

import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from pdefilter.grid import Box
from pdefilter.images.codecs import npy
from pdefilter.images.file_bytes import FileBytes, SteadyFile, array_part
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Metadata
from pdefilter.images.reading import Reading
from pdefilter.images.stores.store import Encoded
from pdefilter.images.stores.unfinished import UnfinishedSink, write_all

_LONGEST_HEADER = 1 << 16
BLOCKS = (256, 256)


class NpyStore:
    """A NumPy file that holds one array.

    Parameters
    ----------
    path : str
        The file.
    reading : Reading
        How it is read.

    Raises
    ------
    ImageError
        If it does not hold an image, or is damaged.
    """

    def __init__(self, path: str, reading: Reading) -> None:
        self._file, self._is_lenient = SteadyFile.of(path), reading.lenient
        with self._file.opened() as data:
            stream = io.BytesIO(data[:_LONGEST_HEADER])
            self._shape, self._is_fortran, self._dtype = npy.header(stream)
            self._first = stream.tell()
            wanted = int(np.prod(self._shape, dtype=object)) * self._dtype.itemsize
            there = len(data) - self._first
            if there < wanted:
                reading.report_flaw(npy.truncation(max(0, there), wanted))
            self.is_alone = there <= wanted
        shape = *map(min, self._shape[:2], (1, 1)), *self._shape[2:]
        self.outline = replace(npy.image_of(np.zeros(shape, self._native)), format="NPY")
        rows, columns = self._shape[:2]
        self.shape, self.blocks = (rows, columns), BLOCKS

    @property
    def _native(self) -> np.dtype:
        return self._dtype.newbyteorder("=")

    def read(self, box: Box) -> Image:
        """Read a box."""
        with self._file.opened() as data:
            pixels = self._pixels(data, box)
        image = npy.image_of(pixels)
        return replace(image, format="NPY", metadata=Metadata())

    def _pixels(self, data: FileBytes, box: Box) -> Pixels:
        rows, columns = box.slices
        channels = self._shape[2] if len(self._shape) == 3 else 1
        height, width = self.shape
        if self._is_fortran:
            stored, _ = array_part(
                data, self._first, self._dtype, (channels, width, height), columns, rows
            )
            pixels = np.ascontiguousarray(stored.transpose(2, 1, 0))
        else:
            items = slice(columns.start * channels, columns.stop * channels)
            pixels, _ = array_part(
                data, self._first, self._dtype, (1, height, width * channels), rows, items
            )
        return pixels.reshape(*box.shape, *self._shape[2:])


class NpySink(UnfinishedSink):
    """A NumPy file that is written box by box; the parameters are those of `UnfinishedSink`."""

    def _layout(self) -> Sequence[object]:
        pixels = self.outline.pixels
        return "NPY", self.grid.shape, pixels.shape, pixels.dtype.str

    def _begin(self) -> None:
        with open(self._image, "wb", buffering=0) as file:
            header = self._header()
            write_all(file, header)
            file.truncate(len(header) + int(np.prod(self.grid.shape, dtype=object)) * self._pixel)

    def _continue(self) -> None:
        pass

    def _pieces(self, box: Box, image: Image) -> Iterable[bytes]:
        yield image.pixels.tobytes()

    def _store(self, encoded: Encoded) -> list[int]:
        start, width = len(self._header()), self.grid.shape[1]
        (rows, columns), piece = encoded.box.slices, memoryview(encoded.pieces[0])
        # Boxes of whole rows are written at once.
        several = rows.stop - rows.start if encoded.box.shape[1] == width else 1
        size = several * encoded.box.shape[1] * self._pixel
        with open(self._image, "rb+", buffering=0) as file:
            for number, row in enumerate(range(rows.start, rows.stop, several)):
                file.seek(start + (row * width + columns.start) * self._pixel)
                write_all(file, piece[number * size :][:size])
        return []

    def _stored_bytes(self, box: Box, places: list[int]) -> Iterable[bytes]:
        height, width = self.grid.shape
        rows, columns = box.slices
        pixel = np.dtype((np.void, self._pixel))
        with SteadyFile.of(self._image).opened() as data:
            part, missing = array_part(
                data, len(self._header()), pixel, (1, height, width), rows, columns
            )
        return [] if missing else [part.tobytes()]

    def _complete(self) -> None:
        with open(self._image, "rb+", buffering=0) as file:
            os.fsync(file.fileno())

    @property
    def _pixel(self) -> int:
        return self.outline.channels * self.outline.pixels.itemsize

    def _header(self) -> bytes:
        pixels = self.outline.pixels
        stream = io.BytesIO()
        np.lib.format.write_array_header_1_0(stream, {
            "descr": np.lib.format.dtype_to_descr(pixels.dtype),
            "fortran_order": False,
            "shape": (*self.grid.shape, *pixels.shape[2:]),
        })  # fmt: skip
        return stream.getvalue()
