"""Volumes of Zarr and OME-Zarr: arrays with an axis of slices, and perhaps of times and channels.

References
----------
https://ngff.openmicroscopy.org/0.4, https://ngff.openmicroscopy.org/0.5
"""

import json
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.codecs.geometry import sound_spacing
from pdefilter.images.codecs.silence import without_warnings
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Metadata
from pdefilter.images.reading import Reading
from pdefilter.images.stores.ngff import (
    Described,
    Placement,
    StoredZarr,
    attributes_of,
    described,
    kept_of,
)
from pdefilter.images.stores.zarr import VERSIONS, axes_of, zarr_library
from pdefilter.images.volume import Volume
from pdefilter.units import unit_named

_ORDER = "tzyxc"
_CHUNK = (32, 128, 128)
_MOST_BYTES_OF_CHUNK = 1 << 28


@dataclass(frozen=True)
class Volumes:
    """The volumes of an array.

    Attributes
    ----------
    axes : tuple of str
        The names of its axes.
    sizes : dict
        Their sizes.
    path : str
        The path of the array in its group; empty if there is no group.
    outline : Volume
        A volume of a single voxel, with everything that is known of all.
    lenient : bool
        Whether what cannot be decoded becomes zero.
    """

    axes: tuple[str, ...]
    sizes: dict[str, int]
    path: str
    outline: Volume

    def frames(self, opened: Callable[[], AbstractContextManager[str]]) -> Frames:
        """Read the volumes from the folder that `opened` makes."""

        def read(number: int) -> Image:
            with opened() as folder, without_warnings():
                found: Any = zarr_library().open(folder, mode="r")
                array = found[self.path] if self.path else found
                pixels = self._pixels(array, number)
            outline = self.outline
            return Volume(
                pixels,
                has_alpha=outline.has_alpha,
                metadata=outline.metadata,
                spacing=outline.spacing,
                unit=outline.unit,
            )

        shape = self.sizes["z"], self.sizes["y"], self.sizes["x"]
        return Frames(self.sizes.get("t", 1), read, shape, outline=lambda _: self.outline)

    def _pixels(self, array: Any, number: int) -> Pixels:
        index = tuple(
            number if name == "t" else slice(None) if name in _ORDER else 0 for name in self.axes
        )
        part = np.asarray(array[index], self.outline.pixels.dtype)
        left = [name for name in self.axes if name in "zyxc"]
        order = [left.index(name) for name in _ORDER if name in left]
        return np.ascontiguousarray(part.transpose(order))


def volumes_in(folder: str, reading: Reading) -> Volumes | None:
    """Find the volumes in a folder; None if it holds an image, or nothing that can be read.

    Raises
    ------
    ImageError
        If the volumes are too large, or have other axes too.
    """
    with without_warnings():
        library = zarr_library()
        found: Any = library.open(folder, mode="r")
        attributes = found.attrs.asdict()
        of_group: Described | None = None
        if isinstance(found, library.Group):
            of_group = described(attributes)
            found = found[of_group.path]
    axes = of_group.axes if of_group else _axes(found, attributes, reading)
    sizes = dict(zip(axes, found.shape, strict=False))
    if not {"z", "y", "x"} <= set(axes) or (sizes["z"] == 1 and sizes.get("t", 1) == 1):
        return None
    for name, size in sizes.items():
        if name not in _ORDER and size != 1:
            raise ImageError(f"has {size} entries along its axis {name}; save one of them alone")
    channels = (sizes["c"],) if "c" in axes else ()
    shape = sizes["z"], sizes["y"], sizes["x"]
    reading.require_shape(shape, *channels)
    if np.prod(found.chunks, dtype=object) * found.dtype.itemsize > _MOST_BYTES_OF_CHUNK:
        raise ImageError("claims chunks of more than 256 MB; save it with smaller ones")
    placement = of_group.placement if of_group else Placement((1.0,) * 3, (0.0,) * 3)
    version = of_group.version if of_group else VERSIONS[found.metadata.zarr_format]
    outline = Volume(
        np.zeros((1, 1, 1, *channels), found.dtype.newbyteorder("=")),
        has_alpha=bool(of_group and of_group.has_alpha and channels > (1,)),
        spacing=sound_spacing(placement.sides, reading),
        unit=unit_named(placement.unit),
        format="Zarr",
    )
    kept = kept_of(attributes, outline)
    levels = of_group.levels if of_group else 0
    stored = StoredZarr(version, tuple(found.chunks), levels, placement, axes)
    metadata = Metadata(own=(json.dumps(kept),) if kept else (), stored=stored)
    outline = Volume(
        outline.pixels,
        has_alpha=outline.has_alpha,
        spacing=outline.spacing,
        unit=outline.unit,
        metadata=metadata,
    )
    return Volumes(axes, sizes, of_group.path if of_group else "", outline)


def _axes(array: Any, attributes: dict[str, Any], reading: Reading) -> tuple[str, ...]:
    """Find the names of the axes of an array without a group."""
    if reading.as_volume and array.ndim in (3, 4):
        return tuple("zyxc"[: array.ndim])
    return axes_of(array, attributes)


def write_volumes(volumes: Sequence[Image], target: str) -> None:
    """Write volumes of the same size as an OME-Zarr, one after the other along the axis of time.

    Raises
    ------
    ImageError
        If they are of different sizes.
    """
    first = volumes[0]
    for volume in volumes:
        if (volume.pixels.shape, volume.pixels.dtype) != (first.pixels.shape, first.pixels.dtype):
            raise ImageError("holds volumes of different sizes; write each to a file of its own")
    stored = first.metadata.stored if first.format == "Zarr" else None
    if not isinstance(stored, StoredZarr):
        stored = None
    with_times = len(volumes) > 1 or (stored is not None and "t" in stored.axes)
    with_channels = first.channels > 1 or (stored is not None and "c" in stored.axes)
    axes = "t" * with_times + "c" * with_channels + "zyx"
    pixels = np.stack(
        [
            np.moveaxis(volume.channels_last, -1, 0) if with_channels else volume.pixels
            for volume in volumes
        ]
    )
    pixels = pixels if with_times else pixels[0]
    chunk = _chunk_of(pixels.shape, axes, stored)
    version = stored.version if stored else "0.5"
    is_own = first.format == "Zarr" and first.metadata.own
    kept = json.loads(first.metadata.own[0]) if is_own else {}
    library = zarr_library()
    with without_warnings():
        group = library.open_group(
            os.fspath(target), mode="w", zarr_format=2 if version == "0.4" else 3
        )
        names = {} if version == "0.4" else {"dimension_names": tuple(axes)}
        group.create_array("0", data=pixels, chunks=chunk, **names)
        group.attrs.update(attributes_of(kept, version, tuple(axes), 0, first))


def _chunk_of(shape: tuple[int, ...], axes: str, stored: StoredZarr | None) -> tuple[int, ...]:
    """Keep the chunks of the input; by default they hold some slices of one channel."""
    if stored is not None and "".join(stored.axes) == axes:
        wanted = stored.chunk
    else:
        wanted = (*(1,) * (len(axes) - 3), *_CHUNK)
    return tuple(min(n, size) for n, size in zip(wanted, shape, strict=True))
