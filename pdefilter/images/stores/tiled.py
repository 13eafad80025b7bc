"""Sinks whose files hold tiles, and the levels of a pyramid."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import NamedTuple

import numpy as np

from pdefilter.grid import Box, Grid
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Metadata
from pdefilter.images.stores.pyramid import halved
from pdefilter.images.stores.store import Encoded
from pdefilter.images.stores.unfinished import UnfinishedSink

# Blocks of boxes are whole tiles of as many levels as fit into this.
_LARGEST_BLOCK = 1024
MASK = -1
"""The level that stands for the mask."""


class Tile(NamedTuple):
    """A tile: its level, and its row and column among the tiles there."""

    level: int
    row: int
    column: int


class TiledSink(UnfinishedSink):
    """An image of tiles; the lower levels come with the boxes, the smaller ones at the end.

    Parameters
    ----------
    target, outline, grid, fingerprint, replace
        As of `UnfinishedSink`.
    tile : tuple of int
        The size of a tile.
    levels : int
        The number of smaller levels.

    Attributes
    ----------
    sizes : list of tuple of int
        The size of the image and of each smaller level.
    """

    def __init__(
        self,
        target: str,
        outline: Image,
        grid: Grid,
        *,
        tile: tuple[int, int],
        levels: int,
        fingerprint: str,
        replace: bool,
    ) -> None:
        rows, columns = grid.shape
        self.tile = tile
        self.sizes = [(rows, columns)]
        while len(self.sizes) <= levels and max(self.sizes[-1]) > 1:
            rows, columns = self.sizes[-1]
            self.sizes.append((-(-rows // 2), -(-columns // 2)))
        most = max(0, (_LARGEST_BLOCK // max(tile)).bit_length() - 1)
        self._levels_in_boxes = min(len(self.sizes) - 1, most)
        blocks = tile[0] << self._levels_in_boxes, tile[1] << self._levels_in_boxes
        super().__init__(target, outline, grid, blocks, fingerprint=fingerprint, replace=replace)

    def counts(self, level: int) -> tuple[int, int]:
        """Count the rows and columns of tiles of a level, or of the mask."""
        rows, columns = self.sizes[max(level, 0)]
        return -(-rows // self.tile[0]), -(-columns // self.tile[1])

    @property
    def has_mask(self) -> bool:
        """Whether the file holds a mask."""
        return False

    @abstractmethod
    def _encode_tile(self, pixels: Pixels) -> bytes:
        """Encode a tile, or one of a mask, of a type and channels that the outline has."""

    @abstractmethod
    def _decode_tile(self, data: bytes) -> Pixels:
        """Undo `_encode_tile` for a tile of the image."""

    @abstractmethod
    def _put(self, tile: Tile, data: bytes) -> list[int]:
        """Write a tile, and return numbers that find it again."""

    @abstractmethod
    def _get(self, tile: Tile) -> bytes:
        """Read a tile that has been written."""

    def _layout(self) -> Sequence[object]:
        pixels = self.outline.pixels
        kind = pixels.shape[2:], pixels.dtype.str, self.outline.has_alpha, self.has_mask
        return type(self).__name__, self.sizes, self.tile, kind

    def _pieces(self, box: Box, image: Image) -> Iterator[bytes]:
        pixels = image.pixels
        for level in range(self._levels_in_boxes + 1):
            if level:
                pixels = halved(self._part(pixels))
            yield from map(self._encode_tile, self._cut(pixels))
        if self.has_mask:
            mask = np.ones(box.shape, bool) if image.mask is None else image.mask
            yield from map(self._encode_tile, self._cut(mask))

    def _tiles_of(self, box: Box) -> Iterator[Tile]:
        """List the tiles of the pieces of a box, in their order."""
        levels = [*range(self._levels_in_boxes + 1), *[MASK] * self.has_mask]
        for level in levels:
            shift = max(level, 0)
            rows, columns = (
                range(start // (side << shift), -(-stop // (side << shift)))
                for start, stop, side in zip(box.start, box.stop, self.tile, strict=True)
            )
            for row, column in product(rows, columns):
                yield Tile(level, row, column)

    def _store(self, encoded: Encoded) -> list[int]:
        tiles = zip(self._tiles_of(encoded.box), encoded.pieces, strict=True)
        return [number for tile, piece in tiles for number in self._put(tile, piece)]

    def _complete_levels(self) -> None:
        """Make the levels that no box has whole tiles of, each from the one before."""
        for level in range(self._levels_in_boxes + 1, len(self.sizes)):
            for row, column in product(*map(range, self.counts(level))):
                pixels = halved(self._part(self._above(level, row, column)))
                (tile,) = self._cut(pixels)
                self._put(Tile(level, row, column), self._encode_tile(tile))

    def _above(self, level: int, row: int, column: int) -> Pixels:
        """Put together the tiles of the level before that a tile is made of."""
        rows, columns = self.counts(level - 1)
        tiles = [
            [self._pixels(level - 1, r, c) for c in range(2 * column, min(2 * column + 2, columns))]
            for r in range(2 * row, min(2 * row + 2, rows))
        ]
        return np.concatenate([np.concatenate(along, axis=1) for along in tiles])

    def _pixels(self, level: int, row: int, column: int) -> Pixels:
        (rows, columns), (height, width) = self.sizes[level], self.tile
        pixels = self._decode_tile(self._get(Tile(level, row, column)))
        return pixels[: rows - row * height, : columns - column * width]

    def _part(self, pixels: Pixels) -> Image:
        return replace(self.outline, pixels=pixels, mask=None, metadata=Metadata())

    def _cut(self, pixels: Pixels) -> Iterable[Pixels]:
        """Cut a box into tiles; those at the border repeat its last row and column."""
        height, width = self.tile
        starts = product(range(0, pixels.shape[0], height), range(0, pixels.shape[1], width))
        for row, column in starts:
            part = pixels[row : row + height, column : column + width]
            missing = [(0, height - part.shape[0]), (0, width - part.shape[1])]
            yield np.pad(part, missing + [(0, 0)] * (part.ndim - 2), mode="edge")
