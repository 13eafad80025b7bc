"""Stacks of ImageJ and OME in a TIFF are volumes, and stay what they were to tifffile."""

import io
import struct

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from sample_files import stack, voxels

import pdefilter
from pdefilter import Image, ImageError, Volume
from pdefilter.images.codecs.tiff.stacks import Stack, stack_of
from pdefilter.images.formats import named
from pdefilter.images.frames import Frames

RNG = np.random.default_rng(6)


def written(images):
    images = images if isinstance(images, list) else [images]
    return named("tif").encode(Frames(len(images), images.__getitem__, images[0].shape))


def by_library(data):
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        return file, file.series[0].axes, file.asarray(), file.pages.first.description


def tiff(data, **options):
    stream = io.BytesIO()
    tifffile.imwrite(stream, data, **options)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["imagej", "ome"])
def test_a_stack_is_a_volume_and_a_pass_keeps_its_description(kind):
    data = stack(kind, voxels(np.uint16))
    volume = pdefilter.read(data)
    assert isinstance(volume, Volume)
    assert np.array_equal(volume.pixels, voxels(np.uint16))
    assert (volume.spacing, volume.unit) == ((2.0, 0.5, 0.5), "µm")
    _, axes, values, description = by_library(written(volume))
    assert (axes, description) == ("ZYX", by_library(data)[3])
    assert np.array_equal(values, voxels(np.uint16))


@pytest.mark.parametrize(
    ("kind", "axes", "count"),
    [
        ("imagej", "TZCYX", 6),
        ("imagej", "ZCYX", 2),
        ("imagej", "TZYX", 3),
        ("ome", "TZCYX", 6),
        ("ome", "TCZYX", 6),
        ("ome", "CTZYX", 6),
        ("ome", "ZTYX", 3),
        ("ome", "ZYXS", 1),
        ("imagej", "ZYXS", 1),
    ],
)
def test_channels_and_times_are_volumes_of_their_own(kind, axes, count):
    sizes = {"T": 3, "C": 2, "Z": 4, "Y": 6, "X": 7, "S": 3}
    array = RNG.integers(0, 255, [sizes[axis] for axis in axes], np.uint8)
    photometric = "rgb" if "S" in axes else "minisblack"
    data = tiff(array, metadata={"axes": axes}, photometric=photometric, **{kind: True})
    volumes = list(pdefilter.read_frames(data))
    assert len(volumes) == count
    others = [axes.index(axis) for axis in axes if axis in "TC"]
    expected = np.moveaxis(array, others, range(len(others)))
    expected = expected.reshape(count, *(sizes[axis] for axis in axes if axis in "ZYXS"))
    found = {volume.pixels.tobytes() for volume in volumes}
    assert found == {one.tobytes() for one in expected}
    _, back, values, _ = by_library(written(volumes))
    assert back == by_library(data)[1]
    assert np.array_equal(values, by_library(data)[2])


@given(
    st.sampled_from(["uint8", "uint16", "float32", "float64", "int16"]),
    st.tuples(*[st.floats(1e-3, 1e3)] * 3),
    st.sampled_from([None, "nm", "µm", "mm", "cm", "m", "inch"]),
    st.sampled_from([(), (3,)]),
)
def test_volumes_of_any_origin_are_stacks_of_imagej(dtype, spacing, unit, channels):
    pixels = (RNG.random((2, 3, 4, *channels)) * 100).astype(dtype)
    data = written(Volume(pixels, spacing=spacing, unit=unit))
    volume = pdefilter.read(data)
    assert volume.spacing == pytest.approx(spacing, rel=1e-6)
    assert volume.unit == unit
    assert np.array_equal(volume.pixels, pixels)
    file, axes, values, _ = by_library(data)
    assert file.is_imagej
    assert axes == "ZYX" + "S" * len(channels)
    assert np.array_equal(values, pixels)
    assert file.imagej_metadata["spacing"] == spacing[0]


@pytest.mark.parametrize("kind", ["imagej", "ome"])
def test_given_distances_go_into_the_description(kind):
    volume = pdefilter.read(stack(kind, voxels(np.uint16)), spacing=(3, 0.25, 0.125))
    data = written(volume)
    assert pdefilter.read(data).spacing == pytest.approx((3.0, 0.25, 0.125))
    file, _, _, description = by_library(data)
    assert file.is_ome if kind == "ome" else file.imagej_metadata["spacing"] == 3.0
    assert ("PhysicalSizeZ=" in description) == (kind == "ome")


def test_a_volume_alone_is_no_longer_described_as_one_of_many():
    array = RNG.integers(0, 255, (3, 4, 6, 7), np.uint8)
    data = tiff(array, ome=True, metadata={"axes": "TZYX"})
    volume = pdefilter.read(data, frame=1)
    _, axes, values, _ = by_library(written(volume))
    assert axes == "ZYX"
    assert np.array_equal(values, array[1])


