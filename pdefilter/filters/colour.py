"""Where a filter works on colours: an option that means the same in every filter."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pdefilter.errors import ImageError
from pdefilter.filters.option import Option

if TYPE_CHECKING:
    from pdefilter.raster import Planes, Raster

SPACES: Mapping[str, str] = {
    "rgb": "on the stored values",
    "luminance": "on 0.299 R + 0.587 G + 0.114 B, colour differences kept",
    "lab": "on CIE L*a*b* of sRGB, where full scale is L* = 100",
    "linear": "on linear light, by the transfer function of sRGB",
}

Color: TypeAlias = Annotated[str, Option("Where colours are filtered.", choices=SPACES)]


def in_space(
    color: str,
    image: "Raster",
    filter_: "Callable[[Raster], Raster]",
    *,
    measures: bool = False,
) -> "Raster":
    """Filter an image in one of `SPACES`.

    Parameters
    ----------
    color : str
        The space.
    image : Raster
        On the stored values; grey or RGB, unless `color` is "rgb".
    filter_ : callable
        From a raster in that space to another.
    measures : bool
        Whether the result is no colour but the same measurement in every channel.

    Raises
    ------
    ImageError
        If the image has no colours that the space knows.
    """
    if not image.colour.size:
        return image  # the options are checked, and there is nothing to measure
    channels = len(image.colour)
    # Grey is its own luminance.
    if color == "rgb" or (color, channels) == ("luminance", 1):
        return filter_(image)
    if channels not in (1, 3):
        raise ImageError(
            f"has {channels} colour channels, where {color} takes grey or RGB; take the color rgb"
        )
    there, back = _conversions(color)
    converted = replace(image, colour=there(image.colour))
    result = filter_(converted)
    if result is converted:
        return image
    if measures:
        import numpy as np

        return replace(result, colour=np.broadcast_to(result.colour[0], image.colour.shape))
    return replace(result, colour=back(result.colour, image.colour))


def _conversions(
    color: str,
) -> "tuple[Callable[[Planes], Planes], Callable[[Planes, Planes], Planes]]":
    from pdefilter.kernels import colour

    if color == "luminance":
        return colour.luminance, colour.with_luminance
    if color == "lab":
        return colour.lab, lambda found, _: colour.rgb_of_lab(found)
    return colour.linear_light, lambda light, _: colour.srgb(light)
