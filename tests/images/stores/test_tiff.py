"""TIFF box by box: every kind that the tests know, pyramids, and what the files are like."""

import io
import pickle
import struct
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from in_boxes import cut, images, put_together, written
from passes import KEPT_FIELDS
from sample_files import sample_files
from unusual import unusual_files

from pdefilter.errors import ImageError
from pdefilter.grid import Grid
from pdefilter.images.files import read_frames
from pdefilter.images.formats import detect_format, named
from pdefilter.images.image import Image
from pdefilter.images.reading import Reading
from pdefilter.images.stores import tiff_sink
from pdefilter.images.stores.opening import new_sink, open_store
from pdefilter.images.stores.pyramid import halved
from pdefilter.images.volume import Volume

RNG = np.random.default_rng(7)
KNOWN = {
    name: data
    for name, data in {**sample_files(), **unusual_files()}.items()
    if data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
}


def decoded(data, lenient):
    try:
        frames = detect_format(data).decode(data, Reading(lenient=lenient))
        return [frames.read(number) for number in range(frames.count)]
    except ImageError:
        return None


def same(one, other):
    assert one.pixels.dtype == other.pixels.dtype
    assert one.pixels.tobytes() == other.pixels.tobytes()
    for name in ("has_alpha", "bits", "is_cmyk", "format"):
        assert getattr(one, name) == getattr(other, name), name
    assert repr(one.nodata) == repr(other.nodata)
    assert (one.mask is None) == (other.mask is None)
    assert one.mask is None or np.array_equal(one.mask, other.mask)


def without_levels(metadata):
    return [name for name in metadata.dropped if "smaller version" not in name]


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize("name", sorted(KNOWN))
def test_every_kind_has_the_values_of_the_whole(tmp_path, name, lenient):
    data = KNOWN[name]
    path = tmp_path / "i.tif"
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = decoded(data, lenient)
        if whole is None:
            with pytest.raises(ImageError):
                for number in range(100):
                    put_together(open_store(str(path), Reading(lenient=lenient), number))
            return
        for number, image in enumerate(whole):
            frame = None if len(whole) == 1 else number
            store = open_store(str(path), Reading(lenient=lenient), frame)
            if store is None:
                is_old_jpeg = b"\x03\x01\x03\0\x01\0\0\0\x06\0" in data
                assert is_old_jpeg or isinstance(image, Volume)
                continue
            for blocks in ((7, 5), store.blocks):
                back = put_together(pickle.loads(pickle.dumps(store)), blocks=blocks)
                same(back, image)
            for field in KEPT_FIELDS:
                assert getattr(back.metadata, field) == getattr(image.metadata, field), field
            assert list(back.metadata.dropped) == without_levels(image.metadata)


@st.composite
def stored(draw):
    """A TIFF by tifffile, and the options it was made with."""
    image = draw(images(side=90, dtypes=("uint8", "uint16", "int16", "float32", "float64")))
    compression = draw(st.sampled_from([None, "zlib", "lzw", "zstd", "packbits"]))
    tile = draw(st.sampled_from([None, (16, 16), (32, 48), (128, 128)]))
    planes = image.channels > 1 and draw(st.booleans())
    photometric = "rgb" if image.colours == 3 else "minisblack"
    extra = [0] * (image.channels - (3 if photometric == "rgb" else 1))
    if image.has_alpha:
        extra[-1] = 2
    options = {
        "compression": compression,
        "predictor": compression is not None and draw(st.booleans()),
        "tile": tile,
        "rowsperstrip": None if tile else draw(st.integers(1, 100)),
        "photometric": photometric,
        "extrasamples": extra,
        "planarconfig": ("separate" if planes else "contig") if image.channels > 1 else None,
        "metadata": None,
    }
    stream = io.BytesIO()
    kinds = {"bigtiff": draw(st.booleans()), "byteorder": draw(st.sampled_from("<>"))}
    pixels = np.moveaxis(image.pixels, -1, 0) if planes else image.pixels
    with tifffile.TiffWriter(stream, **kinds) as writer:
        orientation = draw(st.integers(1, 8))
        writer.write(pixels, extratags=[(274, 3, 1, orientation, False)], **options)
    return stream.getvalue()


