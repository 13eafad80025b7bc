"""NIfTI: values, orientations, units and headers as nibabel reads them."""

import gzip
import struct
import sys
import tracemalloc
from dataclasses import replace

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_files import AFFINE, nifti, voxels

import pdefilter
from pdefilter import Image, ImageError, Volume
from pdefilter.images.formats import named
from pdefilter.images.frames import Frames
from pdefilter.images.packed import unpacked
from pdefilter.images.pose import Pose

RNG = np.random.default_rng(8)
TYPES = ["uint8", "int8", "uint16", "int16", "int32", "uint64", "float32", "float64"]


def as_library(data):
    """Open bytes by nibabel."""
    raw = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    kind = nibabel.Nifti2Image if raw[:4] in (b"\x1c\2\0\0", b"\0\0\2\x1c") else nibabel.Nifti1Image
    return kind.from_bytes(raw)


def written(images, name="nii"):
    images = images if isinstance(images, list) else [images]
    return named(name).encode(Frames(len(images), images.__getitem__, images[0].shape))


@pytest.mark.parametrize("name", ["nii", "nii.gz"])
@pytest.mark.parametrize("dtype", TYPES)
def test_the_library_reads_what_is_written(dtype, name):
    pixels = (RNG.random((3, 4, 5)) * 100).astype(dtype)
    volume = Volume(pixels, spacing=(2.5, 0.7, 0.5), unit="mm")
    found = as_library(written(volume, name))
    assert np.array_equal(np.asanyarray(found.dataobj), pixels.T)
    assert found.get_data_dtype() == pixels.dtype
    assert found.header.get_zooms() == pytest.approx((0.5, 0.7, 2.5))
    assert found.header.get_xyzt_units()[0] == "mm"
    again = pdefilter.read(written(volume, name))
    assert (again.spacing, again.unit) == (volume.spacing, "mm")
    assert np.array_equal(again.pixels, pixels)


@pytest.mark.parametrize("packed", [False, True])
def test_a_pass_keeps_every_byte_of_the_header(packed):
    data = nifti(np.stack([voxels(), voxels()]), packed=packed)
    volumes = list(pdefilter.read_frames(data))
    assert [volume.shape for volume in volumes] == [(3, 13, 17)] * 2
    assert (volumes[0].spacing, volumes[0].unit) == ((2.0, 0.7, 0.5), "mm")
    back = written(volumes, "nii.gz" if packed else "nii")
    if packed:
        data, back = gzip.decompress(data), gzip.decompress(back)
    before, after = as_library(data), as_library(back)
    assert before.header == after.header
    assert before.header.extensions == after.header.extensions
    assert np.array_equal(before.affine, after.affine)
    assert np.array_equal(np.asanyarray(before.dataobj), np.asanyarray(after.dataobj))


def test_values_stay_as_stored_and_so_do_slope_and_intercept(tmp_path):
    image = nibabel.Nifti1Image(voxels().T, AFFINE)
    image.header.set_slope_inter(2.5, -10)
    data = image.to_bytes()
    stored = as_library(data)
    volume = pdefilter.read(data)
    assert volume.pixels.dtype == np.int16
    assert np.array_equal(volume.pixels, np.asanyarray(stored.dataobj.get_unscaled()).T)
    assert volume.metadata.rescale == (2.5, -10.0)
    # Another depth keeps the physical values.
    for depth, error in (("float", 1e-3), ("16", 0.04)):
        pdefilter.write(volume, tmp_path / f"{depth}.nii", depth=depth)
        found = nibabel.load(tmp_path / f"{depth}.nii")
        assert np.abs(found.get_fdata() - stored.get_fdata()).max() < error
    with pytest.warns(UserWarning, match="NRRD carries no slope of values"):
        pdefilter.write(volume, tmp_path / "o.nrrd")


def test_other_distances_change_the_affine_and_nothing_else():
    volume = pdefilter.read(nifti(voxels()), spacing=(4, 0.7, 1))
    found = as_library(written(volume))
    assert found.header.get_zooms() == pytest.approx((1, 0.7, 4))
    assert np.allclose(found.affine, AFFINE @ np.diag([2, 1, 2, 1]))
    assert bytes(found.header["descrip"]).rstrip(b"\0") == b"a scan"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
def test_versions_and_byte_orders(kind, order):
    header = kind.header_class(endianness=order)
    data = kind(voxels(np.float32).T.astype(f"{order}f4"), AFFINE, header).to_bytes()
    volume = pdefilter.read(data)
    assert np.array_equal(volume.pixels, voxels(np.float32))
    assert written(volume) == data


@pytest.mark.parametrize("channels", [2, 3, 4, 5])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
@pytest.mark.parametrize("count", [1, 2])
def test_channels_and_times(channels, dtype, count):
    volumes = [
        Volume(
            (RNG.random((3, 4, 5, channels)) * 100).astype(dtype),
            has_alpha=channels in (2, 4),
            spacing=(2.0, 1.0, 1.0),
        )
        for _ in range(count)
    ]
    again = list(pdefilter.read_frames(written(volumes)))
    assert len(again) == count
    for before, after in zip(volumes, again, strict=True):
        assert np.array_equal(before.pixels, after.pixels)
        assert after.has_alpha == before.has_alpha


