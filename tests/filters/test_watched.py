"""An observer changes no bit, and is told of every step."""

import numpy as np
import pytest

from pdefilter.filters import FILTERS
from pdefilter.observer import chose, observed
from pdefilter.raster import Raster


class Watcher:
    def __init__(self):
        self.chosen, self.pieces = {}, []

    def began(self, stage):
        raise AssertionError(stage)

    def chose(self, **values):
        self.chosen |= values

    def advanced(self, steps):
        self.pieces.append(steps)


CALLS = [
    ("heat-diffuse", {"iterations": 100}),
    ("heat-diffuse", {"time": 40, "scheme": "fed"}),
    ("heat-diffuse", {"time": 400, "scheme": "fsi", "tolerance": 0.01}),
    ("heat-diffuse", {"time": 400, "scheme": "optimal", "tolerance": 0.001}),
    ("heat-diffuse", {"iterations": 70, "scheme": "aos", "step": 1}),
    ("anisotropic", {"iterations": 33}),
    ("anisotropic", {"time": 30, "scheme": "fsi"}),
    ("anisotropic", {"time": 30, "scheme": "aos"}),
]


@pytest.mark.parametrize(("name", "options"), CALLS)
def test_the_bits_are_the_same_and_every_step_is_told(name, options):
    u = np.random.default_rng(0).random((2, 40, 50), np.float32)
    operation = FILTERS[name](**options)
    expected = operation(Raster(u))
    watcher = Watcher()
    with observed(watcher):
        numbers = operation.measure(Raster(u))
        chose(**numbers)
        ours = operation.run(Raster(u), numbers)
    assert np.array_equal(ours.colour, expected.colour)
    assert sum(watcher.pieces) == watcher.chosen["steps"]
    assert watcher.chosen["steps"] == options.get("iterations", watcher.chosen["steps"])
    if watcher.chosen["steps"] > 64:
        assert len(watcher.pieces) > 1
    if name == "anisotropic":
        assert 0 < watcher.chosen["kappa"] < 1


def test_nobody_needs_to_watch():
    chose(kappa=1)
    with observed(Watcher()) as _, observed(None):
        chose(kappa=1)
