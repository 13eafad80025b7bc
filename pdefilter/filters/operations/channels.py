"""An operation on every channel of an image by itself."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdefilter.operation import Numbers, Operation

if TYPE_CHECKING:
    from pdefilter.raster import Raster


@dataclass(frozen=True)
class ByChannel(Operation):
    """An operation on one colour channel after the other; alpha follows the first.

    Attributes
    ----------
    inner : Operation
        The operation on one channel.
    """

    inner: Operation

    def measure(self, image: "Raster") -> Numbers:
        """Measure every channel on a scale that fits it."""
        ranges = image.ranges
        channels = [image.channel(c, size) for c, size in enumerate(ranges)]
        return {"ranges": ranges, "channels": [self.inner.measure(channel) for channel in channels]}

    def reach(self, numbers: Numbers) -> int | None:
        """Return the largest reach of a channel."""
        reaches = [self.inner.reach(of_channel) for of_channel in numbers["channels"]]
        known = [reach for reach in reaches if reach is not None]
        return max(known) if len(known) == len(reaches) else None

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Filter the channels, and put the results together."""
        channels = [image.channel(c, size) for c, size in enumerate(numbers["ranges"])]
        pairs = zip(channels, numbers["channels"], strict=True)
        return image.with_channels(channels, [self.inner.run(*pair) for pair in pairs])
