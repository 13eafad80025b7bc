"""A chain is a float pipe in one process, bit for bit."""

import io
import json

import numpy as np
import pytest
from support import SAMPLES

import pdefilter

STAGES = ["heat-diffuse --sigma 1", "edge --component rows", "anisotropic --time 2", "edge"]


def piped(run, source, stages, format_, *last):
    data = source.read_bytes()
    for stage in stages[:-1]:
        done = run(*stage.split(), "-", "--depth", "float", "--format", format_, stdin=data)
        assert done.returncode == 0
        assert not done.stderr or b"nothing to remove" in done.stderr
        data = done.stdout
    done = run(*stages[-1].split(), "-", *last, stdin=data)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("sample", "format_"),
    [
        ("coins.png", "npy"),
        ("cat.png", "tiff"),
        ("coffee.jpg", "pfm"),
        ("brain.tif", "tiff"),
    ],
)
def test_a_chain_equals_the_pipe(pdefilter_command, sample, format_):
    """Alpha, colour and signed maps, in between of which no value may be lost or clipped."""
    for depth, target in (("float", "tiff"), ("16", "png")):
        last = ["--depth", depth, "--format", target, "--strip"]
        expected = piped(pdefilter_command, SAMPLES / sample, STAGES, format_, *last)
        done = pdefilter_command("chain", SAMPLES / sample, *STAGES, *last)
        assert (done.returncode, done.stdout == expected) == (0, True)


def test_holes_stay_holes(pdefilter_command, tmp_path):
    pixels = pdefilter.read(SAMPLES / "coins.png").pixels / np.float32(255)
    pixels[50:90, 60:100] = np.nan
    np.save(tmp_path / "holes.npy", pixels)
    stages = ["heat-diffuse --time 3", "smooth --sigma 2", "edge"]
    expected = piped(pdefilter_command, tmp_path / "holes.npy", stages, "npy")
    done = pdefilter_command("chain", "holes.npy", *stages)
    assert done.stdout == expected
    assert np.isnan(np.frombuffer(expected[128:], np.float32)).sum() == 40 * 40


def test_the_depth_is_that_of_the_input(pdefilter_command, tmp_path):
    for sample in ("coins.png", "brain.tif"):
        done = pdefilter_command("chain", SAMPLES / sample, *STAGES, "-o", sample)
        assert done.returncode == 0
        source, ours = pdefilter.read(SAMPLES / sample), pdefilter.read(tmp_path / sample)
        assert (ours.pixels.dtype, ours.format) == (source.pixels.dtype, source.format)


def test_a_recipe_holds_a_chain_and_the_report_shows_it(pdefilter_command, tmp_path):
    (tmp_path / "r.toml").write_text(f"# clean, then look\nstages = {json.dumps(STAGES[:2])}\n")
    call = ["chain", SAMPLES / "coins.png", "--recipe", "r.toml", *STAGES[2:]]
    done = pdefilter_command(*call, "--report", "r.jsonl")
    assert done.stdout == pdefilter_command("chain", SAMPLES / "coins.png", *STAGES).stdout
    filters = json.loads((tmp_path / "r.jsonl").read_text())["filters"]
    assert [stage["filter"] for stage in filters] == [stage.split()[0] for stage in STAGES]
    assert filters[1]["parameters"]["component"] == "rows"
    assert filters[2]["chosen"][0]["steps"] == 10


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a.png"], "STAGE is missing"),
        (["a.png", "edge", "edg"], "'edg': there is no filter edg; did you mean edge?"),
        (["heat-difuse --time 1", "edge"], "there is no filter heat-difuse; did you mean heat-d"),
        (["a.png", "edge --sigma"], "'--sigma' requires an argument"),
        (["a.png", "edge --sigma big"], "--sigma: 'big' is not a number"),
        (["a.png", "edge 'x"], "is not a stage (No closing quotation)"),
        (["a.png", "heat-diffuse --step 1"], "--step: 1 px² is above the stability limit"),
        (["edge"], "INPUT is missing"),
        (["a.png", "--recipe", "none.toml"], "--recipe none.toml: cannot be read"),
        (["a.png", "--recipe", "a.png"], "--recipe a.png: is not valid TOML"),
        (["a.png", "--recipe", "b.toml"], "needs stages = [...] and nothing else"),
        (["a.png", "--recipe", "c.toml"], "1 is not a stage"),
    ],
)
def test_a_wrong_chain_is_refused(pdefilter_command, tmp_path, words, said):
    (tmp_path / "a.png").write_bytes((SAMPLES / "coins.png").read_bytes())
    (tmp_path / "b.toml").write_text("steps = 1")
    (tmp_path / "c.toml").write_text("stages = [1]")
    done = pdefilter_command("chain", *words, "-o", "o.png")
    assert done.returncode == 2
    assert said in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1
    assert not (tmp_path / "o.png").exists()


def test_the_help_of_a_stage(pdefilter_command):
    done = pdefilter_command("chain", SAMPLES / "coins.png", "edge --help", "-o", "o.png")
    assert done.returncode == 0
    assert b"--operator" in done.stdout


def test_filled_pixels_are_filtered_by_the_next_stage(pdefilter_command, tmp_path):
    """Holes that are filled are none; what a filter does not touch is of the stage before."""
    pixels = pdefilter.read(SAMPLES / "coins.png").pixels / np.float32(255)
    pixels[50:90, 60:100] = np.nan
    np.save(tmp_path / "holes.npy", pixels)
    stages = ["inpaint", "heat-diffuse --time 3"]
    expected = piped(pdefilter_command, tmp_path / "holes.npy", stages, "npy")
    assert pdefilter_command("chain", "holes.npy", *stages).stdout == expected
    assert np.isfinite(np.load(io.BytesIO(expected))).all()
    stages = ["smooth", f"poisson --source {SAMPLES / 'brick.png'} --at 20,60"]
    last = ["--depth", "float", "--format", "npy"]
    expected = piped(pdefilter_command, SAMPLES / "coins.png", stages, "npy", *last)
    assert pdefilter_command("chain", SAMPLES / "coins.png", *stages, *last).stdout == expected
