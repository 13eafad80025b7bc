"""A store whose image is in memory, for tests of what reads images box by box."""

from dataclasses import dataclass, replace

import numpy as np

from pdefilter.grid import Box
from pdefilter.images.image import Image


@dataclass(frozen=True)
class StoreInMemory:
    """An image as a store; `read_boxes` lists what was read."""

    image: Image
    blocks: tuple[int, int] = (16, 16)
    read_boxes: list[Box] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """The size (M, N)."""
        rows, columns = self.image.pixels.shape[:2]
        return rows, columns

    @property
    def outline(self) -> Image:
        """The image as a single pixel."""
        return self.read(Box((0, 0), (1, 1)), noted=False)

    def read(self, box: Box, *, noted: bool = True) -> Image:
        """Cut out a box."""
        if noted and self.read_boxes is not None:
            self.read_boxes.append(box)
        pixels, mask = (
            None if values is None else np.ascontiguousarray(values[box.slices])
            for values in (self.image.pixels, self.image.mask)
        )
        return replace(self.image, pixels=pixels, mask=mask)
