"""An observer changes no bit, and is told of every step, or of a phase where none is counted."""

import warnings

import numpy as np
import pytest
from bits import FILLED
from filter_calls import CALLS as EVERY_CALL

import pdefilter
from pdefilter.display import Offer
from pdefilter.equations.diffusivities import DIFFUSIVITIES
from pdefilter.equations.smoothing import Smoothing
from pdefilter.equations.varying import VaryingDiffusion
from pdefilter.evolve.watched import watched
from pdefilter.filters import FILTERS
from pdefilter.observer import advanced, chose, observed, phase
from pdefilter.raster import Raster


class Watcher:
    def __init__(self):
        self.chosen, self.pieces, self.phases = {}, [], []

    def began(self, stage):
        raise AssertionError(stage)

    def chose(self, **values):
        self.chosen |= values

    def phase(self, name, steps):
        self.phases.append([name, steps, 0])

    def advanced(self, steps):
        self.pieces.append(steps)
        if self.phases:
            self.phases[-1][2] += steps


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


# One pass, a transform, or a march with momentum, which nothing interrupts.
ONE_PASS = {
    "edge", "edge, smoothed", "edge, rows", "laplacian", "ridge", "ridge, both", "gaussian", "box",
    "binomial", "median",
    "large median", "convolve", "convolve, differences", "unsharp", "laplacian sharpening",
    "inverse heat", "heat, exact", "wave", "wave, damped", "flatten",
}  # fmt: skip
UNTIL_A_TOLERANCE = {
    "tv": "minimising", "tv auto": "minimising", "huber": "minimising", "tikhonov": "minimising",
    "tikhonov, newton": "minimising", "nesterov": "minimising", "conjugate gradients": "minimising",
    "gradient descent": "minimising", "cloned": "solving", **dict.fromkeys(FILLED, "solving"),
}  # fmt: skip
MORE = {
    "nesterov": ("smooth", {"method": "huber", "optimizer": "nesterov"}),
    "gradient descent": ("smooth", {"method": "huber", "optimizer": "gradient-descent"}),
    "conjugate gradients": ("smooth", {"method": "tikhonov", "optimizer": "conjugate-gradient"}),
    "cloned": ("poisson", {"source": np.linspace(0, 1, 90).reshape(9, 10), "at": "5,9"}),
    "uncoupled shock": ("shock", {"coupling": "none"}),
    "tensors, steps": (
        "anisotropic",
        {"model": "coherence-enhancing", "kappa": "p50", "iterations": 7},
    ),
    "average of turns": ("denoise", {"model": "small", "average": 8}),
}


@pytest.mark.parametrize("name", EVERY_CALL | FILLED | MORE)
def test_every_filter_counts_its_steps_or_names_its_phase(name):
    rows, columns = np.mgrid[:24, :27]
    image = np.random.default_rng(0).normal(0.5, 0.05, (24, 27, 3)).astype(np.float32)
    image[np.hypot(rows - 11, columns - 14) < 7] += 0.3
    if name in FILLED:
        image[8:12, 9:15] = np.nan
    filter_, options = (EVERY_CALL | FILLED | MORE)[name]
    watcher = Watcher()
    watcher.began = lambda _: None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = getattr(pdefilter, filter_)(image, **options)
        with observed(watcher):
            found = getattr(pdefilter, filter_)(image, **options)
    assert np.array_equal(found, expected, equal_nan=True)
    assert all(done == steps for _, steps, done in watcher.phases if steps)
    (first, *_), *_, (last, steps, done) = watcher.phases
    assert first == "measuring"
    if name in UNTIL_A_TOLERANCE:
        assert (last, steps) == (UNTIL_A_TOLERANCE[name], None)
        assert done
    else:
        assert last == "filtering"
        assert (steps is None) == (name in ONE_PASS)


def test_tensors_and_smoothed_edges_tell_every_step_of_a_large_image():
    evolution = VaryingDiffusion(DIFFUSIVITIES["rational"], 0.1, 1, None, Smoothing(0.0))
    u = np.random.default_rng(0).random((1, 9, 9), np.float32)
    watcher = Watcher()
    with observed(watcher), pytest.MonkeyPatch.context() as patch:
        patch.setattr("pdefilter.evolve.watched._VALUES", 100)
        found = watched(evolution, Offer(dict, "px²")).march(u, [0.2] * 5)
    assert np.array_equal(found, evolution.march(u, [0.2] * 5))
    assert watcher.pieces == [2, 2, 1]


def test_nobody_needs_to_watch():
    for by in (None, Watcher()):
        with observed(by), observed(None):
            chose(kappa=1)
            phase("filtering")
            advanced()
