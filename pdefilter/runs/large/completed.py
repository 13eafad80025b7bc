"""An image of a file, with the holes and the full scale that a call adds."""

from dataclasses import dataclass, replace

from pdefilter.grid import Box
from pdefilter.images.image import Image
from pdefilter.images.stores.store import Store
from pdefilter.runs.work import ReadWriteOptions


@dataclass(frozen=True)
class Completed:
    """A store whose images `pdefilter.runs.work.ReadWriteOptions.completed` completes.

    Attributes
    ----------
    store : Store
        The image of the file.
    options : ReadWriteOptions
        How it is read.
    """

    store: Store
    options: ReadWriteOptions

    @property
    def shape(self) -> tuple[int, int]:
        """The size (M, N)."""
        return self.store.shape

    @property
    def blocks(self) -> tuple[int, int]:
        """The size of the pieces that the file holds."""
        return self.store.blocks

    @property
    def outline(self) -> Image:
        """The image as a single pixel."""
        return replace(self.store.outline, full_scale=self.options.full_scale)

    def read(self, box: Box) -> Image:
        """Read a box, as of `Store`."""
        options = self.options
        if options.mask is not None:
            options = replace(options, mask=options.mask[box.slices])
        return options.completed(self.store.read(box))
