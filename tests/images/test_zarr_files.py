"""Zarr and OME-Zarr: folders that are images, by the library and back."""

import io
import json
import tarfile
import warnings
from fractions import Fraction

import numpy as np
import pytest
import zarr
from in_boxes import put_together
from ome_zarr import ome
from support import SAMPLES

import pdefilter
from pdefilter import Image, ImageError
from pdefilter.images.formats import detect_format, named
from pdefilter.images.frames import Frames
from pdefilter.images.metadata import Metadata, Resolution
from pdefilter.images.reading import Reading
from pdefilter.images.stores.opening import open_store

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize(
    ("axes", "shape"), [("yx", (70, 90)), ("cyx", (3, 70, 90)), ("tczyx", (1, 2, 1, 70, 90))]
)
def test_images_with_the_axes_of_microscopes(tmp_path, version, axes, shape):
    pixels = RNG.integers(0, 60_000, shape, np.uint16)
    path = ome(tmp_path / "i.zarr", pixels, axes, version, attributes={"lens": 63})
    expected = pixels if axes == "yx" else np.moveaxis(pixels.reshape(-1, 70, 90), 0, -1)
    image = pdefilter.read(path)
    assert np.array_equal(image.pixels, expected)
    assert not image.has_alpha
    assert image.metadata.resolution == Resolution(
        Fraction(200_000, 13), Fraction(200_000, 13), "cm"
    )
    assert np.array_equal(put_together(open_store(str(path), Reading())).pixels, expected)
    pdefilter.write(image, tmp_path / "o.zarr")
    back = zarr.open_group(tmp_path / "o.zarr", mode="r")
    written = back["0"]
    assert np.array_equal(written[...], expected if axes == "yx" else np.moveaxis(expected, -1, 0))
    assert back.metadata.zarr_format == version
    assert back.attrs["lens"] == 63
    again = pdefilter.read(tmp_path / "o.zarr")
    assert again == Image(**{name: getattr(image, name) for name in image.__slots__} | {
        "metadata": again.metadata
    })  # fmt: skip
    assert again.metadata.resolution == image.metadata.resolution
    assert again.metadata.own == image.metadata.own


def test_arrays_without_groups(tmp_path):
    for version in (2, 3):
        for shape in ((20, 30), (20, 30, 3), (20, 30, 2)):
            pixels = RNG.random(shape).astype(np.float32)
            folder = tmp_path / f"{version}-{len(shape)}-{shape[-1]}.zarr"
            zarr.create_array(folder, data=pixels, zarr_format=version)
            image = pdefilter.read(folder)
            assert np.array_equal(image.pixels, pixels)
            assert image.has_alpha == (shape[2:] == (2,))


def test_names_of_axes_count(tmp_path):
    pixels = RNG.random((3, 20, 30))
    array = zarr.create_array(tmp_path / "i.zarr", data=pixels, dimension_names=("c", "y", "x"))
    assert pdefilter.read(tmp_path / "i.zarr").pixels.shape == (20, 30, 3)
    array = zarr.create_array(tmp_path / "j.zarr", data=pixels, zarr_format=2)
    array.attrs["_ARRAY_DIMENSIONS"] = ["c", "y", "x"]
    assert pdefilter.read(tmp_path / "j.zarr").pixels.shape == (20, 30, 3)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint64, np.float16, ">u2", ">f8"])
def test_types_and_byte_orders(tmp_path, dtype):
    pixels = (RNG.random((9, 13)) * 2).astype(dtype)
    zarr.create_array(tmp_path / "i.zarr", data=pixels)
    image = pdefilter.read(tmp_path / "i.zarr")
    assert np.array_equal(image.pixels, pixels)
    assert image.pixels.dtype == np.dtype(dtype).newbyteorder("=")
    pdefilter.write(image, tmp_path / "o.zarr")
    assert np.array_equal(zarr.open_group(tmp_path / "o.zarr", mode="r")["0"][...], pixels)


@pytest.mark.parametrize(
    "pixels", [np.zeros((20, 30), np.uint8), np.full((20, 30), -0.0, np.float32)]
)
def test_zeros_keep_their_sign(tmp_path, pixels):
    pdefilter.write(Image(pixels), tmp_path / "o.zarr")
    assert pdefilter.read(tmp_path / "o.zarr").pixels.tobytes() == pixels.tobytes()


def test_shards(tmp_path):
    pixels = RNG.integers(0, 255, (128, 96), np.uint8)
    zarr.create_array(tmp_path / "i.zarr", data=pixels, chunks=(16, 16), shards=(64, 32))
    store = open_store(str(tmp_path / "i.zarr"), Reading())
    assert store.blocks == (16, 16)
    assert np.array_equal(put_together(store, blocks=(50, 7)).pixels, pixels)


