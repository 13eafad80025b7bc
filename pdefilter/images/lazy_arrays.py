"""Lazy arrays of Dask, Zarr and xarray, as images of which any box can be computed."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pdefilter.errors import CallError
from pdefilter.grid import Box
from pdefilter.images.arrays import bands_axis, filling_of
from pdefilter.images.image import Image


@dataclass(frozen=True)
class LazyImage:
    """A lazy array as a store, and the way back.

    Attributes
    ----------
    array : dask.array.Array
        Of shape (M, N) or (M, N, C).
    has_alpha : bool
        Whether the last channel is opacity.
    nodata : float or None
        The value that marks a hole.
    unwrap : callable
        Makes an array of the original kind from one of Dask of the same shape.
    """

    array: Any
    has_alpha: bool
    nodata: float | None
    unwrap: Callable[[Any], Any]

    @property
    def shape(self) -> tuple[int, int]:
        """The size (M, N)."""
        rows, columns = self.array.shape[:2]
        return rows, columns

    @property
    def blocks(self) -> tuple[int, int]:
        """The size of the largest chunks."""
        rows, columns = self.array.chunksize[:2]
        return rows, columns

    @property
    def outline(self) -> Image:
        """The image as a single pixel."""
        return self.image_of(np.zeros((1, 1, *self.array.shape[2:]), self.array.dtype))

    def read(self, box: Box) -> Image:
        """Compute a box."""
        return self.image_of(self.array[box.slices].compute())

    def image_of(self, pixels: Any) -> Image:
        """Make the image of a box of values."""
        return Image(np.asarray(pixels), has_alpha=self.has_alpha, nodata=self.nodata)


def lazy_image(array: Any) -> LazyImage | None:
    """Wrap an array whose values are not in memory; None if it is another kind of array.

    Parameters
    ----------
    array : dask.array.Array, zarr.Array, or xarray.DataArray of one of Dask
        Of shape (M, N) or (M, N, C); in a DataArray bands may come first. An array of Zarr
        comes back as one of Dask, which can be stored as Zarr.

    Raises
    ------
    ImageError
        If it is not an image.
    CallError
        If it is an array of Zarr, and Dask is not installed.
    """
    if _is(array, "xarray", "DataArray"):
        return _labelled(array) if array.chunks is not None else None
    if _is(array, "zarr", "Array"):
        try:
            import dask.array
        except ImportError:
            raise CallError("arrays of Zarr need Dask: pip install 'pdefilter[large]'") from None
        array = dask.array.from_zarr(array)
    if not _is(array, "dask.array", "Array"):
        return None
    has_alpha = array.ndim == 3 and array.shape[2] in (2, 4)
    return _wrapped(array, None, lambda result: result, has_alpha=has_alpha)


def _labelled(array: Any) -> LazyImage:
    axis = bands_axis(array)
    last = array.data if axis < 0 else np.moveaxis(array.data, axis, -1)

    def unwrap(result: Any) -> Any:
        return array.copy(data=result if axis < 0 else np.moveaxis(result, -1, axis))

    return _wrapped(last, filling_of(array), unwrap, has_alpha=False)


def _wrapped(
    array: Any, nodata: float | None, unwrap: Callable[[Any], Any], *, has_alpha: bool
) -> LazyImage:
    Image(np.broadcast_to(np.zeros(1, array.dtype), array.shape))  # refuses what is not an image
    if array.ndim == 3:
        array = array.rechunk({2: -1})
    return LazyImage(array, has_alpha, nodata, unwrap)


def _is(value: Any, module: str, name: str) -> bool:
    """Tell whether a value is of a class, without importing its module."""
    kind = getattr(sys.modules.get(module), name, None)
    return kind is not None and isinstance(value, kind)
