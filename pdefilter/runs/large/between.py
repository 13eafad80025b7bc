"""The image between two filters of a chain, in a file of numbers beside the output."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pdefilter.errors import FileError, ImageError
from pdefilter.grid import Box, Grid
from pdefilter.images.files import refusal
from pdefilter.images.image import Image
from pdefilter.images.stores.store import Encoded

_BLOCK = 64


@dataclass(frozen=True)
class ArrayFile:
    """An array in a file, of which boxes are read and written.

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
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def make(self) -> None:
        """Make the file, unless it exists, without taking its room yet."""
        with open(self.path, "ab") as file:
            file.truncate(self.size)

    def read(self, box: Box) -> NDArray[Any]:
        """Read a box."""
        # A map that lasts would count as memory of this process.
        mapped = np.memmap(self.path, self.dtype, "r", shape=self.shape)
        values: NDArray[Any] = np.array(mapped[box.slices])
        return values

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
class Between:
    """The floats that a file between two filters would hold, and which of them are valid.

    It is a store for the filter after it, and a sink for the filter before.

    Attributes
    ----------
    values : ArrayFile
        The numbers.
    valid : ArrayFile or None
        Which of them are not holes; None if there are no holes.
    outline : Image
        The image as a single pixel.
    """

    values: ArrayFile
    valid: ArrayFile | None
    outline: Image

    @classmethod
    def beside(cls, path: str, shape: Sequence[int], outline: Image, holes: int) -> Self:
        """Plan the files.

        Parameters
        ----------
        path : str
            The beginning of their names.
        shape : sequence of int
            The size (M, N).
        outline : Image
            The image as a single pixel.
        holes : int
            The number of masks: 0 without holes, 1 if channels share them, else one for
            each.
        """
        rows, columns = shape
        values = ArrayFile(
            f"{path}.values", (rows, columns, outline.channels), outline.pixels.dtype
        )
        if not holes:
            return cls(values, None, outline)
        valid = ArrayFile(f"{path}.valid", (rows, columns, holes), np.dtype(bool))
        mask = np.ones((1, 1, holes) if holes > 1 else (1, 1), bool)
        return cls(values, valid, replace(outline, mask=mask))

    @property
    def shape(self) -> tuple[int, int]:
        """The size (M, N)."""
        return self.values.shape[:2]

    @property
    def grid(self) -> Grid:
        """The pixels of the image."""
        return Grid.unit(self.shape)

    @property
    def blocks(self) -> tuple[int, int]:
        """A small size, as every box costs the same."""
        return (_BLOCK, _BLOCK)

    def read(self, box: Box) -> Image:
        """Read a box.

        Raises
        ------
        FileError
            If it cannot be read.
        """
        try:
            values = self.values.read(box)
            valid = None if self.valid is None else self.valid.read(box)
        except (OSError, ValueError):
            raise FileError(f"lost its temporary file {self.values.path}; start again") from None
        if self.outline.pixels.ndim == 2:
            values = values[..., 0]
        if valid is not None and valid.shape[2] == 1:
            valid = valid[..., 0]
        return replace(self.outline, pixels=values, mask=valid)

    def encode(self, box: Box, image: Image) -> Encoded:
        """Return the bytes of a box."""
        pieces = [np.ascontiguousarray(image.pixels).tobytes()]
        if self.valid is not None:
            whole = (*box.shape, self.valid.shape[2])
            valid = np.ones(whole, bool) if image.mask is None else image.mask.reshape(whole)
            pieces.append(np.ascontiguousarray(valid).tobytes())
        return Encoded(box, tuple(pieces))

    def keep(self, encoded: Encoded) -> None:
        """Write a box, and note that it is done.

        Raises
        ------
        FileError
            If it cannot be written.
        """
        try:
            for file, data in zip(self._files, encoded.pieces, strict=True):
                file.write(encoded.box, data)
            with open(self._journal, "a") as journal:
                places = (*encoded.box.start, *encoded.box.stop)
                journal.write(" ".join(map(str, places)) + "\n")
        except OSError as error:
            raise ImageError(
                f"needs a temporary file that {refusal('written', error)}; make room beside the "
                "output, and start again: it continues from there"
            ) from None

    @property
    def kept(self) -> frozenset[Box]:
        """The boxes that are done."""
        try:
            with open(self._journal) as journal:
                lines = journal.read().split("\n")[:-1]  # a line without end is not complete
        except FileNotFoundError:
            return frozenset()
        places = [[*map(int, line.split())] for line in lines]
        return frozenset(Box((a, b), (c, d)) for a, b, c, d in places)

    def __enter__(self) -> Self:
        try:
            missing = sum(file.size - _allocated(file.path) for file in self._files)
            free = shutil.disk_usage(os.path.dirname(self.values.path)).free
            if missing > free:
                raise ImageError(
                    f"needs {missing / 1e9:.1f} GB for temporary files beside the output, but "
                    f"{free / 1e9:.1f} GB are free; make room, or write to another disk"
                )
            for file in self._files:
                file.make()
        except OSError as error:
            raise refusal("written", error) from None
        return self

    def __exit__(self, *_: object) -> None:
        """Keep the files, for the next filter or the next run."""

    def remove(self) -> None:
        """Remove the files."""
        for path in (*(file.path for file in self._files), self._journal):
            if os.path.exists(path):
                os.unlink(path)

    @cached_property
    def _files(self) -> list[ArrayFile]:
        return [file for file in (self.values, self.valid) if file is not None]

    @property
    def _journal(self) -> str:
        return f"{self.values.path}.kept"


def _allocated(path: str) -> int:
    """Count the bytes that a file takes on its disk."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return 0
    return getattr(found, "st_blocks", found.st_size // 512) * 512
