"""Killed at random moments: only whole outputs, ever, and the rest is made by going on."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from support import SAMPLES

KILLS = 50
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
    """What an uninterrupted run makes."""
    assert pdefilter_command("edge", "in", "-o", "whole").returncode == 0
    return outputs(folder / "whole")


def outputs(folder):
    """The bytes of all files but those that a writer still had in hand, which have hidden names."""
    return {path.name: path.read_bytes() for path in folder.glob("[!.]*")}


def started(executable, folder, *options):
    return subprocess.Popen(
        [executable, "edge", "in", "-o", "out", *options],
        cwd=folder,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def workers(process):
    try:
        text = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    except OSError:
        return []
    return [int(number) for number in text.split()]


def test_killed_fifty_times_and_gone_on_with(executable, folder, expected):
    moments, kills, out = random.Random(50), 0, folder / "out"
    resume = ("--skip-existing", "--report", "run.jsonl")
    while kills < KILLS:
        process = started(executable, folder, *resume)
        while not workers(process) and process.poll() is None:
            time.sleep(0.002)
        time.sleep(moments.uniform(0, 0.2))
        os.killpg(process.pid, signal.SIGKILL)
        _, error = process.communicate()
        assert error == b""
        kills += process.returncode == -signal.SIGKILL
        made = outputs(out) if out.exists() else {}
        assert made == {name: expected[name] for name in made}
        if made == expected:  # all over again
            for path in out.iterdir():
                path.unlink()
    done = started(executable, folder, *resume)
    assert (done.communicate()[1], done.returncode) == (b"", 0)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == expected
    report = [json.loads(line) for line in (folder / "run.jsonl").read_bytes().splitlines()]
    assert {line["status"] for line in report} == {"done"}


def test_of_killed_workers_nothing_is_lost_but_the_image_at_hand(executable, folder, expected):
    process, moments, victims = started(executable, folder), random.Random(9), 0
    while process.poll() is None and victims < 10:
        if alive := workers(process):
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
