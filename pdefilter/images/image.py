"""An image as its file stores it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from pdefilter.errors import ImageError
from pdefilter.images.lengths import required_spacing, required_unit
from pdefilter.images.metadata import Metadata
from pdefilter.raster import Mask

Pixels = NDArray[Any]
"""Shape (rows, columns) or (rows, columns, channels), of a volume with slices first; bool, integers
or floats."""


# In these, three channels of floats are more likely a vector than a colour.
_WITH_BANDS = (None, "NPY", "NIfTI", "NIfTI-gz", "NRRD", "MetaImage")

FullScale: TypeAlias = float | Literal["range"]
"""The stored value of full scale; or the image's own range."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Image:
    """Pixels, and everything known about them.

    Two images are equal if all their attributes are, to the bit. Images have no hash,
    as their pixels may change. NumPy converts an image to its pixels, and a notebook
    displays it.

    Attributes
    ----------
    pixels : ndarray of shape (M, N) or (M, N, C)
        The stored values: bool, integers or floats.
    has_alpha : bool
        Whether the last channel is opacity, by which the colours are not multiplied.
    format : str or None
        The name of the file format that it came in.
    bits : int or None
        The bits of a value in its file, if between 8 and 16; the values are scaled to
        all 16 bits.
    is_cmyk : bool
        Whether the four colour channels are inks, where 0 is no ink.
    mask : ndarray of shape (M, N) or (M, N, C), bool, or None
        Which pixels, or values, belong to the picture; the others are holes. None for
        all.
    nodata : float or None
        The stored value that marks a hole.
    full_scale : float, "range" or None
        The unit of contrasts, noise, weights, tolerances and thresholds: a stored
        value, or the image's own range. None for the largest value of an integer type,
        and for 1 in floats.
    metadata : Metadata
        The metadata of its file.
    spacing : tuple of float or None
        The distance of neighbouring rows, and of neighbouring columns; None for pixels
        that count as squares.
    unit : {"nm", "µm", "mm", "cm", "m", "inch"} or None
        The unit of the spacing; None if unknown.
    """

    pixels: Pixels
    has_alpha: bool = False
    format: str | None = None
    bits: int | None = None
    is_cmyk: bool = False
    mask: Mask | None = None
    nodata: float | None = None
    full_scale: FullScale | None = None
    metadata: Metadata = field(default_factory=Metadata)
    spacing: tuple[float, ...] | None = None
    unit: str | None = None

    axes: ClassVar[int] = 2
    """The number of axes, channels aside."""

    _expected: ClassVar[str] = "an image has the shape (rows, columns) or (rows, columns, channels)"

    draw: ClassVar[Callable[["Image"], bytes | None]] = lambda _: None
    """How a notebook shows an image: `pdefilter.images.preview`, which knows formats, sets it."""

    describe: ClassVar[Callable[["Image"], str | None]] = lambda _: None
    """The same in HTML, with a line that describes it."""

    @classmethod
    def of(cls, array: Any) -> Self:
        """Make an image of an array; with two or four channels, the last one is alpha.

        Raises
        ------
        ImageError
            If it is not an image.
        """
        pixels = np.asarray(array)
        has_channels = pixels.ndim == cls.axes + 1
        return cls(pixels, has_alpha=has_channels and pixels.shape[-1] in (2, 4))

    def __post_init__(self) -> None:
        shape, dtype = self.pixels.shape, self.pixels.dtype
        if self.pixels.ndim not in (self.axes, self.axes + 1):
            raise ImageError(f"{self._expected}, not {shape}")
        if not self.pixels.size:
            raise ImageError(f"an image of shape {shape} has no pixels")
        if dtype.kind not in "buif":
            raise ImageError(f"an image holds integers or floats, not {dtype}")
        full = self.full_scale
        if full not in (None, "range") and not (
            isinstance(full, int | float) and 0 < full < math.inf
        ):
            raise ImageError(f"full scale is a number above 0, or 'range', not {full!r}")
        if self.spacing is not None:
            object.__setattr__(self, "spacing", required_spacing(self.spacing, self.axes))
        object.__setattr__(self, "unit", required_unit(self.unit))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Image):
            return NotImplemented
        return all(_same(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))

    __hash__ = None  # type: ignore[assignment]

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Pixels:
        return np.array(self.pixels, dtype, copy=copy)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.summary}>"

    @property
    def summary(self) -> str:
        """Its size, its type of values, its channels and the format that it came in, in words."""
        size = " × ".join(map(str, self.shape))
        kind = self.kind + " with alpha" * self.has_alpha
        origin = f" from {self.format}" if self.format else ""
        return f"{size}, {self.depth}, {kind}{self._distances}{origin}"

    @property
    def _distances(self) -> str:
        if self.spacing is None or (self.unit is None and set(self.spacing) == {1.0}):
            return ""
        sides = " × ".join(f"{distance:.4g}" for distance in self.spacing)
        return f", {sides} {self.unit or ''}".rstrip()

    def _repr_png_(self) -> bytes | None:
        return self.draw()

    def _repr_html_(self) -> str | None:
        return self.describe()

    def still(self) -> Self:
        """Drop the timing that it has in an animation."""
        return replace(self, metadata=replace(self.metadata, duration=None, loops=None))

    @property
    def shape(self) -> tuple[int, ...]:
        """The size (M, N), without channels."""
        return self.pixels.shape[: self.axes]

    @property
    def channels_last(self) -> Pixels:
        """The pixels with an axis of channels, of shape (M, N, C)."""
        return self.pixels if self.pixels.ndim > self.axes else self.pixels[..., None]

    @property
    def channels(self) -> int:
        """The number of channels, alpha included."""
        return self.pixels.shape[-1] if self.pixels.ndim > self.axes else 1

    @property
    def colours(self) -> int:
        """The number of channels, alpha excluded."""
        return self.channels - self.has_alpha

    @property
    def kind(self) -> str:
        """The kind of its channels, alpha aside: grey, RGB, CMYK, or a number of bands."""
        kinds = {1: "grey", 3: "RGB", 4: "CMYK" if self.is_cmyk else "4 bands"}
        return kinds.get(self.colours, f"{self.colours} bands")

    @property
    def has_colours(self) -> bool:
        """Whether its channels are known to be colours, and not bands.

        Three channels of floats in an array, or in a NumPy file, may be either.
        """
        if self.is_cmyk or self.colours == 1:
            return True
        is_known = self.pixels.dtype.itemsize <= 2 or self.format not in _WITH_BANDS
        return self.colours == 3 and (is_known or self.has_alpha)

    @property
    def depth(self) -> str:
        """The type of its values; ``uint12`` and the like where its file stored fewer bits."""
        return f"uint{self.bits}" if self.bits else self.pixels.dtype.name


def _same(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        kinds = (one.shape, one.dtype) == (other.shape, other.dtype)
        return kinds and one.tobytes() == other.tobytes()
    return type(one) is type(other) and (one == other or (one != one and other != other))
