"""Estimate the parameters that are auto for an image."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from pdefilter.filters import anisotropic
from pdefilter.images.files import read_frames
from pdefilter.images.image import FullScale, Image
from pdefilter.images.reading import MOST_PIXELS, Reading
from pdefilter.runs.apply import measure
from pdefilter.runs.inputs import STREAM
from pdefilter.runs.work import ReadWriteOptions


@dataclass(frozen=True)
class Estimate:
    """The values that `anisotropic` chooses by itself.

    Attributes
    ----------
    noise : tuple of float
        The standard deviation of the noise in every colour channel, full scale
        being 1.
    kappa : float
        The contrast parameter κ on that scale.
    time : float
        The stopping time in px².
    full_scale : float
        The stored value of full scale.
    """

    noise: tuple[float, ...]
    kappa: float
    time: float
    full_scale: float


def estimate(image: Image) -> Estimate:
    """Find what `anisotropic` chooses by itself; nothing is filtered.

    Parameters
    ----------
    image : Image
        The image.

    Raises
    ------
    ImageError
        If the image cannot be filtered.
    """
    numbers = measure(anisotropic(), image)
    return Estimate(
        tuple(numbers["noise"]), *(numbers[name] for name in ("kappa", "time", "full_scale"))
    )


def estimates(
    name: str, nodata: float | None = None, full_scale: FullScale | None = None
) -> Iterator[Estimate]:
    """Find it for every page or frame of a file, ``-`` being standard input.

    Raises
    ------
    ImageError
        If there is no image in it, or one cannot be filtered.
    """
    source = sys.stdin.buffer if name == STREAM else name
    options = ReadWriteOptions(Reading(MOST_PIXELS), nodata=nodata, full_scale=full_scale)
    yield from map(estimate, map(options.completed, read_frames(source, options.reading)))
