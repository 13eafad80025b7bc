"""The noise of an image, given or estimated."""

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pdefilter.filters.maps import SupportsArray
from pdefilter.filters.option import AUTO, Option

if TYPE_CHECKING:
    from pdefilter.measure.noise import Noise
    from pdefilter.raster import Planes, Raster, Values

# A deviation below is rounding of float32.
_SMALLEST = 1e-7

# And of one above nothing is left but noise; its square is a float32 number still.
_LARGEST = 1e9

NoiseLevel: TypeAlias = Annotated[
    float | str | SupportsArray,
    Option(
        "Standard deviation of the noise on the scale where full scale is 1, that kappa auto and "
        "time auto follow; auto: estimated in every channel.",
        minimum=0,
        metavar="NUMBER|auto",
        auto=True,
    ),
]


def noise_of(
    image: "Raster", u: "Planes", level: float | str, map_: "Values | None" = None
) -> "Noise":
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
    from pdefilter.measure.noise import Noise, noise_deviations

    colours, visible, scale = len(image.colour), image.visible, image.scale
    rest = [0.0] * (len(u) - colours)
    if map_ is not None:
        return Noise((*[map_] * colours, *rest), visible)
    if level == AUTO:
        found = noise_deviations(u[:colours], visible)
    else:
        found = [scale.number(float(level))] * colours
    found = [min(deviation, _LARGEST) if deviation > _SMALLEST else 0.0 for deviation in found]
    return Noise((*found, *rest), visible)


def as_numbers(noise: "Noise", image: "Raster") -> dict[str, Any]:
    """Name the deviations in the colours as parts of full scale, unless a map gave them."""
    found, scale = noise.deviations[: len(image.colour)], image.scale
    numbers = [d for d in found if isinstance(d, float)]
    if len(numbers) < len(found):
        return {}
    return {"noise": [scale.of_channel(c).fraction(d) for c, d in enumerate(numbers)]}
