"""Contours beside an output, or alone: named, refused and written as outputs are."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile
from support import SAMPLES

import pdefilter
from pdefilter.errors import CallError
from pdefilter.filters import FILTERS, TRACING
from pdefilter.images.formats import named
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image
from pdefilter.images.reading import Reading
from pdefilter.runs.chain import Chain, Stage
from pdefilter.runs.contours import with_contours
from pdefilter.runs.large.job import make
from pdefilter.runs.plan import Job, plan
from pdefilter.runs.work import ReadWriteOptions, work

COINS = SAMPLES / "coins.png"
CANNY = Stage("edge", FILTERS["edge"], {"method": "canny"})


def chain_of(*stages):
    return Chain(stages)


def square(rows=24, columns=30):
    """A bright square on dark, whose sides lie between pixels."""
    pixels = np.full((rows, columns), 50, np.uint8)
    pixels[6:18, 8:20] = 200
    return pixels


def done(source, contours, target=None, **options):
    """Do a job in this process, and return its outcome."""
    job = Job(0, str(source), target, None, contours=str(contours), writes_image=target is not None)
    return work(job, chain_of(CANNY), ReadWriteOptions(Reading(), **options), make=make)


def planned(target, *, jobs=1, chain=None, overwrite=False):
    jobs = [Job(k, f"in/{k}.png", f"out/{k}.png", None) for k in range(jobs)]
    made = with_contours(jobs, chain or chain_of(CANNY), target, overwrite=overwrite)
    return [job.contours for job in made]


def test_filters_that_trace_are_named():
    kinds = {name: filter_ for name, filter_ in FILTERS.items() if name in TRACING}
    assert all(filter_().traces for filter_ in kinds.values())
    for parameters in (
        {"component": "rows"},
        {"component": "direction"},
        {"operator": "laplacian"},
    ):
        assert not FILTERS["edge"](**parameters).traces
    assert FILTERS["edge"](sigma="2mm").traces


def test_files_of_several_inputs_are_named_by_a_template(tmp_path):
    expected = [f"{tmp_path}/0.svg", f"{tmp_path}/1.svg"]
    assert planned(f"{tmp_path}/{{stem}}.svg", jobs=2) == expected


@pytest.mark.parametrize(
    ("target", "options", "sentence"),
    [
        ("a.png", {}, "the ending .png stands for no format of lines; take one of .svg"),
        ("a.svg", {"jobs": 2}, "several inputs need names of their own"),
        ("out/0.png", {}, "stands for no format of lines"),
        ("in/{index}.csv", {"jobs": 2}, None),
        ("same{suffix}.csv", {"jobs": 2}, "is an input, an output or another file of lines"),
        ("s3://bucket/a.svg", {}, "is a URL; give a file"),
        (
            "a.svg",
            {"chain": chain_of(CANNY, Stage("smooth", FILTERS["smooth"], {}))},
            "this filter does not find edges or lines that can be traced",
        ),
    ],
)
def test_a_call_that_contradicts_itself_is_refused(target, options, sentence):
    if sentence is None:
        assert planned(target, **options) == ["in/0.csv", "in/1.csv"]
        return
    with pytest.raises(CallError, match=sentence):
        planned(target, **options)


def test_existing_files_are_refused_unless_they_may_be_replaced(tmp_path):
    (tmp_path / "a.svg").write_bytes(b"")
    (tmp_path / "b.svg").mkdir()
    with pytest.raises(CallError, match="give --overwrite"):
        planned(f"{tmp_path}/a.svg")
    assert planned(f"{tmp_path}/a.svg", overwrite=True)
    with pytest.raises(CallError, match="is a folder"):
        planned(f"{tmp_path}/b.svg", overwrite=True)


def test_jobs_without_images_need_no_output(tmp_path):
    for name in ("a.png", "b.png"):
        pdefilter.write(square(), tmp_path / name)
    jobs = plan([str(tmp_path)], None, writes_images=False).jobs
    assert [job.target for job in jobs] == [None, None]
    named = with_contours(jobs, chain_of(CANNY), f"{tmp_path}/{{stem}}.csv", overwrite=False)
    assert [job.target_name for job in named] == [f"{tmp_path}/a.csv", f"{tmp_path}/b.csv"]
    assert not named[0].is_done
    (tmp_path / "a.csv").write_bytes(b"")
    assert named[0].is_done


@pytest.mark.parametrize("ending", ["svg", "geojson", "csv"])
def test_contours_alone_are_written_and_no_image_is(tmp_path, ending):
    pdefilter.write(square(), tmp_path / "a.png")
    outcome = done(tmp_path / "a.png", tmp_path / f"new/a.{ending}")
    assert (outcome.error, outcome.data, outcome.warnings) == (None, None, ())
    assert [path.name for path in (tmp_path / "new").iterdir()] == [f"a.{ending}"]


def test_contours_beside_an_output_change_no_byte_of_it(tmp_path):
    pdefilter.write(square(), tmp_path / "a.png")
    outcome = done(tmp_path / "a.png", tmp_path / "a.svg", str(tmp_path / "out.png"))
    alone = Job(0, str(tmp_path / "a.png"), str(tmp_path / "out.png"), None)
    assert outcome.data == work(alone, chain_of(CANNY), ReadWriteOptions(Reading())).data
    root = ElementTree.fromstring((tmp_path / "a.svg").read_bytes())
    assert (root.get("width"), root.get("height")) == ("30", "24")


def test_an_image_without_edges_has_an_empty_file(tmp_path):
    pdefilter.write(np.full((5, 6), 7, np.uint8), tmp_path / "a.png")
    outcome = done(tmp_path / "a.png", tmp_path / "a.geojson")
    assert outcome.warnings == (
        "has no edge that is strong enough; take lower thresholds by --hysteresis",
    )
    assert json.loads((tmp_path / "a.geojson").read_bytes())["features"] == []


def geotiff(path):
    keys = (1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 32611)
    tags = [
        (33550, 12, 3, (0.5, 0.5, 0.0), True),
        (33922, 12, 6, (0.0, 0.0, 0.0, 440720.0, 100000.0, 0.0), True),
        (34735, 3, len(keys), keys, True),
    ]
    tifffile.imwrite(path, square(), metadata=None, extratags=tags)


def test_contours_of_a_geotiff_are_in_its_coordinates(tmp_path):
    geotiff(tmp_path / "a.tif")
    assert done(tmp_path / "a.tif", tmp_path / "a.geojson").error is None
    found = json.loads((tmp_path / "a.geojson").read_bytes())
    assert found["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::32611"
    [feature] = found["features"]
    x, y = np.transpose(feature["geometry"]["coordinates"])
    # The sides are 8 and 20 columns from the left border, and 6 and 18 rows from the upper one.
    assert np.allclose([x.min(), x.max()], [440724, 440730], rtol=0, atol=0.025)
    assert np.allclose([y.min(), y.max()], [99991, 99997], rtol=0, atol=0.025)


def test_stripped_metadata_leave_contours_in_pixels(tmp_path):
    geotiff(tmp_path / "a.tif")
    assert done(tmp_path / "a.tif", tmp_path / "a.geojson", strip=True).error is None
    assert "units" in json.loads((tmp_path / "a.geojson").read_bytes())


def test_images_that_have_no_contours_of_their_own_are_refused(tmp_path):
    page = Image.of(square())
    (tmp_path / "p.tif").write_bytes(named("tiff").encode(Frames(2, lambda _: page, page.shape)))
    outcome = done(tmp_path / "p.tif", tmp_path / "p.svg")
    assert outcome.error.endswith(
        "has 2 frames, each with contours of its own; choose one by --frame"
    )
    assert done(tmp_path / "p.tif", tmp_path / "p.svg", frame=1).error is None
    np.save(tmp_path / "v.npy", np.stack([square()] * 3))
    job = Job(0, str(tmp_path / "v.npy"), None, None, contours="v.svg", writes_image=False)
    reading = Reading(as_volume=True)
    outcome = work(job, chain_of(CANNY), ReadWriteOptions(reading), make=make)
    assert "is a volume, and --contours traces images" in outcome.error


def test_an_image_larger_than_memory_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((400, 400), np.uint8), tile=(64, 64))
    outcome = done(tmp_path / "a.tif", tmp_path / "a.svg", memory=1_000_000, memory_is_limit=True)
    assert "contours are traced through all of an image; leave --contours out" in outcome.error


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    pdefilter.write(square(), tmp_path / "a.png")
    (tmp_path / "a.svg").write_bytes(b"mine")
    outcome = done(tmp_path / "a.png", tmp_path / "a.svg")
    assert outcome.error.endswith("a.svg: exists already; give --overwrite to replace it")
    assert (tmp_path / "a.svg").read_bytes() == b"mine"
    assert done(tmp_path / "a.png", tmp_path / "a.svg", overwrite=True).error is None


def test_a_full_disk_leaves_nothing(small_disk):
    noise = np.random.default_rng(4).integers(0, 256, (80, 80), np.uint8)
    pdefilter.write(noise, small_disk / "a.png")
    outcome = work(
        Job(0, str(small_disk / "a.png"), None, None, contours=str(small_disk / "a.csv"),
            writes_image=False),
        chain_of(Stage("edge", FILTERS["edge"], {"threshold": 0.0})),
        ReadWriteOptions(Reading()),
    )  # fmt: skip
    assert "a.csv: cannot be written (No space left on device)" in outcome.error
    assert [path.name for path in small_disk.iterdir()] == ["a.png"]


def test_the_command(pdefilter_command, tmp_path):
    call = ("chain", COINS, "smooth --sigma 1", "edge --method canny", "--contours", "c/{stem}.svg")
    shown = pdefilter_command(*call, "-v")
    assert (shown.returncode, shown.stdout) == (0, b"")
    assert b"coins.png -> c/coins.svg: " in shown.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["c", "coins.svg"]
    refused = pdefilter_command(*call, "--overwrite", "--depth", "16")
    assert refused.stderr == b"error: --depth: is about the image that is written; give -o too\n"
