"""Filters on arrays of Dask, Zarr and xarray: lazy results with the bits of those in memory."""

import dask.array as da
import numpy as np
import pytest
import xarray
import zarr
from hypothesis import given
from hypothesis import strategies as st

import pdefilter

CALLS = {
    "edge": {},
    "smooth": {"sigma": 1.5},
    "convolve": {"kernel": "emboss"},
    "sharpen": {},
    "heat_diffuse": {"time": 2},
    "anisotropic": {},
    "denoise": {"model": "small"},
    "shock": {},
    "wave": {"time": 3},
    "median": {"method": "median", "size": 5},
    "aos": {"scheme": "aos", "time": 5},
}
FUNCTIONS = {"median": pdefilter.smooth, "aos": pdefilter.anisotropic}

pytestmark = pytest.mark.filterwarnings("ignore:.*lie outside the range")


def function(name):
    return FUNCTIONS.get(name) or getattr(pdefilter, name)


@st.composite
def pictures(draw):
    """Noisy steps in grey or colour, of several types, some with holes; and sizes of chunks."""
    rows, columns = draw(st.integers(20, 60)), draw(st.integers(20, 60))
    channels = draw(st.sampled_from([(), (3,)]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    unit = (np.arange(columns) > columns / 2) / 2 + np.zeros((rows, columns))
    unit = np.broadcast_to(
        unit.reshape(rows, columns, *[1] * len(channels)), (rows, columns, *channels)
    )
    unit = (unit + 0.2 + 0.05 * rng.standard_normal(unit.shape)).clip(0, 1)
    dtype = np.dtype(draw(st.sampled_from(["uint8", "uint16", "float32"])))
    pixels = (unit * (1 if dtype.kind == "f" else np.iinfo(dtype).max)).astype(dtype)
    if dtype.kind == "f" and draw(st.booleans()):
        pixels[rng.random((rows, columns)) < 0.1] = np.nan
    chunks = draw(st.tuples(st.integers(7, 60), st.integers(7, 60)))
    return pixels, (*chunks, *channels)


@pytest.mark.parametrize("name", CALLS)
@given(pictures())
def test_a_lazy_result_has_the_bits_of_that_in_memory(name, picture):
    pixels, chunks = picture
    ours = function(name)(da.from_array(pixels, chunks=chunks), **CALLS[name])
    assert isinstance(ours, da.Array)
    assert (ours.shape, ours.dtype) == (pixels.shape, pixels.dtype)
    theirs = function(name)(pixels, **CALLS[name])
    np.testing.assert_array_equal(ours.compute(), theirs)


def test_a_part_of_the_result_is_filtered_alone():
    read = []

    def block(block_info):
        (place,) = (info["array-location"] for key, info in block_info.items() if key is None)
        read.append(place)
        return np.full([stop - start for start, stop in place], 7, np.uint8)

    lazy = da.map_blocks(block, chunks=((100,) * 10, (100,) * 10), dtype=np.uint8)
    smooth = pdefilter.convolve(lazy, kernel="emboss")
    read.clear()  # measuring has read all of it, or a sample if it were large
    smooth[:50, :50].compute()
    assert len(read) == 4  # a chunk with those around it


@pytest.mark.parametrize("dims", [("y", "x"), ("band", "y", "x"), ("y", "x", "band")])
def test_labels_and_attributes_stay(dims):
    sizes = {"y": 30, "x": 40, "band": 3}
    rng = np.random.default_rng(0)
    pixels = rng.random([sizes[name] for name in dims]).astype(np.float32)
    pixels[..., 3, 4:8] = -1
    array = xarray.DataArray(pixels, dims=dims, coords={"x": np.arange(40.0)})
    array.attrs = {"_FillValue": -1.0, "units": "m"}
    lazy = pdefilter.heat_diffuse(array.chunk(11), time=2)
    assert lazy.chunks is not None
    xarray.testing.assert_identical(lazy.compute(), pdefilter.heat_diffuse(array, time=2))


def test_an_array_of_zarr_is_not_loaded(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (64, 80, 3), np.uint8)
    stored = zarr.create_array(tmp_path / "in.zarr", data=pixels, chunks=(32, 32, 3))
    lazy = pdefilter.edge(stored, sigma=1)
    assert isinstance(lazy, da.Array)
    lazy.to_zarr(tmp_path / "out.zarr")
    np.testing.assert_array_equal(
        zarr.open(tmp_path / "out.zarr")[:], pdefilter.edge(pixels, sigma=1)
    )


def test_a_chain_of_lazy_arrays_says_what_to_do():
    with pytest.raises(TypeError, match="one filter after the other"):
        pdefilter.chain(da.zeros((9, 9), dtype=np.uint8), pdefilter.denoise, pdefilter.edge)


@pytest.mark.parametrize("array", [da.zeros(9), da.zeros((9, 9), dtype=complex), da.zeros((0, 9))])
def test_what_is_not_an_image_is_refused(array):
    with pytest.raises(pdefilter.ImageError):
        pdefilter.edge(array)