def test_levels_lead_to_one_chunk(tmp_path):
    pixels = RNG.integers(0, 255, (700, 1100, 3), np.uint8)
    pdefilter.write(Image(pixels), tmp_path / "o.zarr")
    group = zarr.open_group(tmp_path / "o.zarr", mode="r")
    (image,) = group.attrs["ome"]["multiscales"]
    shapes = [group[dataset["path"]].shape for dataset in image["datasets"]]
    assert shapes == [(3, 700, 1100), (3, 350, 550), (3, 175, 275)]
    assert [axis["name"] for axis in image["axes"]] == ["c", "y", "x"]
    assert image["datasets"][2]["coordinateTransformations"] == [
        {"type": "scale", "scale": [1, 4, 4]}, {"type": "translation", "translation": [0, 1.5, 1.5]}
    ]  # fmt: skip


def test_a_resolution_becomes_the_side_of_a_pixel(tmp_path):
    image = Image(
        np.ones((5, 7), np.uint8),
        metadata=Metadata(resolution=Resolution(Fraction(254), Fraction(508), "inch")),
    )
    pdefilter.write(image, tmp_path / "o.zarr")
    attributes = zarr.open_group(tmp_path / "o.zarr", mode="r").attrs["ome"]
    (level,) = attributes["multiscales"][0]["datasets"]
    assert level["coordinateTransformations"] == [{"type": "scale", "scale": [50, 100]}]
    back = pdefilter.read(tmp_path / "o.zarr").metadata.resolution
    assert back == Resolution(Fraction(100), Fraction(200), "cm")


def test_alpha_has_a_name(tmp_path):
    pixels = RNG.integers(1, 255, (5, 7, 4), np.uint8)
    pdefilter.write(Image(pixels, has_alpha=True), tmp_path / "o.zarr")
    assert pdefilter.read(tmp_path / "o.zarr").has_alpha
    pdefilter.write(Image(pixels), tmp_path / "p.zarr")
    assert not pdefilter.read(tmp_path / "p.zarr").has_alpha


def test_what_others_lack_is_named(tmp_path):
    path = ome(tmp_path / "i.zarr", np.ones((5, 7), np.uint8), "yx")
    with pytest.warns(UserWarning, match="PNG carries no attributes"):
        pdefilter.write(pdefilter.read(path), tmp_path / "o.png")


def broken(folder, name, change):
    description = json.loads((folder / name).read_text())
    change(description)
    (folder / name).write_text(json.dumps(description))


def only_axes(*names):
    return lambda d: d["attributes"]["ome"]["multiscales"][0].update(
        axes=[{"name": name} for name in names]
    )


@pytest.mark.parametrize(
    ("shape", "axes", "said"),
    [
        ((4, 20, 30), "wyx", "has 4 pictures along its axis w; save one"),
        ((20, 30), "ab", "has the axes a, b; give an image with axes y and x"),
    ],
)
def test_axes_that_are_not_read(tmp_path, shape, axes, said):
    path = ome(tmp_path / "i.zarr", np.ones(shape, np.uint8), axes)
    with pytest.raises(ImageError, match=said):
        pdefilter.read(path)
    with pytest.raises(ImageError, match=said):
        open_store(str(path), Reading())


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("zarr.json", lambda d: d.update(zarr_format=9), "is a broken Zarr"),
        ("zarr.json", lambda d: d["attributes"].clear(), "is not itself an image"),
        ("zarr.json", only_axes("y"), "has the axes y; give an image"),
        ("0/zarr.json", lambda d: d.update(shape=[0, 7]), "claims 7 × 0 pixels|no pixels"),
        ("0/zarr.json", lambda d: d.update(shape=[1 << 40, 1 << 40]), "more than the limit"),
        ("0/zarr.json", lambda d: d.update(shape=[5, 7, 9]), "is a broken Zarr"),
        ("0/zarr.json", lambda d: d.update(data_type="complex64"), "Zarr|holds integers or floats"),
        (
            "0/zarr.json",
            lambda d: d["chunk_grid"]["configuration"].update(chunk_shape=[1 << 20, 1 << 20]),
            "claims tiles of|is a broken Zarr",
        ),
        (
            "0/zarr.json",
            lambda d: d["chunk_grid"]["configuration"].update(chunk_shape=[0, 7]),
            "is a broken Zarr",
        ),
    ],
)
def test_descriptions_that_cannot_be(tmp_path, name, change, said):
    path = ome(tmp_path / "i.zarr", np.ones((5, 7), np.uint8), "yx")
    broken(path, name, change)
    with pytest.raises(ImageError, match=said):
        pdefilter.read(path)


