"""The pictures that a filter takes beside its image."""

import functools
from pathlib import Path

from pdefilter.errors import ImageError, ParameterError
from pdefilter.filters.option import parameters_of
from pdefilter.images.files import read_frames
from pdefilter.images.holes import valid_pixels
from pdefilter.images.reading import Reading
from pdefilter.raster import Raster
from pdefilter.runs.apply import raster_of


def with_pictures(
    filter_: "functools.partial[Raster]", reading: Reading
) -> "functools.partial[Raster]":
    """Read the pictures that a filter's parameters name.

    Parameters
    ----------
    filter_ : functools.partial
        The filter with its parameters, pictures as names of files.
    reading : Reading
        What may be read.

    Returns
    -------
    functools.partial
        The filter with its parameters, pictures as rasters.

    Raises
    ------
    ParameterError
        If there is no picture of a name.
    """
    pictures = {}
    for parameter in parameters_of(filter_.func):
        name = filter_.keywords.get(parameter.name)
        if not parameter.option.picture or name is None:
            continue
        try:
            picture = read_frames(Path(name), reading, frame=0).read(0)
            pictures[parameter.name] = raster_of(picture, valid_pixels(picture))
        except ImageError as error:
            raise ParameterError(parameter.name, f"{name}: {error}") from None
    return functools.partial(filter_, **pictures)
