"""How the channels of an image share their edges: an option of filters that couple channels."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pdefilter.filters.operations.around import Around
from pdefilter.filters.operations.channels import ByChannel
from pdefilter.filters.options.option import Option
from pdefilter.operation import Numbers, Operation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pdefilter.raster import Raster

Sharing: TypeAlias = Literal["shared", "noise", "none"]

COUPLINGS: Mapping[str, str] = {
    "shared": "all channels count alike",
    "noise": "each channel counts in units of its own noise",
    "none": "every channel is filtered by itself",
}

Coupling: TypeAlias = Annotated[
    Sharing | None,
    Option(
        "How channels share their edges.",
        choices=COUPLINGS,
        otherwise="shared for colours, noise for other bands",
    ),
]

_COLOURS = 3

# If the ranges and the noise of three bands differ by more, they are not red, green and blue.
_MOST_UNLIKE = 8.0

# The noise of a band counts as at least this fraction of its range.
_LEAST_NOISE = 2.0**-12


@dataclass(frozen=True)
class Coupled(Around):
    """An operation on channels with one of the `COUPLINGS`.

    For the coupling by noise, bands are brought to units in which all have the same
    noise, so that a difference counts by its ratio to the noise.

    Attributes
    ----------
    coupling : str or None
        None stands for shared for grey and colours, and noise for other bands.
    inner : Operation
        The operation on the coupled channels.
    """

    coupling: Sharing | None
    inner: Operation

    def measure(self, image: "Raster") -> Numbers:
        """Find the weights of the bands, if they differ, then the numbers of the operation."""
        if self._filters_channels_apart(image):
            return ByChannel(self.inner).measure(image)
        noise = self._noise_of(image)
        if noise is None:
            return self.inner.measure(image)
        weighed = image.mapped(partial(_weighed, noise=noise))
        return {"band_noise": noise, **self.inner.measure(weighed)}

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Filter the channels in units of their noise, or by themselves."""
        if self._filters_channels_apart(image):
            return ByChannel(self.inner).run(image, numbers)
        noise = numbers.get("band_noise")
        return self.inner.run(image if noise is None else _weighed(image, noise), numbers)

    def _filters_channels_apart(self, image: "Raster") -> bool:
        return self.coupling == "none" and len(image.colour) > 1

    def _noise_of(self, image: "Raster") -> list[float] | None:
        """Estimate the noise of every channel; None where it does not matter."""
        channels = len(image.colour)
        if channels < 2 or self.coupling == "shared":
            return None
        if self.coupling is None and (image.has_colours or are_colours(image)):
            return None
        return _noise_of_bands(image)


def are_colours(image: "Raster") -> bool:
    """Tell whether channels are red, green and blue: they are known to be, or as much alike."""
    if image.has_colours or len(image.colour) != _COLOURS:
        return image.has_colours and len(image.colour) == _COLOURS
    from pdefilter.measure import extremes

    return not _differ(extremes.ranges(image), _noise_of_bands(image))


def _noise_of_bands(image: "Raster") -> list[float]:
    from pdefilter.measure import extremes
    from pdefilter.measure.noise import noise_deviations

    return [
        # For a band without noise, a small fraction of its range.
        max(deviation, _LEAST_NOISE * size)
        for deviation, size in zip(
            noise_deviations(image.colour, image.visible), extremes.ranges(image), strict=True
        )
    ]


def _differ(ranges: Sequence[float], noise: Sequence[float]) -> bool:
    return all(
        max(sizes) > _MOST_UNLIKE * min(sizes)
        for sizes in ([size for size in all_sizes if size] for all_sizes in (ranges, noise))
        if sizes
    )


def _weighed(image: "Raster", noise: Sequence[float]) -> "Raster":
    """Bring every channel to the unit in which its noise is the mean noise."""
    import numpy as np

    mean = math.sqrt(math.fsum(d * d for d in noise) / len(noise))
    weights: NDArray[np.float64] = np.reshape(
        [d / mean if d else 1.0 for d in noise], (-1, *[1] * len(image.shape))
    )
    scale = replace(image.scale, weights=image.scale.weights * weights)
    colour = np.divide(image.colour, weights.astype(np.float32))
    return replace(image, colour=colour, scale=scale, stored=None, may_overwrite=True)
