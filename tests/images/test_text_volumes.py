"""NRRD and MetaImage: values and headers, as pynrrd reads them and as ITK writes them."""

import zlib

import nrrd
import numpy as np
import pytest
from sample_files import metaimage, nrrd_file, voxels

import pdefilter
from pdefilter import Image, ImageError, Volume
from pdefilter.images.codecs import metaimage as metaimage_codec
from pdefilter.images.formats import named
from pdefilter.images.frames import Frames

RNG = np.random.default_rng(9)
TYPES = ["uint8", "int8", "uint16", "int16", "int32", "uint64", "float32", "float64"]


def written(images, name):
    images = images if isinstance(images, list) else [images]
    return named(name).encode(Frames(len(images), images.__getitem__, images[0].shape))


@pytest.fixture
def by_library(tmp_path):
    """Read a NRRD by the library, slices first."""

    def read(data):
        (tmp_path / "i.nrrd").write_bytes(data)
        return nrrd.read(str(tmp_path / "i.nrrd"), index_order="C")

    return read


@pytest.mark.parametrize("dtype", TYPES)
def test_the_library_reads_what_is_written(by_library, dtype):
    pixels = (RNG.random((3, 4, 5)) * 100).astype(dtype)
    volume = Volume(pixels, spacing=(2.5, 0.7, 0.5), unit="µm")
    values, header = by_library(written(volume, "nrrd"))
    assert np.array_equal(values, pixels)
    assert values.dtype == pixels.dtype
    assert header["spacings"].tolist() == [0.5, 0.7, 2.5]
    assert header["units"] == ["um"] * 3
    for name in ("nrrd", "mha"):
        again = pdefilter.read(written(volume, name))
        assert (again.spacing, again.unit) == ((2.5, 0.7, 0.5), "µm")
        assert np.array_equal(again.pixels, pixels)


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "ascii"])
def test_encodings(by_library, encoding):
    more = {"kinds": ["domain"] * 3, "sample": "phantom", "thicknesses": [1.0, 1.0, 2.0]}
    data = nrrd_file(voxels(), encoding, **more)
    volume = pdefilter.read(data)
    assert np.array_equal(volume.pixels, voxels())
    assert (volume.spacing, volume.unit) == ((2.0, 0.7, 0.5), "mm")
    values, header = by_library(written(volume, "nrrd"))
    assert np.array_equal(values, voxels())
    _, before = by_library(data)
    for name in set(before) - {"encoding"}:
        assert np.array_equal(header[name], before[name]), name
    assert (header["encoding"] == "raw") == (encoding == "raw")


