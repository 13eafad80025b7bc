"""The noise of an image, given or estimated: an option, and what stands for it."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Self, TypeAlias

from pdefilter.filters.option import AUTO, Option
from pdefilter.observer import chose

if TYPE_CHECKING:
    from pdefilter.raster import Mask, Places, Planes, Raster, Values

# A deviation below is rounding of float32.
_SMALLEST = 1e-7

# And of one above nothing is left but noise; its square is a float32 number still.
_LARGEST = 1e9

NoiseLevel: TypeAlias = Annotated[
    float | str,
    Option(
        "Standard deviation of the noise on the scale where full scale is 1, that kappa auto and "
        "time auto follow; auto: estimated in every channel.",
        minimum=0,
        metavar="NUMBER|auto",
        auto=True,
    ),
]


@dataclass(frozen=True)
class Noise:
    """White noise.

    Attributes
    ----------
    deviations : tuple of float or of ndarray of shape (M, N)
        Its standard deviation in every plane.
    visible : ndarray of shape (M, N) or (C, M, N), bool, or None
        The pixels that are no holes and not transparent; None where all are so.
    """

    deviations: "tuple[float | Values, ...]"
    visible: "Mask | None"

    def cropped(self, rows: "Places", columns: "Places") -> Self:
        """Cut out that of a part of the image."""
        return replace(
            self,
            deviations=tuple(
                deviation if isinstance(deviation, float) else deviation[rows, columns]
                for deviation in self.deviations
            ),
            visible=None if self.visible is None else self.visible[..., rows, columns],
        )


def noise_of(
    image: "Raster", u: "Planes", level: float | str, map_: "Values | None" = None
) -> Noise:
    """Take the noise as given, or estimate it.

    Parameters
    ----------
    image : Raster
        The image.
    u : ndarray of shape (C, M, N), float32
        What is filtered of it: its colours, and its opacity if it has any.
    level : float or str
        The deviation in the colours, as a part of full scale, or ``"auto"``.
    map_ : ndarray of shape (M, N), optional
        The deviation in every pixel, as a number.
    """
    from pdefilter.kernels.noise import noise_deviations

    colours, visible, scale = len(image.colour), image.visible, image.scale
    rest = [0.0] * (len(u) - colours)
    if map_ is not None:
        return Noise((*[map_] * colours, *rest), visible)
    if level == AUTO:
        found = noise_deviations(u[:colours], visible)
    else:
        found = [scale.number(float(level))] * colours
    found = [min(deviation, _LARGEST) if deviation > _SMALLEST else 0.0 for deviation in found]
    chose(noise=[scale.of_channel(c).part(deviation) for c, deviation in enumerate(found)])
    return Noise((*found, *rest), visible)
