"""The command that trains, where PyTorch is not installed."""

import sys

import pytest

from pdefilter.cli.commands import app
from pdefilter.errors import CallError


@pytest.fixture
def _no_torch(monkeypatch):
    monkeypatch.setattr("pdefilter.cli.learn.find_spec", lambda _: None)
    monkeypatch.setitem(sys.modules, "torch", None)


@pytest.mark.usefixtures("_no_torch")
def test_help_needs_no_torch(capsys):
    app(["learn", "--help"], standalone_mode=False)
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
