"""The command that sweeps over the values of options: its sheet, its numbers and its errors."""

import csv
import json

import numpy as np
import pytest
from support import SAMPLES

import pdefilter
from pdefilter.cli.options import command_of
from pdefilter.cli.sweep import _values
from pdefilter.filters import FILTERS
from pdefilter.filters.options.option import parameters_of

NOISY = SAMPLES / "noisy.png"


def records(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def clean(tmp_path):
    """A small image whose noise is removed best at a time between 0.5 and 50."""
    rows, columns = np.mgrid[:40, :50]
    pixels = np.where(rows + columns < 45, 60.0, 180.0)
    noise = np.random.default_rng(2).normal(0, 12, pixels.shape)
    pdefilter.write(pixels.astype(np.uint8), tmp_path / "clean.png")
    pdefilter.write((pixels + noise).astype(np.uint8), tmp_path / "in.png")
    return tmp_path / "clean.png"


def test_pictures_are_those_of_the_filter_and_the_last_typed_option_goes_across(
    pdefilter_command, tmp_path, clean
):
    words = ["--time", "0.5,4", "--kappa", "0.05,p90,0.2", "--reference", "clean.png"]
    found = records(
        pdefilter_command("sweep", "anisotropic", "in.png", *words, "--json", "-o", "sheet.png")
    )
    assert [list(record["values"].values()) for record in found] == [
        [time, kappa] for time in (0.5, 4.0) for kappa in ("0.05", "p90", "0.2")
    ]
    sheet = pdefilter.read(tmp_path / "sheet.png").pixels
    truth = pdefilter.read(clean)
    for at, record in enumerate(found):
        result = pdefilter.anisotropic(pdefilter.read(tmp_path / "in.png"), **record["values"])
        error = result.pixels.astype(float) - truth.pixels
        assert record["psnr"] == pytest.approx(
            20 * np.log10(255) - 10 * np.log10((error**2).mean())
        )
        big = result.pixels.repeat(5, 0).repeat(5, 1)
        row, column = place_of(big, sheet)
        assert (row > 250) == (at >= 3)
        assert column // 262 == at % 3
    assert [record["best"] for record in found].count(True) == 1
    assert max(found, key=lambda record: record["psnr"])["best"]


def place_of(picture, sheet):
    """Find a picture on a sheet by its first row."""
    grey = sheet[..., 0]
    for row, column in np.argwhere(grey == picture[0, 0]):
        if np.array_equal(
            grey[row : row + len(picture), column : column + picture.shape[1]], picture
        ):
            return row, column
    pytest.fail("it is not on the sheet")


@pytest.mark.usefixtures("clean")
def test_the_numbers_do_not_depend_on_jobs_and_threads(pdefilter_command):
    words = ["smooth", "in.png", "--sigma", "0.5,1,2", "--reference", "clean.png", "--json"]
    one = records(pdefilter_command("sweep", *words, "--jobs", "1", "--threads", "1"))
    assert records(pdefilter_command("sweep", *words, "--jobs", "3", "--threads", "4")) == one


@pytest.mark.usefixtures("clean")
def test_csv_has_a_line_for_each_picture(pdefilter_command, tmp_path):
    done = pdefilter_command(
        "sweep", "anisotropic", "in.png", "--kappa", "0.1,0.2", "--csv", "n.csv",
        "--reference", "clean.png",
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    with (tmp_path / "n.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["kappa"] for row in rows] == ["0.1", "0.2"]
    assert all(float(row["psnr"]) > 20 and float(row["chosen_time"]) > 0 for row in rows)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("edge", ["--operator", "sobel,laplacian", "--threshold", "0,0.1", "--sigma", "0,1"]),
        ("convolve", ["--kernel", "binomial,1 2 1", "--normalize"]),
        ("inpaint", ["--mask", str(SAMPLES / "holes.png"), "--method", "harmonic,biharmonic"]),
        ("smooth", ["--method", "tv", "--weight", "auto,10", "--tolerance", "2"]),
    ],
)
def test_filters_of_every_kind_can_be_swept(pdefilter_command, tmp_path, name, options):
    image = SAMPLES / ("cat.png" if name == "inpaint" else "coins.png")
    done = pdefilter_command("sweep", name, image, *options, "-o", "sheet.png", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert pdefilter.read(tmp_path / "sheet.png").pixels.shape[2] == 3


def test_values_are_those_of_the_filter_command():
    """One definition of an option serves both."""
    for filter_ in FILTERS.values():
        for parameter in parameters_of(filter_):
            option = parameter.option
            if option.choices:
                words = list(option.choices)
                read = _values(option, str)
                assert read(",".join(words)) == (tuple(words) if len(words) > 1 else words[0])
    assert command_of(FILTERS["edge"], dict, (), _values).__doc__.startswith("Find edges")


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("anisotropic in.png --time 1", "no option has several values"),
        ("anisotropic in.png --time 1,-5", "--time: -5 is not in the range"),
        ("anisotropic in.png --time 1,abc", "--time: 'abc' is neither a number nor auto"),
        ("anisotropic in.png --kappa 0.1,abc", "--kappa: abc"),
        ("anisotropic in.png --time 1 --scheme explicit,aos --step 0.1,0.3", "(at scheme explicit"),
        ("smooth in.png --method tv,blur", "--method: 'blur' is not one of"),
        ("smooth in.png --sigma 1,2 --crop 1,2,3", "--crop: '1,2,3' is not a detail"),
        ("smooth in.png --sigma 1,2 --crop 30,0,20,20", "--crop: is not within in.png"),
        ("smooth none.png --sigma 1,2", "none.png: no such file"),
        ("smooth --sigma 1,2", "IMAGE is missing"),
        ("smoth in.png --sigma 1,2", "smoth: unknown command; did you mean smooth?"),
        ("", "FILTER is missing"),
    ],
)
def test_bad_calls_get_a_sentence_and_write_nothing(pdefilter_command, tmp_path, words, problem):
    done = pdefilter_command("sweep", *words.split(), *["-o", "sheet.png"] * bool(words))
    assert (done.returncode, done.stdout) == (2, b"")
    assert problem in done.stderr.decode()
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "sheet.png").exists()