@settings(max_examples=60)
@given(data=stored(), blocks=st.tuples(st.integers(1, 60), st.integers(1, 60)))
def test_any_tiff_has_the_values_of_the_whole(data, blocks):
    with TemporaryDirectory() as folder:
        path = Path(folder, "i.tif")
        path.write_bytes(data)
        whole = read_frames(path, Reading()).read(0)
        same(put_together(open_store(str(path), Reading()), blocks=blocks), whole)


def pyramid(folder, *, below, levels=3, **options):
    """A photograph with smaller versions, as SubIFDs or as pages."""
    pixels = np.tile(RNG.integers(0, 255, (70, 90), np.uint8), (12, 13))
    path = folder / "pyramid.tif"
    options = {"tile": (128, 128), "compression": "lzw", "photometric": "minisblack"} | options
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        writer.write(pixels, subifds=levels * below, metadata=None, **options)
        for level in range(1, levels + 1):
            writer.write(pixels[:: 1 << level, :: 1 << level], subfiletype=1, **options)
    return path, pixels


@pytest.mark.parametrize("below", [False, True])
def test_a_pyramid_is_made_again(tmp_path, below):
    path, pixels = pyramid(tmp_path, below=below)
    store = open_store(str(path), Reading())
    assert store.shape == pixels.shape
    image = put_together(store)
    target = tmp_path / "o.tif"
    sink = written(image, target, named("tif"), several=(1, 1))
    assert sink.blocks == (1024, 1024)
    with tifffile.TiffFile(target) as back:
        assert back.is_bigtiff
        first = back.pages[0]
        assert (first.tile, first.compression) == ((128, 128), 5)
        levels = [page.asarray() for page in (first.pages if below else back.pages[1:])]
        assert [page.subfiletype for page in (first.pages if below else back.pages[1:])] == [1] * 3
        assert np.array_equal(first.asarray(), pixels)
    for level in levels:
        image = Image(halved(image))
        assert np.array_equal(level, image.pixels)
    assert len(levels) == 3
    assert not read_frames(target, Reading()).outline(0).metadata.stored.has_levels_below or below


def test_levels_that_no_box_holds_are_made_at_the_end(tmp_path):
    path, pixels = pyramid(tmp_path, below=True, levels=4, tile=(512, 512))
    image = put_together(open_store(str(path), Reading()))
    target = tmp_path / "o.tif"
    sink = written(image, target, named("tif"))
    assert sink.blocks == (1024, 1024)
    assert len(sink.sizes) == 5
    with tifffile.TiffFile(target) as back:
        for page in back.pages[0].pages:
            image = Image(halved(image))
            assert np.array_equal(page.asarray(), image.pixels)
    assert np.array_equal(tifffile.imread(target, series=0, level=0), pixels)


def test_ome_with_one_plane_stays_ome(tmp_path):
    pixels = RNG.integers(0, 60_000, (300, 400), np.uint16)
    path, target = tmp_path / "i.ome.tif", tmp_path / "o.ome.tif"
    tifffile.imwrite(path, pixels, tile=(128, 128), metadata={"axes": "YX"}, ome=True)
    written(put_together(open_store(str(path), Reading())), target, named("tif"))
    with tifffile.TiffFile(target) as back:
        assert back.is_ome
        assert np.array_equal(back.series[0].asarray(), pixels)


def test_the_mask_of_gdal_is_kept(tmp_path):
    pixels = RNG.integers(0, 255, (200, 300, 3), np.uint8)
    mask = RNG.random((200, 300)) > 0.5
    path, target = tmp_path / "i.tif", tmp_path / "o.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(pixels, photometric="rgb", tile=(128, 128), metadata=None)
        writer.write(mask, photometric="mask", subfiletype=4, tile=(128, 128), metadata=None)
    store = open_store(str(path), Reading())
    assert np.array_equal(put_together(store, blocks=(50, 60)).mask, mask)
    written(put_together(store), target, named("tif"))
    assert np.array_equal(read_frames(target, Reading()).read(0).mask, mask)


def test_large_files_are_big_ones(tmp_path):
    outline = Image(np.zeros((1, 1), np.uint8))
    for side, big in ((1000, False), (70_000, True)):
        grid = Grid.unit((side, side))
        target = str(tmp_path / "o.tif")
        sink = new_sink(target, outline, grid, named("tif"), fingerprint="", replace=True)
        assert isinstance(sink, tiff_sink.TiffSink)
        assert sink._coding.layout.big is big


