"""An image as its file stores it."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pdefilter.errors import ImageError
from pdefilter.images.metadata import Metadata
from pdefilter.raster import Mask

Pixels = NDArray[Any]
"""Shape (rows, columns) or (rows, columns, channels); bool, integers or floats."""


@dataclass(frozen=True, slots=True)
class Image:
    """Pixels and what is known of them.

    Attributes
    ----------
    pixels : ndarray of shape (M, N) or (M, N, C)
        The stored values: bool, integers or floats.
    has_alpha : bool
        Whether the last channel is opacity (and colour not multiplied by it).
    format : str or None
        The name of the file format it came in.
    bits : int or None
        How many bits its file stored a value in, where that is between 8 and 16;
        the values are spread over the 16 that hold them.
    is_cmyk : bool
        Whether the four colour channels are inks, where zero is none.
    mask : ndarray of shape (M, N), bool, or None
        Which pixels are the picture; the others are holes. None for all.
    nodata : float or None
        The stored value that marks a hole.
    metadata : Metadata
        What its file said beside.
    """

    pixels: Pixels
    has_alpha: bool = False
    format: str | None = None
    bits: int | None = None
    is_cmyk: bool = False
    mask: Mask | None = None
    nodata: float | None = None
    metadata: Metadata = field(default_factory=Metadata)

    @classmethod
    def of(cls, array: Any) -> Self:
        """Take an array for an image: of two and of four channels the last is alpha.

        Raises
        ------
        ImageError
            If it is not an image.
        """
        pixels = np.asarray(array)
        return cls(pixels, has_alpha=pixels.ndim == 3 and pixels.shape[2] in (2, 4))

    def __post_init__(self) -> None:
        shape, dtype = self.pixels.shape, self.pixels.dtype
        if self.pixels.ndim not in (2, 3):
            raise ImageError(
                f"an image has the shape (rows, columns) or (rows, columns, channels), not {shape}"
            )
        if not self.pixels.size:
            raise ImageError(f"an image of shape {shape} has no pixels")
        if dtype.kind not in "buif":
            raise ImageError(f"an image holds integers or floats, not {dtype}")

    @property
    def channels(self) -> int:
        """The number of channels, alpha included."""
        return self.pixels.shape[2] if self.pixels.ndim == 3 else 1

    @property
    def colours(self) -> int:
        """The number of channels, alpha excluded."""
        return self.channels - self.has_alpha

    @property
    def depth(self) -> str:
        """The type of its values, narrowed to the bits that its file stored: ``uint12``."""
        return f"uint{self.bits}" if self.bits else self.pixels.dtype.name
