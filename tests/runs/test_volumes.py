"""Volumes from file to file: which files hold them, and what a call makes of them."""

import json

import nibabel
import numpy as np
import pytest
import tifffile
from sample_files import nifti, series, stack, voxels

import pdefilter
from pdefilter import Volume
from pdefilter.runs.work import ReadWriteOptions

SAME = ("heat-diffuse", "--time", "0")


@pytest.fixture
def filtered(pdefilter_command):
    def run(*words, status=0):
        done = pdefilter_command(*words)
        said = done.stderr.decode()
        assert done.returncode == status, said
        return said

    return run


@pytest.fixture
def scan(tmp_path):
    (tmp_path / "scan.nii.gz").write_bytes(nifti(voxels(slices=5), packed=True))
    return tmp_path / "scan.nii.gz"


def test_a_volume_is_filtered_along_all_axes_by_its_distances(filtered, scan, tmp_path):
    assert filtered("heat-diffuse", scan, "--time", "2", "-o", "out.nii.gz") == ""
    found = nibabel.load(tmp_path / "out.nii.gz")
    volume = pdefilter.read(scan)
    expected = pdefilter.heat_diffuse(volume, time=2)
    assert np.array_equal(np.asanyarray(found.dataobj).T, expected.pixels)
    assert found.header == nibabel.load(scan).header
    alone = pdefilter.heat_diffuse(volume.slice(2), time=2).pixels
    assert not np.array_equal(expected.pixels[2], alone)
    further = pdefilter.heat_diffuse(pdefilter.read(scan, spacing=(8, 0.7, 0.5)), time=2)
    assert not np.array_equal(expected.pixels, further.pixels)


def test_slices_are_filtered_one_by_one(filtered, scan, tmp_path):
    filtered("heat-diffuse", scan, "--time", "2", "--slices", "-o", "out.nii.gz")
    volume, result = pdefilter.read(scan), pdefilter.read(tmp_path / "out.nii.gz")
    for number in range(5):
        alone = pdefilter.heat_diffuse(volume.slice(number), time=2)
        assert np.array_equal(result.pixels[number], alone.pixels)
    assert result.metadata == volume.metadata


def test_a_filter_of_two_axes_names_slices(filtered, scan, tmp_path):
    said = filtered("wave", scan, "-o", "out.nii.gz", status=1)
    assert "give --slices" in said
    assert not (tmp_path / "out.nii.gz").exists()
    filtered("wave", scan, "--time", "1", "--slices", "-o", "out.nii.gz")


def test_pages_become_a_volume_where_it_is_asked_for(filtered, tmp_path):
    tifffile.imwrite(tmp_path / "i.tif", voxels(np.uint16), photometric="minisblack")
    filtered(*SAME, "i.tif", "--volume", "--spacing", "3,1,1", "-o", "o.tif")
    volume = pdefilter.read(tmp_path / "o.tif")
    assert isinstance(volume, Volume)
    assert volume.spacing == (3.0, 1.0, 1.0)
    said = filtered(*SAME, "i.tif", "--volume", "-o", "o.png", status=1)
    assert said.startswith("error: i.tif: PNG cannot hold a volume; write .tif or .npy or .nii or")
    said = filtered(*SAME, "i.tif", "--spacing", "3,1,1", "-o", "p.tif", status=1)
    assert "needs 2 distances, of rows and columns, but the spacing 3,1,1 has 3" in said


@pytest.mark.parametrize("word", ["0,1,1", "nan,1,1"])
def test_distances_that_are_none(filtered, scan, word):
    said = filtered(*SAME, scan, f"--spacing={word}", "-o", "out.nii.gz", status=2)
    assert said.startswith(f"error: --spacing: '{word}' is neither file nor distances above 0")


