"""The values of the automatic parameters, as a table and as JSON."""

import json

import numpy as np
import pytest
from support import SAMPLES

import pdefilter


@pytest.mark.parametrize("name", ["noisy.png", "portrait.png", "cat.png"])
def test_json_has_the_values_of_the_function(pdefilter_command, name):
    done = pdefilter_command("estimate", "--json", SAMPLES / name)
    assert (done.returncode, done.stderr) == (0, b"")
    found = pdefilter.estimate(pdefilter.read(SAMPLES / name))
    assert json.loads(done.stdout) == {
        "image": str(SAMPLES / name),
        "frame": 0,
        "noise": list(found.noise),
        "kappa": found.kappa,
        "time": found.time,
        "full_scale": 255.0,
    }


def test_the_filter_takes_the_values_that_are_printed(pdefilter_command, tmp_path):
    found = json.loads(pdefilter_command("estimate", "--json", SAMPLES / "noisy.png").stdout)
    printed = ["--kappa", found["kappa"], "--time", found["time"]]
    for options, output in (([], "auto.png"), (printed, "printed.png")):
        pdefilter_command("anisotropic", SAMPLES / "noisy.png", *options, "-o", output)
    assert (tmp_path / "auto.png").read_bytes() == (tmp_path / "printed.png").read_bytes()


def test_every_frame_has_a_line_and_a_bad_file_a_sentence(pdefilter_command, tmp_path):
    rng = np.random.default_rng(0)
    pages = [rng.integers(0, 255, (16, 16)).astype(np.uint8) for _ in range(3)]
    pdefilter.write(pages, tmp_path / "pages.tif")
    done = pdefilter_command("estimate", "--json", "pages.tif", "nothing.png", "pages.tif")
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: nothing.png: ")
    frames = [json.loads(line)["frame"] for line in done.stdout.splitlines()]
    assert frames == [0, 1, 2, 0, 1, 2]


def test_standard_input_is_an_image_too(pdefilter_command):
    data = (SAMPLES / "noisy.png").read_bytes()
    lines = pdefilter_command("estimate", "-", stdin=data).stdout.decode().splitlines()
    assert lines[0].split() == ["noise", "kappa", "noise", "kappa", "time", "image"]
    assert lines[2].split()[-1] == "-"
    assert float(lines[2].split()[0]) == pytest.approx(20, abs=2)
