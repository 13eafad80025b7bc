"""What a file holds: one image, or several pages or frames."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pdefilter.errors import ImageError
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata


@dataclass(frozen=True, slots=True)
class Frames:
    """The images of a file, decoded one by one as they are asked for.

    Attributes
    ----------
    count : int
        How many there are.
    read : callable
        Decodes one by its number, the first being zero; cheapest in order.
    size : tuple of int
        The rows and columns of the first, as they are stored; zeros where
        reading alone tells.
    format : str
        The name of the format they came in.
    outline : callable or None
        Tells the kind of one by its number before any is decoded: an image of
        a single pixel; None where decoding alone tells.
    metadata : callable or None
        Tells what is said beside the pixels of the first before any is decoded;
        None where nothing there turns it.
    """

    count: int
    read: Callable[[int], Image]
    size: tuple[int, int] = (0, 0)
    format: str = ""
    outline: Callable[[int], Image] | None = None
    metadata: Callable[[], Metadata] | None = None

    def __iter__(self) -> Iterator[Image]:
        return map(self.read, range(self.count))

    def outlines(self) -> Iterator[Image]:
        """List the kinds of all, where they are told."""
        return map(self.outline, range(self.count)) if self.outline else iter(())

    def mapped(self, function: Callable[[Image], Image]) -> "Frames":
        """Apply a function to each as it is read."""
        return replace(self, read=lambda number: function(self.read(number)))

    def one(self, number: int) -> "Frames":
        """Pick one, which is a still.

        Raises
        ------
        ImageError
            If there are not so many.
        """
        if not 0 <= number < self.count:
            has = f"{self.count} frames" if self.count > 1 else "one frame"
            raise ImageError(
                f"has {has}, none of the number {number}; the first is 0, the last {self.count - 1}"
            )
        outline = self.outline
        return replace(
            self,
            count=1,
            read=lambda _: self.read(number).still(),
            # Of the others no more is known than of the first.
            size=(0, 0) if number else self.size,
            outline=outline and (lambda _: outline(number)),
        )


def single(
    read: Callable[[], Image],
    size: tuple[int, int],
    metadata: Callable[[], Metadata] | None = None,
) -> Frames:
    """Make the content of a file that holds one image."""
    return Frames(1, lambda _: read(), size, metadata=metadata)
