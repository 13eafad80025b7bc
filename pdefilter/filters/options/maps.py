"""Parameters that differ from pixel to pixel: pictures of the size of the image."""

from typing import TYPE_CHECKING, Annotated, Any, Protocol, TypeAlias

from pdefilter.errors import MisfitError, ParameterError
from pdefilter.filters.options.option import Option

if TYPE_CHECKING:
    from pdefilter.raster import Picture, Raster, Values
    from pdefilter.scale import Scale

# In a picture of 8 bits the grey levels are the stored values.
LEVELS = 255.0

KappaMap: TypeAlias = Annotated[
    "Picture | None",
    Option(
        "Grey picture of the size of INPUT with κ for every pixel: floats in the unit of "
        "--kappa, integers as fractions of full scale.",
        picture=True,
    ),
]

NoiseMap: TypeAlias = Annotated[
    "Picture | None",
    Option(
        "Grey picture of the size of INPUT with the standard deviation of the noise for every "
        "pixel: floats in the unit of --noise, integers as fractions of full scale.",
        picture=True,
    ),
]

Guide: TypeAlias = Annotated[
    "Picture | None",
    Option(
        "Picture of the size of INPUT, in grey or colours, whose differences g follows in place of "
        "those of INPUT; --kappa is on its scale.",
        picture=True,
    ),
]


class SupportsArray(Protocol):
    """A map given in place of a number: an array of shape (M, N)."""

    def __array__(self) -> Any:
        """Convert it to a NumPy array."""
        ...


def as_number(value: "float | str | SupportsArray") -> float | str:
    """Return an option that is a number or a word; maps have options of their own."""
    assert isinstance(value, float | int | str)
    return value


def as_raster(picture: "Picture | None") -> "Raster | None":
    """Return a picture that was read and converted to numbers before."""
    if picture is None:
        return None
    from pdefilter.raster import Raster

    assert isinstance(picture, Raster)
    return picture


def numbers_in(
    name: str,
    picture: "Raster | None",
    image: "Raster",
    *,
    positive: bool,
    scale: "Scale | None" = None,
) -> "Values | None":
    """Read a map as numbers on the scale of an image, cut like the image.

    Parameters
    ----------
    name : str
        The parameter.
    picture : Raster or None
        Its map, of the size of the whole image.
    image : Raster
        The image, a box of it, or a sample.
    positive : bool
        Whether every value must be above zero; else zeros are allowed too.
    scale : Scale, optional
        The scale of the numbers; by default that of the image.

    Returns
    -------
    ndarray of shape (M, N), float64, or None
        None where there is no map.

    Raises
    ------
    ParameterError
        If the map has other values.
    """
    if picture is None:
        return None
    return _on_scale(name, image.cut(picture), scale or image.scale, positive)


def largest_in(name: str, picture: "Raster | None", image: "Raster") -> float | None:
    """Find the largest number in all of a map without negative values; None without a map."""
    return None if picture is None else float(_on_scale(name, picture, image.scale, False).max())


def _on_scale(name: str, picture: "Raster", scale: "Scale", positive: bool) -> "Values":
    import numpy as np

    values = picture.scale.of_channel(0).stored(picture.colour[0]) / picture.scale.full
    if not (values.min() > 0 if positive else values.min() >= 0):
        least = "above 0" if positive else "at least 0"
        raise ParameterError(name, f"has values that are not {least}; give values {least} only")
    return np.asarray(values * scale.number(1.0))


def require_map(name: str, value: object, picture: "Raster | None", *, given: bool) -> None:
    """Refuse a picture that cannot be the map of a parameter.

    Parameters
    ----------
    name, value : str, object
        The parameter, and its value for all pixels.
    picture : Raster or None
        The picture given as its map.
    given : bool
        Whether the user gave the value too.

    Raises
    ------
    ParameterError
        If both were given, or the picture has colours or holes.
    """
    if picture is None:
        return
    if given:
        raise ParameterError(
            f"{name}_map", f"{name} = {value} is given for all pixels; give one of the two"
        )
    if len(picture.colour) != 1:
        raise ParameterError(
            f"{name}_map", f"has {len(picture.colour)} colour channels; give a grey picture"
        )
    if picture.valid is not None:
        raise ParameterError(
            f"{name}_map", "has values that are not finite numbers; fill them first"
        )


def require_size(name: str, picture: "Raster | None", shape: tuple[int, ...]) -> None:
    """Refuse a map whose size is not that of the image.

    Raises
    ------
    MisfitError
        If the sizes differ.
    """
    if picture is None or picture.shape == shape:
        return
    raise MisfitError(
        f"has {size_in_words(shape)} pixels, the {name.replace('_', ' ')} "
        f"{size_in_words(picture.shape)}; give one of the image's size"
    )


def size_in_words(shape: tuple[int, ...]) -> str:
    """Name a size as users read it, columns first."""
    return " × ".join(map(str, reversed(shape)))
