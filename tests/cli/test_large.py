"""Images that take more than --memory, on the command line."""

import json

import numpy as np
import pytest

SIZE = 900, 1300


@pytest.fixture
def image(tmp_path):
    pixels = (np.random.default_rng(3).random(SIZE) * 255).astype(np.uint8)
    np.save(tmp_path / "in.npy", pixels)
    return pixels


@pytest.mark.usefixtures("image")
def test_verbose_and_reports_tell_that_an_image_went_in_boxes(pdefilter_command, tmp_path):
    assert pdefilter_command("edge", "in.npy", "-o", "whole.npy").returncode == 0
    call = ("edge", "in.npy", "-o", "out.npy", "-v", "--memory", "30MB", "--box", "512x256")
    for report in ("run.jsonl", "run.html"):
        done = pdefilter_command(*call, "--report", report, "--overwrite")
        assert done.returncode == 0
        assert b"in.npy -> out.npy" in done.stderr
        assert "s, in 12 boxes of 256 × 512 pixels\n" in done.stderr.decode()
    assert (tmp_path / "out.npy").read_bytes() == (tmp_path / "whole.npy").read_bytes()
    record = json.loads((tmp_path / "run.jsonl").read_text())
    assert (record["boxes"], record["box"]) == (12, [512, 256])
    assert "filtered in 12 boxes" in (tmp_path / "run.html").read_text()
    again = ("chain", "--from-report", "run.jsonl", "--overwrite", "--memory", "35MB")
    repeated = pdefilter_command(*again)
    assert (repeated.returncode, repeated.stderr) == (0, b"")


def test_a_folder_mixes_both_ways(pdefilter_command, tmp_path, image):
    np.save(tmp_path / "small.npy", image[:50, :60])
    done = pdefilter_command(
        "smooth", "in.npy", "small.npy", "-o", "out/", "--memory", "30MB", "-v"
    )
    assert done.returncode == 0
    assert done.stderr.count(b" boxes of ") == 1
    assert np.load(tmp_path / "out" / "small.npy").shape == (50, 60)
    again = ("smooth", "in.npy", "small.npy", "-o", "out/", "--memory", "30MB", "--skip-existing")
    assert pdefilter_command(*again).returncode == 0


@pytest.mark.usefixtures("image")
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--memory", "0"], "--memory: '0' is not a size such as 1.5GB, 800MB or 2GiB"),
        (["--memory", "much"], "--memory: 'much' is not a size such as 1.5GB, 800MB or 2GiB"),
        (["--memory", "1e400GB"], "--memory: '1e400GB' is not a size such as"),
        (["--box", "0x64"], "--box: '0x64' is not a number of rows and of columns, both above 0"),
        (["--box", "64"], "--box: '64' is not a number of rows and of columns, both above 0"),
    ],
)
def test_sizes_that_are_none_are_refused(pdefilter_command, tmp_path, options, sentence):
    done = pdefilter_command("edge", "in.npy", "-o", "out.npy", *options)
    assert done.returncode == 2
    assert sentence in done.stderr.decode()
    assert {path.name for path in tmp_path.iterdir()} == {"in.npy"}


@pytest.mark.parametrize(
    ("size", "bytes_"),
    [("1.5GB", 1_500_000_000), ("800 mb", 800_000_000), ("2GiB", 2 << 30), ("64b", 64)],
)
def test_sizes_have_units(size, bytes_):
    from pdefilter.cli.words import size_in_bytes

    assert size_in_bytes(size) == bytes_


@pytest.mark.usefixtures("image")
def test_frames_cannot_show_boxes(pdefilter_command, tmp_path):
    call = ("heat-diffuse", "in.npy", "-o", "out.npy", "--frames", "f.gif", "--memory", "30MB")
    done = pdefilter_command(*call)
    assert done.returncode == 1
    assert b"frames cannot show boxes; leave --frames out, or raise --memory" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"in.npy"}