@pytest.mark.parametrize("name", ["nrrd", "mha"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("count", [1, 2])
def test_channels_and_times(name, channels, count):
    shape = (3, 4, 5) if channels == 1 else (3, 4, 5, channels)
    volumes = [
        Volume(RNG.integers(0, 255, shape, np.uint8), has_alpha=channels in (2, 4))
        for _ in range(count)
    ]
    again = list(pdefilter.read_frames(written(volumes, name)))
    assert len(again) == count
    for before, after in zip(volumes, again, strict=True):
        assert np.array_equal(before.pixels, after.pixels)
        assert after.has_alpha == before.has_alpha


def test_kinds_tell_channels_and_times(by_library):
    """Colours are channels wherever their axis lies; lists are volumes, one by one."""
    colours = RNG.integers(0, 255, (2, 4, 5, 3), np.uint8)
    directions = np.vstack([[np.nan] * 3, np.eye(3)])
    first = nrrd_file(
        colours, kinds=["RGB-color", *["domain"] * 3], **{"space directions": directions}
    )
    volume = pdefilter.read(first)
    assert np.array_equal(volume.pixels, colours)
    values, header = by_library(written(volume, "nrrd"))
    assert np.array_equal(values, colours)
    assert header["kinds"][0] == "RGB-color"
    for kinds, order in ((["list", *["space"] * 3], 3), ([*["space"] * 3, "list"], 0)):
        gradients = np.moveaxis(RNG.integers(0, 99, (6, 2, 4, 5), np.uint16), 0, order)
        rows = directions if order else directions[[1, 2, 3, 0]]
        data = nrrd_file(gradients, kinds=kinds, **{"space directions": rows})
        volumes = list(pdefilter.read_frames(data))
        assert [one.shape for one in volumes] == [(2, 4, 5)] * 6
        values, header = by_library(written(volumes, "nrrd"))
        assert np.array_equal(values, gradients)
        assert header["kinds"] == kinds


@pytest.mark.parametrize("packed", [True, False])
def test_metaimage_keeps_its_header(packed):
    data = metaimage(voxels(), packed=packed, Comment="two = three", Modality="MET_MOD_CT")
    volume = pdefilter.read(data)
    assert np.array_equal(volume.pixels, voxels())
    assert (volume.spacing, volume.unit) == ((2.0, 0.7, 0.5), "mm")
    assert volume.metadata.pose.origin == (-1.0, -2.0, 3.0)  # of the left and the back
    back = written(volume, "mha")
    (lines, first), (before, _) = (metaimage_codec.split_header(one) for one in (back, data))
    assert set(before) <= set(lines)
    values = zlib.decompress(back[first:]) if packed else back[first:]
    assert values == voxels().astype("<i2").tobytes()


def test_other_byte_orders():
    data = metaimage(
        voxels().astype(">i2").view("<i2"), packed=False, BinaryDataByteOrderMSB="True"
    )
    assert np.array_equal(pdefilter.read(data).pixels, voxels())
    data = nrrd_file(voxels().astype(">i2"), "raw", endian="big")
    assert np.array_equal(pdefilter.read(data).pixels, voxels())


def test_values_beside_their_header(tmp_path):
    nrrd.write(str(tmp_path / "i.nhdr"), voxels().T, {"spacings": [1.0, 1.0, 2.0]},
               detached_header=True)  # fmt: skip
    assert np.array_equal(pdefilter.read(tmp_path / "i.nhdr").pixels, voxels())
    header, _, values = metaimage(voxels(), packed=False).partition(b"LOCAL\n")
    (tmp_path / "i.mhd").write_bytes(header + b"i.raw\n")
    (tmp_path / "i.raw").write_bytes(values)
    assert np.array_equal(pdefilter.read(tmp_path / "i.mhd").pixels, voxels())
    (tmp_path / "i.raw").unlink()
    with pytest.raises(ImageError, match=r"in the file i.raw, which is missing; put it beside"):
        pdefilter.read(tmp_path / "i.mhd")
    with pytest.raises(ImageError, match=r"in another file; give the path of its .mhd"):
        pdefilter.read(header + b"i.raw\n")


@pytest.mark.parametrize("name", ["nrrd", "mha"])
def test_one_slice_is_an_image(name):
    image = Image(RNG.integers(0, 255, (4, 5), np.uint8), spacing=(0.5, 0.5), unit="mm")
    again = pdefilter.read(written(image, name))
    assert type(again) is Image
    assert np.array_equal(again.pixels, image.pixels)
    assert (again.spacing, again.unit) == (image.spacing, "mm")
    data = metaimage(voxels()[:1])
    assert pdefilter.read(data).shape == (13, 17)
    assert b"DimSize = 17 13 1\n" in written(pdefilter.read(data), "mha")


def changed(data, before, after):
    assert before in data
    return data.replace(before, after)


NRRD, META = nrrd_file(voxels(), "raw"), metaimage(voxels(), packed=False)
BAD = {
    "cut.nrrd": (NRRD[:-40], "is truncated: 1286 of 1326 bytes"),
    "packed.nrrd": (nrrd_file(voxels())[:-40], "is truncated"),
    "bzip2.nrrd": (nrrd_file(voxels(), "bzip2")[:-40], "is truncated"),
    "text.nrrd": (nrrd_file(voxels(), "ascii")[:-40], "is truncated"),
    "words.nrrd": (nrrd_file(voxels(), "ascii")[:-4] + b" x y", "that are not numbers"),
    "huge.nrrd": (changed(NRRD, b"sizes: 17 13 3", b"sizes: 17000 13000 30"), "more than the lim"),
    "zero.nrrd": (
        changed(NRRD, b"(0,0,2)", b"(0,0,0)"),
        "has the spacing 0,0.7,0.5, which must be",
    ),
    "nan.nrrd": (changed(NRRD, b"(0,0,2)", b"(0,0,nan)"), "must be positive"),
    "sheared.nrrd": (changed(NRRD, b"(0,0,2)", b"(0,0.3,2)"), "has axes at 81.5°, not at right"),
    "kinds.nrrd": (changed(NRRD, b"sizes: 17 13 3", b"sizes: 221 3"), "axes: 3|claims|broken"),
    "type.nrrd": (
        changed(NRRD, b"type: int16", b"type: block"),
        "holds values of the type 'block'",
    ),
    "coding.nrrd": (changed(NRRD, b"encoding: raw", b"encoding: lz4"), "has an unknown encoding"),
    "cut.mha": (META[:-40], "is truncated: 1286 of 1326 bytes"),
    "packed.mha": (metaimage(voxels())[:-40], "is truncated"),
    "sum.mha": (metaimage(voxels())[:-2] + b"xx", "has a bad checksum"),
    "huge.mha": (changed(META, b"17 13 3", b"17000 13000 30"), "more than the limit"),
    "zero.mha": (changed(META, b"0.7 2", b"0.7 0"), "has the spacing 0,0.7,0.5, which must be"),
    "less.mha": (changed(META, b"0.7 2", b"0.7 -2"), "must be positive"),
    "nan.mha": (changed(META, b"0.7 2", b"0.7 nan"), "must be positive"),
    "sheared.mha": (changed(META, b"1 0 0 0 1", b"1 0.1 0 0 1"), "has axes at 84.3°, not at right"),
    "axes.mha": (changed(META, b"NDims = 3", b"NDims = 2"), "claims 17 × 13 × 3 pixels"),
    "type.mha": (changed(META, b"MET_SHORT", b"MET_HALF"), "holds values of the type 'MET_HALF'"),
    "end.mha": (META[:200], "has a header without an end"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files(name):
    data, said = BAD[name]
    with pytest.raises(ImageError, match=said):
        pdefilter.read(data)


@pytest.mark.parametrize("name", ["zero.nrrd", "sheared.nrrd", "less.mha", "sheared.mha"])
def test_given_distances_are_used_instead(name):
    assert pdefilter.read(BAD[name][0], spacing=(3, 1, 1)).spacing == (3.0, 1.0, 1.0)


def test_lenient_reading():
    with pytest.warns(UserWarning, match="what can be decoded was kept"):
        volume = pdefilter.read(NRRD[:-40], lenient=True)
    assert np.array_equal(volume.pixels.ravel()[:-20], voxels().ravel()[:-20])
    assert not volume.pixels.ravel()[-20:].any()