def test_a_damaged_chunk_is_lost_alone(tmp_path):
    pixels = RNG.integers(1, 255, (64, 64), np.uint8)
    path = ome(tmp_path / "i.zarr", pixels, "yx", chunks=(32, 32))
    (path / "0" / "c" / "1" / "1").write_bytes(b"junk")
    with pytest.raises(ImageError, match="has 1 of 4 parts that cannot be decoded; get an intact"):
        pdefilter.read(path)
    store = open_store(str(path), Reading(lenient=True))
    with pytest.warns(UserWarning, match="has 1 of 4 parts that cannot be decoded; what can"):
        (whole,) = [put_together(store, blocks=(64, 64)).pixels]
    expected = pixels.copy()
    expected[32:, 32:] = 0
    assert np.array_equal(whole, expected)


def test_archives_that_are_not_ours():
    frames = Frames(1, lambda _: Image(np.ones((5, 7), np.uint8)))
    data = named("zarr").encode(frames)
    assert data == named("zarr").encode(frames)
    with pytest.raises(ImageError, match="is truncated; get an intact copy"):
        detect_format(data).decode(data[:-5000], Reading())
    for name in ("../escape", "/tmp/escape", "a/../../escape"):
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as packed:
            packed.addfile(tarfile.TarInfo("zarr.json"), io.BytesIO())
            packed.addfile(tarfile.TarInfo(name), io.BytesIO())
        with pytest.raises(ImageError):
            detect_format(stream.getvalue()).decode(stream.getvalue(), Reading())


def test_without_the_extra(tmp_path, monkeypatch):
    pdefilter.write(Image(np.ones((5, 7), np.uint8)), tmp_path / "o.zarr")
    monkeypatch.setitem(__import__("sys").modules, "zarr", None)
    with pytest.raises(ImageError, match=r"run: pip install 'pdefilter\[large\]'"):
        pdefilter.read(tmp_path / "o.zarr")


def test_on_the_command_line(pdefilter_command, tmp_path):
    """A Zarr is a file: an input, an output, in a folder, through pipes."""
    coins = SAMPLES / "coins.png"

    def done(*arguments, **options):
        result = pdefilter_command(*arguments, **options)
        assert (result.returncode, result.stderr) == (0, b""), result.stderr
        return result.stdout

    done("smooth", coins, "-o", "a.zarr")
    done("smooth", coins, "-o", "a.png")
    assert np.array_equal(pdefilter.read(tmp_path / "a.zarr"), pdefilter.read(tmp_path / "a.png"))
    (tmp_path / "in").mkdir()
    (tmp_path / "a.zarr").rename(tmp_path / "in" / "a.zarr")
    done("edge", "in", "-o", "out/")
    piped = done("edge", "in/a.zarr/")
    refused = pdefilter_command("edge", "in/a.zarr", "-o", "out/a.zarr")
    assert refused.returncode == 2
    assert b"exists already; give --overwrite to replace it" in refused.stderr
    done("edge", "in/a.zarr", "-o", "out/a.zarr", "--overwrite")
    done("edge", "in/a.zarr", "-o", "b.png")
    done("smooth", "-", "-o", "c.npy", "--sigma", "0", stdin=piped)
    expected = pdefilter.read(tmp_path / "b.png").pixels
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.zarr"]
    assert np.array_equal(pdefilter.read(tmp_path / "out" / "a.zarr").pixels, expected)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert b"grey" in done("info", "in/a.zarr")


@pytest.mark.parametrize("unit", ["nanometer", "parsec", None])
def test_places_and_units_are_kept(tmp_path, unit):
    path = ome(tmp_path / "i.zarr", np.ones((700, 90), np.uint8), "yx", chunks=(350, 90))
    units = {"unit": unit} if unit else {}

    def moved(description):
        (image,) = description["attributes"]["ome"]["multiscales"]
        image["axes"] = [{"name": name, "type": "space", **units} for name in "yx"]
        image["datasets"][0]["coordinateTransformations"] = [
            {"type": "scale", "scale": [3, 2]}, {"type": "translation", "translation": [40, 50]}
        ]  # fmt: skip
        image["coordinateTransformations"] = [{"type": "scale", "scale": [10, 10]}]

    broken(path, "zarr.json", moved)
    image = pdefilter.read(path)
    pdefilter.write(image, tmp_path / "o.zarr")
    (back,) = zarr.open_group(tmp_path / "o.zarr", mode="r").attrs["ome"]["multiscales"]
    assert [axis.get("unit") for axis in back["axes"]] == [unit, unit]
    first, second = (level["coordinateTransformations"] for level in back["datasets"])
    assert first == [
        {"type": "scale", "scale": [30, 20]}, {"type": "translation", "translation": [400, 500]}
    ]  # fmt: skip
    assert second == [
        {"type": "scale", "scale": [60, 40]}, {"type": "translation", "translation": [415, 510]}
    ]  # fmt: skip
    again = pdefilter.read(tmp_path / "o.zarr")
    assert again.metadata.stored.placement == image.metadata.stored.placement
    assert (image.metadata.resolution is None) == (unit != "nanometer")
