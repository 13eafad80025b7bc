"""Jobs whose images take more than the memory: files, errors, reports, and what is left behind."""

import json
import warnings
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import tifffile

import pdefilter
from pdefilter.filters import FILTERS
from pdefilter.filters.options.option import parameters_of
from pdefilter.images.formats import of_file_name
from pdefilter.images.reading import Reading
from pdefilter.images.stores.npy import NpySink
from pdefilter.kernels import engine
from pdefilter.runs.chain import Chain, Stage
from pdefilter.runs.large import array_files
from pdefilter.runs.large.job import make
from pdefilter.runs.large.notes import folder_of
from pdefilter.runs.large.run import Resources
from pdefilter.runs.plan import Job
from pdefilter.runs.reports.record import Recording
from pdefilter.runs.work import ReadWriteOptions, store, work

ROWS, COLUMNS = 700, 900
MEMORY = 20_000_000


@pytest.fixture(autouse=True)
def two_threads():
    before = engine.set_threads(2)
    yield
    engine.set_threads(before)


@pytest.fixture(scope="module")
def pixels():
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    smooth = 120 + 80 * np.sin(rows / 40) * np.cos(columns / 60)
    return (smooth + 20 * rng.standard_normal((ROWS, COLUMNS))).clip(0, 255).astype(np.uint8)


def chain(*stages):
    full = []
    for name, options in stages or [("edge", {})]:
        function = FILTERS[name]
        defaults = {parameter.name: parameter.default for parameter in parameters_of(function)}
        full.append(Stage(name, function, defaults | options))
    return Chain(tuple(full))


def filtered(source, target, *stages, resources=None, **options):
    """Do a job as a worker does."""
    target = str(target)
    job = Job(0, str(source), target, of_file_name(target))
    reading = options.pop("reading", Reading())
    options = {"memory": MEMORY, "memory_is_limit": True} | options
    how = partial(make, resources=resources)
    outcome = work(job, chain(*stages), ReadWriteOptions(reading, **options), make=how)
    if outcome.data is not None:
        store(outcome, replace=True)
    return outcome


def in_memory(source, target, *stages, **options):
    return filtered(source, target, *stages, memory=None, **options)


def names(folder):
    return {path.name for path in folder.iterdir()}


def same_pixels(one, other):
    one, other = (pdefilter.read(path) for path in (one, other))
    return np.array_equal(one.pixels, other.pixels) and one.has_alpha == other.has_alpha


KINDS = {
    "grey.npy": lambda u: u,
    "colour.npy": lambda u: np.stack([u, u[::-1], u[:, ::-1]], axis=2),
    "floats.npy": lambda u: (u / np.float32(200)).astype(np.float64),
    "sixteen.tif": lambda u: u.astype(np.uint16) * 201,
    "alpha.tif": lambda u: np.stack([u, u[::-1], u[:, ::-1], np.maximum(u, 90) - 90], axis=2),
    "tiled.tif": lambda u: u,
}


def written(folder, name, pixels):
    path = folder / name
    pixels = KINDS[name](pixels)
    if name.endswith("npy"):
        np.save(path, pixels)
    else:
        tile = {"tile": (128, 128)} if name == "tiled.tif" else {"rowsperstrip": 16}
        alpha = {"extrasamples": ["unassalpha"]} if name == "alpha.tif" else {}
        photometric = "rgb" if pixels.ndim == 3 else "minisblack"
        tifffile.imwrite(path, pixels, photometric=photometric, **tile, **alpha, compression="zlib")
    return path


@pytest.mark.parametrize("name", KINDS)
def test_files_in_boxes_have_the_pixels_of_memory(name, pixels, tmp_path):
    source = written(tmp_path, name, pixels)
    stages = ("heat-diffuse", {"time": 2.0}), ("sharpen", {})
    target, whole = tmp_path / f"boxes-{name}", tmp_path / f"whole-{name}"
    outcome = filtered(source, target, *stages)
    assert outcome.error is None
    assert outcome.data is None
    assert outcome.image["boxes"] > 1
    expected = in_memory(source, whole, *stages)
    assert expected.error is None
    assert same_pixels(target, whole)
    assert names(tmp_path) == {name, target.name, whole.name}
    assert outcome.warnings == expected.warnings


