"""Zarr and OME-Zarr, read box by box."""

import json
import math
import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product
from types import ModuleType
from typing import Any

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.grid import Box
from pdefilter.images.codecs.silence import without_warnings
from pdefilter.images.file_bytes import SteadyFile
from pdefilter.images.folders import DESCRIPTIONS
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Metadata
from pdefilter.images.reading import Reading
from pdefilter.images.stores.ngff import Described, Placement, StoredZarr, described, kept_of

_MOST_CHANNELS = 65535
VERSIONS = {2: "0.4", 3: "0.5"}
"""The version of NGFF for each version of Zarr."""


class ZarrStore:
    """An image of Zarr: an array, or the full resolution of an OME-Zarr image.

    An array without names of its axes has rows, columns and perhaps channels, as in a NumPy
    file. What describes the array must not change while it is open.

    Parameters
    ----------
    path : str
        The folder.
    reading : Reading
        How it is read.

    Raises
    ------
    ImageError
        If it does not hold an image, or Zarr is not installed.
    """

    def __init__(self, path: str, reading: Reading) -> None:
        self._path = path
        self._reading = Reading(reading.most_pixels, reading.lenient, reading.strip)
        names = (os.path.join(path, name) for name in DESCRIPTIONS)
        description = next(filter(os.path.isfile, names), None)
        if description is None:
            raise ImageError("is a folder without an image of Zarr; give the folder of one")
        self._description = SteadyFile.of(description)
        self._open()

    def _open(self) -> None:
        library = zarr_library()
        of_group: Described | None = None
        with without_warnings():  # about other files in the folder
            found: Any = library.open(self._path, mode="r")
            attributes = found.attrs.asdict()
            if isinstance(found, library.Group):
                of_group = described(attributes)
                found = found[of_group.path]
        self._array = found
        axes = of_group.axes if of_group else axes_of(found, attributes)
        self._order = _order(axes, found.shape)
        sizes = dict(zip(axes, found.shape, strict=True))
        pieces = dict(zip(axes, found.chunks, strict=True))
        self.shape: tuple[int, int] = sizes["y"], sizes["x"]
        self.blocks = min(pieces["y"], max(1, sizes["y"])), min(pieces["x"], max(1, sizes["x"]))
        self._pixels_of_a_chunk = math.prod(found.chunks)
        channels = (sizes["c"],) if self._order[2:] else ()
        if channels > (_MOST_CHANNELS,):
            raise ImageError(f"claims {sizes['c']} channels; get an intact copy")
        shape = min(1, sizes["y"]), min(1, sizes["x"]), *channels
        if of_group is None:
            of_group = Described(
                "",
                axes,
                Placement(),
                channels in ((2,), (4,)),
                0,
                VERSIONS[found.metadata.zarr_format],
            )
        pixels = np.zeros(shape, found.dtype.newbyteorder("="))
        outline = Image(pixels, has_alpha=of_group.has_alpha and channels > (1,), format="Zarr")
        kept = kept_of(attributes, outline)
        placement = of_group.placement.in_plane
        metadata = Metadata(
            resolution=placement.resolution,
            own=(json.dumps(kept),) if kept else (),
            stored=StoredZarr(of_group.version, self.blocks, of_group.levels, placement),
        )
        self.outline = replace(outline, metadata=metadata)

    def require_chunks(self) -> None:
        """Refuse an image whose chunks are larger than an image may be.

        Raises
        ------
        ImageError
            Its message gives both their size and the limit.
        """
        self._reading.require_tile(self._pixels_of_a_chunk, 1)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the array, which another process opens again."""
        return self.__dict__ | {"_array": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ |= state
        with self._description.opened():
            self._open()

    def read(self, box: Box) -> Image:
        """Read a box."""
        with self._description.opened():
            pixels = self._read(box)
        return replace(self.outline, pixels=pixels, metadata=Metadata())

    def _read(self, box: Box) -> Pixels:
        try:
            return self._part(box)
        except Exception:  # whatever a decoder raises, its chunk is lost
            return self._what_can_be_read(box)

    def _what_can_be_read(self, box: Box) -> Pixels:
        pixels = np.zeros((*box.shape, *self.outline.pixels.shape[2:]), self.outline.pixels.dtype)
        chunks = list(_chunks(box, self.blocks))
        failed = 0
        for chunk in chunks:
            try:
                pixels[chunk.inner(box)] = self._part(chunk)
            except Exception:
                failed += 1
        self._reading.report_flaw(f"has {failed} of {len(chunks)} parts that cannot be decoded")
        return pixels

    def _part(self, box: Box) -> Pixels:
        rows, columns = box.slices
        index: list[Any] = [0] * self._array.ndim
        index[self._order[0]], index[self._order[1]] = rows, columns
        for channels in self._order[2:]:
            index[channels] = slice(None)
        # The axes that are left, in the order of the array.
        left = sorted(self._order)
        part = np.asarray(self._array[tuple(index)], self.outline.pixels.dtype)
        return np.ascontiguousarray(part.transpose([left.index(axis) for axis in self._order]))


def axes_of(array: Any, attributes: dict[str, Any]) -> tuple[str, ...]:
    """Find the names of the axes of an array outside a group of NGFF."""
    named = getattr(array.metadata, "dimension_names", None) or attributes.get("_ARRAY_DIMENSIONS")
    axes = tuple(map(str, named or ()))
    if {"y", "x"} <= set(axes):
        return axes
    if array.ndim not in (2, 3):
        raise ImageError(f"holds an array of {array.ndim} axes; give one of rows and columns")
    return tuple("yxc"[: array.ndim])


def _order(axes: tuple[str, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Find the places of rows, columns and channels; other axes must have one entry."""
    if not {"y", "x"} <= set(axes):
        raise ImageError(f"has the axes {', '.join(axes)}; give an image with axes y and x")
    for name, size in zip(axes, shape, strict=True):
        if name not in ("y", "x", "c") and size != 1:
            raise ImageError(
                f"has {size} pictures along its axis {name}; save one of them as an image "
                "with the axes yx or cyx first"
            )
    return tuple(axes.index(name) for name in "yxc" if name in axes)


def _chunks(box: Box, blocks: tuple[int, int]) -> Iterator[Box]:
    """Cut a box where chunks end."""
    cuts = [
        [start, *range((start // block + 1) * block, stop, block), stop]
        for start, stop, block in zip(box.start, box.stop, blocks, strict=True)
    ]
    pairs = [list(pairwise(along)) for along in cuts]
    for rows, columns in product(*pairs):
        yield Box((rows[0], columns[0]), (rows[1], columns[1]))


def zarr_library() -> ModuleType:
    """Import the library.

    Raises
    ------
    ImageError
        If it is not installed.
    """
    try:
        import zarr
    except ModuleNotFoundError:
        raise ImageError("is a Zarr; to read it, run: pip install 'pdefilter[large]'") from None
    return zarr
