"""A report that exists already is added to, and what is in it stays."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdefilter.runs.reports import report as module
from pdefilter.runs.reports.lines import Lines
from pdefilter.runs.reports.report import Report

ENTRIES = [{"index": at, "input": "ä" * at, "contours": {"index": 0}} for at in range(5)]


LINES = Lines(SimpleNamespace(of=lambda entry: entry))


def add_to(file, entries):
    with Report(str(file), LINES, [], overwrite=False, append=True) as report:
        for entry in entries:
            report.write(entry)


@given(kept=st.integers(0, 400), block=st.integers(1, 64))
def test_an_unfinished_line_is_cut_off(tmp_path_factory, kept, block):
    """A run may be killed while it writes: another one goes on behind the last whole line."""
    file = tmp_path_factory.mktemp("report") / "run.jsonl"
    add_to(file, ENTRIES)
    whole = file.read_bytes()[:kept]
    file.write_bytes(whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK", block)
        add_to(file, ENTRIES[:2])
    lines = [json.loads(line) for line in file.read_bytes().splitlines()]
    assert lines == ENTRIES[: whole.count(b"\n")] + ENTRIES[:2]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_named_pipe_waits_for_its_reader(tmp_path):
    """What is written before there is one would be lost."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        adding = pool.submit(add_to, pipe, ENTRIES)
        time.sleep(0.1)
        assert pipe.read_bytes().splitlines(True) == [*map(LINES.entry, ENTRIES)]
        adding.result()


@pytest.mark.parametrize("text", [b"my notes", b"a\nb", b'{"other": 1', b"\0" * 3000])
def test_what_is_no_entry_is_not_cut_off(tmp_path, text):
    file = tmp_path / "run.jsonl"
    file.write_bytes(text)
    add_to(file, ENTRIES[:1])
    assert file.read_bytes() == text + LINES.entry(ENTRIES[0])
