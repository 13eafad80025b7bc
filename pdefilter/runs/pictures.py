"""The pictures that filters take beside their image."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from pdefilter.errors import ImageError, ParameterError
from pdefilter.filters.options.option import parameters_of
from pdefilter.images.files import read_frames
from pdefilter.images.reading import Reading
from pdefilter.raster import Raster
from pdefilter.runs.apply import picture_of
from pdefilter.runs.chain import Chain, Stage
from pdefilter.runs.warned import warnings_about


def with_pictures(chain: Chain, reading: Reading) -> Chain:
    """Read the pictures that the parameters of filters name.

    Parameters
    ----------
    chain : Chain
        Filters with their parameters, pictures as names of files.
    reading : Reading
        What may be read.

    Returns
    -------
    Chain
        The same, pictures as rasters.

    Raises
    ------
    ParameterError
        If there is no picture of a name.
    """
    return Chain(tuple(_with_pictures(stage, reading) for stage in chain.stages))


def takes_pictures(chain: Chain) -> bool:
    """Tell whether a filter has been given a picture."""
    values = (value for stage in chain.stages for value in stage.parameters.values())
    return any(isinstance(value, Raster) for value in values)


def _with_pictures(stage: Stage, reading: Reading) -> Stage:
    pictures: dict[str, Any] = {}
    for parameter in parameters_of(stage.filter):
        name = stage.parameters.get(parameter.name)
        if parameter.option.picture and name is not None:
            levels = parameter.option.levels
            pictures[parameter.name] = _read(parameter.name, name, reading, levels)
    return replace(stage, parameters={**stage.parameters, **pictures})


def _read(parameter: str, name: str, reading: Reading, levels: float) -> Raster:
    try:
        with warnings_about(name):
            picture = read_frames(Path(name), reading, frame=0).read(0)
        return picture_of(picture, levels)
    except ImageError as error:
        raise ParameterError(parameter, f"{name}: {error}") from None