def test_the_memory_and_the_boxes_change_no_bit_and_are_reported(pixels, tmp_path):
    source = written(tmp_path, "grey.npy", pixels)
    stages = [("anisotropic", {})]
    files, counts = set(), set()
    for memory, box in ((MEMORY, None), (2 * MEMORY, None), (MEMORY, (256, 512)), (10**9, None)):
        outcome = filtered(
            source, tmp_path / "out.npy", *stages, memory=memory, box=box, digests=True,
            overwrite=True,
        )  # fmt: skip
        assert outcome.error is None
        record = Recording(chain(*stages), {}).of(outcome)
        json.dumps(record)
        counts.add(record.get("boxes"))
        files.add(record["sha256"]["output"])
        assert record["filters"][0]["chosen"][0]["noise"]
    assert len(files) == 1
    assert len(counts) > 2
    assert None in counts


def test_depth_mask_nodata_and_full_scale_apply_in_boxes(pixels, tmp_path):
    source = written(tmp_path, "sixteen.tif", pixels)
    mask = np.ones((ROWS, COLUMNS), bool)
    mask[50:300, 200:640] = False
    for number, options in enumerate(
        ({"depth": "float32"}, {"mask": mask}, {"nodata": 20100}, {"full_scale": "range"})
    ):
        targets = [tmp_path / f"{kind}{number}.tif" for kind in ("boxes", "whole")]
        stages = [("anisotropic", {"kappa": 0.05, "iterations": 4})]
        outcomes = [
            how(source, target, *stages, **options)
            for how, target in zip((filtered, in_memory), targets, strict=True)
        ]
        assert [outcome.error for outcome in outcomes] == [None, None]
        assert "boxes" in outcomes[0].image
        assert same_pixels(*targets)


def test_what_cannot_go_in_boxes_is_refused_before_anything_is_read(pixels, tmp_path, monkeypatch):
    source = written(tmp_path, "grey.npy", pixels)
    size = "has 900 × 700 pixels, which take 0.0403 GB of memory, and "

    def refused(*stages, target="out.npy", **options):
        outcome = filtered(source, tmp_path / target, *stages, **options)
        assert not (tmp_path / target).exists()
        return outcome.error.removeprefix(f"{source}: ").removeprefix(size)

    monkeypatch.setattr(
        "pdefilter.images.stores.npy.NpyStore.read", lambda *_: pytest.fail("was read")
    )
    endings = ".tif, .zarr, .npy"
    assert refused(target="out.png") == (
        f"PNG cannot be written in boxes; write {endings}, or raise --memory"
    )
    depends = "depends on all of the image; "
    assert refused(("heat-diffuse", {"scheme": "exact", "time": 9.0})) == (
        f"every pixel of the result of heat-diffuse {depends}give --scheme optimal, or raise "
        "--memory"
    )
    for name, options in (
        ("smooth", {"method": "tv"}),
        ("sharpen", {"method": "inverse-heat"}),
        ("anisotropic", {"scheme": "aos"}),
        ("anisotropic", {"model": "edge-enhancing"}),
        ("poisson", {"flatten": 9.0}),
        ("inpaint", {}),
        ("smooth", {"border": "wrap"}),
        ("heat-diffuse", {"border": "wrap-rows"}),
    ):
        assert depends in refused(("edge", {}), (name, options))
    assert names(tmp_path) == {"grey.npy"}


def test_by_default_what_cannot_go_in_boxes_goes_as_a_whole(pixels, tmp_path):
    source, target = written(tmp_path, "grey.npy", pixels), tmp_path / "out.png"
    outcome = filtered(source, target, memory_is_limit=False)
    assert outcome.error is None
    assert "boxes" not in outcome.image
    few = Reading(most_pixels=300_000)
    outcome = filtered(source, tmp_path / "other.png", memory_is_limit=False, reading=few)
    assert "PNG cannot be written in boxes" in outcome.error


