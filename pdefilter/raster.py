"""An image as filters see it: float planes, with alpha apart from the colours."""

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from pdefilter.grid import Box, Grid, boxes
from pdefilter.sampling import PIECE, Mosaic, Whole
from pdefilter.scale import PLAIN, Scale

T = TypeVar("T")

Plane: TypeAlias = NDArray[np.float32]
"""One channel, shape (rows, columns); of a volume (slices, rows, columns)."""

Mask: TypeAlias = NDArray[np.bool_]
"""True at some pixels, of the shape of a `Plane`, or of `Planes` if channels differ."""

Planes: TypeAlias = NDArray[np.float32]
"""Channels that belong together, shape (channels, rows, columns), or of a volume (channels, slices,
rows, columns); equal ones may share memory."""

Limits: TypeAlias = tuple[Planes, Planes]
"""The smallest and the largest value of every channel, shape (channels, 1, …, 1) each."""

Values: TypeAlias = NDArray[np.float64]
"""A number for every pixel, of the shape of a `Plane`."""

Places: TypeAlias = slice | NDArray[np.intp]
"""An index of the pixels along one axis; as many as there are axes index an array."""


class HasPixels(Protocol):
    """An image in the hands of users, such as a `pdefilter.Image`."""

    @property
    def pixels(self) -> NDArray[Any]:
        """The stored values, shape (M, N) or (M, N, C)."""
        ...


Picture: TypeAlias = "Raster | NDArray[Any] | HasPixels"
"""A picture that a filter needs beside its image. Users give an array or an image, and operations
get a `Raster`."""

# About how many pixels of an image are looked at together.
_TOGETHER = 2**22

# A pixel with alpha below half a step of 16 bits is stored as transparent at every depth.
_INVISIBLE = np.float32(2.0**-17)


