"""Inputs that do not fit the mask, or a clone, are refused before any image is filtered."""

import io
import os
import subprocess

import numpy as np
import pytest
from sample_files import sample_files
from support import SAMPLES
from tifffile import TiffWriter

import pdefilter
from pdefilter.images.files import read_frames
from pdefilter.images.reading import Reading
from pdefilter.images.upright import size_upright

FILES = sample_files()


@pytest.mark.parametrize("name", FILES)
def test_the_size_is_known_before_decoding(name):
    frames = read_frames(io.BytesIO(FILES[name]), Reading())
    assert size_upright(frames) == frames.read(0).shape


def test_inputs_of_another_size_than_the_mask_are_named_and_none_is_filtered(
    pdefilter_command, tmp_path
):
    for name, shape in (("a", (5, 6)), ("b", (6, 5)), ("c", (5, 6)), ("d", (7, 6))):
        pdefilter.write(np.zeros(shape, np.uint8), tmp_path / f"{name}.png")
    pdefilter.write(np.eye(5, 6, dtype=np.uint8), tmp_path / "mask.png")
    names = [f"{name}.png" for name in "abcd"]
    done = pdefilter_command("smooth", *names, "--mask", "mask.png", "-o", "out/")
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        "error: b.png: has 5 × 6 pixels, but its mask 6 × 5; give a mask of the same size",
        "error: d.png: has 6 × 7 pixels, but its mask 6 × 5; give a mask of the same size",
    ]
    assert not (tmp_path / "out").exists()


def test_a_clone_must_lie_within_every_input_at_its_place_in_the_chain(pdefilter_command, tmp_path):
    for name, side in (("large", 20), ("small", 9)):
        pdefilter.write(np.zeros((side, side), np.uint8), tmp_path / f"{name}.png")
    pdefilter.write(np.zeros((8, 8), np.uint8), tmp_path / "source.png")
    stages = ["edge", "poisson --source source.png --at 5,5"]
    done = pdefilter_command("chain", "large.png", "small.png", *stages, "-o", "out/")
    assert done.returncode == 2
    sentence = "small.png: has 9 × 9 pixels, and the cloned ones reach from 6,6 to 11,11"
    assert sentence in done.stderr.decode()
    assert not (tmp_path / "out").exists()
    assert pdefilter_command("chain", "large.png", *stages, "-o", "out/").returncode == 0


def test_a_broken_image_fails_alone_as_it_does_without_a_mask(pdefilter_command, tmp_path):
    pdefilter.write(np.zeros((5, 6), np.uint8), tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes((SAMPLES / "coins.png").read_bytes()[:900])
    pdefilter.write(np.eye(5, 6, dtype=np.uint8), tmp_path / "mask.png")
    done = pdefilter_command("smooth", "a.png", "b.png", "--mask", "mask.png", "-o", "out/")
    assert done.returncode == 1
    assert b"error: b.png: is truncated" in done.stderr
    assert (tmp_path / "out" / "a.png").exists()


def test_an_image_whose_size_shows_late_makes_the_call_wrong_too(pdefilter_command, tmp_path):
    """The header of standard input, of a later frame or of a later page is not read in advance."""
    fitting, other = np.zeros((5, 6), np.uint8), np.zeros((6, 5), np.uint8)
    pages = io.BytesIO()
    with TiffWriter(pages) as file:
        file.write(fitting)
        file.write(other)
    (tmp_path / "pages.tif").write_bytes(pages.getvalue())
    pdefilter.write(np.eye(5, 6, dtype=np.uint8), tmp_path / "mask.png")
    for source, *options in (["-"], ["pages.tif"], ["pages.tif", "--frame", "1"]):
        done = pdefilter_command(
            "inpaint", source, *options, "--mask", "mask.png", "-o", "out.tif",
            stdin=pages.getvalue(),
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.decode() == (
            f"error: {'standard input' if source == '-' else source}: has 5 × 6 pixels, but "
            "its mask 6 × 5; give a mask of the same size\n"
        )
        assert not (tmp_path / "out.tif").exists()


def test_among_others_that_fit_a_file_whose_later_page_does_not_fails_alone(
    pdefilter_command, tmp_path
):
    with TiffWriter(tmp_path / "pages.tif") as file:
        file.write(np.zeros((5, 6), np.uint8))
        file.write(np.zeros((6, 5), np.uint8))
    pdefilter.write(np.zeros((5, 6), np.uint8), tmp_path / "a.png")
    pdefilter.write(np.eye(5, 6, dtype=np.uint8), tmp_path / "mask.png")
    done = pdefilter_command("smooth", "a.png", "pages.tif", "--mask", "mask.png", "-o", "out/")
    assert done.returncode == 1
    assert b"pages.tif: has 5 \xc3\x97 6 pixels, but its mask" in done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.png"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in its file system")
def test_a_pipe_is_read_only_once(executable, tmp_path):
    pdefilter.write(np.eye(5, 6, dtype=np.uint8), tmp_path / "mask.png")
    os.mkfifo(tmp_path / "pipe.png")
    command = [executable, "smooth", "pipe.png", "--mask", "mask.png", "-o", "out.png"]
    with subprocess.Popen(command, cwd=tmp_path) as process:
        (tmp_path / "pipe.png").write_bytes((tmp_path / "mask.png").read_bytes())
        assert process.wait(60) == 0
    assert (tmp_path / "out.png").exists()
