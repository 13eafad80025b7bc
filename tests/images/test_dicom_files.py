"""DICOM: series in the order of their places, with the values and the space of the scanner."""

import shutil

import numpy as np
import pydicom
import pytest
from sample_files import dicom, series, voxels

import pdefilter
from pdefilter import Image, ImageError, Volume
from pdefilter.images.codecs.dicom import decode
from pdefilter.images.files import read_bytes
from pdefilter.images.folders import is_series
from pdefilter.images.reading import Reading

DATA = voxels(np.uint16, slices=6)


@pytest.fixture
def folder(tmp_path):
    return series(DATA, tmp_path / "series")


def test_a_folder_is_a_volume_in_the_order_of_places(folder):
    volume = pdefilter.read(folder)
    assert isinstance(volume, Volume)
    assert np.array_equal(volume.pixels, DATA.astype(int) - 1024)  # Hounsfield units
    assert volume.pixels.dtype == np.int16
    assert (volume.spacing, volume.unit) == ((2.0, 0.7, 0.5), "mm")
    pose = volume.metadata.pose
    assert pose.origin == (-1.0, -2.0, 3.0)
    assert pose.directions == ((0.0, 0.0, 1.0), (0.0, -1.0, 0.0), (-1.0, 0.0, 0.0))


def test_texts_and_a_directory_may_lie_beside(folder):
    for name in ("DICOMDIR", "notes.txt", ".hidden"):
        (folder / name).write_bytes(b"text")
    (folder / "IM0.dcm").rename(folder / "IM0")
    assert is_series(str(folder))
    assert pdefilter.read(folder).shape == DATA.shape
    (folder / "i.png").write_bytes(b"\x89PNG")
    assert not is_series(str(folder))


def test_one_file_is_an_image():
    image = pdefilter.read(dicom(DATA[0]))
    assert type(image) is Image
    assert np.array_equal(image.pixels, DATA[0].astype(int) - 1024)


@pytest.mark.parametrize(
    ("slope", "intercept", "dtype"),
    [(1, 0, np.uint16), (2, -1024, np.int16), (100, 0, np.int32), (0.5, 0, np.float32)],
)
def test_values_are_those_of_slope_and_intercept(slope, intercept, dtype):
    tags = {"RescaleSlope": slope, "RescaleIntercept": intercept}
    image = pdefilter.read(dicom(DATA[0], **tags))
    assert image.pixels.dtype == dtype
    assert np.array_equal(image.pixels, DATA[0] * np.float64(slope) + intercept)


def test_times_are_volumes(tmp_path):
    for time in (2, 1):
        for number, pixels in enumerate(DATA):
            name = tmp_path / f"{time}-{number}.dcm"
            name.write_bytes(dicom(pixels + time, number, AcquisitionNumber=time))
    volumes = list(pdefilter.read_frames(tmp_path))
    assert [int(volume.pixels[0, 0, 0]) - int(DATA[0, 0, 0]) for volume in volumes] == [
        -1023,
        -1022,
    ]


def test_turned_slices(folder):
    for number, pixels in enumerate(DATA):
        place = [3 * number, 0, 0]
        tags = {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1], "ImagePositionPatient": place}
        (folder / f"IM{number}.dcm").write_bytes(dicom(pixels, number, **tags))
    volume = pdefilter.read(folder)
    assert volume.spacing == (3.0, 0.7, 0.5)
    # Its normal points to the right, so that slices come from the left.
    assert np.array_equal(volume.pixels, DATA[::-1].astype(int) - 1024)
    assert volume.metadata.pose.origin == (-15.0, 0.0, 0.0)
    assert volume.metadata.pose.directions[0] == (1.0, 0.0, 0.0)


def frames_of(frames, **tags):
    """A file of several frames, as an enhanced one, or without places as a video."""
    file = pydicom.dcmread(pydicom.filebase.DicomBytesIO(dicom(frames[0], **tags)))
    file.NumberOfFrames = len(frames)
    file.PixelData = frames.astype("<u2").tobytes()
    return file


def bytes_of(file):
    stream = pydicom.filebase.DicomBytesIO()
    file.save_as(stream)
    return stream.parent.getvalue()