@dataclass(frozen=True, slots=True)
class Raster:
    """An image, or a volume, as numbers whose range is about one.

    A volume has slices, rows and columns: shapes (S, M, N) stand for (M, N) everywhere.

    Attributes
    ----------
    colour : ndarray of shape (C, M, N), float32
        The colour channels, not multiplied by alpha.
    alpha : ndarray of shape (M, N), float32, or None
        The opacity; None where the image has no alpha channel.
    valid : ndarray of shape (M, N) or (C, M, N), bool, or None
        False in holes, in all channels or in each; None if there are no holes. A
        hole contains finite numbers that no other pixel may depend on. In a result
        it is True at the pixels that the filter computed; the others keep their
        stored values.
    interval : tuple of float
        The fractions of full scale that an integer image stores as zero and as full
        scale. It is (0, 1) for intensities; signed and angular results widen it, and
        results to be looked at narrow it.
    clips : bool
        Whether an integer image stores values beyond the interval as its ends, without
        a warning.
    scale : Scale
        The scale of the colours: the stored values that their numbers represent.
    stored : ndarray of shape (C, M, N), or None
        The colours as stored, if float32 has fewer digits.
    has_colours : bool
        Whether the channels are known to be colours, not other bands.
    spacing : tuple of float
        The distance of neighbouring pixels along every axis, in pixels of the finest axis.
    pixel_size : float or None
        The length in mm of a pixel along its finest axis; None if unknown.
    may_overwrite : bool
        Whether a filter may overwrite the colour.
    box : Box or None
        The place of the image in the image that it was cut from; None if it is whole.
    whole : Whole or None
        The image of which this one is a sample; None if it is not a sample.
    kept : dict
        Intermediate images by name, which measuring made and running can use.
    """

    colour: Planes
    alpha: Plane | None = None
    valid: Mask | None = None
    interval: tuple[float, float] = (0.0, 1.0)
    clips: bool = False
    scale: Scale = PLAIN
    stored: NDArray[np.generic] | None = None
    has_colours: bool = False
    spacing: tuple[float, ...] = (1.0, 1.0)
    pixel_size: float | None = None
    may_overwrite: bool = False
    box: Box | None = None
    whole: Whole | None = None
    kept: dict[Hashable, "Raster"] = field(default_factory=dict, init=False, repr=False)

    def planes(self, means: Sequence[float] | None = None) -> tuple[Planes, bool]:
        """Make the planes that are filtered: the colours times alpha, and alpha.

        Alpha is filtered as one more plane, so that the colour of a transparent pixel has
        no weight and cannot bleed. (Porter & Duff 1984, doi:10.1145/964965.808606.)

        Parameters
        ----------
        means : sequence of float, optional
            The mean of every plane outside holes. Holes are filled with it, so that no
            choice depends on their contents.

        Returns
        -------
        planes : ndarray of shape (C, M, N) or (C + 1, M, N), float32
            The planes.
        may_overwrite : bool
            Whether they may be overwritten.
        """
        planes, may_overwrite = self.colour, self.may_overwrite
        if self.alpha is not None:
            planes = np.concatenate([self.colour * self.alpha, self.alpha[None]])
            may_overwrite = True
        if self.valid is None or means is None:
            return planes, may_overwrite
        filling = per_channel(means, len(self.shape))
        if not may_overwrite:
            return np.where(self.valid, planes, filling), True
        # In place, as the contents of holes have no meaning.
        np.copyto(planes, filling, where=~self.valid)
        return planes, True

    def with_planes(self, planes: Planes) -> Self:
        """Return the image with filtered planes, whose alpha is divided out again.

        A pixel that ends up transparent keeps its hidden colour.
        """
        if self.alpha is None:
            return replace(self, colour=planes, may_overwrite=True)
        alpha = planes[-1]
        colour = self.colour.copy()
        np.divide(planes[:-1], alpha, out=colour, where=alpha > _INVISIBLE)
        return replace(self, colour=colour, alpha=alpha, may_overwrite=True)

    def within(self, allowed: Limits) -> Self:
        """Clip the colours of visible pixels to these limits."""
        if self.alpha is None:
            return self
        colour = self.colour.copy()
        np.copyto(colour, np.clip(colour, *allowed), where=self.alpha > _INVISIBLE)
        return replace(self, colour=colour)

    def convolved(self, f: Callable[[Planes], Planes]) -> Self:
        """Apply `f`, which is linear and may have negative weights; alpha is kept.

        A neighbour counts by its opacity, and for the rest as if it were the pixel itself.
        So there is no division by a sum that may vanish.
        """
        weight = self.weight
        if weight is None:
            return replace(self, colour=f(self.colour))
        rest = f(as_channels(np.float32(1) - weight, len(self.shape)))
        return self.completed(f(self.colour * weight), rest)

    def completed(self, weighed: Planes, rest: Planes) -> Self:
        """Return the image of filtered colours times weight, and the filtered rest to one."""
        return replace(self, colour=weighed + self.colour * rest)

    def cropped(self, box: Box) -> Self:
        """Cut out a box of the image, which may be a box of another."""
        places = box.slices
        start = (0,) * len(places) if self.box is None else self.box.start
        within = Box(
            tuple(first + offset for first, offset in zip(box.start, start, strict=True)),
            tuple(last + offset for last, offset in zip(box.stop, start, strict=True)),
        )
        here: Any = (..., *places)
        return replace(
            self,
            colour=self.colour[here].copy(),
            alpha=None if self.alpha is None else self.alpha[here].copy(),
            valid=None if self.valid is None else self.valid[here].copy(),
            stored=None if self.stored is None else self.stored[here],
            may_overwrite=True,
            box=within,
        )

    def sampled(self) -> "Raster":
        """Return what is measured: the image itself, or a sample if it is large."""
        mosaic = Mosaic.of(self.shape)
        if mosaic is None:
            return self

        def of_boxes(find: Callable[["Raster"], T]) -> list[T]:
            # A piece of a volume lies in one slice.
            piece = PIECE if len(self.shape) == 2 else 1
            height = max(1, _TOGETHER // (piece * math.prod(self.shape[1:]))) * piece
            bands = boxes(self.grid, (height, *self.shape[1:]))
            return [find(self.part(*band.slices)) for band in bands]

        return replace(self.in_mosaic(mosaic), whole=Whole(self.shape, mosaic, of_boxes))

    def in_mosaic(self, mosaic: Mosaic) -> "Raster":
        """Put the squares of a mosaic side by side, without what was stored."""
        squares = ((place, self.part(*box.slices)) for box, place in mosaic.boxes)
        return side_by_side(squares, mosaic.shape)

    def part(self, *places: slice) -> "Raster":
        """Return the part that these slices index, one an axis, without what was stored."""
        here: Any = (..., *places)
        return replace(
            self,
            colour=self.colour[here],
            alpha=None if self.alpha is None else self.alpha[here],
            valid=None if self.valid is None else self.valid[here],
            stored=None,
            may_overwrite=False,
            whole=None,
        )

    @property
    def parts(self) -> "list[tuple[slice, ...]]":
        """The places of what is connected: all of an image, a square of a sample."""
        if self.whole is None:
            return [(slice(None),) * len(self.shape)]
        return [place for _, place in self.whole.mosaic.boxes]

    def mapped(self, change: "Callable[[Raster], Raster]") -> "Raster":
        """Change every pixel, by a function of it alone; in a sample, of the whole image too.

        Measuring changes images in no other way, so that facts are those of the changed image.
        """
        changed = change(self)
        return changed if self.whole is None else replace(changed, whole=self.whole.mapped(change))

    def gathered(self, find: "Callable[[Raster], T]") -> list[T]:
        """Find something in the image; in a sample, in boxes that cover the whole image."""
        return [find(self)] if self.whole is None else list(self.whole.boxes(find))

    def cut(self, picture: "Raster") -> "Raster":
        """Cut a picture of the size of the whole image as this image was cut from it."""
        if self.whole is not None:
            return picture.in_mosaic(self.whole.mosaic)
        return picture if self.box is None else picture.cropped(self.box)

    @property
    def whole_shape(self) -> tuple[int, ...]:
        """The size (M, N), or (S, M, N); of a sample, that of the whole image."""
        return self.shape if self.whole is None else self.whole.shape

    @property
    def weight(self) -> Planes | None:
        """The weight of every pixel: its opacity, and zero in holes; None if all weigh the same.

        It has the shape of `valid` if there are holes.
        """
        if self.valid is None:
            return self.alpha
        weight: Planes = self.valid.astype(np.float32)
        return weight if self.alpha is None else weight * self.alpha

    @property
    def visible(self) -> Mask | None:
        """True at pixels that are neither holes nor transparent; None if all pixels are visible."""
        weight = self.weight
        return None if weight is None else weight > 0

    @property
    def not_black(self) -> Mask:
        """True at pixels that do not store zero in every colour channel."""
        not_black: Mask = (self.scale.stored(self.colour) != 0).any(axis=0)
        return not_black

    @property
    def shape(self) -> tuple[int, ...]:
        """The size (M, N), or (S, M, N)."""
        return self.colour.shape[1:]

    @property
    def grid(self) -> Grid:
        """The grid that the pixels lie on."""
        return Grid(self.shape, self.spacing)

    def of_range_one(self, lowest: Sequence[float]) -> Self:
        """Map the numbers to the range from zero to one, for filters with a smallest difference."""
        scale = self.scale
        if scale.is_plain and scale.spread == 1:
            return self
        first = per_channel(lowest, len(self.shape))
        colour = (self.colour - first) * np.float32(1 / scale.spread)
        origin = scale.stored(first) if first.any() else scale.origin
        fitted = replace(scale, origin=origin, unit=scale.unit * scale.spread, spread=1.0)
        return replace(self, colour=colour, scale=fitted, may_overwrite=True)

    @property
    def holes_differ(self) -> bool:
        """Whether every channel has holes of its own."""
        return self.valid is not None and self.valid.ndim == self.colour.ndim

    @property
    def together(self) -> Self:
        """The image in which a pixel is a hole if it is a hole in any channel."""
        if self.valid is None or not self.holes_differ:
            return self
        return replace(self, valid=np.logical_and.reduce(self.valid, axis=0))

    def channel(self, number: int, size: float) -> Self:
        """Make the image of one colour channel, on a scale that fits its range."""
        valid = self.valid if self.valid is None or not self.holes_differ else self.valid[number]
        alone = replace(
            self,
            colour=self.colour[number : number + 1],
            valid=valid,
            scale=self.scale.of_channel(number),
            stored=None if self.stored is None else self.stored[number : number + 1],
        )
        if not size:
            return alone
        fitted, old = Scale.of_range(alone.scale.unit * size, alone.scale.full), alone.scale
        factor = np.float32(old.unit / fitted.unit)
        return replace(
            alone,
            colour=alone.colour * factor,
            scale=replace(fitted, origin=old.origin),
            may_overwrite=True,
        )

    def with_channels(self, channels: "Sequence[Raster]", results: "Sequence[Raster]") -> "Raster":
        """Combine the results of channels that were filtered one by one; alpha is the first's."""
        stored, valid = self.stored, self.valid
        if any(r.stored is not c.stored for r, c in zip(results, channels, strict=True)):
            stored = np.concatenate([result.stored for result in results])
        if any(r.valid is not c.valid for r, c in zip(results, channels, strict=True)):
            valid = np.stack([np.asarray(result.valid) for result in results])
        return replace(
            results[0],
            colour=np.concatenate([result.colour for result in results]),
            valid=valid,
            scale=Scale.joined([result.scale for result in results], len(self.shape)),
            stored=stored,
        )


def side_by_side(
    parts: "Iterable[tuple[tuple[slice, ...], Raster]]", shape: Sequence[int]
) -> Raster:
    """Put the parts of an image together.

    Parameters
    ----------
    parts : iterable of tuple
        The place of every part, and the part; one at least.
    shape : sequence of int
        The size of all together.

    Returns
    -------
    Raster
        Like the first part, without what was stored.
    """
    first: Raster | None = None
    arrays: dict[str, NDArray[Any]] = {}
    for place, part in parts:
        here: Any = (..., *place)
        first = first or part
        for name in ("colour", "alpha", "valid"):
            values = getattr(part, name)
            if values is None:
                continue
            if name not in arrays:
                channels = values.shape[: values.ndim - len(shape)]
                arrays[name] = np.empty((*channels, *shape), values.dtype)
            arrays[name][here] = values
    assert first is not None
    whole: Any = arrays
    return replace(first, **whole, stored=None, may_overwrite=True, box=None)


def keep_within(u: Planes, allowed: Limits) -> Planes:
    """Clip the values of every channel to its limits, in place."""
    return np.clip(u, *allowed, out=u)


def as_channels(field: NDArray[Any], axes: int) -> NDArray[Any]:
    """Add a channel axis to an array on so many axes that all channels share."""
    return field if field.ndim > axes else field[None]


def per_channel(values: Sequence[float], axes: int) -> Planes:
    """Make an array of a number for each channel, shape (C, 1, …, 1), with so many ones."""
    return np.array(values, np.float32).reshape(-1, *[1] * axes)
