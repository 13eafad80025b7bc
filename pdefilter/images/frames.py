"""The images of a file: one, or several pages or frames."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pdefilter.errors import ImageError
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata
from pdefilter.images.volume import Volume


@dataclass(frozen=True, slots=True)
class Frames:
    """The images of a file, each decoded when it is read.

    Attributes
    ----------
    count : int
        How many images there are.
    read : callable
        Decodes an image by its number, counted from zero; cheapest in order.
    size : tuple of int
        The rows and columns of the first image, as stored, of a volume the slices first;
        zeros if unknown before reading.
    format : str
        The name of the format that they came in.
    outline : callable or None
        Returns an image of a single pixel, of the type and channels of the image of
        a given number, without decoding; None if only decoding can tell.
    metadata : callable or None
        Returns the metadata of the first image without decoding; None if nothing in
        them can turn it.
    """

    count: int
    read: Callable[[int], Image]
    size: tuple[int, ...] = (0, 0)
    format: str = ""
    outline: Callable[[int], Image] | None = None
    metadata: Callable[[], Metadata] | None = None

    def __iter__(self) -> Iterator[Image]:
        return map(self.read, range(self.count))

    @property
    def are_volumes(self) -> bool:
        """Whether its images are volumes."""
        return len(self.size) > 2

    def outlines(self) -> Iterator[Image]:
        """Return the outlines of all images, or nothing if they are unknown."""
        return map(self.outline, range(self.count)) if self.outline else iter(())

    def mapped(self, function: Callable[[Image], Image]) -> "Frames":
        """Apply a function to each image as it is read."""
        return replace(self, read=lambda number: function(self.read(number)))

    def one(self, number: int) -> "Frames":
        """Pick one image, as a still.

        Raises
        ------
        ImageError
            If there is no image of this number.
        """
        if not 0 <= number < self.count:
            has = f"{self.count} frames" if self.count > 1 else "one frame"
            raise ImageError(
                f"has {has}, but no frame {number}; the first is 0, the last {self.count - 1}"
            )
        outline = self.outline
        return replace(
            self,
            count=1,
            read=lambda _: self.read(number).still(),
            # Only the size of the first is known.
            size=(0,) * len(self.size) if number else self.size,
            outline=outline and (lambda _: outline(number)),
        )

    def one_slice(self, number: int) -> "Frames":
        """Pick one slice of the first volume, as an image.

        Raises
        ------
        ImageError
            When it is read, if there is no slice of this number.
        """

        def read(_: int) -> Image:
            volume = self.read(0)
            assert isinstance(volume, Volume)
            last = volume.shape[0] - 1
            if number > last:
                raise ImageError(
                    f"has {last + 1} slices, but no slice {number}; the first is 0, the last {last}"
                )
            return volume.slice(number)

        return Frames(1, read, self.size[1:], self.format)


def single(
    read: Callable[[], Image],
    size: tuple[int, ...],
    metadata: Callable[[], Metadata] | None = None,
) -> Frames:
    """Make the frames of a file that holds one image."""
    return Frames(1, lambda _: read(), size, metadata=metadata)
