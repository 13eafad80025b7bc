"""Stores of images in memory, for tests of what needs no files."""

from dataclasses import dataclass, field, replace

import numpy as np

from pdefilter.grid import Grid
from pdefilter.images.image import Image
from pdefilter.images.stores.store import Encoded


@dataclass(frozen=True)
class InMemory:
    """An image as a store."""

    image: Image
    blocks: tuple[int, int] = (1, 1)

    @property
    def shape(self):
        return self.image.pixels.shape[:2]

    @property
    def outline(self):
        mask = self.image.mask
        return replace(
            self.image,
            pixels=self.image.pixels[:1, :1],
            mask=None if mask is None else mask[:1, :1],
        )

    def read(self, box):
        mask = self.image.mask
        return replace(
            self.image,
            pixels=self.image.pixels[box.slices].copy(),
            mask=None if mask is None else mask[box.slices].copy(),
        )


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