@pytest.mark.parametrize(
    ("tile", "kept"), [((16, 16), (512, 512)), ((256, 128), (256, 128)), ((4096, 4096), (512, 512))]
)
def test_only_tiles_of_a_useful_size_are_kept(tmp_path, tile, kept):
    path = tmp_path / "i.tif"
    tifffile.imwrite(path, np.zeros((20, 20), np.uint8), tile=tile)
    store = open_store(str(path), Reading())
    assert written(put_together(store), tmp_path / "o.tif", named("tif")).tile == kept


@settings(max_examples=60)
@given(images(side=40), st.booleans())
def test_halves_are_means(image, holes):
    """By another way: every mean alone, in double precision or exactly."""
    if holes:
        image = replace(image, nodata=float(image.pixels.flat[0]))
    half = halved(image)
    rows, columns = image.pixels.shape[:2]
    assert half.shape == (-(-rows // 2), -(-columns // 2), *image.pixels.shape[2:])
    assert half.dtype == image.pixels.dtype
    if holes or image.has_alpha:
        low, high = image.pixels.min(), image.pixels.max()
        assert half.min() >= low
        assert half.max() <= high
        return
    for row, column in ((0, 0), (rows // 4, columns // 4), (half.shape[0] - 1, half.shape[1] - 1)):
        quad = image.pixels[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        values = quad.reshape(quad.shape[0] * quad.shape[1], -1).tolist()
        means = [sum(channel) / len(values) for channel in zip(*values, strict=True)]
        found = half[row, column].ravel().tolist()
        if image.pixels.dtype.kind == "f":
            assert np.allclose(found, means, rtol=2e-3 if image.pixels.itemsize == 2 else 1e-6)
        else:
            sums = [sum(channel) for channel in zip(*values, strict=True)]
            count = len(values)
            assert found == [(2 * total + count) // (2 * count) for total in sums]


def test_transparent_pixels_and_holes_do_not_count():
    pixels = np.array([[[200, 255], [7, 0]], [[100, 255], [9, 0]]], np.uint8)
    assert halved(Image(pixels, has_alpha=True)).tolist() == [[[150, 128]]]
    grey = np.array([[1, -9], [3, -9]], np.float32)
    assert halved(Image(grey, nodata=-9)).tolist() == [[2]]
    assert halved(Image(np.full((2, 2), -9, np.float32), nodata=-9)).tolist() == [[-9]]
    assert np.isnan(halved(Image(np.full((2, 2), np.nan, np.float32)))).all()


NAMES = {256: "columns", 257: "rows", 322: "tile_columns", 323: "tile_rows"}


def claims(**entries):
    """A TIFF of one tiled page whose entries say something else."""
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.ones((64, 64), np.uint8), tile=(16, 16), metadata=None)
    data = bytearray(stream.getvalue())
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        (tag,) = struct.unpack_from("<H", data, entry)
        if (name := NAMES.get(tag)) in entries:
            struct.pack_into("<HII", data, entry + 2, 4, 1, entries[name])
    return bytes(data)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"tile_rows": 0}, "get an intact copy"),
        ({"tile_columns": 0}, "get an intact copy"),
        ({"tile_rows": 1 << 31, "tile_columns": 1 << 31}, "claims tiles of|broken TIFF"),
        ({"tile_rows": 1 << 16, "tile_columns": 1 << 16}, "claims tiles of|is truncated"),
        ({"rows": 1 << 31, "columns": 1 << 31}, "is truncated|broken TIFF"),
        ({"rows": 0}, "claims 64 × 0 pixels"),
        ({"rows": 200}, "is truncated: 16 of 52 parts"),
    ],
)
def test_sizes_that_cannot_be(tmp_path, entries, said):
    path = tmp_path / "i.tif"
    path.write_bytes(claims(**entries))
    with pytest.raises(ImageError, match=said):
        open_store(str(path), Reading())


@pytest.mark.parametrize("name", ["i.tif", "i.npy", "i.zarr"])
def test_many_threads_read_at_the_same_time(tmp_path, name):
    pixels = RNG.integers(0, 255, (600, 700, 3), np.uint8)
    written(Image(pixels), tmp_path / name, named(name[2:]))
    store = open_store(str(tmp_path / name), Reading())
    cuts = cut(Grid.unit(store.shape), (70, 90), (1, 1), 0)
    with ThreadPoolExecutor(8) as pool:
        for box, image in zip(cuts, pool.map(store.read, cuts), strict=True):
            assert np.array_equal(image.pixels, pixels[box.slices])
