"""Warnings point at the line that called the package, whichever way it went in."""

import inspect
import warnings
from pathlib import Path

import numpy as np
import pytest
from support import SAMPLES

import pdefilter
from pdefilter.runs import resources
from pdefilter.runs.warned import warnings_about
from pdefilter.warn import warn


def places_of(call):
    """Where the warnings of a call point."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert caught
    return {(warning.filename, warning.lineno) for warning in caught}


def line_of(call):
    """Where a function of one line stands."""
    return {(__file__, inspect.getsourcelines(call)[1])}


@pytest.fixture
def engine_missing(monkeypatch):
    monkeypatch.setattr(resources, "missing_engine", lambda: "the engine is missing")
    resources.warn_of_missing_engine.cache_clear()
    yield
    resources.warn_of_missing_engine.cache_clear()


@pytest.mark.usefixtures("engine_missing")
@pytest.mark.parametrize("filter_", [pdefilter.edge, pdefilter.estimate])
def test_a_function_that_is_called(filter_):
    call = lambda: filter_(np.zeros((4, 4)))  # noqa: E731 (its line is the one warned of)
    assert places_of(call) == line_of(call)


def test_a_file_that_is_read(tmp_path):
    path = tmp_path / "cut.png"
    path.write_bytes((SAMPLES / "coins.png").read_bytes()[:30_000])
    call = lambda: pdefilter.read(path, lenient=True)  # noqa: E731
    assert places_of(call) == line_of(call)


def test_a_file_that_is_written(tmp_path):
    image = pdefilter.Image(np.zeros((4, 4), np.uint8), mask=np.eye(4, dtype=bool))
    call = lambda: pdefilter.write(image, tmp_path / "a.png")  # noqa: E731
    assert places_of(call) == line_of(call)


def test_a_block_that_ends():
    def block():
        with warnings_about("a.png"):
            warn("is odd")

    ((file, _),) = places_of(block)
    assert Path(file) == Path(__file__)
