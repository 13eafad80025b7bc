"""The command that sweeps over the values of options: its sheet, its numbers and its errors."""

import csv
import json

import numpy as np
import pytest
from calls import run_calls
from support import SAMPLES

import pdefilter
from pdefilter.cli.options import command_of
from pdefilter.cli.sweep import _values
from pdefilter.cli.words import one_of
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


def test_values_are_those_of_the_filter_command():
    """One definition of an option serves both."""
    for filter_ in FILTERS.values():
        for parameter in parameters_of(filter_):
            option = parameter.option
            if option.choices:
                words = list(option.choices)
                read = _values(option, one_of(words))
                assert read(",".join(words)) == (tuple(words) if len(words) > 1 else words[0])
    assert command_of(FILTERS["edge"], dict, (), _values).__doc__.startswith("Find edges")


BAD = {
    "anisotropic in.png --time 1": "no option has several values",
    "anisotropic in.png --time 1,-5": "--time: -5 is not in the range",
    "anisotropic in.png --time 1,abc": "--time: 'abc' is neither a number nor an area such as 4mm², nor auto",
    "anisotropic in.png --kappa 0.1,abc": "--kappa: abc",
    "anisotropic in.png --time 1 --scheme explicit,aos --step 0.1,0.3": "(at scheme explicit, st",
    "smooth in.png --method tv,blur": "--method: 'blur' is not one of",
    "smooth in.png --sigma 1,2 --crop 1,2,3": "--crop: '1,2,3' is not a detail",
    "smooth in.png --sigma 1,2 --crop 30,0,20,20": "--crop: is not within in.png",
    "smooth in.png --sigma 1,2 --reference bands.tif": "--reference bands.tif: has 9 × 9 pixels",
    "smooth none.png --sigma 1,2": "none.png: no such file",
    "smooth bands.tif --sigma 1,2": "bands.tif: is an image of 5 bands",
    "smooth pages.tif --sigma 1,2": "pages.tif: has 2 frames; pick one by --frame",
    "smooth in.png --sigma 1,2 -o s.xyz": "-o s.xyz: its format cannot hold a sheet",
    "smooth in.png --sigma 1,2 -o none/s.png": "there is no such folder",
    "smooth in.png --sigma 1,2 -o pages.tif": "-o pages.tif: exists already",
    "smooth in.png --sigma 1,2 -o in.png --overwrite": "-o in.png: is read too",
    "smooth --sigma 1,2": "IMAGE is missing",
    "smoth in.png --sigma 1,2": "smoth: unknown command; did you mean smooth?",
    "smooth in.png --sigm 1,2": "--sigm: unknown option; did you mean --sigma?",
    f"smooth in.png --sigma {','.join(map(str, range(1, 500)))}": "499 pictures are too many",
}


@pytest.mark.usefixtures("clean")
def test_bad_calls_get_a_sentence_and_write_nothing(tmp_path):
    pdefilter.write(np.zeros((9, 9, 5), np.uint8), tmp_path / "bands.tif")
    pdefilter.write([np.zeros((9, 9), np.uint8)] * 2, tmp_path / "pages.tif")
    before = sorted(tmp_path.iterdir())
    calls = [
        (["sweep", *words.split(), *([] if "-o" in words else ["-o", "sheet.png"])], "")
        for words in BAD
    ]
    calls += [(["sweep"], ""), (["sweep", "smooth", "in.png", "--sigma", "1,2"], "")]
    problems = [*BAD.values(), "FILTER is missing", "--output: is missing"]
    for problem, done in zip(problems, run_calls(calls, tmp_path, 60), strict=True):
        assert done.is_answer, done
        assert done.status in (1, 2)
        assert problem in done.said
        assert len(done.said.splitlines()) == 1
    assert sorted(path for path in tmp_path.iterdir() if path.name != "said") == before


@pytest.mark.usefixtures("clean")
def test_filters_of_every_kind_can_be_swept(tmp_path):
    calls = [
        "edge in.png --operator sobel,laplacian --threshold 0,0.1 --sigma 0,1",
        "convolve in.png --kernel binomial,box,1 --normalize",
        f"inpaint {SAMPLES}/cat.png --mask {SAMPLES}/holes.png --method harmonic,biharmonic",
        "smooth in.png --method tv --weight auto,10 --tolerance 2",
        "denoise in.png --noise 0.05,auto",
        "smooth pages.tif --sigma 1,2 --frame 1",
    ]
    pdefilter.write([np.zeros((9, 9), np.uint8)] * 2, tmp_path / "pages.tif")
    words = [
        ["sweep", *call.split(), "-o", f"{at}.png", "--quiet"] for at, call in enumerate(calls)
    ]
    for at, done in enumerate(run_calls([(call, "") for call in words], tmp_path, 60)):
        assert (done.status, done.said) == (0, ""), done
        assert pdefilter.read(tmp_path / f"{at}.png").pixels.shape[2] == 3
