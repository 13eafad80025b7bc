"""Parameters that differ from pixel to pixel: pictures of the size of the image."""

from typing import TYPE_CHECKING, Annotated, Any, Protocol, TypeAlias

from pdefilter.errors import MisfitError, ParameterError
from pdefilter.filters.option import Option

if TYPE_CHECKING:
    from pdefilter.raster import Picture, Raster, Values

# A picture of 8 bits has as many grey levels as its values say.
LEVELS = 255.0

KappaMap: TypeAlias = Annotated[
    "Picture | None",
    Option(
        "Grey picture of the size of INPUT that has κ for every pixel: floats in the unit of "
        "--kappa, integers as parts of full scale.",
        picture=True,
    ),
]

NoiseMap: TypeAlias = Annotated[
    "Picture | None",
    Option(
        "Grey picture of the size of INPUT that has the standard deviation of the noise for every "
        "pixel: floats in the unit of --noise, integers as parts of full scale.",
        picture=True,
    ),
]


class SupportsArray(Protocol):
    """A map given in place of a number: an array of shape (M, N)."""

    def __array__(self) -> Any:
        """Make a NumPy array of it."""
        ...


def as_number(value: "float | str | SupportsArray") -> float | str:
    """Take a number or a word as operations are given it: a map comes by its own option."""
    assert isinstance(value, float | int | str)
    return value


def as_raster(picture: "Picture | None") -> "Raster | None":
    """Take a picture as operations are given it: read, and brought to numbers."""
    if picture is None:
        return None
    from pdefilter.raster import Raster

    assert isinstance(picture, Raster)
    return picture


def numbers_in(
    name: str, picture: "Raster | None", image: "Raster", *, positive: bool
) -> "Values | None":
    """Read a map as numbers on the scale of an image, and in the box of it.

    Parameters
    ----------
    name : str
        The parameter.
    picture : Raster or None
        What was given for it, of the size of the whole image.
    image : Raster
        The image.
    positive : bool
        Whether every value must be above zero; else zeros are allowed too.

    Returns
    -------
    ndarray of shape (M, N), float64, or None
        None where nothing was given.

    Raises
    ------
    ParameterError
        If it has other values.
    """
    if picture is None:
        return None
    import numpy as np

    if image.box is not None:
        picture = picture.cropped(image.box)
    values = picture.scale.of_channel(0).stored(picture.colour[0]) / picture.scale.full
    if not (values.min() > 0 if positive else values.min() >= 0):
        least = "above 0" if positive else "at least 0"
        raise ParameterError(name, f"has values that are not {least}; give such values alone")
    return np.asarray(values * image.scale.number(1.0))


def require_map(name: str, value: object, picture: "Raster | None", *, given: bool) -> None:
    """Refuse a picture that cannot be the map of a parameter.

    Parameters
    ----------
    name, value : str, object
        The parameter, and its value for all pixels.
    picture : Raster or None
        What was given for its map.
    given : bool
        Whether the user gave that value.

    Raises
    ------
    ParameterError
        If both were given, or the picture has colours, or holes.
    """
    if picture is None:
        return
    if given:
        raise ParameterError(
            f"{name}_map", f"{name} = {value} says the same for all pixels; give one of them"
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
    """Refuse a map that is not of the size of an image.

    Raises
    ------
    MisfitError
        That says both sizes.
    """
    if picture is None or picture.shape == shape:
        return
    (rows, columns), (of_map_rows, of_map_columns) = shape, picture.shape
    raise MisfitError(
        f"has {columns} × {rows} pixels, the {name.replace('_', ' ')} {of_map_columns} × "
        f"{of_map_rows}; give a map of its size"
    )