def test_one_slice_is_an_image():
    data = nibabel.Nifti1Image(voxels()[0].T, AFFINE).to_bytes()
    image = pdefilter.read(data)
    assert type(image) is Image
    assert image.pixels.shape == (13, 17)
    assert written(image) == data  # the distances too, although its pixels count as squares
    assert pdefilter.read(data, spacing="file").spacing == (0.7, 0.5)
    several = nibabel.Nifti1Image(voxels().transpose(2, 1, 0)[:, :, None], AFFINE).to_bytes()
    assert [frame.shape for frame in pdefilter.read_frames(several)] == [(13, 17)] * 3


@given(st.integers(0, 10_000))
def test_poses_go_from_format_to_format(seed):
    """A pose, and distances in another unit, come through NRRD and MetaImage and back."""
    rng = np.random.default_rng(seed)
    axes, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    pose = Pose(tuple(map(tuple, axes.tolist())), tuple(rng.normal(0, 100, 3).tolist()))
    spacing = tuple(rng.uniform(0.1, 5, 3).tolist())
    unit = ("mm", "µm", "nm", "cm", None)[seed % 5]
    volume = Volume(np.zeros((2, 3, 4), np.uint8), spacing=spacing, unit=unit)
    volume = replace(volume, metadata=replace(volume.metadata, pose=pose))
    wanted = pose.affine(pdefilter.images.lengths.converted(spacing, unit or "mm", "mm"))
    for name in ("nii", "nrrd", "mha"):
        found = pdefilter.read(written(volume, name))
        lengths = pdefilter.images.lengths.converted(found.spacing, found.unit or "mm", "mm")
        affine = found.metadata.pose.affine(lengths)
        assert np.abs(affine - wanted).max() < 1e-5 * np.abs(wanted).max()
        if name == "nii":
            by_library = as_library(written(volume, name)).affine
            scale = {"µm": 1e-3}.get(found.unit, 1.0)
            assert np.abs(by_library[:3] * scale - wanted[:3]).max() < 1e-5 * np.abs(wanted).max()


def test_a_pair_of_files(tmp_path):
    image = nibabel.Nifti1Pair(voxels().T, AFFINE)
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"in a pair"))
    nibabel.save(image, tmp_path / "pair.img")
    before = nibabel.load(tmp_path / "pair.img")
    volume = pdefilter.read(tmp_path / "pair.hdr")
    assert np.array_equal(volume.pixels, voxels())
    pdefilter.write(volume, tmp_path / "one.nii")
    found = nibabel.load(tmp_path / "one.nii")
    assert found.header.extensions == image.header.extensions
    assert np.array_equal(found.affine, before.affine)
    (tmp_path / "pair.img").unlink()
    with pytest.raises(ImageError, match=r"in the file pair.img, which is missing; put it beside"):
        pdefilter.read(tmp_path / "pair.hdr")


def sheared():
    affine = AFFINE.copy()
    affine[1, 2] = 0.3
    image = nibabel.Nifti1Image(voxels().T, affine)
    return image.to_bytes()


def with_bytes(data, at, form, *values):
    changed = bytearray(data)
    struct.pack_into(form, changed, at, *values)
    return bytes(changed)


DIM, PIXDIM, TYPE = 40, 76, 70
BAD = {
    "cut": (nifti(voxels())[:-40], "is truncated: 1286 of 1326 bytes"),
    "cut and packed": (nifti(voxels(), packed=True)[:-200], "is truncated"),
    "no checksum": (nifti(voxels(), packed=True)[:-6], "has a bad checksum, or ends before it"),
    "sheared": (sheared(), "has axes at 81.5°, not at right angles; resample it"),
    "huge": (with_bytes(nifti(voxels()), DIM + 2, "<3h", 20_000, 20_000, 10), "more than the li"),
    "negative": (with_bytes(nifti(voxels()), DIM + 2, "<h", -3), "claims -3 × 13 × 3 pixels"),
    "complex": (with_bytes(nifti(voxels()), TYPE, "<h", 32), "holds complex numbers"),
    "unknown": (with_bytes(nifti(voxels()), TYPE, "<h", 77), "values of an unknown type"),
    "axes": (with_bytes(nifti(voxels()), DIM, "<h", 9), "has a broken header"),
    "offset": (with_bytes(nifti(voxels()), 108, "<f", np.nan), "has a broken header"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_files(name):
    data, said = BAD[name]
    with pytest.raises(ImageError, match=said):
        pdefilter.read(data)


@pytest.mark.parametrize("distance", [0.0, -1.0, np.nan])
def test_bad_distances(distance):
    data = with_bytes(nifti(voxels()), PIXDIM + 12, "<f", distance)
    data = with_bytes(data, 252, "<2h", 0, 0)  # no orientation
    with pytest.raises(ImageError, match="must be positive; give the right distances by"):
        pdefilter.read(data)
    assert pdefilter.read(data, spacing=(2, 1, 1)).spacing == (2.0, 1.0, 1.0)
    assert pdefilter.read(sheared(), spacing=(2, 1, 1)).spacing == (2.0, 1.0, 1.0)


def test_a_bomb_is_unpacked_no_further_than_its_header_claims():
    bomb = gzip.compress(nifti(voxels()) + bytes(1 << 26))
    assert np.array_equal(pdefilter.read(bomb).pixels, voxels())
    tracemalloc.start()
    unpacked(bomb, 2000)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1 << 23


def test_a_sentence_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "nibabel", None)
    with pytest.raises(ImageError, match=r"needs nibabel; run: pip install 'pdefilter\[volumes\]'"):
        pdefilter.read(nifti(voxels()))
