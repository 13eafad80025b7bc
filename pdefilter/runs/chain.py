"""Filters one after the other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

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
    """Stages, each on what the one before it made; `pdefilter.runs.apply.apply` runs them."""

    stages: tuple[Stage, ...]

    def check(self, image: Raster) -> None:
        """Let every filter check its parameters on an image of no values.

        Raises
        ------
        PdefilterError
            If one refuses them.
        """
        for stage in self.stages:
            stage(image)
