"""Pictures, small networks and a command that train in seconds."""

import io
import sys

import numpy as np
import pytest

import pdefilter
from pdefilter.errors import CallError
from pdefilter.networks.architecture import Architecture, Level

SMALL = Architecture((Level(16, 1, 1), Level(16, 1, 0)))
STABLE = Architecture((Level(16, 1, 1), Level(16, 1, 0)), stable=True)
RECURRENT = Architecture((Level(16, 4, 0),), recurrent=True)


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)


@pytest.fixture(params=[SMALL, STABLE, RECURRENT], ids=["free", "stable", "recurrent"])
def architecture(request):
    return request.param


@pytest.fixture
def small():
    return SMALL


def scene(rng, rows=80, columns=96, channels=3):
    """Blobs of random colours with soft and with hard edges, in 8 bits."""
    y, x = np.mgrid[:rows, :columns]
    u = np.full((rows, columns, channels), 128.0)
    for _ in range(12):
        row, column, radius = rng.uniform(0, rows), rng.uniform(0, columns), rng.uniform(5, 30)
        inside = 1 / (1 + np.exp((np.hypot(y - row, x - column) - radius) * rng.uniform(0.5, 4)))
        u += inside[..., None] * (rng.uniform(0, 255, channels) - u)
    return u.round().astype(np.uint8)


@pytest.fixture(scope="session")
def photographs(tmp_path_factory):
    """A folder of four clean pictures in colour."""
    folder, rng = tmp_path_factory.mktemp("clean"), np.random.default_rng(0)
    for number in range(4):
        pdefilter.write(scene(rng, 136, 140), folder / f"{number}.png")
    return folder


@pytest.fixture
def learn(monkeypatch, tmp_path):
    """Run the command in this process; return its status and what it prints."""
    from pdefilter.cli.commands import app
    from pdefilter.cli.messages import print_error, show_warning

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pdefilter.learn.learning.write_curve", lambda *_: None)

    def run(*arguments):
        words = ["learn", *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", ["pdefilter", *words])
        with monkeypatch.context() as patch:
            stream = io.StringIO()
            patch.setattr(sys, "stderr", stream)
            patch.setattr("warnings.showwarning", show_warning)
            try:
                status = app(words, standalone_mode=False)()
            except CallError as error:
                status = 2
                for sentence in error.args:
                    print_error(sentence)
        return status, stream.getvalue()

    return run


def disks(rng, rows=96, columns=112, number=6):
    """Disks of random colours in noise, in 8 bits, and their outlines."""
    y, x = np.mgrid[:rows, :columns]
    owner, u = np.zeros((rows, columns), int), np.full((rows, columns, 3), 128.0)
    for k in range(1, number + 1):
        row, column, radius = rng.uniform(0, rows), rng.uniform(0, columns), rng.uniform(10, 30)
        inside = np.hypot(y - row, x - column) < radius
        owner[inside], u[inside] = k, rng.uniform(0, 255, 3)
    outlines = np.zeros((rows, columns), bool)
    outlines[:, 1:] |= owner[:, 1:] != owner[:, :-1]
    outlines[1:] |= owner[1:] != owner[:-1]
    return (u + rng.normal(0, 20, u.shape)).clip(0, 255).round().astype(np.uint8), outlines


@pytest.fixture(scope="session")
def outlined(tmp_path_factory):
    """Folders of four pictures of disks, and of the outlines that two people have drawn."""
    root, rng = tmp_path_factory.mktemp("outlined"), np.random.default_rng(0)
    images, drawn = root / "images", root / "drawn"
    images.mkdir()
    drawn.mkdir()
    for number in range(4):
        pixels, outlines = disks(rng)
        pdefilter.write(pixels, images / f"{number}.png")
        for person in "ab":
            pdefilter.write(
                np.where(outlines, 255, 0).astype(np.uint8), drawn / f"{number}{person}.png"
            )
    return images, drawn
