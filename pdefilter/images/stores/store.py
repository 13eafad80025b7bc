"""An image of any size, of which boxes are read, or into which boxes are written."""

from dataclasses import dataclass
from typing import Protocol, Self

from pdefilter.grid import Box, Grid
from pdefilter.images.image import Image


class Store(Protocol):
    """An image that is read box by box, by any number of threads at the same time.

    It can be pickled; another process opens the file again. What is read twice is the
    same both times, or an error.
    """

    @property
    def shape(self) -> tuple[int, int]:
        """The size (M, N)."""
        ...

    @property
    def blocks(self) -> tuple[int, int]:
        """The size of the pieces that the file holds; boxes of whole ones are the cheapest."""
        ...

    @property
    def outline(self) -> Image:
        """The image as a single pixel: its type, channels, alpha and metadata."""
        ...

    def read(self, box: Box) -> Image:
        """Read a box, as an image without metadata.

        Raises
        ------
        ImageError
            If the box cannot be read, or the file has changed since it was opened.
        """
        ...


@dataclass(frozen=True)
class Encoded:
    """A box as a sink keeps it; any process may encode it, and only one process keeps it.

    Attributes
    ----------
    box : Box
        The place of the box.
    pieces : tuple of bytes
        The encoded blocks of the box, and of smaller images of it, in the sink's order.
    """

    box: Box
    pieces: tuple[bytes, ...]


class Sink(Protocol):
    """An image that is written box by box, beside its target until it is complete.

    Boxes begin at multiples of `blocks`, and end there or at the border of the image. The
    sink is used in a `with` block, by the process that made it; where that block ends with
    an error, or the process is killed, the next sink of the same fingerprint continues.
    """

    @property
    def grid(self) -> Grid:
        """The pixels of the image."""
        ...

    @property
    def blocks(self) -> tuple[int, int]:
        """The size that boxes are multiples of."""
        ...

    def encode(self, box: Box, image: Image) -> Encoded:
        """Encode a box, in any thread or process: the sink is pickled to it."""
        ...

    def keep(self, encoded: Encoded) -> None:
        """Keep an encoded box, in the process that made the sink, one at a time.

        Raises
        ------
        FileError
            If it cannot be written, as on a full disk.
        """
        ...

    @property
    def kept(self) -> frozenset[Box]:
        """The boxes that are kept, in the `with` block; those of an interrupted run too."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None:
        """Give the complete image its name; after an error keep the boxes for the next run."""
        ...
