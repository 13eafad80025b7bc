"""Arrays in temporary files, of which boxes are written and read."""

import os
import shutil
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pdefilter.errors import FileError
from pdefilter.grid import Box
from pdefilter.images.files import refusal
from pdefilter.images.stores.store import Encoded


class LostFileError(FileError):
    """A temporary file of an earlier run is not there any more."""


@dataclass(frozen=True)
class ArrayFile:
    """An array in a file.

    Attributes
    ----------
    path : str
        The file.
    shape : tuple of int
        The size (M, N, C).
    dtype : dtype
        The type of the values.
    """

    path: str
    shape: tuple[int, int, int]
    dtype: np.dtype

    @property
    def size(self) -> int:
        """The size in bytes."""
        rows, columns, channels = self.shape
        return rows * columns * channels * self.dtype.itemsize

    def make(self) -> None:
        """Make the file, unless it exists, without taking its room yet."""
        with open(self.path, "ab") as file:
            file.truncate(self.size)

    def read(self, box: Box) -> NDArray[Any]:
        """Read a box.

        Raises
        ------
        LostFileError
            If the file is not there any more.
        """
        try:
            # A map that lasts would count as memory of this process.
            mapped = np.memmap(self.path, self.dtype, "r", shape=self.shape)
        except (OSError, ValueError):
            raise LostFileError(
                f"lost its temporary file {self.path}; call again, to start from the beginning"
            ) from None
        return np.array(mapped[box.slices])

    def write(self, box: Box, data: bytes) -> None:
        """Write a box; a map could not report that the disk is full."""
        rows = box.shape[0]
        length = len(data) // rows
        with open(self.path, "r+b", buffering=0) as file:
            for k in range(rows):
                place = (box.start[0] + k) * self.shape[1] + box.start[1]
                file.seek(place * self.shape[2] * self.dtype.itemsize)
                rest = memoryview(data)[k * length : (k + 1) * length]
                while rest:
                    rest = rest[file.write(rest) :]


@dataclass(frozen=True)
class KeptFiles:
    """Arrays of the same size, and a journal of the boxes that were written to all of them.

    A box counts if its bytes still have the checksum that the journal names; after a power
    cut they may not.

    Attributes
    ----------
    journal : str
        The file of the journal.
    files : tuple of ArrayFile
        The arrays.
    """

    journal: str
    files: tuple[ArrayFile, ...]

    def keep(self, encoded: Encoded) -> None:
        """Write a box, and note that it is done.

        Raises
        ------
        FileError
            If it cannot be written.
        """
        try:
            for file, data in zip(self.files, encoded.pieces, strict=True):
                file.write(encoded.box, data)
            with open(self.journal, "a") as journal:
                record = *encoded.box.start, *encoded.box.stop, _checksum(encoded.pieces)
                journal.write(" ".join(map(str, record)) + "\n")
        except OSError as error:
            raise FileError(
                f"needs a temporary file that {refusal('written', error)}; make room beside the "
                "output, and call again: it continues from there"
            ) from None

    @property
    def kept(self) -> frozenset[Box]:
        """The boxes that are done."""
        try:
            with open(self.journal) as journal:
                lines = journal.read().split("\n")[:-1]  # a line without end is not complete
        except FileNotFoundError:
            return frozenset()
        return frozenset(self._intact(lines))

    def _intact(self, lines: Iterable[str]) -> Iterator[Box]:
        for line in lines:
            with suppress(ValueError):  # a power cut may damage the journal too
                top, left, bottom, right, checksum = map(int, line.split())
                box = Box((top, left), (bottom, right))
                if _checksum(file.read(box).tobytes() for file in self.files) == checksum:
                    yield box

    def make(self) -> None:
        """Make the files, unless they exist.

        Raises
        ------
        FileError
            If they cannot be written, or the disk has no room for them.
        """
        try:
            missing = sum(file.size - _allocated(file.path) for file in self.files)
            free = shutil.disk_usage(os.path.dirname(self.journal)).free
            if missing > free:
                raise FileError(
                    f"needs {missing / 1e9:.1f} GB for temporary files beside the output, but "
                    f"{free / 1e9:.1f} GB are free; make room, or write to another disk"
                )
            if not all(os.path.exists(file.path) for file in self.files):
                self.remove()
            for file in self.files:
                file.make()
        except OSError as error:
            raise refusal("written", error) from None

    def __enter__(self) -> Self:
        self.make()
        return self

    def __exit__(self, *_: object) -> None:
        """Keep the files, for what follows or for the next run."""

    def remove(self) -> None:
        """Remove the files."""
        for path in (self.journal, *(file.path for file in self.files)):
            if os.path.exists(path):
                os.unlink(path)


def _checksum(pieces: Iterable[bytes]) -> int:
    checksum = 0
    for piece in pieces:
        checksum = zlib.crc32(piece, checksum)
    return checksum


def _allocated(path: str) -> int:
    """Count the bytes that a file takes on its disk."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return 0
    return getattr(found, "st_blocks", found.st_size // 512) * 512
