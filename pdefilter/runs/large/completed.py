"""An image of a file, with the holes and the full scale that a call adds."""

from dataclasses import dataclass, replace

from pdefilter.grid import Box
from pdefilter.images.image import Image
from pdefilter.images.stores.store import Store
from pdefilter.raster import Mask
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
        return self._completed(self.store.outline, Box((0, 0), (1, 1)))

    def read(self, box: Box) -> Image:
        """Read a box, as of `Store`."""
        return self._completed(self.store.read(box), box)

    def mask_in_file(self, box: Box) -> Mask | None:
        """Read the mask of a box as it is in the file, without the holes of the call."""
        return None if self.store.outline.mask is None else self.store.read(box).mask

    def _completed(self, image: Image, box: Box) -> Image:
        mask = self.options.mask
        if mask is None:
            return self.options.completed(image)
        return replace(self.options, mask=mask[box.slices]).completed(image)
