"""Written box by box, in any boxes and order, an image is what it would be written at once."""

import warnings
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from in_boxes import images, put_together, written
from passes import KEPT_FIELDS

from pdefilter.errors import ImageError
from pdefilter.grid import Box, Grid
from pdefilter.images.files import read_frames
from pdefilter.images.formats import named
from pdefilter.images.metadata import Metadata, Resolution
from pdefilter.images.reading import Reading
from pdefilter.images.stores.opening import new_sink, open_store

SEVERAL = st.tuples(st.integers(1, 3), st.integers(1, 3))
SEEDS = st.integers(0, 99)


def same(one, other):
    assert (one.pixels.dtype, one.pixels.shape) == (other.pixels.dtype, other.pixels.shape)
    assert one.pixels.tobytes() == other.pixels.tobytes()
    assert one.has_alpha == other.has_alpha
    assert (one.mask is None) == (other.mask is None)
    assert one.mask is None or np.array_equal(one.mask, other.mask)


def same_metadata(one, other, but=()):
    for field in fields(Metadata):
        if field.name in KEPT_FIELDS - set(but):
            assert getattr(one.metadata, field.name) == getattr(other.metadata, field.name), field


@settings(max_examples=25)
@pytest.mark.parametrize("name", ["npy", "tif", "zarr"])
@given(image=images(), several=SEVERAL, seed=SEEDS)
def test_any_boxes_in_any_order(name, image, several, seed):
    with TemporaryDirectory() as folder:
        target = Path(folder, f"o.{name}")
        written(image, target, named(name), several, seed)
        assert [path.name for path in Path(folder).iterdir()] == [target.name]
        at_once = read_frames(target, Reading()).read(0)
        same(at_once, image)
        store = open_store(str(target), Reading())
        in_boxes = put_together(store, several, seed)
        same(in_boxes, at_once)
        same_metadata(in_boxes, at_once)
        assert in_boxes.format == at_once.format


@settings(max_examples=15)
@given(
    image=images(),
    mask=st.booleans(),
    again=st.sampled_from(["tif", "zarr"]),
    several=SEVERAL,
    seed=SEEDS,
)
def test_metadata_survive(image, mask, again, several, seed):
    """Copied box by box from file to file, everything is as after a copy at once."""
    resolution = Resolution(Fraction(300), Fraction(150), "inch")
    metadata = Metadata(xmp=b"<x/>", icc=b"profile", resolution=resolution)
    rows, columns = np.indices(image.pixels.shape[:2])
    masked = (rows + columns) % 3 > 0 if mask else None
    image = replace(image, metadata=metadata, mask=masked)
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what Zarr does not carry
        first, second = Path(folder, "1.tif"), Path(folder, f"2.{again}")
        written(image, first, named("tif"), several, seed)
        one = read_frames(first, Reading()).read(0)
        same(one, image)
        same_metadata(one, image)
        store = open_store(str(first), Reading())
        written(put_together(store), second, named(again), several, seed)
        other = read_frames(second, Reading()).read(0)
        if again == "zarr":
            other = replace(other, mask=one.mask)
        same(other, one)
        same_metadata(other, one, ("icc", "xmp", "own", "resolution") * (again == "zarr"))
        if again == "zarr":
            assert other.metadata.resolution.rounded(Fraction(254, 100)) == (300, 150)


def store_and_sink(folder, pixels, name):
    np.save(folder / "i.npy", pixels)
    store = open_store(str(folder / "i.npy"), Reading())
    grid = Grid.unit(store.shape)
    return store, new_sink(
        str(folder / f"o.{name}"), store.outline, grid, named(name), fingerprint="", replace=False
    )


def test_boxes_that_fit_no_blocks(tmp_path, photograph):
    store, sink = store_and_sink(tmp_path, photograph, "npy")
    small, whole = Box((0, 0), (3, 3)), Box((0, 0), store.shape)
    with pytest.raises(ValueError, match="whole blocks"):
        sink.encode(small, store.read(small))
    with pytest.raises(ValueError, match="is not the part"):
        sink.encode(whole, store.read(small))


def test_a_format_without_boxes(tmp_path, photograph):
    with pytest.raises(ImageError, match=r"PNG cannot be written in boxes; write \.tif or \.zarr"):
        store_and_sink(tmp_path, photograph, "png")
