"""STUB until the survey from samples is merged: looks at the whole image."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pdefilter.display import shown_on
from pdefilter.grid import Box, Grid
from pdefilter.images.holes import valid_pixels
from pdefilter.images.image import Image
from pdefilter.images.stores.store import Store
from pdefilter.observer import chose, phase
from pdefilter.operation import Numbers, Operation
from pdefilter.raster import Mask, Raster
from pdefilter.runs.apply import _choices, raster_of


@dataclass(frozen=True)
class Survey:
    store: Store
    raster: Raster

    @property
    def holes(self) -> int:
        valid = self.raster.valid
        return 0 if valid is None else 1 if valid.ndim == 2 else len(valid)


def survey(store: Store, each: Any = map) -> Survey:
    whole = store.read(Box.whole(Grid(store.shape, (1.0, 1.0))))
    return Survey(store, raster_of(whole, valid_pixels(whole)))


def measured(operation: Operation, survey: Survey, each: Any = map) -> Numbers:
    phase("measuring")
    with shown_on(None), np.errstate(over="ignore", invalid="ignore"):
        operation.require_fit(survey.raster.shape)
        numbers = {"full_scale": survey.raster.scale.full, **operation.measure(survey.raster)}
    tell(numbers)
    return numbers


def tell(numbers: Numbers) -> None:
    chose(**_choices(numbers), measured=numbers)


def raster_of_box(survey: Survey, image: Image, box: Box) -> Raster:
    return survey.raster.cropped(box)
