"""An operation on every channel of an image by itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import methodcaller
from typing import TYPE_CHECKING

from pdefilter.display import is_shown, seen_through
from pdefilter.errors import ImageError
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

    @property
    def evolves(self) -> bool:
        """Whether `inner` does."""
        return self.inner.evolves

    def measure(self, image: "Raster") -> Numbers:
        """Measure every channel on a scale that fits it."""
        from pdefilter.measure import extremes

        ranges = extremes.ranges(image)
        channels = [image.mapped(methodcaller("channel", c, size)) for c, size in enumerate(ranges)]
        return {"ranges": ranges, "channels": [self.inner.measure(channel) for channel in channels]}

    @property
    def remedy(self) -> str | None:
        """The remedy of `inner`."""
        return self.inner.remedy

    def reach(self, numbers: Numbers) -> int | None:
        """Return the largest reach of a channel."""
        return _largest(self.inner.reach(of_channel) for of_channel in numbers["channels"])

    def reach_of_part(self, numbers: Numbers, parts: int) -> int | None:
        """Return the largest reach of a part of a channel."""
        channels = numbers["channels"]
        return _largest(self.inner.reach_of_part(of_channel, parts) for of_channel in channels)

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Filter the channels, and put the results together.

        Raises
        ------
        ImageError
            If states are to be shown: those of several channels belong to different times.
        """
        channels = [image.channel(c, size) for c, size in enumerate(numbers["ranges"])]
        if is_shown() and len(channels) > 1:
            raise ImageError(
                "has channels that are filtered one after the other, so that frames cannot show "
                "them together; filter every channel by itself, or without --frames"
            )
        pairs = zip(channels, numbers["channels"], strict=True)
        with seen_through(lambda result: image.with_channels(channels, [result])):
            results = [self.inner.run(*pair) for pair in pairs]
        return image.with_channels(channels, results)


def _largest(reaches: Iterable[int | None]) -> int | None:
    every = [*reaches]
    known = [reach for reach in every if reach is not None]
    return max(known) if len(known) == len(every) else None