def test_pages_are_pages_unless_they_are_asked_for_as_a_volume():
    array = RNG.integers(0, 255, (4, 6, 7), np.uint8)
    data = tiff(array, photometric="minisblack")
    assert [type(page) for page in pdefilter.read_frames(data)] == [Image] * 4
    volume = pdefilter.read(data, volume=True, spacing=(3, 1, 1))
    assert (volume.shape, volume.spacing) == ((4, 6, 7), (3.0, 1.0, 1.0))
    with pytest.raises(ImageError, match="has one page, but a volume has several"):
        pdefilter.read(tiff(array[0]), volume=True)
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        writer.write(array[0])
        writer.write(array[0, :5])
    with pytest.raises(ImageError, match="page 1 has 7 × 5 pixels, the first has 7 × 6 pixels"):
        pdefilter.read(stream.getvalue(), volume=True)


def test_tags_of_every_slice_are_kept():
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream, imagej=True) as writer:
        writer.write(voxels(np.uint8), metadata={"axes": "ZYX"})
    pages = [(65000, 2, 0, f"plane {number}", True) for number in range(3)]
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        for page, tag in zip(voxels(np.uint8), pages, strict=True):
            description = "ImageJ=1.54f\nimages=3\nslices=3\n" if tag[3].endswith("0") else None
            writer.write(page, description=description, extratags=[tag], metadata=None)
    volume = pdefilter.read(stream.getvalue())
    assert volume.shape == (3, 13, 17)
    with tifffile.TiffFile(io.BytesIO(written(volume))) as file:
        assert [page.tags[65000].value for page in file.pages] == [tag[3] for tag in pages]


@pytest.mark.parametrize(
    ("description", "count"),
    [
        (b"ImageJ=1.5\nimages=4\nslices=3\n", 4),
        (b"ImageJ=1.5\nimages=4\nframes=4\n", 4),
        (b"ImageJ=1.5\nimages=4\nslices=4000000000\n", 4),
        (b'<OME><Pixels SizeZ="4" SizeC="1" SizeT="1" DimensionOrder="XYCZ"/></OME>', 4),
        (b'<OME><Pixels SizeZ="4" SizeC="2" SizeT="1"/></OME>', 4),
        (b'<OME><Pixels SizeZ="4"/><Pixels SizeZ="4"/></OME>', 4),
        (b'<OME><Pixels SizeZ="4"><TiffData FirstZ="1" IFD="0"/></Pixels></OME>', 4),
        (b"a photograph", 4),
    ],
)
def test_descriptions_that_tell_no_stack(description, count):
    assert stack_of(description, None, count) is None


def test_distances_that_have_no_meaning_are_one():
    described = b"ImageJ=1.5\nimages=4\nslices=4\nspacing=nan\nunit=pixel\n"
    assert stack_of(described, None, 4) == Stack(4, 1, (1.0, 1.0, 1.0), None)
    ome = b'<OME><Pixels SizeZ="4" PhysicalSizeX="0.5" PhysicalSizeZ="500" PhysicalSizeZUnit="nm"/>'
    assert stack_of(ome, None, 4) == Stack(4, 1, (0.5, 0.5, 0.5), "µm")


def test_a_claim_of_too_many_voxels():
    data = tiff(np.zeros((3, 40, 50), np.uint8), imagej=True, metadata={"axes": "ZYX"})
    with pytest.raises(ImageError, match="claims 50 × 40 × 3 pixels, more than the limit of 5000"):
        pdefilter.read(data, max_pixels=5000)


def geotiff(scale, model, **more):
    keys = (1, 1, 0, 1, 1024, 0, 1, model)
    tags = [(33550, "d", 3, (*scale, 0.0), True), (34735, "H", len(keys), keys, True)]
    return tiff(np.zeros((4, 5), np.uint8), extratags=tags, metadata=None, **more)


def test_the_scale_of_a_geotiff():
    image = pdefilter.read(geotiff((10.0, 10.0), 1))
    assert (image.spacing, image.unit) == ((10.0, 10.0), "m")
    data = geotiff((10.0, 20.0), 1)
    assert pdefilter.read(data).spacing is None
    assert pdefilter.read(data, spacing="file").spacing == (20.0, 10.0)
    assert pdefilter.read(geotiff((0.1, 0.1), 2)).unit is None
    assert pdefilter.read(geotiff((-1.0, 0.0), 1)).spacing is None
    assert struct.pack("<2d", 10.0, 20.0) in written(pdefilter.read(data))
