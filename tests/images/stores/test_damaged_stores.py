"""Files that are damaged, or change while they are read: one sentence, nothing lost."""

import os
import warnings
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import tifffile
from damage import DAMAGE, damaged
from hypothesis import given, settings
from hypothesis import strategies as st
from in_boxes import put_together
from sample_files import sample_files
from sentences import is_ours

import pdefilter
from pdefilter.errors import FileError, ImageError
from pdefilter.grid import Box
from pdefilter.images.formats import detect_format
from pdefilter.images.image import Image
from pdefilter.images.reading import Reading
from pdefilter.images.stores.opening import open_store

SAMPLES = {name: data for name, data in sample_files().items() if name.endswith((".tif", ".npy"))}
PIXELS = np.random.default_rng(1).integers(0, 255, (64, 64), np.uint8)
MOST = 1 << 16


def whole(data, reading):
    """Read the first picture at once, or say why not."""
    try:
        frames = detect_format(data).decode(data, reading)
        return frames.read(0) if frames.count == 1 else None
    except ImageError as error:
        return str(error)


@settings(max_examples=150)
@given(st.sampled_from(sorted(SAMPLES)), st.fixed_dictionaries(DAMAGE), st.booleans())
def test_damaged_files_are_read_as_at_once_or_refused(name, damage, lenient):
    data = damaged(SAMPLES[name], **damage)
    reading = Reading(MOST, lenient)
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder, name)
        path.write_bytes(data)
        at_once = whole(data, reading)
        try:
            store = open_store(str(path), reading)
            if store is None or max(store.shape) > MOST or at_once is None:
                return
            back = put_together(store, blocks=(11, 13))
        except ImageError as error:
            assert is_ours(str(error)), error
            assert not lenient or isinstance(at_once, str), (error, at_once)
            return
        if isinstance(at_once, Image):
            assert replace(back, metadata=at_once.metadata) == at_once


@pytest.fixture
def tiles(tmp_path):
    path = tmp_path / "i.tif"
    tifffile.imwrite(path, PIXELS, tile=(16, 16), compression="zlib", metadata=None)
    return path


BOX = Box((0, 0), (64, 64))


def test_a_damaged_tile_is_lost_alone(tiles):
    with tifffile.TiffFile(tiles) as file:
        at = file.pages[0].dataoffsets[5]
    data = bytearray(tiles.read_bytes())
    data[at : at + 9] = b"\xff" * 9
    tiles.write_bytes(data)
    store = open_store(str(tiles), Reading())
    assert np.array_equal(store.read(Box((0, 0), (16, 64))).pixels, PIXELS[:16])
    with pytest.raises(ImageError, match="has 1 of 16 parts that cannot be decoded; get an intact"):
        store.read(BOX)
    with pytest.warns(UserWarning, match="has 1 of 16 parts that cannot be decoded; what can be"):
        kept = open_store(str(tiles), Reading(lenient=True)).read(BOX).pixels
    expected = PIXELS.copy()
    expected[16:32, 16:32] = 0
    assert np.array_equal(kept, expected)


@pytest.mark.parametrize("lenient", [False, True])
def test_a_truncated_file(tiles, lenient):
    data = tiles.read_bytes()
    with tifffile.TiffFile(tiles) as file:
        first = file.pages[0].offset
    assert first < 1000  # the directory comes before the tiles
    tiles.write_bytes(data[:-100])
    if not lenient:
        with pytest.raises(ImageError, match="is truncated: 15 of 16 parts of a page are there"):
            open_store(str(tiles), Reading())
        return
    with pytest.warns(UserWarning, match="is truncated"):
        store = open_store(str(tiles), Reading(lenient=True))
    with pytest.warns(UserWarning, match="1 of 16 parts"):
        assert np.array_equal(store.read(BOX).pixels[:48], PIXELS[:48])


def test_truncated_pixels(tmp_path):
    path = tmp_path / "i.npy"
    np.save(path, PIXELS)
    path.write_bytes(path.read_bytes()[:-64])
    with pytest.raises(ImageError, match="is truncated: 4032 of 4096 bytes of pixels are there"):
        open_store(str(path), Reading())
    with pytest.warns(UserWarning, match="is truncated"):
        store = open_store(str(path), Reading(lenient=True))
    assert np.array_equal(put_together(store, blocks=(10, 64)).pixels[:63], PIXELS[:63])
    assert not store.read(Box((63, 0), (64, 64))).pixels.any()


