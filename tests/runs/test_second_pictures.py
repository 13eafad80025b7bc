"""A picture beside the image, of every kind, keeps no call waiting, whatever reads it."""

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
from calls import run_calls

import pdefilter
from pdefilter.filters import FILTERS
from pdefilter.filters.options.option import parameters_of

pytestmark = pytest.mark.long

ENGINES, THREADS = ("native", "reference"), (1, 2)
SHAPE = (40, 48)

# Options that give a picture its meaning.
NEEDED = {
    ("smooth", "--weight-map"): ["--method", "tv"],
    ("smooth", "--noise-map"): ["--method", "tv", "--weight", "auto"],
    ("wave", "--kappa-map"): ["--diffusivity", "rational"],
}
SECONDS = 30
KINDS = [
    *((dtype, suffix) for dtype in ("uint8", "uint16") for suffix in (".png", ".tif", ".npy")),
    *((d, suffix) for d in ("uint32", "float32", "float64") for suffix in (".tif", ".npy")),
]
# So that some rows make a band, of which there are many.
BAND = 256


def write_pictures(folder, shape=SHAPE):
    """Write an image, and another picture of every kind: white, with a black frame and rows."""
    rng = np.random.default_rng(5)
    np.save(folder / "image.npy", rng.random(shape, np.float32))
    unit = rng.uniform(0.2, 0.8, shape)
    unit[:4] = unit[:, :4] = unit[-4:] = unit[:, -4:] = unit[shape[0] // 2] = 0
    for dtype, suffix in KINDS:
        full = 1 if dtype.startswith("f") else np.iinfo(dtype).max
        pdefilter.write((unit * full).astype(dtype), folder / f"{dtype}{suffix}")
    # Large kernels go through the Fourier transform, others by bands.
    for dtype in dict(KINDS):
        for side in (3, 33):
            np.save(folder / f"kernel{side}-{dtype}.npy", np.ones((side, side), dtype))
    (folder / "kernel3.txt").write_text("1 2 1\n2 4 2\n1 2 1\n")


def cases():
    """List every command with every kind of second picture, and what it needs beside."""
    files = [f"{dtype}{suffix}" for dtype, suffix in KINDS]
    short = {
        "anisotropic": ["--iterations", "2", "--kappa", "0.1"],
        "convolve": ["--kernel", "box"],
        "poisson": ["--source", "uint8.png"],
    }
    for name in FILTERS:
        options = [
            "--mask",
            *(
                "--" + parameter.name.replace("_", "-")
                for parameter in parameters_of(FILTERS[name])
                if parameter.option.picture and parameter.name != "mask"
            ),
        ]
        for option, file in itertools.product(options, files):
            beside = short.get(name, []) if option == "--mask" else NEEDED.get((name, option), [])
            yield [name, "image.npy", option, file, *beside]
    for file in files:
        yield [
            "chain",
            "image.npy",
            "heat-diffuse",
            f"poisson --source {file} --at=1,1",
            "--mask",
            file,
        ]
    for kernel in ("3.txt", *(f"{side}-{dtype}.npy" for side in (3, 33) for dtype in dict(KINDS))):
        yield ["convolve", "image.npy", "--kernel", f"kernel{kernel}"]


def calls():
    for (number, words), engine, threads in itertools.product(enumerate(cases()), ENGINES, THREADS):
        out = ["-o", f"{number}-{engine}-{threads}.tif", "--overwrite"]
        yield [*words, "--threads", str(threads), *out], engine


def test_no_call_waits_for_ever(tmp_path, share_of):
    write_pictures(tmp_path)
    ended = run_calls(share_of(list(calls()), 30), tmp_path, SECONDS, BAND)
    # The pictures have zeros, which no contrast may be.
    bad = [
        done
        for done in ended
        if not done.is_answer or (done.status == 2 and "--kappa-map" not in done.words)
    ]
    assert not bad, bad[:3]


LARGE = (400, 500)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "words",
    [
        ["float64.npy", "--columns", "float64.npy"],
        ["image.npy", "--source", "uint32.tif", "--threads", "1"],
        ["image.npy", "--source", "float64.npy", "--mask", "uint16.tif", "--threads", "2"],
    ],
    ids=" ".join,
)
def test_nor_does_the_executable(pdefilter_command, tmp_path, words, engine):
    write_pictures(tmp_path, LARGE)
    environment = {**os.environ, "PDEFILTER_ENGINE": engine}
    done = pdefilter_command("poisson", *words, "-o", "out.npy", env=environment)
    assert (done.returncode, done.stderr) == (0, b"")


# Calls that use thread pools, of this package and of libraries, before and after the fork.
COPIED = """
import os, signal, sys
import numpy as np
import pdefilter
from pdefilter.kernels import engine

engine.set_threads(2)
image = np.random.default_rng(1).random((400, 500, 3), np.float32)
pdefilter.write(image, "image.tif")
pdefilter.write(image, "image.exr")
pdefilter.write((255 * image).astype("u1"), "image.avif")

def results():
    yield pdefilter.smooth(image, method="median", size=3)
    yield pdefilter.smooth(image, method="median", size=7)
    yield pdefilter.heat_diffuse(image, time=1, color="lab")
    yield pdefilter.heat_diffuse(image, time=1e5)
    yield pdefilter.anisotropic(image.astype(float), kappa="p90", iterations=2)
    yield pdefilter.convolve(image, kernel=np.ones((33, 33)))
    for name in ("image.tif", "image.exr", "image.avif"):
        yield pdefilter.read(name).pixels

before = list(results())
if not os.fork():
    signal.alarm(60)
    alike = map(np.array_equal, before, results())
    os._exit(0 if all(alike) else 3)
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be copied here")
@pytest.mark.parametrize("engine", ENGINES)
def test_a_copied_process_computes_as_the_first(tmp_path, engine):
    environment = {**os.environ, "PDEFILTER_ENGINE": engine}
    command = [sys.executable, "-W", "ignore", "-c", COPIED]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, timeout=120)
