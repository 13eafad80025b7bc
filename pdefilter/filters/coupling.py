"""How the channels of an image share what they follow: an option of filters that couple them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pdefilter.filters.channels import ByChannel
from pdefilter.filters.option import Option
from pdefilter.operation import Numbers, Operation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pdefilter.raster import Mask, Raster

Sharing: TypeAlias = Literal["shared", "noise", "none"]

COUPLINGS: Mapping[str, str] = {
    "shared": "all channels alike",
    "noise": "each by its own noise",
    "none": "every channel by itself",
}

Coupling: TypeAlias = Annotated[
    Sharing | None,
    Option(
        "How channels share the edges that they follow.",
        choices=COUPLINGS,
        otherwise="shared for colours, noise for other bands",
    ),
]

# Three bands whose ranges and whose noise differ by more are not red, green and blue.
_MOST_UNLIKE = 8.0

# A band is trusted at most as if its noise were this part of its range.
_LEAST_NOISE = 2.0**-12


@dataclass(frozen=True)
class Coupled(Operation):
    """An operation on channels that are coupled as one of `COUPLINGS` says.

    By their noise, bands are brought to units in which it is the same in all, so
    that a difference counts as much as it stands out of the noise.

    Attributes
    ----------
    coupling : str or None
        None: shared for grey and colour, noise for other bands.
    inner : Operation
        What is done to them.
    """

    coupling: Sharing | None
    inner: Operation

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:
        """Refuse images that `inner` refuses."""
        self.inner.require_fit(shape, valid)

    def measure(self, image: "Raster") -> Numbers:
        """Find how bands weigh, if they do, then the numbers of the operation."""
        if self._is_apart(image):
            return ByChannel(self.inner).measure(image)
        noise = self._noise_of(image)
        if noise is None:
            return self.inner.measure(image)
        return {"band_noise": noise, **self.inner.measure(_weighed(image, noise))}

    def reach(self, numbers: Numbers) -> int | None:
        """Depend on what `inner` depends on."""
        way = ByChannel(self.inner) if "channels" in numbers else self.inner
        return way.reach(numbers)

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Filter the channels in units of their noise, or by themselves."""
        if self._is_apart(image):
            return ByChannel(self.inner).run(image, numbers)
        noise = numbers.get("band_noise")
        return self.inner.run(image if noise is None else _weighed(image, noise), numbers)

    def _is_apart(self, image: "Raster") -> bool:
        return self.coupling == "none" and len(image.colour) > 1

    def _noise_of(self, image: "Raster") -> list[float] | None:
        """Estimate the noise of every channel where it counts."""
        channels = len(image.colour)
        if channels < 2 or self.coupling == "shared":
            return None
        if self.coupling is None and image.has_colours:
            return None
        from pdefilter.measure.noise import noise_deviations

        noise = [
            # Of a band without noise, a small part of its range.
            max(deviation, _LEAST_NOISE * size)
            for deviation, size in zip(
                noise_deviations(image.colour, image.visible), image.ranges, strict=True
            )
        ]
        if self.coupling is None and channels == 3 and not _differ(image.ranges, noise):
            return None
        return noise


def _differ(ranges: Sequence[float], noise: Sequence[float]) -> bool:
    return all(
        max(sizes) > _MOST_UNLIKE * min(sizes)
        for sizes in ([size for size in of if size] for of in (ranges, noise))
        if sizes
    )


def _weighed(image: "Raster", noise: Sequence[float]) -> "Raster":
    """Bring every channel to the unit in which its noise is the mean noise."""
    import numpy as np

    mean = math.sqrt(math.fsum(d * d for d in noise) / len(noise))
    weights: NDArray[np.float64] = np.array([d / mean if d else 1.0 for d in noise])[:, None, None]
    scale = replace(image.scale, weights=image.scale.weights * weights)
    colour = np.divide(image.colour, weights.astype(np.float32))
    return replace(image, colour=colour, scale=scale, stored=None, may_overwrite=True)
