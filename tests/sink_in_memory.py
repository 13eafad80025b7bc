"""A sink that collects an image in memory, for tests of what needs no files."""

from dataclasses import dataclass, field

import numpy as np

from pdefilter.grid import Grid
from pdefilter.images.stores.store import Encoded


@dataclass
class Collected:
    """A sink that collects the pixels."""

    pixels: np.ndarray
    blocks: tuple[int, int] = (1, 1)
    kept: frozenset = frozenset()
    images: dict = field(default_factory=dict)

    @property
    def grid(self):
        return Grid(self.pixels.shape[:2], (1.0, 1.0))

    def encode(self, box, image):
        return Encoded(box, (image.pixels.tobytes(),))

    def keep(self, encoded):
        part = self.pixels[encoded.box.slices]
        part[...] = np.frombuffer(encoded.pieces[0], part.dtype).reshape(part.shape)
        self.kept |= {encoded.box}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass
