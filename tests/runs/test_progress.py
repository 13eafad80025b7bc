"""The progress of a call in Python."""

from functools import partial

import numpy as np
import pytest

import pdefilter
from pdefilter.observer import advanced, observer, phase
from pdefilter.runs.progress import shown

IMAGE = np.random.default_rng(0).random((12, 15), np.float32)


def test_a_function_is_called_with_the_steps_done_and_all():
    calls = []
    pdefilter.shock(IMAGE, iterations=3, progress=lambda done, of: calls.append((done, of)))
    assert calls == [(0, None), (0, 3), (1, 3), (2, 3), (3, 3)]


def test_every_filter_of_a_chain_is_shown():
    calls = []
    pdefilter.chain(
        IMAGE,
        partial(pdefilter.shock, iterations=2),
        pdefilter.edge,
        progress=lambda done, of: calls.append((done, of)),
    )
    assert calls == [(0, None), (0, 2), (1, 2), (2, 2), (0, None), (0, None)]


def test_progress_changes_no_bit():
    expected = pdefilter.smooth(IMAGE, method="tv")
    for progress in (None, False, True, lambda *_: None):
        assert np.array_equal(pdefilter.smooth(IMAGE, method="tv", progress=progress), expected)


def test_a_bar_is_drawn_for_each_phase(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    with shown(True, 1):
        phase("measuring")
        phase("filtering", 3)
        advanced(2)
        seen = observer()
    assert observer() is not seen
    drawn = capsys.readouterr()
    assert drawn.out == ""
    assert "filtering" in drawn.err
    assert "2/3" in drawn.err


@pytest.mark.parametrize("progress", [None, False])
def test_no_progress_leaves_the_observer_alone(progress):
    before = observer()
    with shown(progress, 1):
        assert observer() is before