def test_more_than_the_most_pixels_go_in_boxes(pixels, tmp_path):
    source, target = written(tmp_path, "grey.npy", pixels), tmp_path / "out.npy"
    few = Reading(most_pixels=300_000)
    outcome = filtered(source, target, reading=few, memory=10**9)
    assert outcome.error is None
    assert outcome.image["boxes"]


def test_memory_for_no_box_is_refused_and_nothing_is_left(pixels, tmp_path):
    source = written(tmp_path, "grey.npy", pixels)
    outcome = filtered(source, tmp_path / "out.npy", memory=100_000)
    assert outcome.error.endswith(
        "needs 4 MB for a box with all that its pixels depend on, more than --memory; raise it"
    )
    assert names(tmp_path) == {"grey.npy"}


def test_a_full_disk_is_told_and_the_next_call_continues(pixels, tmp_path, monkeypatch):
    source = written(tmp_path, "grey.npy", pixels)
    stages = ("heat-diffuse", {"time": 2.0}), ("edge", {})
    write, writes = array_files.ArrayFile.write, []

    def full(self, box, data):
        writes.append(box)
        if len(writes) == 3:
            raise OSError(28, "No space left on device")
        write(self, box, data)

    monkeypatch.setattr(array_files.ArrayFile, "write", full)
    target = tmp_path / "out.npy"
    outcome = filtered(source, target, *stages, box=(256, 256))
    assert outcome.error == (
        f"{source}: needs a temporary file that cannot be written (No space left on device); make "
        "room beside the output, and call again: it continues from there"
    )
    assert not target.exists()
    assert filtered(source, target, *stages, box=(256, 256)).error is None
    assert len({*writes}) == len(writes) - 1  # only the box that failed was done twice
    in_memory(source, tmp_path / "whole.npy", *stages)
    assert target.read_bytes() == (tmp_path / "whole.npy").read_bytes()
    assert names(tmp_path) == {"grey.npy", "out.npy", "whole.npy"}


def interrupted(source, target, stages, boxes, monkeypatch):
    """Run until so many boxes were written to temporary files; name the run's folder."""
    write, writes = array_files.ArrayFile.write, []

    def failing(self, box, data):
        writes.append(box)
        if len(writes) > boxes:
            raise OSError(5, "Input/output error")
        write(self, box, data)

    with monkeypatch.context() as patch:
        patch.setattr(array_files.ArrayFile, "write", failing)
        assert filtered(source, target, *stages, box=(256, 256)).error is not None
    return Path(folder_of(str(target)))


@pytest.mark.parametrize("damage", ["gone", "changed", "journal"])
def test_temporary_files_that_are_damaged_are_made_again(damage, pixels, tmp_path, monkeypatch):
    source, target = written(tmp_path, "grey.npy", pixels), tmp_path / "out.npy"
    stages = ("heat-diffuse", {"time": 2.0}), ("edge", {})
    folder = interrupted(source, target, stages, 5, monkeypatch)
    values, journal = folder / "stage-0.values", folder / "stage-0.kept"
    if damage == "gone":
        values.unlink()
    elif damage == "changed":
        data = bytearray(values.read_bytes())
        data[1000:2000] = bytes(1000)
        values.write_bytes(data)
    else:
        journal.write_text(journal.read_text() + "0 0 \x00\n1 2 3\n")
    assert filtered(source, target, *stages, box=(256, 256)).error is None
    in_memory(source, tmp_path / "whole.npy", *stages)
    assert target.read_bytes() == (tmp_path / "whole.npy").read_bytes()


def test_a_lost_file_of_a_filter_that_is_done_costs_one_call(pixels, tmp_path, monkeypatch):
    source, target = written(tmp_path, "grey.npy", pixels), tmp_path / "out.npy"
    stages = ("heat-diffuse", {"time": 2.0}), ("edge", {}), ("sharpen", {})
    folder = interrupted(source, target, stages, 14, monkeypatch)
    (folder / "stage-0.values").unlink()
    outcome = filtered(source, target, *stages, box=(256, 256))
    assert "lost its temporary file" in outcome.error
    assert outcome.error.endswith("; call again, to start from the beginning")
    assert filtered(source, target, *stages, box=(256, 256)).error is None
    assert names(tmp_path) == {"grey.npy", "out.npy"}


