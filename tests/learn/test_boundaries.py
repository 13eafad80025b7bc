"""Boundaries are found by the names of their images, in pictures, pages and MATLAB files."""

import shutil

import numpy as np
import pytest
from scipy.io import savemat

pytest.importorskip("torch")

import pdefilter
from pdefilter.errors import CallError
from pdefilter.learn.boundaries import read_outlined
from pdefilter.learn.pictures import Asked


def read(images, drawn):
    found, names, sha256 = read_outlined(str(images), str(drawn), Asked(64))
    return {one.picture.name: one.maps for one in found}, names, sha256


def as_matlab(path, maps):
    people = np.empty((1, len(maps)), object)
    for k, map_ in enumerate(maps):
        people[0, k] = {"Segmentation": map_ * 1, "Boundaries": map_.astype(np.uint8)}
    savemat(path, {"groundTruth": people})


def test_files_and_matlab_files_give_the_same_maps(outlined, tmp_path):
    images, drawn = outlined
    maps, names, sha256 = read(images, drawn)
    assert names == [f"{number}.png" for number in range(4)]
    for stem in range(4):
        as_matlab(tmp_path / f"{stem}.mat", maps[f"{stem}.png"])
    others, _, other_sha256 = read(images, tmp_path)
    assert sha256 != other_sha256
    for name, found in maps.items():
        assert found.dtype == bool
        assert found.shape == (2, 96, 112)
        assert np.array_equal(found, others[name])


def test_pages_are_people(outlined, tmp_path):
    from PIL import Image

    images, drawn = outlined
    for path in drawn.iterdir():
        shutil.copy(path, tmp_path)
    pages = [Image.fromarray(np.full((96, 112), value, np.uint8)) for value in (0, 100, 200)]
    pages[0].save(tmp_path / "1c.tif", save_all=True, append_images=pages[1:])
    maps = read(images, tmp_path)[0]["1.png"]
    assert maps.shape == (5, 96, 112)
    assert [map_.mean() for map_ in maps[2:]] == [0, 0, 1]


def test_the_longest_name_takes_a_file(outlined, tmp_path):
    images = tmp_path / "images"
    shutil.copytree(outlined[0], images)
    shutil.copy(images / "0.png", images / "1b.png")
    maps, _, _ = read(images, outlined[1])
    assert (len(maps["1.png"]), len(maps["1b.png"])) == (1, 1)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda folder: (folder / "1a.png").write_bytes(b""), "1a.png: "),
        (lambda folder: (folder / "1.mat").write_bytes(b"no"), "1.mat: is not a MATLAB file with"),
        (lambda folder: (folder / "7.png").write_bytes((folder / "1a.png").read_bytes()),
         "7.png: has no image in "),
        (lambda folder: [path.unlink() for path in folder.glob("2*")],
         "2.png: has no boundaries in "),
        (lambda folder: pdefilter.write(np.zeros((9, 8), np.uint8), folder / "3c.png"),
         "3c.png: is 8 × 9 pixels, but "),
        (shutil.rmtree, ": is not a folder; give the folder that holds the boundaries"),
    ],
)  # fmt: skip
def test_what_does_not_fit_gets_a_sentence(outlined, tmp_path, spoil, sentence):
    images, drawn = outlined[0], tmp_path / "drawn"
    shutil.copytree(outlined[1], drawn)
    spoil(drawn)
    with pytest.raises(CallError) as error:
        read(images, drawn)
    assert len(error.value.args) == 1
    assert sentence in error.value.args[0]
