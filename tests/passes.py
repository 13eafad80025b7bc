"""Files read and written, once or over and over, in memory."""

import warnings

from pdefilter.images.formats import named, recognised
from pdefilter.images.frames import Frames
from pdefilter.images.reading import Reading


def read(data, **options):
    frames = recognised(data).decode(data, Reading(**options))
    return [frames.read(number) for number in range(frames.count)]


def passed(data, target=None, times=1, **options):
    """Read and write a file, in its own format or another; tell what was warned of first."""
    format_ = named(target) if target else recognised(data)
    first = []
    for number in range(times):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            images = read(data, **options)
            data = format_.encode(Frames(len(images), images.__getitem__))
        if not number:
            first = [str(warning.message) for warning in caught]
    return data, list(dict.fromkeys(first))
