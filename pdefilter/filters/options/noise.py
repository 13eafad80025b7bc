"""The noise of an image, given or estimated."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pdefilter.errors import ParameterError
from pdefilter.filters.options.maps import SupportsArray, numbers_in
from pdefilter.filters.options.option import AUTO, Option

if TYPE_CHECKING:
    from pdefilter.measure.noise import Noise
    from pdefilter.raster import Planes, Raster

# A smaller deviation is rounding of float32.
_SMALLEST = 1e-7

# With a larger deviation there is nothing but noise. Its square is still a float32 number.
_LARGEST = 1e9

NoiseLevel: TypeAlias = Annotated[
    float | str | SupportsArray,
    Option(
        "Standard deviation of the noise as a fraction of full scale, for kappa auto and time "
        "auto; auto: estimated in every channel.",
        minimum=0,
        metavar="NUMBER|auto",
        auto=True,
    ),
]

NoiseModelName: TypeAlias = Literal["gaussian", "poisson", "rician", "auto"]

NOISE_MODELS: Mapping[str, str] = {
    "gaussian": "the same everywhere",
    "poisson": "of photons, whose variance grows with the light, and Gaussian; --noise is the "
    "value of one photon",
    "rician": "of magnitudes, as in MR images; --noise is the deviation before the magnitude was "
    "taken",
    "auto": "by how the variance depends on the light",
}


def require_noise_of_model(
    model: str, noise: float | str | None, noise_map: "Raster | None"
) -> None:
    """Refuse noise that is given in a way which a model does not have.

    Raises
    ------
    ParameterError
        If the model is to be found but its noise is given, or noise differs from pixel to
        pixel in a model where it follows the light.
    """
    if model == AUTO and noise not in (None, AUTO):
        raise ParameterError(
            "noise", "has another meaning in each model; give --noise-model gaussian, poisson or "
            "rician too"
        )  # fmt: skip
    if model != "gaussian" and noise_map is not None:
        raise ParameterError(
            "noise_map", "is the deviation of Gaussian noise; give it without --noise-model"
        )


def noise_of(
    image: "Raster", u: "Planes", level: float | str, noise_map: "Raster | None"
) -> "Noise":
    """Return the noise as given, or estimate it.

    Parameters
    ----------
    image : Raster
        The image.
    u : ndarray of shape (C, M, N), float32
        The planes that are filtered: its colours, and its opacity if it has any.
    level : float or str
        The deviation in the colours, as a fraction of full scale, or ``"auto"``.
    noise_map : Raster or None
        The deviation in every pixel, if it was given.

    Raises
    ------
    ParameterError
        If the map has negative values.
    """
    from pdefilter.measure.noise import Noise, noise_deviations

    colours, visible, scale = len(image.colour), image.visible, image.scale
    rest = [0.0] * (len(u) - colours)
    deviations_in = numbers_in("noise_map", noise_map, image, positive=False)
    if deviations_in is not None:
        return Noise((*[deviations_in] * colours, *rest), visible)
    if level == AUTO:
        estimates = noise_deviations(u[:colours], visible)
    else:
        estimates = [scale.number(float(level))] * colours
    deviations = [min(d, _LARGEST) if d > _SMALLEST else 0.0 for d in estimates]
    return Noise((*deviations, *rest), visible)


def as_numbers(noise: "Noise", image: "Raster") -> dict[str, Any]:
    """Return the deviations in the colours as fractions of full scale, unless a map gave them."""
    deviations, scale = noise.deviations[: len(image.colour)], image.scale
    numbers = [d for d in deviations if isinstance(d, float)]
    if len(numbers) < len(deviations):
        return {}
    return {"noise": [scale.of_channel(c).fraction(d) for c, d in enumerate(numbers)]}
