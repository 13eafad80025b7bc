"""Where a filter works on colours: an option that means the same in every filter."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pdefilter.errors import ImageError
from pdefilter.filters.option import Option
from pdefilter.scale import Scale

if TYPE_CHECKING:
    from pdefilter.raster import Raster

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
    couples: bool = False,
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
    couples : bool
        Whether the filter knows what to do where the holes of channels differ; else
        it takes one after the other.

    Raises
    ------
    ImageError
        If the image has no colours that the space knows.
    """
    if not image.colour.size:
        return image  # the options are checked, and there is nothing to measure
    channels = len(image.colour)
    if image.holes_differ and (measures or color != "rgb"):
        image = image.together
    elif image.holes_differ and not couples:
        return image.channel_by_channel(filter_)
    # Grey is its own luminance.
    if color == "rgb" or (color, channels) == ("luminance", 1):
        return filter_(image)
    if channels not in (1, 3):
        raise ImageError(
            f"has {channels} colour channels, where {color} takes grey or RGB; take the color rgb"
        )
    if color == "luminance":
        converted, back = _luminance_of(image)
    else:
        converted, back = _nonlinear(color, image)
    result = filter_(converted)
    if result is converted:
        return image
    if measures:
        import numpy as np

        return replace(result, colour=np.broadcast_to(result.colour[0], image.colour.shape))
    return back(result)


def _luminance_of(image: "Raster") -> "tuple[Raster, Callable[[Raster], Raster]]":
    from pdefilter.kernels.colour import luminance, with_luminance

    # Of numbers from one origin, as the weights of red, green and blue add up to one.
    rgb, scale = image.colour, image.scale
    if not scale.starts_at_zero:
        shift, scale = scale.to_one_origin()
        rgb = rgb + shift
    converted = replace(image, colour=luminance(rgb), scale=scale, stored=None)
    return converted, lambda result: replace(
        result, colour=with_luminance(result.colour, rgb), scale=scale
    )


def _nonlinear(color: str, image: "Raster") -> "tuple[Raster, Callable[[Raster], Raster]]":
    from pdefilter.kernels import colour

    there, back = {
        "lab": (colour.lab, colour.rgb_of_lab),
        "linear": (colour.linear_light, colour.srgb),
    }[color]
    # These spaces know parts of full scale alone.
    parts = image.scale.parts(image.colour)
    converted = replace(image, colour=there(parts), scale=Scale(), stored=None)
    return converted, lambda result: replace(result, colour=back(result.colour))
