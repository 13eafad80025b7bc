"""What a method of `edge` finds in an image, and what every such method offers."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pdefilter.operation import Numbers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pdefilter.raster import Mask, Plane, Planes, Raster
    from pdefilter.scale import Scale


@dataclass(frozen=True)
class Edges:
    """How strong the edge through every pixel is, and which way it lies.

    Attributes
    ----------
    strength : ndarray of shape (M, N) or (S, M, N), float32
        The strength, zero or more.
    normal : ndarray of shape (d, *shape), float32
        A vector across the edge: its component along the slices axis of a volume, the
        rows axis and the columns axis. Only its line matters, but for equal neighbours,
        of which the one that it points to is the edge. Its length does not matter.
    offset : ndarray of the shape of the strength, float32, or None
        The place of the edge from the centre of its pixel in px, along the normal. It is
        given where edges are one pixel wide, and strengths beside them zero; else None.
    centre : float
        The place on every axis, from the centre of its pixel in px, that a strength
        belongs to: ½ for differences between a pixel and the next.
    clearance : int
        How far along the normal, in px, the rim of a hole changes strengths.
    """

    strength: "Plane"
    normal: "Planes"
    offset: "Plane | None" = None
    centre: float = 0.0
    clearance: int = 1

    def thinned_strength(self, image: "Raster", least: float = 0.0) -> "Plane":
        """Return the strength of the edges one pixel wide, as `thinned` does."""
        if self.offset is not None:
            return self.strength
        from pdefilter.kernels.thinning import thinned_strength

        return thinned_strength(
            self.strength, self.normal, image.visible, image.spacing, self.clearance, least
        )

    def thinned(self, image: "Raster", least: float = 0.0) -> "Edges":
        """Return the edges one pixel wide; those that are so already stay.

        Edges that are not as strong as `least` may be left out.
        """
        if self.offset is not None:
            return self
        from pdefilter.kernels.thinning import thinned

        strength, offset = thinned(
            self.strength,
            self.normal,
            image.visible,
            image.spacing,
            self.centre,
            self.clearance,
            least,
        )
        return replace(self, strength=strength, offset=offset, centre=0.0)


class Finder(ABC):
    """A method that finds edges. Like an operation it is measured, and run on any box."""

    @property
    def planar(self) -> str | None:
        """The name of what has two axes only, in words; None if it filters volumes too."""
        return None

    @property
    def has_tops(self) -> bool:
        """Whether strengths are largest on edges, so that these can be thinned and traced."""
        return True

    @property
    def remedy(self) -> str | None:
        """Advice for an image that is larger than memory; see `Operation.remedy`."""
        return None

    @property
    def interval(self) -> tuple[float, float]:
        """The range of the strengths, as fractions of full scale."""
        return (0.0, 1.0)

    def scale(self, image: "Raster") -> "Scale":
        """Return the scale of the strengths: by default that of differences of the image."""
        return image.scale.of_differences

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:
        """Refuse an image by its size and its holes; see `Operation.require_fit`."""
        return

    def measure(self, image: "Raster") -> Numbers:
        """Find the numbers that depend on the whole image; see `Operation.measure`."""
        return {}

    @abstractmethod
    def reach(self, numbers: Numbers) -> int | None:
        """Return how far the edges of a box depend on the image; see `Operation.reach`."""

    @abstractmethod
    def find(self, image: "Raster", numbers: Numbers) -> Edges:
        """Find the edges of an image, or of a box of one."""

    def thresholds(self, image: "Raster", strengths: "NDArray[np.float32]") -> tuple[float, float]:
        """Find the two thresholds of hysteresis by themselves.

        Parameters
        ----------
        image : Raster
            The image, or a sample of a large one.
        strengths : ndarray of shape (n,), float32
            The strengths at all pixels that are visible, before edges are thinned.

        Returns
        -------
        low, high : float
            On the scale of the strengths. By default they fit calibrated ones: what half
            of the people would draw is strong, and what a quarter would draw is weak.
        """
        return 0.25, 0.5

    def strength(self, image: "Raster", numbers: Numbers) -> "Plane":
        """Find the strength alone, to the same bits, where that is faster."""
        return self.find(image, numbers).strength

    def thinned_strength(self, image: "Raster", numbers: Numbers, least: float = 0.0) -> "Plane":
        """Find the strength of the edges one pixel wide alone, to the same bits."""
        return self.find(image, numbers).thinned_strength(image, least)