def test_a_folder_of_dicom(filtered, tmp_path):
    series(voxels(np.uint16), tmp_path / "ct")
    said = filtered(*SAME, "ct", "-o", "ct.nii.gz")
    assert said == ("warning: ct: NIfTI-gz carries no tags of patient and scan: left out\n")
    assert nibabel.load(tmp_path / "ct.nii.gz").header.get_zooms() == pytest.approx((0.5, 0.7, 2))
    said = filtered(*SAME, "ct", "-o", "out/", status=1)
    assert "DICOM is not written" in said
    filtered(*SAME, "ct", "-o", "out/", "--format", "nrrd", "-q")
    assert (tmp_path / "out" / "ct.nrrd").exists()


def test_images_take_their_own_distances_where_it_is_asked_for(filtered, tmp_path):
    array = np.random.default_rng(1).integers(0, 255, (20, 20), np.uint8)
    tifffile.imwrite(tmp_path / "i.tif", array, resolution=(20, 10), resolutionunit="CENTIMETER")
    for name, words in (("a", ()), ("b", ("--spacing", "file")), ("c", ("--spacing", "2,1"))):
        filtered("heat-diffuse", "i.tif", "--time", "3", *words, "-o", f"{name}.tif")
    one, two, three = (pdefilter.read(tmp_path / f"{name}.tif").pixels for name in "abc")
    assert not np.array_equal(one, two)
    assert np.array_equal(two, three)


def test_reports_and_repeats_know_volumes(filtered, scan, tmp_path):
    words = ("--spacing", "4,1,1", "--report", "r.jsonl")
    filtered("heat-diffuse", scan, "--time", "1", *words, "-o", "out.nii.gz")
    line = json.loads((tmp_path / "r.jsonl").read_text().splitlines()[0])
    assert (line["slices"], line["spacing"]) == (5, [4.0, 1.0, 1.0])
    before = (tmp_path / "out.nii.gz").read_bytes()
    filtered("chain", "--from-report", "r.jsonl", "--overwrite")
    assert (tmp_path / "out.nii.gz").read_bytes() == before


def test_memory_is_a_limit_where_it_is_given(filtered, scan, tmp_path):
    said = filtered(*SAME, scan, "--memory", "10kB", "-o", "out.nii.gz", status=1)
    assert said == (
        f"error: {scan}: has 17 × 13 × 5 pixels, which take 7.07e-05 GB of memory, and a volume "
        "is filtered as a whole; crop it, or raise --memory\n"
    )
    assert not (tmp_path / "out.nii.gz").exists()


def test_frames_and_sheets_show_no_volumes(filtered, scan):
    said = filtered("heat-diffuse", scan, "--time", "1", "--frames", "f.gif", "-o", "o.nii.gz",
                    status=1)  # fmt: skip
    assert "is a volume, which --frames cannot show" in said
    said = filtered("sweep", "heat-diffuse", scan, "--time", "1,2", "-o", "s.png", status=1)
    assert "is a volume; a sheet shows images" in said


def test_facts_and_comparisons(pdefilter_command, scan, tmp_path):
    assert scan.exists()
    (tmp_path / "stack.tif").write_bytes(stack("imagej", voxels(np.uint16)))
    said = pdefilter_command("info", "scan.nii.gz", "stack.tif").stdout.decode()
    assert "size        17 wide, 13 high, 5 slices\n" in said
    assert "spacing     slices 2, pixels 0.7 × 0.5 mm\n" in said
    assert "spacing     slices 2, pixels 0.5 µm\n" in said
    done = pdefilter_command("compare", "scan.nii.gz", "scan.nii.gz", "--json")
    assert json.loads(done.stdout)["identical"] is True


def test_a_mask_of_a_volume(scan):
    mask = np.ones((5, 13, 17), bool)
    mask[:, :, :5] = False
    volume = pdefilter.read(scan)
    completed = ReadWriteOptions(pdefilter.images.reading.Reading(), mask=mask).completed(volume)
    result = pdefilter.heat_diffuse(completed, time=2)
    assert np.array_equal(result.pixels[..., :5], volume.pixels[..., :5])
    assert not np.array_equal(result.pixels, volume.pixels)