@pytest.mark.usefixtures("clean")
def test_what_cannot_be_shown_or_compared_is_refused(pdefilter_command, tmp_path):
    pdefilter.write(np.zeros((9, 9, 5), np.uint8), tmp_path / "bands.tif")
    pdefilter.write([np.zeros((9, 9), np.uint8)] * 2, tmp_path / "pages.tif")
    (tmp_path / "there.png").write_bytes(b"")
    for image, more, problem in (
        ("bands.tif", ["-o", "s.png"], "bands.tif: is an image of 5 bands"),
        ("pages.tif", ["-o", "s.png"], "pages.tif: has 2 frames; pick one by --frame"),
        ("in.png", ["-o", "s.png", "--reference", "bands.tif"], "--reference bands.tif: has 9 × 9"),
        ("in.png", ["-o", "s.xyz"], "-o s.xyz: its format cannot hold a sheet"),
        ("in.png", ["-o", "none/s.png"], "there is no such folder"),
        ("in.png", ["-o", "there.png"], "exists already"),
        ("in.png", [], "--output: is missing"),
    ):
        done = pdefilter_command("sweep", "smooth", image, "--sigma", "1,2", *more)
        assert done.returncode in (1, 2)
        assert problem in done.stderr.decode()
        assert len(done.stderr.splitlines()) == 1
    done = pdefilter_command(
        "sweep", "smooth", "pages.tif", "--sigma", "1,2", "--frame", "1", "-o", "s.png"
    )
    assert (done.returncode, done.stderr) == (0, b"")
