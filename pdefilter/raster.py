"""What a filter sees of an image: float planes, with alpha set apart."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

Plane: TypeAlias = NDArray[np.float32]
"""One channel, shape (rows, columns)."""

Mask: TypeAlias = NDArray[np.bool_]
"""Which pixels, shape (rows, columns)."""

Planes: TypeAlias = NDArray[np.float32]
"""Channels that belong together, shape (channels, rows, columns); equal ones may share memory."""

Limits: TypeAlias = tuple[Planes, Planes]
"""The least and the largest value of every channel, shape (channels, 1, 1) each."""

Places: TypeAlias = slice | NDArray[np.intp]
"""Some of an image's rows, or of its columns: a pair of them indexes as NumPy does."""

# Below half a step of 16 bits a pixel is stored as transparent at every depth.
_INVISIBLE = np.float32(2.0**-17)


@dataclass(frozen=True, slots=True)
class Raster:
    """An image on the unit scale.

    A filter may overwrite the colour of its image, unless NumPy forbids it.

    Attributes
    ----------
    colour : ndarray of shape (C, M, N), float32
        The colour channels, not multiplied by alpha.
    alpha : ndarray of shape (M, N), float32, or None
        The opacity; None where the image has no alpha channel.
    valid : ndarray of shape (M, N), bool, or None
        Which pixels are no holes; None where none is. A hole holds finite
        numbers that no other pixel may depend on. Of a result: which pixels
        the filter found; the others stay as they came.
    interval : tuple of float
        The values that an integer image stores as zero and as full scale.
        It is (0, 1) for intensities; signed and angular results widen it.
    """

    colour: Planes
    alpha: Plane | None = None
    valid: Mask | None = None
    interval: tuple[float, float] = (0.0, 1.0)

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
        weight = f(valid[None].astype(np.float32))

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
        rest = f((np.float32(1) - weight)[None])
        return replace(self, colour=f(self.colour * weight) + self.colour * rest)

    @property
    def weight(self) -> Plane | None:
        """How much a pixel counts: its opacity, in holes nothing; None where all count alike."""
        if self.valid is None:
            return self.alpha
        weight: Plane = self.valid.astype(np.float32)
        return weight if self.alpha is None else weight * self.alpha

    @property
    def visible(self) -> Mask | None:
        """Which pixels count at all: no holes, and not transparent; None where all are so."""
        weight = self.weight
        return None if weight is None else weight > 0

    def _levelled(self, planes: Planes) -> Planes:
        """Fill the holes with the mean of the rest, so that no choice follows what is in them.

        In place: what is in them means nothing to anyone.
        """
        if self.valid is not None:
            count = max(1, np.count_nonzero(self.valid))
            sums = planes.sum(axis=(1, 2), where=self.valid, dtype=np.float64, keepdims=True)
            np.copyto(planes, (sums / count).astype(np.float32), where=~self.valid)
        return planes


def limits(u: Planes, where: Mask | None = None) -> Limits:
    """Find the range of every channel, of some of its pixels; of none it is all numbers."""
    if where is None:
        return u.min(axis=(1, 2), keepdims=True), u.max(axis=(1, 2), keepdims=True)
    ends = np.float32(np.inf), np.float32(-np.inf)
    least, largest = (np.where(where, u, end) for end in (ends if where.any() else ends[::-1]))
    return least.min(axis=(1, 2), keepdims=True), largest.max(axis=(1, 2), keepdims=True)


def keep_within(u: Planes, allowed: Limits) -> Planes:
    """Bring what is beyond the range of its channel to the ends of that, in place."""
    return np.clip(u, *allowed, out=u)
