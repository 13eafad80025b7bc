"""A box to be filtered and encoded: a pure function, for threads and for other machines."""

from dataclasses import dataclass, replace

import numpy as np

from pdefilter.grid import Box
from pdefilter.images.stores.store import Encoded, Sink
from pdefilter.images.values import Clipped
from pdefilter.runs.large.completed import Completed
from pdefilter.runs.large.filtered_box import FilteredBoxes
from pdefilter.runs.large.states import encoded
from pdefilter.warn import gathered


@dataclass(frozen=True)
class Done:
    """A box that is done.

    Attributes
    ----------
    encoded : Encoded
        The result.
    clipped : Clipped
        The values that its type cannot hold.
    warnings : list of str
        What else to tell the user about it.
    is_changed : bool
        Whether the filter changed it.
    """

    encoded: Encoded
    clipped: Clipped
    warnings: list[str]
    is_changed: bool


@dataclass(frozen=True)
class BoxJob:
    """A filter and a sink, as a function of boxes.

    Attributes
    ----------
    filtered : FilteredBoxes
        The filter.
    sink : Sink
        Takes the result.
    """

    filtered: FilteredBoxes
    sink: Sink

    def __call__(self, box: Box) -> Done:
        """Read, filter and encode a box.

        Raises
        ------
        ImageError
            If the box cannot be read, or its result cannot be stored.
        """
        with gathered() as warnings:
            before, after, clipped = self.filtered.before_and_after(box)
            is_changed = not np.array_equal(before.pixels, after.pixels)
            if isinstance(origin := self.filtered.origin, Completed):
                after = replace(after, mask=origin.mask_in_file(box))
            return Done(self.sink.encode(box, after), clipped, warnings, is_changed)


@dataclass(frozen=True)
class StatesJob:
    """A part of the steps of a filter, as a function of boxes.

    Attributes
    ----------
    filtered : FilteredBoxes
        The filter, with its part.
    """

    filtered: FilteredBoxes

    def __call__(self, box: Box) -> tuple[Encoded, tuple[int, ...], list[str]]:
        """Find the states after the part in a box; with the numbers of planes, and warnings."""
        with gathered() as warnings:
            return *encoded(box, self.filtered.states_after(box)), warnings
