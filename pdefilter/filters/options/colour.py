"""The colour space that a filter works in: one option, with one meaning in every filter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pdefilter.display import seen_through
from pdefilter.errors import ImageError
from pdefilter.filters.operations.around import Around
from pdefilter.filters.operations.channels import ByChannel
from pdefilter.filters.options.option import Option
from pdefilter.operation import Numbers, Operation
from pdefilter.scale import Scale

if TYPE_CHECKING:
    from pdefilter.raster import Planes, Raster

Space: TypeAlias = Literal["rgb", "luminance", "lab", "linear"]

SPACES: Mapping[str, str] = {
    "rgb": "the stored values",
    "luminance": "0.299 R + 0.587 G + 0.114 B, with colour differences kept",
    "lab": "CIE L*a*b* of sRGB, where full scale is L* = 100",
    "linear": "linear light, by the transfer function of sRGB",
}

Color: TypeAlias = Annotated[Space, Option("Colour space to filter in.", choices=SPACES)]


@dataclass(frozen=True)
class InSpace(Around):
    """An operation in one of `SPACES`.

    Attributes
    ----------
    color : str
        The space.
    inner : Operation
        The operation in that space.
    measures : bool
        Whether the result is not a colour but the same measurement in every channel.
    couples : bool
        Whether `inner` handles channels with different holes; else it filters one
        channel after the other.
    """

    color: Space
    inner: Operation
    measures: bool = False
    couples: bool = False

    def measure(self, image: "Raster") -> Numbers:
        """Measure the image in the space.

        Raises
        ------
        ImageError
            If the space does not support the number of channels.
        """
        converted = image.mapped(self._in_space)
        if converted is not image and image.whole is None:
            image.kept[self.color] = converted
        return self._operation_on(converted).measure(converted)

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Convert the image, filter it, and convert it back."""
        kept, image = image.kept.pop(self.color, None), self._prepared(image)
        converted = self._converted(image) if kept is None else kept

        def restored(result: "Raster") -> "Raster":
            if result is converted:
                return image
            return self._restored(result, image) if self._converts(image) else result

        with seen_through(restored):
            result = self._operation_on(converted).run(converted, numbers)
        return restored(result)

    def _in_space(self, image: "Raster") -> "Raster":
        return self._converted(self._prepared(image))

    def _prepared(self, image: "Raster") -> "Raster":
        mixes_channels = self.measures or self.color != "rgb"
        return image.together if image.holes_differ and mixes_channels else image

    def _operation_on(self, image: "Raster") -> Operation:
        return ByChannel(self.inner) if image.holes_differ and not self.couples else self.inner

    def _converts(self, image: "Raster") -> bool:
        # Grey is its own luminance.
        return self.color != "rgb" and (self.color, len(image.colour)) != ("luminance", 1)

    def _converted(self, image: "Raster") -> "Raster":
        if not self._converts(image):
            return image
        channels = len(image.colour)
        if channels not in (1, 3):
            raise ImageError(
                f"has {channels} colour channels, but {self.color} needs grey or RGB; take the "
                "color rgb"
            )
        from pdefilter.kernels import colour

        if self.color == "luminance":
            rgb, scale = _of_one_origin(image)
            converted = colour.luminance(rgb)
        else:
            convert = {"lab": colour.lab, "linear": colour.linear_light}[self.color]
            # These spaces are defined for fractions of full scale only.
            converted, scale = convert(image.scale.fractions(image.colour)), Scale()
        return replace(image, colour=converted, scale=scale, stored=None, may_overwrite=True)

    def _restored(self, result: "Raster", image: "Raster") -> "Raster":
        if self.measures:
            import numpy as np

            return replace(result, colour=np.broadcast_to(result.colour[0], image.colour.shape))
        from pdefilter.kernels import colour

        if self.color == "luminance":
            rgb, scale = _of_one_origin(image)
            return replace(result, colour=colour.with_luminance(result.colour, rgb), scale=scale)
        convert: Callable[[Planes], Planes] = {"lab": colour.rgb_of_lab, "linear": colour.srgb}[
            self.color
        ]
        return replace(result, colour=convert(result.colour))


def _of_one_origin(image: "Raster") -> "tuple[Planes, Scale]":
    """Give all channels one origin, as the weights of red, green and blue sum to one."""
    if image.scale.starts_at_zero:
        return image.colour, image.scale
    shift, scale = image.scale.to_one_origin()
    return image.colour + shift, scale