def test_an_image_that_changes_while_it_is_read_is_refused(pixels, tmp_path, monkeypatch):
    source = written(tmp_path, "grey.npy", pixels)
    keep = "pdefilter.images.stores.npy.NpySink.keep"
    kept = NpySink.keep

    def changing(self, encoded):
        kept(self, encoded)
        np.save(source, 255 - pixels)

    monkeypatch.setattr(keep, changing)
    outcome = filtered(source, tmp_path / "out.npy", box=(256, 256))
    assert "changed" in outcome.error
    assert not (tmp_path / "out.npy").exists()
    monkeypatch.setattr(keep, kept)
    assert filtered(source, tmp_path / "out.npy", box=(256, 256)).error is None
    in_memory(source, tmp_path / "whole.npy")
    assert (tmp_path / "out.npy").read_bytes() == (tmp_path / "whole.npy").read_bytes()


def test_a_damaged_tile_is_refused_or_left_out(pixels, tmp_path):
    source, target = written(tmp_path, "tiled.tif", pixels), tmp_path / "out.npy"
    with tifffile.TiffFile(source) as file:
        page = file.pages[0]
        place, size = page.dataoffsets[13], page.databytecounts[13]
    data = bytearray(source.read_bytes())
    data[place + 40 : place + size] = bytes(size - 40)
    source.write_bytes(data)
    outcome = filtered(source, target, box=(256, 256))
    expected = in_memory(source, tmp_path / "whole.npy")
    assert outcome.error is not None
    assert outcome.error.split("; ")[1:] == expected.error.split("; ")[1:]
    assert not target.exists()
    lenient = Reading(lenient=True)
    outcome = filtered(source, target, box=(256, 256), reading=lenient)
    expected = in_memory(source, tmp_path / "whole.npy", reading=lenient)
    assert outcome.error is None
    assert outcome.warnings
    assert target.read_bytes() == (tmp_path / "whole.npy").read_bytes()
    assert names(tmp_path) == {"tiled.tif", "out.npy", "whole.npy"}


def test_values_that_are_clipped_are_counted_over_all_boxes(pixels, tmp_path):
    source = written(tmp_path, "grey.npy", pixels)
    stages = [("sharpen", {"amount": 9.0})]
    outcomes = [
        how(source, tmp_path / f"{how.__name__}.npy", *stages) for how in (filtered, in_memory)
    ]
    assert outcomes[0].warnings == outcomes[1].warnings
    assert "values lie outside the range" in outcomes[0].warnings[0]


def test_a_picture_without_boxes_is_decoded_once(pixels, tmp_path):
    source, target = tmp_path / "in.png", tmp_path / "out.npy"
    pdefilter.write(pixels, source)
    outcome = filtered(source, target, memory=10_000_000)
    assert outcome.error is None
    assert outcome.image["boxes"] > 1
    assert "PNG has no tiles: decoded once" in outcome.warnings[0]
    in_memory(source, tmp_path / "whole.npy")
    assert target.read_bytes() == (tmp_path / "whole.npy").read_bytes()
    assert names(tmp_path) == {"in.png", "out.npy", "whole.npy"}


def test_an_image_without_noise_is_said_to_be_unchanged(tmp_path):
    source = tmp_path / "flat.npy"
    np.save(source, np.full((ROWS, COLUMNS), 7, np.uint8))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        outcome = filtered(source, tmp_path / "out.npy", ("anisotropic", {}))
    assert outcome.image["boxes"]
    assert "nothing to remove" in outcome.warnings[0]


@pytest.mark.long
def test_other_processes_may_compute_the_boxes(pixels, tmp_path):
    source = written(tmp_path, "alpha.tif", pixels)
    stages = ("anisotropic", {"kappa": 0.05, "iterations": 90}), ("edge", {"sigma": 1.0})
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        resources = Resources(40_000_000, 2, pool=pool)
        outcome = filtered(source, tmp_path / "out.tif", *stages, resources=resources)
    assert outcome.error is None
    assert outcome.image["boxes"] > 1
    in_memory(source, tmp_path / "whole.tif", *stages)
    assert same_pixels(tmp_path / "out.tif", tmp_path / "whole.tif")
