"""How the channels of an image share what they follow: an option of filters that couple them."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pdefilter.filters.option import Option

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pdefilter.raster import Planes, Raster

COUPLINGS: Mapping[str, str] = {
    "shared": "all channels alike",
    "noise": "each by its own noise",
    "none": "every channel by itself",
}

Coupling: TypeAlias = Annotated[
    str | None,
    Option(
        "How channels share the edges that they follow.",
        choices=COUPLINGS,
        otherwise="shared for colours, noise for other bands",
    ),
]

# Three bands whose ranges and whose noise differ by more are no red, green and blue.
_MOST_UNLIKE = 8.0

# A band is trusted at most as if its noise were this part of its range.
_LEAST_NOISE = 2.0**-12


def coupled(
    coupling: str | None, image: "Raster", filter_: "Callable[[Raster], Raster]"
) -> "Raster":
    """Filter an image, its channels coupled as one of `COUPLINGS` says.

    By their noise, bands are brought to units in which it is the same in all, so
    that a difference counts as much as it stands out of the noise.

    Parameters
    ----------
    coupling : str or None
        None: shared for grey and colour, noise for other bands.
    image : Raster
        The image.
    filter_ : callable
        From a raster to another.
    """
    channels = len(image.colour)
    if channels < 2 or coupling == "shared":
        return filter_(image)
    if coupling == "none":
        return image.channel_by_channel(filter_)
    if coupling is None and image.has_colours:
        return filter_(image)
    found = _noise_of(image)
    if coupling is None and channels == 3 and not _differ(image, found):
        return filter_(image)
    return filter_(_weighed(image, found))


def _noise_of(image: "Raster") -> list[float]:
    """Estimate the noise of every channel; of one without it, a small part of its range."""
    from pdefilter.kernels.noise import noise_deviations

    found = noise_deviations(image.colour, image.visible)
    return [
        max(deviation, _LEAST_NOISE * size)
        for deviation, size in zip(found, image.ranges, strict=True)
    ]


def _differ(image: "Raster", noise: list[float]) -> bool:
    return all(
        max(sizes) > _MOST_UNLIKE * min(sizes)
        for sizes in ([size for size in of if size] for of in (image.ranges, noise))
        if sizes
    )


def _weighed(image: "Raster", noise: list[float]) -> "Raster":
    """Bring every channel to the unit in which its noise is the mean noise."""
    import numpy as np

    mean = math.sqrt(math.fsum(d * d for d in noise) / len(noise))
    weights: NDArray[np.float64] = np.array([d / mean if d else 1.0 for d in noise])[:, None, None]
    scale = replace(image.scale, weights=image.scale.weights * weights)
    colour: Planes = np.divide(image.colour, weights.astype(np.float32))
    return replace(image, colour=colour, scale=scale, stored=None)
