"""Files that are read in parts, and must not change meanwhile."""

import mmap
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from typing import Self, cast

import numpy as np

from pdefilter.errors import FileError
from pdefilter.images.files import refusal
from pdefilter.images.image import Pixels


class FileBytes:
    """The bytes of an open file, sliced like `bytes`, by any number of threads.

    They are read, not mapped: a process that reads a mapped file is killed if the file is cut off.

    Parameters
    ----------
    file : FileIO
        The file.
    """

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._size = os.fstat(file.fileno()).st_size
        self._turn = threading.Lock()

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self._size)
        pieces = []
        while start < stop and (piece := self._read(stop - start, start)):
            pieces.append(piece)
            start += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def mapped(self) -> mmap.mmap:
        """Map the file; it is sliced and read like `bytes`."""
        return mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)

    def _read(self, size: int, at: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), size, at)
        with self._turn:
            self._file.seek(at)
            return self._file.read(size)


@dataclass(frozen=True, slots=True)
class SteadyFile:
    """A file that is opened again for every read, and must stay as it was at first.

    Attributes
    ----------
    path : str
        The file.
    state : tuple of int
        Its size, the time of its last change, and its number in the file system.
    """

    path: str
    state: tuple[int, int, int]

    @classmethod
    def of(cls, path: str) -> Self:
        """Note how a file is.

        Raises
        ------
        FileError
            If it cannot be read.
        """
        try:
            return cls(path, _state(os.stat(path)))
        except OSError as error:
            raise refusal("read", error) from None

    @contextmanager
    def opened(self) -> Iterator[FileBytes]:
        """Open the file.

        Raises
        ------
        FileError
            If it cannot be read, or has changed, also while it was open.
        """
        try:
            with open(self.path, "rb", buffering=0) as file:
                self._require_same(file)
                try:
                    yield FileBytes(file)
                finally:
                    self._require_same(file)
        except OSError as error:
            raise refusal("read", error) from None

    @contextmanager
    def mapped(self) -> Iterator[bytes]:
        """Map the file, to look for what is anywhere in it; the errors are those of `opened`."""
        with self.opened() as data, data.mapped() as view:
            yield cast(bytes, view)

    def _require_same(self, file: FileIO) -> None:
        if _state(os.fstat(file.fileno())) != self.state:
            raise FileError("has changed since it was opened; run again once it stays as it is")


def _state(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino


def array_part(
    data: bytes | FileBytes,
    at: int,
    dtype: np.dtype,
    shape: tuple[int, int, int],
    rows: slice,
    items: slice,
) -> tuple[Pixels, int]:
    """Read a part of an array in C order.

    Parameters
    ----------
    data : bytes or FileBytes
        The file.
    at : int
        The offset of the array.
    dtype : dtype
        The type of its values, in its byte order.
    shape : tuple of int
        Its planes, rows and items.
    rows, items : slice
        The part of every plane.

    Returns
    -------
    ndarray of shape (planes, rows, items)
        The part, in the machine's byte order; zeros where the file has ended.
    int
        The number of bytes that are missing.
    """
    planes, height, width = shape
    size, wanted = dtype.itemsize, items.stop - items.start
    several = rows.stop - rows.start if wanted == width else 1
    pieces, missing = [], 0
    for plane in range(planes):
        for row in range(rows.start, rows.stop, several):
            first = at + ((plane * height + row) * width + items.start) * size
            length = several * wanted * size
            piece = data[first : first + length]
            missing += length - len(piece)
            pieces.append(piece.ljust(length, b"\0"))
    stored = np.frombuffer(b"".join(pieces), dtype)
    native = stored.astype(dtype.newbyteorder("="), copy=False)
    return native.reshape(planes, rows.stop - rows.start, wanted), missing
