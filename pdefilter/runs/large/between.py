"""The image between two filters of a chain, in temporary files beside the output."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from pdefilter.grid import Box, Grid
from pdefilter.images.image import Image
from pdefilter.images.stores.store import Encoded
from pdefilter.runs.large.array_files import ArrayFile, KeptFiles

_BLOCK = 64


@dataclass(frozen=True)
class Between(KeptFiles):
    """The floats that a file between two filters would hold, and which of them are valid.

    It is a store for the filter after it, and a sink for the filter before.

    Attributes
    ----------
    outline : Image
        The image as a single pixel.
    """

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
        dtype = outline.pixels.dtype
        files = [ArrayFile(f"{path}.values", (rows, columns, outline.channels), dtype)]
        if holes:
            files.append(ArrayFile(f"{path}.valid", (rows, columns, holes), np.dtype(bool)))
            mask = np.ones((1, 1, holes) if holes > 1 else (1, 1), bool)
            outline = replace(outline, mask=mask)
        return cls(f"{path}.kept", tuple(files), outline)

    @property
    def shape(self) -> tuple[int, int]:
        """The size (M, N)."""
        return self.files[0].shape[:2]

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
            If the files are not there any more.
        """
        outline, (values, *masks) = self.outline, (file.read(box) for file in self.files)
        mask = None
        if outline.mask is not None:
            mask = masks[0].reshape(*box.shape, *outline.mask.shape[2:])
        pixels = values.reshape(*box.shape, *outline.pixels.shape[2:])
        return replace(outline, pixels=pixels, mask=mask)

    def encode(self, box: Box, image: Image) -> Encoded:
        """Return the bytes of a box."""
        arrays = [image.pixels]
        for file in self.files[1:]:
            whole = (*box.shape, file.shape[2])
            arrays.append(np.ones(whole, bool) if image.mask is None else image.mask)
        return Encoded(box, tuple(np.ascontiguousarray(array).tobytes() for array in arrays))
