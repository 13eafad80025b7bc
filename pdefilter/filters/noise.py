"""The noise of an image, told or found: an option, and what stands for it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pdefilter.errors import ImageError
from pdefilter.filters.option import AUTO, Option
from pdefilter.observer import chose

if TYPE_CHECKING:
    from pdefilter.raster import Mask, Planes, Raster

# A deviation below is rounding of float32; what squares would leave its range.
_SMALLEST = 1e-7
_LARGEST = 1e9

NoiseLevel: TypeAlias = Annotated[
    float | str,
    Option(
        "Standard deviation of the noise on the scale where full scale is 1, that kappa auto and "
        "time auto follow; auto: estimated in every channel.",
        minimum=0,
        maximum=_LARGEST,
        metavar="NUMBER|auto",
        auto=True,
    ),
]


@dataclass(frozen=True)
class Noise:
    """White noise.

    Attributes
    ----------
    deviations : tuple of float
        Its standard deviation in every plane.
    visible : ndarray of shape (M, N), bool, or None
        The pixels that are no holes and not transparent; None where all are so.
    """

    deviations: tuple[float, ...]
    visible: "Mask | None"


def noise_of(image: "Raster", u: "Planes", level: float | str) -> Noise:
    """Take the noise as told, or find it.

    Parameters
    ----------
    image : Raster
        The image.
    u : ndarray of shape (C, M, N), float32
        What is filtered of it: its colours, and its opacity if it has any.
    level : float or str
        The deviation in the colours, or ``"auto"``.

    Raises
    ------
    ImageError
        If the noise is too large for float32.
    """
    from pdefilter.kernels.noise import noise_deviations

    colours = len(image.colour)
    visible = image.visible
    found = noise_deviations(u[:colours], visible) if level == AUTO else [float(level)] * colours
    if max(found) > _LARGEST:
        raise ImageError(f"has noise of {max(found):.3g}, full scale being 1; scale the image down")
    found = [deviation if deviation > _SMALLEST else 0.0 for deviation in found]
    chose(noise=found)
    return Noise((*found, *[0.0] * (len(u) - colours)), visible)
