"""Pages that are the slices of a volume."""

from dataclasses import replace

from pdefilter.errors import ImageError
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image
from pdefilter.images.reading import Reading
from pdefilter.images.volume import stacked


def as_volume(frames: Frames, reading: Reading) -> Frames:
    """Make the pages of a file one volume.

    Raises
    ------
    ImageError
        If there is one page only, or too many; when it is read, if they are not alike.
    """
    if frames.count < 2:
        raise ImageError("has one page, but a volume has several; leave --volume out")
    shape = frames.count, *frames.size
    if all(shape):
        channels = frames.outline(0).channels if frames.outline else 1
        reading.require_shape(shape, channels)
    outline = frames.outline

    def read(_: int) -> Image:
        return stacked([image.still() for image in frames])

    return replace(
        frames,
        count=1,
        read=read,
        size=shape,
        outline=outline and (lambda number: stacked([outline(number).still()])),
    )
