"""Filters one after the other, on floats."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pdefilter.images.values import require_finite
from pdefilter.observer import began
from pdefilter.raster import Raster


@dataclass(frozen=True)
class Stage:
    """A filter with its parameters.

    Attributes
    ----------
    name : str
        The name of its command.
    filter : callable
        The filter.
    parameters : mapping
        Its keyword parameters.
    """

    name: str
    filter: Callable[..., Raster]
    parameters: Mapping[str, Any]

    def __call__(self, image: Raster) -> Raster:
        """Filter an image."""
        return self.filter(image, **self.parameters)


@dataclass(frozen=True)
class Chain:
    """Stages, each on what the one before it made.

    In between there are the floats that a float image file would hold: the
    result is, bit for bit, that of one call after the other through such files.
    """

    stages: tuple[Stage, ...]

    def __call__(self, image: Raster) -> Raster:
        """Filter an image.

        Raises
        ------
        ImageError
            If values in between exceed what float32 can hold.
        """
        first, *others = self.stages
        began(0)
        result = first(image)
        for number, stage in enumerate(others, 1):
            image = _stored(_whole(image, result))
            began(number)
            result = stage(image)
        return _whole(image, result) if others else result


def _whole(image: Raster, result: Raster) -> Raster:
    """Take what a filter did not find from the image that it was given."""
    if result.valid is None or not result.colour.size:
        return result
    alpha = result.alpha
    if alpha is not None and image.alpha is not None:
        alpha = np.where(result.valid, alpha, image.alpha)
    return replace(
        result,
        colour=np.where(result.valid, result.colour, image.colour),
        alpha=alpha,
        valid=None if image.valid is None else image.valid | result.valid,
    )


def _stored(image: Raster) -> Raster:
    """Let values be intensities, whatever they meant, as they are when they come from a file."""
    if image.colour.size:
        require_finite(
            image.colour, "between two filters exceed what float32 can hold; scale the image down"
        )
    return replace(image, colour=np.ascontiguousarray(image.colour), interval=(0.0, 1.0))