def changes(path):
    """Ways that a file can change under a reader."""
    data = path.read_bytes()
    other = path.with_suffix(".other")
    other.write_bytes(data)

    def touched():
        os.utime(path, ns=(1, 1))

    return {
        "cut off": lambda: path.write_bytes(data[:300]),
        "emptied": lambda: path.write_bytes(b""),
        "longer": lambda: path.write_bytes(data + b"more"),
        "replaced": lambda: other.replace(path),
        "touched": touched,
        "removed": path.unlink,
    }


@pytest.mark.parametrize("kind", ["cut off", "emptied", "longer", "replaced", "touched", "removed"])
@pytest.mark.parametrize("name", ["i.tif", "i.npy", "i.zarr"])
def test_a_file_that_changes_while_it_is_read(tmp_path, name, kind):
    path = tmp_path / name
    pdefilter.write(Image(PIXELS), path)
    store = open_store(str(path), Reading())
    assert np.array_equal(store.read(BOX).pixels, PIXELS)
    changes(path / "zarr.json" if name.endswith("zarr") else path)[kind]()
    with pytest.raises(
        FileError, match=r"has changed since it was opened|cannot be read \(No such"
    ):
        store.read(BOX)


def test_a_change_in_the_middle_of_a_box(tiles, monkeypatch):
    store = open_store(str(tiles), Reading())
    decode = tifffile.TiffPage.decode.func

    def changing(page):
        os.truncate(tiles, 400)
        return decode(page)

    monkeypatch.setattr(tifffile.TiffPage, "decode", property(changing))
    with pytest.raises(FileError, match="has changed since it was opened"):
        store.read(BOX)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty; give an image"),
        (b"II*\0", "broken|no pages"),
        (b"\x93NUMPY", "is a broken NPY"),
        (b"junk" * 99, "is not an image of a known format"),
    ],
)
def test_files_of_nothing(tmp_path, data, said):
    path = tmp_path / "i.tif"
    path.write_bytes(data)
    with pytest.raises(ImageError, match=said):
        open_store(str(path), Reading())


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(FileError, match=r"cannot be read \(No such file"):
        open_store(str(tmp_path / "i.tif"), Reading())
    with pytest.raises(FileError, match=r"cannot be read \(Is a directory"):
        open_store(str(tmp_path), Reading())
    (tmp_path / "i.zarr").mkdir()
    with pytest.raises(ImageError, match="is a folder without an image of Zarr"):
        open_store(str(tmp_path / "i.zarr"), Reading())


def test_files_without_boxes(tmp_path, photograph):
    pdefilter.write(Image(photograph), tmp_path / "i.png")
    assert open_store(str(tmp_path / "i.png"), Reading()) is None
    np.save(tmp_path / "i.npy", PIXELS)
    with (tmp_path / "i.npy").open("ab") as file:
        np.save(file, PIXELS)
    assert open_store(str(tmp_path / "i.npy"), Reading()) is None
    tifffile.imwrite(tmp_path / "i.tif", np.stack([PIXELS, PIXELS]), photometric="minisblack")
    assert open_store(str(tmp_path / "i.tif"), Reading()) is None
    store = open_store(str(tmp_path / "i.tif"), Reading(), 1)
    assert np.array_equal(store.read(BOX).pixels, PIXELS)
    assert open_store(str(tmp_path / "i.tif"), Reading(), 2) is None


def test_huge_images_have_boxes_but_not_huge_tiles(tmp_path):
    """The limit of pixels is that of tiles: an image may have any size."""
    path = tmp_path / "i.tif"
    tifffile.imwrite(path, PIXELS, tile=(32, 32), compression="zlib")
    assert open_store(str(path), Reading(most_pixels=1024)).shape == (64, 64)
    with pytest.raises(ImageError, match="claims tiles of 32 × 32 pixels, more than the limit of"):
        open_store(str(path), Reading(most_pixels=1023))
    with pytest.raises(ImageError, match="claims 64 × 64 pixels"):
        pdefilter.read(path, max_pixels=1024)
