"""Filters that take another picture, through the executable: inpainting and cloning."""

import numpy as np
import pytest
from support import SAMPLES

import pdefilter
from pdefilter import Image

CAT, MASK, PORTRAIT = (SAMPLES / f"{name}.png" for name in ("cat", "holes", "portrait"))
pytestmark = pytest.mark.filterwarnings("ignore:.*were clipped")
WHOLE = pdefilter.read(MASK).pixels > 0


def test_inpaint_fills_the_black_pixels_of_the_mask(pdefilter_command, tmp_path):
    done = pdefilter_command("inpaint", PORTRAIT, "--mask", MASK, "-o", "whole.png")
    assert (done.returncode, done.stderr) == (0, b"")
    ours, source = pdefilter.read(tmp_path / "whole.png").pixels, pdefilter.read(PORTRAIT).pixels
    assert np.array_equal(ours[WHOLE], source[WHOLE])
    assert np.array_equal(ours, pdefilter.inpaint(Image(source, mask=WHOLE)).pixels)
    # Nine tenths of the hidden variance are found again.
    assert (ours - source.astype(float))[~WHOLE].var() < source[~WHOLE].var() / 10


def test_a_fill_that_does_not_fit_the_mask_is_refused_in_a_sentence(pdefilter_command, tmp_path):
    pdefilter.write(np.zeros((1, 1), np.uint8), tmp_path / "pixel.png")
    done = pdefilter_command(
        "inpaint", PORTRAIT, "--mask", MASK, "--fill", "pixel.png", "-o", "x.png"
    )
    size = " × ".join(map(str, reversed(WHOLE.shape)))
    assert (done.returncode, done.stderr.decode()) == (
        2,
        f"error: --mask {MASK}: has {size} pixels, the fill 1 × 1; give one of the image's size\n",
    )
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize("method", ["harmonic", "biharmonic", "tv"])
@pytest.mark.parametrize("color", ["rgb", "luminance", "lab", "linear"])
def test_every_option_of_inpaint(pdefilter_command, tmp_path, method, color):
    options = ["--method", method, "--color", color]
    done = pdefilter_command("inpaint", PORTRAIT, "--mask", MASK, *options, "-o", "whole.tif")
    assert done.returncode == 0
    assert b"clipped" in done.stderr or not done.stderr
    ours, source = pdefilter.read(tmp_path / "whole.tif").pixels, pdefilter.read(PORTRAIT).pixels
    assert np.array_equal(ours[WHOLE], source[WHOLE])


def test_inpaint_fills_values_that_are_not_numbers(pdefilter_command, tmp_path):
    picture = pdefilter.read(SAMPLES / "coins.png").pixels / np.float32(255)
    picture[50:60, 70:90] = np.nan
    np.save(tmp_path / "holed.npy", picture)
    done = pdefilter_command("inpaint", "holed.npy", "-o", "whole.npy")
    assert (done.returncode, done.stderr) == (0, b"")
    whole = np.load(tmp_path / "whole.npy")
    assert np.array_equal(whole, pdefilter.inpaint(picture))
    assert np.isfinite(whole).all()
    # To another depth too, as nothing is left that it could not hold.
    done = pdefilter_command("inpaint", "holed.npy", "--depth", "8", "-o", "whole.png")
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        ([], {}),
        (["--mixed"], {"mixed": True}),
        (["--at", "5,-3"], {"at": "5,-3"}),
    ],
)
def test_poisson_clones(pdefilter_command, tmp_path, options, parameters):
    where = np.zeros((256, 256), np.uint8)
    where[90:150, 60:200] = 255
    pdefilter.write(where, tmp_path / "where.png")
    done = pdefilter_command(
        "poisson", PORTRAIT, "--source", MASK, "--mask", "where.png", *options, "-o", "cloned.tif"
    )
    assert done.returncode == 0
    expected = pdefilter.poisson(
        pdefilter.read(PORTRAIT), source=pdefilter.read(MASK), mask=where, **parameters
    )
    assert np.array_equal(pdefilter.read(tmp_path / "cloned.tif").pixels, expected.pixels)


def test_poisson_flattens_and_integrates(pdefilter_command, tmp_path):
    picture = pdefilter.read(SAMPLES / "coins.png")
    done = pdefilter_command("poisson", SAMPLES / "coins.png", "--flatten", "20", "-o", "flat.png")
    assert done.returncode == 0
    flat = pdefilter.read(tmp_path / "flat.png").pixels
    assert np.array_equal(flat, pdefilter.poisson(picture, flatten=20).pixels)
    u = picture.pixels / 255
    for name, axis in (("rows", 0), ("columns", 1)):
        np.save(tmp_path / f"{name}.npy", np.diff(u, axis=axis, append=np.take(u, [-1], axis)))
    done = pdefilter_command("poisson", "rows.npy", "--columns", "columns.npy", "-o", "u.npy")
    assert (done.returncode, done.stderr) == (0, b"")
    np.testing.assert_allclose(np.load(tmp_path / "u.npy"), u - u.mean(), atol=1e-5)


def test_the_number_of_threads_changes_no_byte(pdefilter_command):
    for arguments in (
        ["inpaint", CAT, "--mask", MASK],
        ["poisson", PORTRAIT, "--source", CAT],
    ):
        outputs = {
            pdefilter_command(*arguments, "--threads", threads, "--format", "png").stdout
            for threads in (1, 2, 3)
        }
        assert len(outputs) == 1
        assert b"PNG" in outputs.pop()


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["inpaint", CAT, "--mask", "white.png"], 2, "--mask: is nowhere black"),
        (["inpaint", CAT, "--mask", "black.png"], 2, "--mask: is black all over"),
        (
            ["inpaint", CAT, "--mask", "small.png"],
            2,
            "but its mask 9 × 7; give a mask of the same size",
        ),
        (["inpaint", CAT, "--mask", "none.png"], 2, "--mask none.png: cannot be read"),
        (["inpaint", CAT], 1, "has no holes; mark the pixels to be filled in black"),
        (["poisson", CAT], 2, "--source: is missing; give a source, a flatten or a columns"),
        (["poisson", CAT, "--source", "none.png"], 2, "--source: none.png: cannot be read"),
        (["poisson", CAT, "--source", CAT, "--mask", "small.png"], 2, "--mask: has 9 × 7 pixels"),
        (["poisson", CAT, "--source", CAT, "--mask", "black.png"], 2, "--mask: leaves nothing"),
        (["poisson", CAT, "--source", "white.png", "--at", "9,0"], 2, "move them by --at"),
        (["poisson", CAT, "--source", CAT, "--at", "9"], 2, "--at: '9' is not a place"),
        (["poisson", CAT, "--flatten", "0"], 2, "--flatten: 0 is not in the range 0.1 to"),
    ],
)
def test_bad_input_gets_one_sentence(pdefilter_command, tmp_path, arguments, status, said):
    for name, picture in (
        ("white", np.full((256, 256), 255, np.uint8)),
        ("black", np.zeros((256, 256), np.uint8)),
        ("small", np.eye(7, 9, dtype=np.uint8)),
    ):
        pdefilter.write(picture, tmp_path / f"{name}.png")
    done = pdefilter_command(*arguments, "-o", "out.png")
    sentence = done.stderr.decode()
    assert (done.returncode, done.stdout) == (status, b"")
    assert said in sentence
    assert sentence.count("\n") == 1
    assert not (tmp_path / "out.png").exists()