def test_frames_of_one_file():
    file = frames_of(DATA)
    assert [frame.shape for frame in pdefilter.read_frames(bytes_of(file))] == [(13, 17)] * 6
    groups = []
    for number in (0, 2, 1, 3, 4, 5):
        place, group = pydicom.Dataset(), pydicom.Dataset()
        place.ImagePositionPatient = [0, 0, 2.5 * number]
        group.PlanePositionSequence = [place]
        groups.append(group)
    measures, shared = pydicom.Dataset(), pydicom.Dataset()
    measures.PixelSpacing = [0.4, 0.3]
    shared.PixelMeasuresSequence = [measures]
    file.PerFrameFunctionalGroupsSequence = groups
    file.SharedFunctionalGroupsSequence = [shared]
    volume = pdefilter.read(bytes_of(file))
    assert volume.spacing == (2.5, 0.4, 0.3)
    assert np.array_equal(volume.pixels, DATA[[0, 2, 1, 3, 4, 5]].astype(int) - 1024)


def test_it_is_written_as_another_format(folder, tmp_path):
    volume = pdefilter.read(folder)
    with pytest.warns(UserWarning, match="carries no tags of patient and scan"):
        pdefilter.write(volume, tmp_path / "o.nii.gz")
    again = pdefilter.read(tmp_path / "o.nii.gz")
    assert again.metadata.pose == volume.metadata.pose
    assert (again.spacing, again.unit) == (volume.spacing, "mm")
    with pytest.raises(ImageError, match=r"as it would claim to be an original; write .nii.gz"):
        pdefilter.write(volume, tmp_path / "o.dcm")


def without(*numbers):
    return lambda folder: [(folder / f"IM{number * 7 % 6}.dcm").unlink() for number in numbers]


def adding(number, pixels=DATA[0], **tags):
    return lambda folder: (folder / "more.dcm").write_bytes(dicom(pixels, number, **tags))


def moved(folder):
    (folder / "IM3.dcm").write_bytes(dicom(DATA[3], 3, ImagePositionPatient=[1, 2, 9.7]))


def tilted(folder):
    for number, pixels in enumerate(DATA):
        place = [1, 2 + number, 3 + 2 * number]
        (folder / f"IM{number}.dcm").write_bytes(dicom(pixels, number, ImagePositionPatient=place))


def cut(size):
    def change(folder):
        file = folder / "IM2.dcm"
        file.write_bytes(file.read_bytes()[:size])

    return change


BAD = {
    "missing": (without(2), "lacks 1 of its slices, between IM1.dcm and IM3.dcm; add the missing"),
    "two missing": (without(2, 3), "lacks 2 of its slices, between IM1.dcm and IM4.dcm"),
    "unequal": (moved, "slices at unequal distances, such as .* but mostly 2 mm; give the dist"),
    "twice": (adding(2), "has places with 1 slices and places with 2 slices|places with 1 and"),
    "series": (adding(9, SeriesInstanceUID="9.9"), "holds 2 series; put each into a folder"),
    "size": (adding(9, DATA[0][:5]), "slices of different sizes: more.dcm has 17 × 5 pixels, IM0"),
    "turned": (
        adding(9, ImageOrientationPatient=[0, 1, 0, 0, 0, 1]),
        "slices of different directions, such as more.dcm and IM0.dcm",
    ),
    "tilted": (tilted, "has axes at 63.4°, not at right angles; resample it, or give"),
    "cut": (cut(-20), "IM2.dcm holds pixels that cannot be decoded"),
    "cut header": (cut(300), r"IM2.dcm is (truncated|a broken DICOM); get an intact copy"),
    "broken": (cut(140), r"IM2.dcm is (truncated|a broken DICOM); get an intact copy"),
    "zero": (
        lambda folder: [
            (folder / f"IM{n}.dcm").write_bytes(dicom(p, n, PixelSpacing=[0, 1]))
            for n, p in enumerate(DATA)
        ],
        "has the spacing 2,0,1, which must be positive",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_series(folder, name):
    change, said = BAD[name]
    change(folder)
    with pytest.raises(ImageError, match=said):
        pdefilter.read(folder)


@pytest.mark.parametrize("name", ["missing", "unequal", "tilted", "zero"])
def test_given_distances_are_used_instead(folder, name):
    BAD[name][0](folder)
    assert pdefilter.read(folder, spacing=(2, 1, 1)).spacing == (2.0, 1.0, 1.0)


def test_size_limits(folder):
    data = read_bytes(folder)
    with pytest.raises(ImageError, match="claims 17 × 13 × 6 pixels, more than the limit of 1000"):
        decode(data, "DICOM", Reading(1000))
    shutil.rmtree(folder)
