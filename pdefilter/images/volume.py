"""A volume: slices of rows and columns, with distances between them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.image import Image
from pdefilter.images.lengths import size_in_words
from pdefilter.raster import Mask


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Volume(Image):
    """Voxels, and everything known about them.

    It is an `Image` of three axes; its other attributes are those of an image.

    Attributes
    ----------
    pixels : ndarray of shape (S, M, N) or (S, M, N, C)
        The stored values: bool, integers or floats, slice by slice.
    spacing : tuple of float
        The distance of neighbouring slices, rows and columns.
    unit : {"nm", "µm", "mm", "cm", "m", "inch"} or None
        The unit of the spacing; None if unknown.
    mask : ndarray of shape (S, M, N) or (S, M, N, C), bool, or None
        Which voxels, or values, belong to the volume; the others are holes.

    Raises
    ------
    ImageError
        If it is not a volume, or a distance is not a positive number.

    Examples
    --------
    >>> volume = pdefilter.Volume(np.zeros((20, 64, 64)), spacing=(3, 1, 1), unit="mm")
    """

    spacing: tuple[float, ...] | None = (1.0, 1.0, 1.0)

    axes: ClassVar[int] = 3

    _expected: ClassVar[str] = (
        "a volume has the shape (slices, rows, columns) or (slices, rows, columns, channels)"
    )

    def slice(self, number: int) -> Image:
        """Return one of its slices as an image, the first being 0."""
        assert self.spacing is not None
        return Image(
            self.pixels[number],
            mask=None if self.mask is None else self.mask[number],
            spacing=self.spacing[1:],
            **{name: getattr(self, name) for name in _SHARED},
        )


_SHARED = (
    "has_alpha", "format", "bits", "is_cmyk", "nodata", "full_scale", "metadata", "unit",
)  # fmt: skip


def stacked(images: Sequence[Image], like: Volume | None = None) -> Volume:
    """Put images of the same size and type one behind the other.

    Parameters
    ----------
    images : sequence of Image
        The slices; one at least.
    like : Volume, optional
        The volume that they are slices of, which tells the spacing and everything else; by
        default they are one pixel apart, and the first tells the rest.

    Raises
    ------
    ImageError
        If they are not alike.
    """
    first = images[0]
    for number, image in enumerate(images):
        require_alike(first, image, number)
    pixels, mask = np.stack([image.pixels for image in images]), _mask_of(images)
    if like is not None:
        return replace(like, pixels=pixels, mask=mask, bits=first.bits)
    metadata = replace(
        first.metadata, slices=tuple(replace(image.metadata, stored=None) for image in images)
    )
    shared = {name: getattr(first, name) for name in _SHARED} | {"metadata": metadata}
    return Volume(pixels, mask=mask, **shared)


def require_alike(first: Image, image: Image, number: int) -> None:
    """Refuse a slice, by its number, that is not like the first.

    Raises
    ------
    ImageError
        Its message says how it differs.
    """
    kinds = [
        (size_in_words(one.shape) + " pixels", one.depth, one.kind + " with alpha" * one.has_alpha)
        for one in (first, image)
    ]
    for one, other in zip(*kinds, strict=True):
        if one != other:
            raise ImageError(
                f"has pages that cannot be slices of one volume: page {number} has {other}, the "
                f"first has {one}"
            )


def by_slices(filter_: Callable[[Image], Image], volume: Volume) -> Volume:
    """Filter a volume slice by slice."""
    slices = [filter_(volume.slice(number)) for number in range(volume.shape[0])]
    return stacked(slices, volume)


def flat(image: Image) -> Image:
    """Return an image to look at: the middle slice of a volume, and the image itself."""
    return image.slice(image.shape[0] // 2) if isinstance(image, Volume) else image


def _mask_of(images: Sequence[Image]) -> Mask | None:
    """Put the masks of slices one behind the other; None if no slice has one."""
    masks = [image.mask for image in images]
    if all(mask is None for mask in masks):
        return None
    whole = [
        np.ones(image.shape, bool) if mask is None else mask
        for image, mask in zip(images, masks, strict=True)
    ]
    most = max(mask.ndim for mask in whole)
    shape = images[0].shape if most == 2 else images[0].pixels.shape
    return np.stack(
        [np.broadcast_to(mask if mask.ndim == most else mask[..., None], shape) for mask in whole]
    )
