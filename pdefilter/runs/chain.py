"""Filters one after the other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pdefilter.operation import Operation
from pdefilter.raster import Mask


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
    filter: Callable[..., Operation]
    parameters: Mapping[str, Any]

    @cached_property
    def operation(self) -> Operation:
        """The operation that the filter makes of them."""
        return self.filter(**self.parameters)


@dataclass(frozen=True)
class Chain:
    """Stages, each on what the one before it made; `pdefilter.runs.apply.apply` runs them."""

    stages: tuple[Stage, ...]

    @property
    def operations(self) -> list[Operation]:
        """The operation of every stage, checked when it is made.

        Raises
        ------
        ParameterError
            If a filter refuses its parameters.
        """
        return [stage.operation for stage in self.stages]

    def require_fit(self, shape: tuple[int, ...], valid: Mask | None = None) -> None:
        """Refuse images of this size, or with these holes, before any is read.

        Raises
        ------
        PdefilterError
            If an operation refuses them.
        """
        for operation in self.operations:
            operation.require_fit(shape, valid)
