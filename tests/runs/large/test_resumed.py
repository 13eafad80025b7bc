"""Killed and interrupted at random moments: the next call continues, with the same bytes."""

import os
import random
import signal
import subprocess

import numpy as np
import pytest
import tifffile
from waiting import until

pytestmark = pytest.mark.long

FILTERS = ("heat-diffuse --time 12", "anisotropic --kappa 0.05 --iterations 9")
IN_BOXES = ("--memory", "25MB", "--box", "256x256", "-v")


@pytest.fixture(params=[".npy", ".tif"])
def ending(request):
    return request.param


@pytest.fixture
def folder(tmp_path, ending):
    rng = np.random.default_rng(2)
    pixels = (rng.random((1100, 1200)) * 255).astype(np.uint8)
    if ending == ".npy":
        np.save(tmp_path / "in.npy", pixels)
    else:
        tifffile.imwrite(tmp_path / "in.tif", pixels, tile=(256, 256), compression="zlib")
    return tmp_path


@pytest.fixture
def expected(pdefilter_command, folder, ending):
    """The bytes that a run makes which is not disturbed."""
    call = ("chain", f"in{ending}", *FILTERS, "-o", f"whole{ending}", *IN_BOXES)
    assert pdefilter_command(*call).returncode == 0
    return (folder / f"whole{ending}").read_bytes()


def started(executable, folder, ending):
    return subprocess.Popen(
        [executable, "chain", f"in{ending}", *FILTERS, "-o", f"out{ending}", *IN_BOXES],
        cwd=folder,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def unfinished(folder):
    return [path for path in folder.iterdir() if path.name.startswith(".")]


def has_kept_boxes(folder):
    return any(any(path.glob("*.kept")) for path in unfinished(folder))


def test_killed_again_and_again_the_same_bytes_are_made(executable, folder, ending, expected):
    moments = random.Random(4)
    for pause in (0, *(moments.uniform(0.2, 1.2) for _ in range(3)), 100):
        process = started(executable, folder, ending)
        until(lambda: has_kept_boxes(folder) or process.poll() is not None, pause=0.002)  # noqa: B023
        try:
            process.wait(pause)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        _, error = process.communicate()
        if process.returncode == 0:
            break
        made = folder / f"out{ending}"
        assert not made.exists() or made.read_bytes() == expected
        made.unlink(missing_ok=True)
    assert pause
    assert "in 25 boxes of 256 × 256 pixels" in error.decode()
    assert (folder / f"out{ending}").read_bytes() == expected
    assert not unfinished(folder)


@pytest.mark.parametrize("ending", [".npy"])
def test_interrupted_it_says_how_to_continue(executable, folder, ending, expected):
    process = started(executable, folder, ending)
    until(lambda: has_kept_boxes(folder))
    os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate()
    assert process.returncode == 130
    assert error.decode().endswith(
        "interrupted; the same call continues with the boxes that are left\n"
    )
    assert unfinished(folder)
    again = started(executable, folder, ending)
    assert again.communicate()[1]
    assert again.returncode == 0
    assert (folder / f"out{ending}").read_bytes() == expected
    assert not unfinished(folder)


@pytest.mark.parametrize("ending", [".npy"])
def test_a_second_run_waits_outside(executable, folder, ending):
    first = started(executable, folder, ending)
    until(lambda: has_kept_boxes(folder))
    os.killpg(first.pid, signal.SIGSTOP)
    second = started(executable, folder, ending)
    _, error = second.communicate()
    os.killpg(first.pid, signal.SIGCONT)
    assert second.returncode == 1
    assert b"is being written by another run; wait for its end" in error
    assert first.communicate()[1]
    assert first.returncode == 0
