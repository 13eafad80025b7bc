"""TIFF, written box by box: a header, the tiles in the order they come, and the directories."""

import dataclasses
import os
from collections.abc import Iterable
from io import FileIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdefilter.grid import Box, Grid
from pdefilter.images.codecs.tiff import tags, writing
from pdefilter.images.codecs.tiff.directories import header, longs, offset_bytes, offsets
from pdefilter.images.codecs.tiff.metadata_tags import Stored, stored_of
from pdefilter.images.codecs.tiff.parts import Coding, lossless
from pdefilter.images.exif import Directory, directory_bytes
from pdefilter.images.image import Image, Pixels
from pdefilter.images.stores.tiled import MASK, Tile, TiledSink
from pdefilter.images.stores.unfinished import write_all

_TILE = (512, 512)
_SIDES = range(128, 1025, 16)
_REDUCED = 1


class TiffSink(TiledSink):
    """A TIFF with the tiles, compression, mask and pyramid of the input, if that was a TIFF.

    Other compressions than LZW, deflate and Zstandard become deflate, which loses nothing.

    Parameters
    ----------
    target, outline, grid, fingerprint, replace
        As of `UnfinishedSink`.
    """

    def __init__(
        self, target: str, outline: Image, grid: Grid, *, fingerprint: str, replace: bool
    ) -> None:
        rows, columns = grid.shape
        # The directory describes the shape of the whole.
        shape = rows, columns, *outline.pixels.shape[2:]
        whole = dataclasses.replace(outline, pixels=np.broadcast_to(outline.pixels, shape))
        stored = stored_of(outline)
        levels = stored.levels if stored else 0
        layout = writing.layout_for(outline, whole.pixels.nbytes * (4 if levels else 3) // 3)
        self._stored = stored or Stored(layout)
        super().__init__(
            target, outline, grid, tile=_tile(self._stored), levels=levels,
            fingerprint=fingerprint, replace=replace,
        )  # fmt: skip
        self._entries, self._order = writing.image_entries(whole, self._stored, layout, 1)
        self._has_mask = writing.has_mask(outline)
        compression = lossless(self._stored.compression)
        self._coding = Coding(layout, outline.pixels.dtype, outline.channels, compression)
        self._coding_of_mask = dataclasses.replace(self._coding, dtype=np.dtype(bool), channels=1)
        self._file: FileIO | None = None
        self._end = 0
        self._places: dict[int, NDArray[np.uint64]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what only the process that keeps boxes needs."""
        return super().__getstate__() | {"_file": None, "_places": {}, "_entries": {}}

    @property
    def has_mask(self) -> bool:
        """Whether the file holds a mask."""
        return self._has_mask

    def _encode_tile(self, pixels: Pixels) -> bytes:
        if pixels.dtype == bool:
            return bytes(self._coding_of_mask.encode(pixels[..., None]))
        pixels = pixels if pixels.ndim == 3 else pixels[..., None]
        return bytes(
            self._coding.encode(pixels if self._order is None else pixels[..., self._order])
        )

    def _decode_tile(self, data: bytes) -> Pixels:
        pixels = self._coding.decode(data, *self.tile)
        if self._order is not None:
            pixels = pixels[..., np.argsort(self._order)]
        return pixels.reshape(*self.tile, *self.outline.pixels.shape[2:])

    def _begin(self) -> None:
        self._open("wb+")
        start = header(self._coding.layout, 0)
        write_all(self._opened, start)
        self._end = len(start)

    def _continue(self) -> None:
        self._open("rb+")
        for box, places in self._kept.items():
            pairs = np.array(places, np.uint64).reshape(-1, 2)
            for tile, pair in zip(self._tiles_of(box), pairs, strict=True):
                self._places[tile.level][tile.row, tile.column] = pair
        self._end = max(int(places.sum(axis=-1).max()) for places in self._places.values())
        self._opened.truncate(self._end)

    def _open(self, mode: str) -> None:
        self._file = open(self._image, mode, buffering=0)  # type: ignore[assignment]  # noqa: SIM115
        levels = [*range(len(self.sizes)), *[MASK] * self.has_mask]
        self._places = {level: np.zeros((*self.counts(level), 2), np.uint64) for level in levels}

    @property
    def _opened(self) -> FileIO:
        assert self._file is not None
        return self._file

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        super()._close()

    def _put(self, tile: Tile, data: bytes) -> list[int]:
        at = self._append(data)
        self._places[tile.level][tile.row, tile.column] = at, len(data)
        return [at, len(data)]

    def _get(self, tile: Tile) -> bytes:
        at, size = map(int, self._places[tile.level][tile.row, tile.column])
        return self._read(at, size)

    def _stored_bytes(self, box: Box, places: list[int]) -> Iterable[bytes]:
        with open(self._image, "rb") as file:
            for at, size in zip(places[::2], places[1::2], strict=True):
                file.seek(at)
                yield file.read(size)

    def _read(self, at: int, size: int) -> bytes:
        self._opened.seek(at)
        return self._opened.read(size)

    def _append(self, data: bytes) -> int:
        """Write data at the end, and return their offset."""
        at = self._end + -self._end % 8
        self._opened.seek(at)
        write_all(self._opened, data)
        self._end = at + len(data)
        return at

    def _complete(self) -> None:
        self._complete_levels()
        layout, stored = self._coding.layout, self._stored
        levels = [self._smaller(level) for level in range(1, len(self.sizes))]
        pages = [self._entries | self._page(0, self._coding)]
        if self.has_mask:
            mask = writing.mask_entries(layout, stored)
            pages.append(mask | self._page(MASK, self._coding_of_mask))
        if levels and stored.has_levels_below:
            below = [self._add(directory)[0] for directory in levels]
            pages[0][tags.SUB_IFDS] = offsets(layout, *below)
        else:
            pages += levels
        link = len(header(layout, 0)) - layout.offset_size
        for directory in pages:
            at, following = self._add(directory)
            self._opened.seek(link)
            write_all(self._opened, offset_bytes(layout, at))
            link = following
        os.fsync(self._opened.fileno())
        self._opened.close()

    def _smaller(self, level: int) -> Directory:
        """Make the directory of a level of the pyramid."""
        channels = (tags.PHOTOMETRIC, tags.EXTRA_SAMPLES)
        return self._page(level, self._coding) | {
            tags.SUBFILE: longs(self._coding.layout, _REDUCED),
            **{tag: self._entries[tag] for tag in channels if tag in self._entries},
        }

    def _page(self, level: int, coding: Coding) -> Directory:
        """Make the entries about the tiles of a page."""
        starts, sizes = self._places[level].reshape(-1, 2).T.tolist()
        return (
            coding.entries(*self.sizes[max(level, 0)])
            | writing.tile_entries(coding.layout, self.tile)
            | writing.part_entries(coding.layout, starts, sizes, tiled=True)
        )

    def _add(self, directory: Directory) -> tuple[int, int]:
        """Write a directory; return its offset, and that of the link to the next."""
        layout = self._coding.layout
        start = self._end + -self._end % 8
        data = directory_bytes(directory, layout, start)
        return self._append(data), start + layout.entries(data, 0).stop


def _tile(stored: Stored) -> tuple[int, int]:
    """Keep the tiles of the input, unless they are so small or large that boxes suffer."""
    if stored.tile is not None and all(side in _SIDES for side in stored.tile):
        return stored.tile
    return _TILE
