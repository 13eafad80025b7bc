"""Killed at random moments: outputs are always whole, and the next run makes the rest."""

import json
import os
import random
import signal
import subprocess
import time

import pytest
from support import SAMPLES
from waiting import children, until

pytestmark = pytest.mark.long

KILLS = 20
IMAGES = 240


@pytest.fixture
def folder(tmp_path):
    """Links to three samples of different formats and sizes."""
    samples = [SAMPLES / "coins.png", SAMPLES / "coffee.jpg", SAMPLES / "brain.tif"]
    (tmp_path / "in").mkdir()
    for number in range(IMAGES):
        sample = samples[number % 3]
        (tmp_path / "in" / f"{number:03}{sample.suffix}").symlink_to(sample)
    return tmp_path


@pytest.fixture
def expected(pdefilter_command, folder):
    """The outputs of an uninterrupted run."""
    assert pdefilter_command("edge", "in", "-o", "whole").returncode == 0
    return outputs(folder / "whole")


def outputs(folder):
    """The bytes of all finished files; unfinished ones have hidden names."""
    return {path.name: path.read_bytes() for path in folder.glob("[!.]*")}


def started(executable, folder, *options):
    return subprocess.Popen(
        [executable, "edge", "in", "-o", "out", *options],
        cwd=folder,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def test_killed_twenty_times_and_gone_on_with(executable, folder, expected):
    moments, kills, out = random.Random(50), 0, folder / "out"
    resume = ("--skip-existing", "--report", "run.jsonl")
    while kills < KILLS:
        process = started(executable, folder, *resume)
        until(lambda: children(process) or process.poll() is not None, pause=0.002)  # noqa: B023
        time.sleep(moments.uniform(0, 0.2))
        os.killpg(process.pid, signal.SIGKILL)
        _, error = process.communicate()
        assert error == b""
        kills += process.returncode == -signal.SIGKILL
        made = outputs(out) if out.exists() else {}
        assert made == {name: expected[name] for name in made}
        if made == expected:  # start again
            for path in out.iterdir():
                path.unlink()
    done = started(executable, folder, *resume)
    assert (done.communicate()[1], done.returncode) == (b"", 0)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == expected
    report = [json.loads(line) for line in (folder / "run.jsonl").read_bytes().splitlines()]
    assert {line["status"] for line in report} == {"done"}


def test_a_killed_worker_loses_its_current_image_only(executable, folder, expected):
    process, moments, victims = started(executable, folder), random.Random(9), 0
    while process.poll() is None and victims < 10:
        if alive := children(process):
            os.kill(moments.choice(alive), signal.SIGKILL)
            victims += 1
        time.sleep(moments.uniform(0, 0.1))
    *failures, _ = process.communicate()[1].decode().splitlines() or [""]
    assert victims
    assert len(failures) <= victims
    assert all("was killed by the system" in line for line in failures)
    lost = {line.split(": ")[1].removeprefix("in/") for line in failures}
    made = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    assert made == {name: data for name, data in expected.items() if name not in lost}
