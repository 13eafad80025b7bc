"""OME-Zarr, written box by box: an array for every level, a file for every chunk.

References
----------
https://zarr-specs.readthedocs.io, versions 2 and 3 of arrays and groups.
"""

import json
import os
from collections.abc import Iterable, Iterator
from typing import Any

import imagecodecs
import numpy as np

from pdefilter.grid import Box, Grid
from pdefilter.images import files
from pdefilter.images.image import Image, Pixels
from pdefilter.images.stores.ngff import StoredZarr, attributes_of
from pdefilter.images.stores.tiled import Tile, TiledSink

_CHUNK = (512, 512)
_SIDES = range(64, 1025)
_ZSTD_LEVEL = 0  # the library's own default


class ZarrSink(TiledSink):
    """An OME-Zarr image with as many levels as lead to one chunk, and the input's if it has more.

    Chunks are those of the input if that was a Zarr, compressed by Zstandard. Chunks of zeros
    have no file, as the specification allows.

    Parameters
    ----------
    target, outline, grid, fingerprint, replace
        As of `UnfinishedSink`.
    """

    def __init__(
        self, target: str, outline: Image, grid: Grid, *, fingerprint: str, replace: bool
    ) -> None:
        stored = outline.metadata.stored if outline.format == "Zarr" else None
        chunk = _CHUNK
        if stored is not None and all(side in _SIDES for side in stored.chunk):
            chunk = stored.chunk
        needed = max(-(-n // side) for n, side in zip(grid.shape, chunk, strict=True)) - 1
        levels = max(needed.bit_length(), stored.levels if stored else 0)
        self._version = stored.version if isinstance(stored, StoredZarr) else "0.5"
        super().__init__(
            target, outline, grid, tile=chunk, levels=levels, fingerprint=fingerprint,
            replace=replace,
        )  # fmt: skip

    def _encode_tile(self, pixels: Pixels) -> bytes:
        planes = pixels if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0)
        raw = planes.astype(planes.dtype.newbyteorder("<"), copy=False).tobytes()
        if not np.frombuffer(raw, np.uint8).any():
            return b""
        return bytes(imagecodecs.zstd_encode(raw, _ZSTD_LEVEL))

    def _decode_tile(self, data: bytes) -> Pixels:
        pixels = self.outline.pixels
        shape = *pixels.shape[2:], *self.tile
        if not data:
            planes = np.zeros(shape, pixels.dtype)
        else:
            size = int(np.prod(shape)) * pixels.itemsize
            raw = imagecodecs.zstd_decode(data, out=size)
            planes = np.frombuffer(raw, pixels.dtype.newbyteorder("<")).reshape(shape)
        planes = planes.astype(pixels.dtype, copy=False)
        return planes if planes.ndim == 2 else np.moveaxis(planes, 0, -1)

    def _begin(self) -> None:
        os.mkdir(self._image)

    def _continue(self) -> None:
        pass

    def _put(self, tile: Tile, data: bytes) -> list[int]:
        path = self._chunk(tile)
        if data:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
        elif os.path.exists(path):
            os.unlink(path)  # another run has kept another box there
        return []

    def _get(self, tile: Tile) -> bytes:
        try:
            with open(self._chunk(tile), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""

    def _stored_bytes(self, box: Box, places: list[int]) -> Iterable[bytes]:
        return map(self._get, self._tiles_of(box))

    def _chunk(self, tile: Tile) -> str:
        numbers = [0] * self.outline.pixels.ndim
        numbers[-2:] = tile.row, tile.column
        start = ["c"] if self._version == "0.5" else []
        return os.path.join(self._image, str(tile.level), *start, *map(str, numbers))

    def _complete(self) -> None:
        self._complete_levels()
        for name, description in self._descriptions():
            path = os.path.join(self._image, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                json.dump(description, file, indent=2)
        if hasattr(os, "sync"):
            os.sync()

    def _rename(self) -> None:
        files.rename_folder(self._image, self._target, self._replace)

    def _descriptions(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Describe the group and its arrays, file by file."""
        metadata = self.outline.metadata
        is_own = self.outline.format == "Zarr" and metadata.own
        kept = json.loads(metadata.own[0]) if is_own else {}
        axes = "cyx"[-self.outline.pixels.ndim :]
        attributes = attributes_of(kept, self._version, axes, len(self.sizes) - 1, self.outline)
        if self._version == "0.5":
            yield "zarr.json", {"zarr_format": 3, "node_type": "group", "attributes": attributes}
        else:
            yield ".zgroup", {"zarr_format": 2}
            yield ".zattrs", attributes
        for level, size in enumerate(self.sizes):
            shape = [*self.outline.pixels.shape[2:], *size]
            chunk = [*self.outline.pixels.shape[2:], *self.tile]
            if self._version == "0.5":
                yield f"{level}/zarr.json", self._array_of_version_3(shape, chunk, list(axes))
            else:
                yield f"{level}/.zarray", self._array_of_version_2(shape, chunk)

    @property
    def _zero(self) -> object:
        return self.outline.pixels.dtype.type(0).item()

    def _array_of_version_3(
        self, shape: list[int], chunk: list[int], axes: list[str]
    ) -> dict[str, Any]:
        pixels = self.outline.pixels
        order = {"name": "bytes", "configuration": {"endian": "little"}}
        return {
            "zarr_format": 3,
            "node_type": "array",
            "shape": shape,
            "data_type": pixels.dtype.name,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": self._zero,
            "codecs": [
                order if pixels.itemsize > 1 else {"name": "bytes"},
                {"name": "zstd", "configuration": {"level": _ZSTD_LEVEL, "checksum": False}},
            ],
            "attributes": {},
            "dimension_names": axes,
        }

    def _array_of_version_2(self, shape: list[int], chunk: list[int]) -> dict[str, Any]:
        return {
            "zarr_format": 2,
            "shape": shape,
            "chunks": chunk,
            "dtype": self.outline.pixels.dtype.newbyteorder("<").str,
            "fill_value": self._zero,
            "order": "C",
            "filters": None,
            "dimension_separator": "/",
            "compressor": {"id": "zstd", "level": _ZSTD_LEVEL},
        }
