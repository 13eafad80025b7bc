"""Killed and interrupted at random moments: the next call continues, with the same bytes."""

import os
import random
import signal
import subprocess
import time

import numpy as np
import pytest
from waiting import children, until

pytestmark = pytest.mark.long

CHAIN = ("chain", "in.npy", "heat-diffuse --time 12", "anisotropic --kappa 0.05 --iterations 9")
IN_BOXES = ("--memory", "25MB", "--box", "256x256", "-v")


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(2)
    np.save(tmp_path / "in.npy", (rng.random((1400, 1500)) * 255).astype(np.uint8))
    return tmp_path


@pytest.fixture
def expected(pdefilter_command, folder):
    assert pdefilter_command(*CHAIN, "-o", "whole.npy").returncode == 0
    return (folder / "whole.npy").read_bytes()


def started(executable, folder):
    return subprocess.Popen(
        [executable, *CHAIN, "-o", "out.npy", *IN_BOXES],
        cwd=folder,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def unfinished(folder):
    return [path for path in folder.iterdir() if path.name.startswith(".")]


def test_killed_again_and_again_the_same_bytes_are_made(executable, folder, expected):
    moments, kills = random.Random(4), 0
    while True:
        process = started(executable, folder)
        until(lambda: children(process) or process.poll() is not None, pause=0.002)  # noqa: B023
        wait = moments.uniform(0.2, 1.2) if kills < 6 else 100
        try:
            process.wait(wait)
        except subprocess.TimeoutExpired:
            assert not (folder / "out.npy").exists()
        os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None
        _, error = process.communicate()
        if process.returncode == 0:
            break
        kills += 1
    assert kills
    assert "in 36 boxes of 256 × 256 pixels" in error.decode()
    assert (folder / "out.npy").read_bytes() == expected
    assert not unfinished(folder)


def test_interrupted_it_says_how_to_continue(executable, folder, expected):
    process = started(executable, folder)
    until(lambda: any(path.glob("*.kept") for path in unfinished(folder)))
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate()
    assert process.returncode == 130
    assert error.decode().endswith(
        "interrupted; the same call continues with the boxes that are left\n"
    )
    assert unfinished(folder)
    again = started(executable, folder)
    assert again.communicate()[1]
    assert again.returncode == 0
    assert (folder / "out.npy").read_bytes() == expected
    assert not unfinished(folder)


def test_a_second_run_waits_outside(executable, folder):
    first = started(executable, folder)
    until(lambda: any(path.glob("*.kept") for path in unfinished(folder)))
    second = started(executable, folder)
    _, error = second.communicate()
    assert second.returncode == 1
    assert b"is being written by another run; wait for its end" in error
    assert first.communicate()[1]
    assert first.returncode == 0
