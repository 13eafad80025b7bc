"""The command that trains, where PyTorch is not installed."""

import io
import sys
from types import SimpleNamespace

import pytest

from pdefilter.cli.commands import app
from pdefilter.cli.training_progress import TrainingProgress
from pdefilter.errors import CallError


@pytest.fixture
def _no_torch(monkeypatch):
    monkeypatch.setattr("pdefilter.cli.learn.find_spec", lambda _: None)
    monkeypatch.setitem(sys.modules, "torch", None)


@pytest.mark.usefixtures("_no_torch")
def test_help_needs_no_torch(capsys):
    app(["learn", "--help-all"], standalone_mode=False)
    text = capsys.readouterr().out
    for option in ("--pairs", "--noisy-only", "--hours", "--resume", "--start", "--device"):
        assert option in text
    assert "grey levels of 255" in " ".join(text.split())


@pytest.mark.usefixtures("_no_torch")
def test_a_missing_torch_is_one_sentence(tmp_path):
    call = app(["learn", str(tmp_path), "-o", "my.model"], standalone_mode=False)
    with pytest.raises(CallError) as raised:
        call()
    assert str(raised.value) == (
        "learn: needs PyTorch, which is not installed; type: pip install 'pdefilter[learn]'"
    )


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("quiet", [False, True])
def test_a_terminal_shows_the_validation_and_the_time_left(monkeypatch, quiet):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("pdefilter.cli.training_progress.SECONDS_OF_PATIENCE", -1)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    task = SimpleNamespace(told=lambda figures: f"figures {figures}")
    record = SimpleNamespace(figures=7)
    with TrainingProgress(SimpleNamespace(iterations=8), quiet=quiet, verbose=True) as progress:
        for iteration in (1, 2, 3):
            training = SimpleNamespace(iteration=iteration, loss=3.0, records=[record], task=task)
            progress.advanced(training)
        progress.validated(training)
        progress.advanced(training)
    shown = terminal.getvalue()
    if quiet:
        assert shown == ""
    else:
        assert "3 of 8 iterations, " in shown
        assert " left, figures 7" in shown
        assert "pdefilter: 3 of 8 iterations, loss 3, figures 7" in shown
