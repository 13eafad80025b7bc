"""Volumes of OME-Zarr and of Zarr, by the library and back."""

import numpy as np
import pytest
import zarr
from ome_zarr import ome

import pdefilter
from pdefilter import ImageError, Volume

RNG = np.random.default_rng(7)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        ("zyx", (4, 12, 14)),
        ("czyx", (2, 4, 12, 14)),
        ("tzyx", (3, 4, 12, 14)),
        ("tczyx", (2, 3, 4, 12, 14)),
        ("tczyx", (3, 1, 1, 12, 14)),
    ],
)
def test_a_pass_keeps_values_axes_and_places(tmp_path, version, axes, shape):
    pixels = RNG.integers(0, 60_000, shape, np.uint16)
    chunks = tuple(max(1, size // 2) for size in shape)
    path = ome(tmp_path / "i.zarr", pixels, axes, version, attributes={"lens": 63}, chunks=chunks)
    volumes = list(pdefilter.read_frames(path))
    assert len(volumes) == (shape[0] if axes[0] == "t" else 1)
    assert isinstance(volumes[0], Volume)
    assert (volumes[0].spacing, volumes[0].unit) == ((0.65, 0.65, 0.65), "µm")
    pdefilter.write(volumes, tmp_path / "o.zarr")
    group = zarr.open_group(tmp_path / "o.zarr", mode="r")
    assert np.array_equal(group["0"][...], pixels)
    assert group["0"].chunks == chunks
    assert group.metadata.zarr_format == version
    assert group.attrs["lens"] == 63
    attributes = group.attrs.asdict()
    (scales,) = attributes.get("ome", attributes)["multiscales"]
    assert [axis["name"] for axis in scales["axes"]] == list(axes)
    assert scales["name"] == "stain"
    again = list(pdefilter.read_frames(tmp_path / "o.zarr"))
    for before, after in zip(volumes, again, strict=True):
        assert np.array_equal(before.pixels, after.pixels)
        assert (after.spacing, after.unit) == (before.spacing, before.unit)


def test_volumes_of_any_origin(tmp_path):
    volume = Volume(RNG.random((3, 4, 5)), spacing=(2, 0.5, 0.25), unit="mm")
    pdefilter.write(volume, tmp_path / "o.zarr")
    again = pdefilter.read(tmp_path / "o.zarr")
    assert (again.spacing, again.unit) == (volume.spacing, "mm")
    assert np.array_equal(again.pixels, volume.pixels)
    (axes,) = zarr.open_group(tmp_path / "o.zarr").attrs["ome"]["multiscales"]
    assert [axis.get("unit") for axis in axes["axes"]] == ["millimeter"] * 3


def test_an_array_without_names_is_a_volume_where_it_is_asked_for(tmp_path):
    zarr.create_array(tmp_path / "i.zarr", data=RNG.random((3, 4, 5)))
    assert pdefilter.read(tmp_path / "i.zarr").pixels.shape == (3, 4, 5)
    assert pdefilter.read(tmp_path / "i.zarr", volume=True).shape == (3, 4, 5)


def test_bad_files(tmp_path):
    path = ome(tmp_path / "i.zarr", np.zeros((3, 4, 5), np.uint8), "zyx")
    with pytest.raises(ImageError, match="claims 5 × 4 × 3 pixels, more than the limit of 50"):
        pdefilter.read(path, max_pixels=50)
    path = ome(tmp_path / "s.zarr", np.zeros((3, 4, 5), np.uint8), "zyx")
    group = zarr.open_group(path)
    scales = group.attrs["ome"]
    scales["multiscales"][0]["datasets"][0]["coordinateTransformations"][0]["scale"] = [0, 1, 1]
    group.attrs["ome"] = scales
    with pytest.raises(ImageError, match="has the spacing 0,1,1, which must be positive"):
        pdefilter.read(path)
    assert pdefilter.read(path, spacing=(3, 1, 1)).spacing == (3.0, 1.0, 1.0)
    path = ome(tmp_path / "w.zarr", np.zeros((2, 3, 4, 5), np.uint8), "wzyx")
    with pytest.raises(ImageError, match="has 2 entries along its axis w; save one of them"):
        pdefilter.read(path)
