"""What a filter sees of an image: float planes, with alpha set apart."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pdefilter.scale import PLAIN, Scale

Plane: TypeAlias = NDArray[np.float32]
"""One channel, shape (rows, columns)."""

Mask: TypeAlias = NDArray[np.bool_]
"""Which pixels, shape (rows, columns); or, channel by channel, (channels, rows, columns)."""

Planes: TypeAlias = NDArray[np.float32]
"""Channels that belong together, shape (channels, rows, columns); equal ones may share memory."""

Limits: TypeAlias = tuple[Planes, Planes]
"""The least and the largest value of every channel, shape (channels, 1, 1) each."""

Values: TypeAlias = NDArray[np.float64]
"""A number for every pixel, shape (rows, columns)."""

Places: TypeAlias = slice | NDArray[np.intp]
"""Some of an image's rows, or of its columns: a pair of them indexes as NumPy does."""

# Below half a step of 16 bits a pixel is stored as transparent at every depth.
_INVISIBLE = np.float32(2.0**-17)


@dataclass(frozen=True, slots=True)
class Raster:
    """An image as numbers that spread over about one.

    A filter may overwrite the colour of its image, unless NumPy forbids it.

    Attributes
    ----------
    colour : ndarray of shape (C, M, N), float32
        The colour channels, not multiplied by alpha.
    alpha : ndarray of shape (M, N), float32, or None
        The opacity; None where the image has no alpha channel.
    valid : ndarray of shape (M, N) or (C, M, N), bool, or None
        Which pixels are no holes, in all channels or each; None where none is.
        A hole holds finite numbers that no other pixel may depend on. Of a
        result: which pixels the filter found; the others stay as they came.
    interval : tuple of float
        The parts of full scale that an integer image stores as zero and as full
        scale. It is (0, 1) for intensities; signed and angular results widen it.
    scale : Scale
        What the numbers of the colour stand for.
    stored : ndarray of shape (C, M, N), or None
        The colour as stored, where float32 has fewer digits.
    has_colours : bool
        Whether the channels are known to be colours, not any bands.
    """

    colour: Planes
    alpha: Plane | None = None
    valid: Mask | None = None
    interval: tuple[float, float] = (0.0, 1.0)
    scale: Scale = PLAIN
    stored: NDArray[np.generic] | None = None
    has_colours: bool = False

    @classmethod
    def empty(cls, shape: tuple[int, ...] = (0, 0), valid: Mask | None = None) -> Self:
        """Make an image of no values, on which a filter costs nothing but its checks.

        The shape (M, N) is what is known of its size, `valid` of its holes.
        """
        return cls(np.empty((0, *shape), np.float32), valid=valid)

    def filtered(self, f: Callable[[Planes], Planes]) -> Self:
        """Apply `f` to the colour, with alpha premultiplied before and divided out after.

        Alpha is filtered along as one more plane, so the colour of a
        transparent pixel has no weight and cannot bleed. A pixel that ends up
        transparent keeps its hidden colour. (Porter & Duff 1984,
        doi:10.1145/964965.808606.) What `f` is given it may overwrite, unless
        NumPy forbids it.
        """
        if not self.colour.size:
            return self
        if self.alpha is None:
            return replace(self, colour=f(self._levelled(self.colour)))
        planes = np.concatenate([self.colour * self.alpha, self.alpha[None]])
        planes = f(self._levelled(planes))
        alpha = planes[-1]
        visible = alpha > _INVISIBLE
        colour = self.colour.copy()
        np.divide(planes[:-1], alpha, out=colour, where=visible)
        return replace(self, colour=colour, alpha=alpha)

    def diffused(self, f: Callable[[Planes], Planes]) -> Self:
        """Apply `f`, which takes means of pixels by weights that all planes share.

        Then colours are means of visible ones, and stay in the range of those: what
        a small error becomes where little alpha is divided out is cut off.
        """
        found = self.filtered(f)
        if found.alpha is not None and self.colour.size:
            within = keep_within(found.colour.copy(), limits(self.colour, self.visible))
            np.copyto(found.colour, within, where=found.alpha > _INVISIBLE)
        return found

    def averaged(self, f: Callable[[Planes], Planes]) -> Self:
        """Apply `f`, which takes weighted means of neighbours, among which holes do not count."""
        valid = self.valid
        if valid is None or not self.colour.size:
            return self.diffused(lambda u: keep_within(f(u), limits(u)))
        weight = f(_stacked(valid).astype(np.float32))

        def normalised(u: Planes) -> Planes:
            planes = f(u * valid)
            means = np.divide(planes, weight, out=u.copy(), where=valid)
            return keep_within(means, limits(u))

        return self.diffused(normalised)

    def convolved(self, f: Callable[[Planes], Planes]) -> Self:
        """Apply `f`, which is linear and has negative weights too; alpha is kept.

        A neighbour counts by its weight, and for the rest as if it were the
        pixel itself: nothing is divided by a sum that may vanish.
        """
        weight = self.weight
        if weight is None or not self.colour.size:
            return replace(self, colour=f(self.colour) if self.colour.size else self.colour)
        rest = f(_stacked(np.float32(1) - weight))
        return replace(self, colour=f(self.colour * weight) + self.colour * rest)

    @property
    def weight(self) -> Planes | None:
        """How much a pixel counts: its opacity, in holes nothing; None where all count alike.

        Of the shape of `valid` where there are holes.
        """
        if self.valid is None:
            return self.alpha
        weight: Planes = self.valid.astype(np.float32)
        return weight if self.alpha is None else weight * self.alpha

    @property
    def visible(self) -> Mask | None:
        """Which pixels count at all: no holes, and not transparent; None where all are so."""
        weight = self.weight
        return None if weight is None else weight > 0

    @property
    def not_black(self) -> Mask:
        """Which pixels store anything but zero in a colour channel."""
        found: Mask = (self.scale.stored(self.colour) != 0).any(axis=0)
        return found

    @property
    def ranges(self) -> list[float]:
        """The range of every colour channel where it is visible."""
        visible = self.visible
        sizes = []
        for c, plane in enumerate(self.colour):
            seen = visible if visible is None or visible.ndim == 2 else visible[c]
            numbers = plane if seen is None else plane[seen]
            sizes.append(float(numbers.max()) - float(numbers.min()) if numbers.size else 0.0)
        return sizes

    @property
    def of_range_one(self) -> Self:
        """The image as numbers from zero to one, for filters that know a smallest difference."""
        scale, visible = self.scale, self.visible
        if (scale.is_plain and scale.spread == 1) or not self.colour.size:
            return self
        lowest = self.colour.min(
            axis=(1, 2), keepdims=True, where=True if visible is None else visible, initial=np.inf
        )
        # Where numbers have an origin it is their lowest value, to more digits than a sum has.
        lowest[~np.isfinite(lowest) | (np.asarray(scale.origin) != 0)] = 0
        colour = (self.colour - lowest) * np.float32(1 / scale.spread)
        origin = scale.stored(lowest) if lowest.any() else scale.origin
        fitted = replace(scale, origin=origin, unit=scale.unit * scale.spread, spread=1.0)
        return replace(self, colour=colour, scale=fitted)

    @property
    def holes_differ(self) -> bool:
        """Tell whether every channel has holes of its own."""
        return self.valid is not None and self.valid.ndim == 3

    @property
    def together(self) -> Self:
        """The image in which a pixel is a hole if it is one in any channel."""
        if self.valid is None or not self.holes_differ:
            return self
        return replace(self, valid=np.logical_and.reduce(self.valid, axis=0))

    def channel(self, number: int) -> Self:
        """Make the image of one colour channel, on a scale that fits it."""
        valid = self.valid if self.valid is None or not self.holes_differ else self.valid[number]
        alone = replace(
            self,
            colour=self.colour[number : number + 1],
            valid=valid,
            scale=self.scale.of_channel(number),
            stored=None if self.stored is None else self.stored[number : number + 1],
        )
        (size,) = alone.ranges
        if not size:
            return alone
        fitted, old = Scale.of_range(alone.scale.unit * size, alone.scale.full), alone.scale
        factor = np.float32(old.unit / fitted.unit)
        return replace(
            alone, colour=alone.colour * factor, scale=replace(fitted, origin=old.origin)
        )

    def channel_by_channel(self, f: "Callable[[Self], Self]") -> Self:
        """Apply `f` to every colour channel by itself; alpha follows the first."""
        channels = [self.channel(number) for number in range(len(self.colour))]
        results = [f(channel) for channel in channels]
        stored = self.stored
        if any(r.stored is not c.stored for r, c in zip(results, channels, strict=True)):
            stored = np.concatenate([result.stored for result in results])
        valid = self.valid
        if any(r.valid is not c.valid for r, c in zip(results, channels, strict=True)):
            valid = np.stack([np.asarray(result.valid) for result in results])
        return replace(
            results[0],
            colour=np.concatenate([result.colour for result in results]),
            valid=valid,
            scale=Scale.joined([result.scale for result in results]),
            stored=stored,
        )

    def _levelled(self, planes: Planes) -> Planes:
        """Fill the holes with the mean of the rest, so that no choice follows what is in them.

        In place: what is in them means nothing to anyone.
        """
        if self.valid is not None:
            count = np.count_nonzero(_stacked(self.valid), axis=(1, 2), keepdims=True)
            sums = planes.sum(axis=(1, 2), where=self.valid, dtype=np.float64, keepdims=True)
            means = sums / np.maximum(1, count)
            np.copyto(planes, means.astype(np.float32), where=~self.valid)
        return planes


def limits(u: Planes, where: Mask | None = None) -> Limits:
    """Find the range of every channel, of some of its pixels; of none it is all numbers."""
    low, high = u, u
    if where is not None:
        low, high = (np.where(where, u, np.float32(end)) for end in (np.inf, -np.inf))
    least, largest = low.min(axis=(1, 2), keepdims=True), high.max(axis=(1, 2), keepdims=True)
    nothing = least > largest
    least[nothing], largest[nothing] = -np.inf, np.inf
    return least, largest


def keep_within(u: Planes, allowed: Limits) -> Planes:
    """Bring what is beyond the range of its channel to the ends of that, in place."""
    return np.clip(u, *allowed, out=u)


def _stacked(field: NDArray[Any]) -> NDArray[Any]:
    """Let what all channels share be the one channel of an image."""
    return field if field.ndim == 3 else field[None]
