"""The states of an image between two parts of the steps of a filter, in temporary files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Self

import numpy as np

from pdefilter.grid import Box
from pdefilter.images.stores.store import Encoded
from pdefilter.raster import Planes
from pdefilter.runs.large.array_files import ArrayFile, KeptFiles


@dataclass(frozen=True)
class States(KeptFiles):
    """A state of every evolution of a filter, without any rounding.

    Attributes
    ----------
    planes : tuple of int
        The number of planes of every state.
    """

    planes: tuple[int, ...]

    @classmethod
    def beside(cls, path: str, shape: Sequence[int], planes: Sequence[int]) -> Self:
        """Plan the files, one for every plane.

        Parameters
        ----------
        path : str
            The beginning of their names.
        shape : sequence of int
            The size (M, N).
        planes : sequence of int
            The number of planes of every state.
        """
        rows, columns = shape
        files = (
            ArrayFile(f"{path}.{plane}", (rows, columns, 1), np.dtype(np.float32))
            for plane in range(sum(planes))
        )
        return cls(f"{path}.kept", tuple(files), tuple(planes))

    def read(self, box: Box) -> Iterator[Planes]:
        """Read a box of every state."""
        for first, last in pairwise(accumulate(self.planes, initial=0)):
            yield np.stack([file.read(box)[..., 0] for file in self.files[first:last]])


def encoded(box: Box, states: Sequence[Planes]) -> tuple[Encoded, tuple[int, ...]]:
    """Return the bytes of a box, and the number of planes of every state."""
    planes = (plane for state in states for plane in state)
    pieces = tuple(np.ascontiguousarray(plane).tobytes() for plane in planes)
    return Encoded(box, pieces), tuple(map(len, states))
