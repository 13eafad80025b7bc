"""The bars of a run: their phases, and steps where these are counted."""

import io
import sys
from types import SimpleNamespace

from pdefilter.cli.progress import Progress
from pdefilter.runs.cluster.cluster import Spread
from pdefilter.runs.worker import Steps


class Terminal(io.StringIO):
    def isatty(self):
        return True


def watch(monkeypatch):
    """Make a clock, a terminal, and a function that lets time pass and returns what it then saw."""
    clock = SimpleNamespace(now=0.0)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("pdefilter.cli.progress.time.monotonic", lambda: clock.now)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")

    def see(progress, seconds=1.0):
        clock.now += seconds
        before = len(terminal.getvalue())
        progress.refresh()
        return terminal.getvalue()[before:]

    return see


def steps(phase, done=0, of=0, image=0):
    return Steps(SimpleNamespace(index=image, source_name=f"in/[red]{image}.png"), phase, done, of)


def test_a_phase_without_steps_is_named_and_timed(monkeypatch):
    run = watch(monkeypatch)
    with Progress(1, quiet=False) as progress:
        progress.stepped(steps("decoding"))
        assert "[red]0.png" in run(progress)
        progress.stepped(steps("filtering"))
        assert "filtering, 0:00:03" in run(progress, 3)


def test_steps_are_counted_with_their_number_or_without(monkeypatch):
    run = watch(monkeypatch)
    with Progress(1, quiet=False) as progress:
        progress.stepped(steps("filtering", 0, 20))
        assert "filtering, 0 of 20 steps" in run(progress)
        progress.stepped(steps("filtering", 10, 20))
        assert "filtering, 10 of 20 steps, 5 a second, 0:00:02 left" in run(progress)
        progress.stepped(steps("minimising"))
        run(progress, 2)
        progress.stepped(steps("minimising", 30))
        assert "minimising, 30 steps, 7.5 a second" in run(progress, 2)


def test_an_image_that_is_done_has_no_bar(monkeypatch):
    run = watch(monkeypatch)
    with Progress(3, quiet=False) as progress:
        for image in (0, 1):
            progress.stepped(steps("filtering", image=image))
        assert "1.png" in run(progress)
        progress.finished(1)
        shown = run(progress)
        assert "1 of 3 images" in shown
        assert "0.png" in shown
        assert "1.png" not in shown


def test_nothing_is_shown_of_a_short_run_or_a_quiet_one(monkeypatch):
    run = watch(monkeypatch)
    for quiet, seconds in ((True, 9.0), (False, 0.1)):
        with Progress(1, quiet=quiet) as progress:
            progress.stepped(steps("filtering"))
            assert run(progress, seconds) == ""


def test_a_cluster_shows_its_workers_and_bytes(monkeypatch):
    run = watch(monkeypatch)
    with Progress(1, quiet=False) as progress:
        progress.spread(Spread(1, 0))
        assert "0 of 1 images, 1 worker, 0 bytes" in run(progress)
        progress.spread(Spread(12, 3_456_000_000))
        assert "12 workers, 3.46 GB" in run(progress)
