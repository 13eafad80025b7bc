"""Distances in words, and slices by their numbers."""

import numpy as np
import pytest

import pdefilter
from pdefilter.errors import ImageError, ParameterError
from pdefilter.images.files import read_frames
from pdefilter.images.lengths import Distances, distances
from pdefilter.images.reading import Reading


@pytest.mark.parametrize(
    ("word", "expected"),
    {
        "3,1,1": Distances((3.0, 1.0, 1.0)),
        "3,1,1mm": Distances((3.0, 1.0, 1.0), "mm"),
        "0.5 um": Distances((0.5,), "µm"),
        "2e-1,1inches": Distances((0.2, 1.0), "inch"),
        "file": "file",
    }.items(),
)
def test_distances_are_read(word, expected):
    assert distances(word) == expected


@pytest.mark.parametrize(
    "word", ["", "0,1", "-1", "nan", "inf", "1,2,3,4", "mm", "1kg", "1,,2", "wide"]
)
def test_what_is_not_a_distance_is_refused(word):
    with pytest.raises(ValueError, match=r"neither file nor distances|is not a unit of length"):
        distances(word)
    with pytest.raises(ParameterError, match="spacing"):
        pdefilter.read("in.npy", spacing=word)


def test_one_distance_is_that_of_all_axes(tmp_path):
    np.save(tmp_path / "in.npy", np.zeros((4, 5, 6), np.uint8))
    volume = pdefilter.read(tmp_path / "in.npy", volume=True, spacing="0.5mm")
    assert (volume.spacing, volume.unit) == ((0.5, 0.5, 0.5), "mm")
    image = pdefilter.read(tmp_path / "in.npy", spacing="2,1")
    assert (image.spacing, image.unit) == ((2.0, 1.0), None)


def test_a_slice_is_read_by_its_number(tmp_path):
    voxels = np.arange(120, dtype=np.uint8).reshape(4, 5, 6)
    np.save(tmp_path / "in.npy", voxels)
    reading = Reading(as_volume=True, by_slices=True)
    frames = read_frames(tmp_path / "in.npy", reading, frame=2)
    assert (frames.count, frames.are_volumes) == (1, False)
    assert np.array_equal(frames.read(0).pixels, voxels[2])
    with pytest.raises(ImageError, match="has 4 slices, but no slice 4"):
        read_frames(tmp_path / "in.npy", reading, frame=4).read(0)
