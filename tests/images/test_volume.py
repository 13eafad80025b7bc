"""Volumes: three axes, the distances along them, and the way to numbers and back."""

import pickle
import warnings
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
import xarray
from hypothesis import given
from hypothesis import strategies as st

import pdefilter
from pdefilter import Image, ImageError, Volume
from pdefilter.images.arrays import likely_reading
from pdefilter.images.holes import valid_pixels
from pdefilter.images.lengths import Distances
from pdefilter.images.metadata import Metadata, Resolution
from pdefilter.images.spacing import pixel_size, relative_spacing, with_spacing
from pdefilter.images.volume import by_slices, stacked
from pdefilter.runs.compare import compare
from pdefilter.runs.conversion import WayBack, raster_of

RNG = np.random.default_rng(3)
same = partial(pdefilter.heat_diffuse, time=0)

TYPES = st.sampled_from(["uint8", "int16", "uint16", "int32", "uint64", "float32", "float64"])
CHANNELS = st.sampled_from([(), (1,), (2,), (3,), (4,), (5,)])


def random_pixels(dtype, shape, seed):
    values = np.random.default_rng(seed).random(shape)
    dtype = np.dtype(dtype)
    return (values if dtype.kind == "f" else values * 1e4 % np.iinfo(dtype).max).astype(dtype)


def test_a_volume_tells_its_size_and_distances():
    volume = Volume(np.zeros((4, 5, 6), np.uint16), spacing=(3, 1, 0.5), unit="um")
    assert (volume.axes, volume.shape, volume.channels) == (3, (4, 5, 6), 1)
    assert (volume.spacing, volume.unit) == ((3.0, 1.0, 0.5), "µm")
    assert repr(volume) == "<Volume: 4 × 5 × 6, uint16, grey, 3 × 1 × 0.5 µm>"
    assert "slice 2" in volume._repr_html_()
    assert pickle.loads(pickle.dumps(volume)) == volume
    assert Volume(np.zeros((4, 5, 6, 3))).spacing == (1.0, 1.0, 1.0)
    assert Image(np.zeros((4, 5))).spacing is None


@pytest.mark.parametrize(
    ("shape", "options", "said"),
    [
        ((5, 6), {}, r"a volume has the shape \(slices, rows, columns\)"),
        ((0, 5, 6), {}, "has no pixels"),
        ((4, 5, 6), {"spacing": (1, 1)}, "needs 3 distances, of slices, rows and columns"),
        ((4, 5, 6), {"spacing": (0, 1, 1)}, "has the spacing 0,1,1, but .* must be positive"),
        ((4, 5, 6), {"spacing": (1, -1, 1)}, "must be positive"),
        ((4, 5, 6), {"spacing": (1, np.nan, 1)}, "must be positive"),
        ((4, 5, 6), {"unit": "ell"}, "the unit 'ell' is unknown; take one of nm, µm, mm"),
    ],
)
def test_what_is_no_volume(shape, options, said):
    with pytest.raises(ImageError, match=said):
        Volume(np.zeros(shape), **options)


@given(TYPES, CHANNELS, st.booleans(), st.integers(0, 99))
def test_numbers_of_a_volume_are_those_of_its_slices(dtype, channels, with_alpha, seed):
    """To numbers and back: the bits of images whose slices lie one below the other."""
    pixels = random_pixels(dtype, (3, 4, 5, *channels), seed)
    has_alpha = with_alpha and bool(channels) and channels[0] > 1
    volume = Volume(pixels, has_alpha=has_alpha, spacing=(2, 1, 1))
    image = Image(pixels.reshape(12, 5, *channels), has_alpha=has_alpha)
    one, other = (raster_of(subject, None) for subject in (volume, image))
    assert one.colour.shape == (volume.colours, 3, 4, 5)
    assert one.colour.tobytes() == other.colour.tobytes()
    assert np.ravel(one.scale.origin).tolist() == np.ravel(other.scale.origin).tolist()
    assert (one.alpha is None) == (other.alpha is None)
    back, _ = WayBack.of(volume, one, pixels.dtype).stored(one)
    assert back.tobytes() == WayBack.of(image, other, pixels.dtype).stored(other)[0].tobytes()
    assert same(volume) == volume


@given(CHANNELS, st.integers(0, 99))
def test_holes_of_a_volume_are_those_of_its_slices(channels, seed):
    rng = np.random.default_rng(seed)
    pixels = rng.random((3, 4, 5, *channels)).astype(np.float32)
    pixels[rng.random(pixels.shape) < 0.2] = np.nan
    mask = rng.random((3, 4, 5)) < 0.9
    volume = Volume(pixels, mask=mask)
    image = Image(pixels.reshape(12, 5, *channels), mask=mask.reshape(12, 5))
    valid, flat = valid_pixels(volume), valid_pixels(image)
    assert valid.tobytes() == flat.tobytes()
    assert valid.shape == (*flat.shape[:-2], 3, 4, 5)
    assert same(volume) == volume


def test_an_offset_of_a_volume_keeps_its_digits():
    pixels = 1e6 + RNG.random((3, 4, 5, 2))
    raster = raster_of(Volume(pixels), None)
    assert raster.scale.origin.shape == (2, 1, 1, 1)
    assert np.abs(raster.scale.stored(raster.colour) - np.moveaxis(pixels, -1, 0)).max() < 1e-6


def test_distances_become_those_of_the_finest_axis():
    volume = Volume(np.zeros((2, 3, 4)), spacing=(0.3, 0.1, 0.2), unit="cm")
    assert relative_spacing(volume) == (3.0, 1.0, 2.0)
    assert pixel_size(volume) == pytest.approx(1.0)
    assert pixel_size(Volume(np.zeros((2, 3, 4)), spacing=(3, 1, 1))) is None
    raster = raster_of(volume, None)
    assert (raster.spacing, raster.pixel_size) == ((3.0, 1.0, 2.0), pytest.approx(1.0))


def test_an_image_has_squares_unless_it_is_asked():
    resolution = Resolution(Fraction(200), Fraction(100), "inch")
    image = Image(np.zeros((3, 4)), metadata=Metadata(resolution=resolution))
    assert relative_spacing(with_spacing(image, None)) == (1.0, 1.0)
    assert pixel_size(image) == pytest.approx(0.127)
    asked = with_spacing(image, "file")
    assert (asked.spacing, asked.unit) == (pytest.approx((0.254, 0.127)), "mm")
    assert with_spacing(image, Distances((3.0, 1.0))).spacing == (3.0, 1.0)
    with pytest.raises(ImageError, match="names no distances of pixels"):
        with_spacing(Image(np.zeros((3, 4))), "file")


def test_slices_and_back():
    mask = RNG.random((4, 5, 6)) < 0.5
    volume = Volume(RNG.random((4, 5, 6, 3)), mask=mask, spacing=(3, 2, 1), unit="mm")
    one = volume.slice(2)
    assert type(one) is Image
    assert (one.spacing, one.unit) == ((2.0, 1.0), "mm")
    assert np.array_equal(one.mask, mask[2])
    assert by_slices(lambda image: image, volume) == volume
    images = [Image(plane) for plane in np.zeros((3, 4, 5))]
    assert stacked(images).shape == (3, 4, 5)
    with pytest.raises(ImageError, match="page 1 has 6 × 4 pixels, the first has 5 × 4"):
        stacked([images[0], Image(np.zeros((4, 6)))])
    with pytest.raises(ImageError, match="page 1 has uint8, the first has float64"):
        stacked([images[0], Image(np.zeros((4, 5), np.uint8))])


def test_a_chain_keeps_the_axes_and_distances():
    volume = Volume(RNG.integers(0, 255, (3, 4, 5), np.uint8), spacing=(2, 1, 1), unit="mm")
    assert pdefilter.chain(volume, same, same) == volume


def test_volumes_are_compared():
    one = Volume(RNG.random((2, 12, 13)))
    other = Volume(one.pixels + 0.1)
    assert compare(one, one).is_identical
    assert compare(one, other).psnr == pytest.approx(20.0)
    assert 0 < compare(one, other).ssim < 1
    with pytest.raises(ImageError, match="has 13 × 12 × 2 pixels, but the other image 13 × 12 × 1"):
        compare(one, Volume(one.pixels[:1]))


@pytest.mark.parametrize(
    ("shape", "reading"),
    [
        ((20, 64, 64), "slices"),
        ((100, 256, 256), "slices"),
        ((30, 480, 640), "slices"),
        ((64, 64, 64), "slices"),
        ((3, 480, 640), "channels first"),
        ((1, 64, 64), "channels first"),
        # hyperspectral scenes and other images
        ((145, 145, 200), None),
        ((512, 217, 204), None),
        ((610, 340, 103), None),
        ((100, 120, 64), None),
        ((40, 50, 64), None),
        ((256, 256, 128), None),
        ((480, 640, 3), None),
        ((6, 5, 7), None),
        ((64, 64), None),
    ],
)
def test_arrays_that_are_more_likely_something_else(shape, reading):
    assert likely_reading(shape) == reading


def test_a_warning_names_both_readings_at_the_line_of_the_caller():
    array = np.zeros((20, 24, 24), np.uint8)
    with pytest.warns(UserWarning, match=r"20 × 24 pixels of 24 channels.*Volume\(array\)") as seen:
        same(array)
    assert seen[0].filename == __file__
    with pytest.warns(UserWarning, match=r"np.moveaxis\(array, 0, -1\) for 3 channels"):
        same(array[:3])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        same(Image(array))
        same(Volume(array))


def test_labelled_slices_are_a_volume():
    places = {"z": [0.0, 2.5, 5.0], "y": np.arange(4) * 0.5}
    array = xarray.DataArray(RNG.random((3, 4, 5)), dims=("z", "y", "x"), coords=places)
    seen = []
    result = pdefilter.chain(array, same)
    assert result.identical(array)
    from pdefilter.images.arrays import wrap_array

    seen = wrap_array(array).image
    assert isinstance(seen, Volume)
    assert seen.spacing == (2.5, 0.5, 1.0)


def test_times_of_a_numpy_array(tmp_path):
    array = RNG.integers(0, 255, (5, 20, 20), np.uint8)
    np.save(tmp_path / "i.npy", array)
    with pytest.warns(UserWarning, match="if slices come first, give --volume"):
        assert pdefilter.read(tmp_path / "i.npy").pixels.shape == (5, 20, 20)
    volume = pdefilter.read(tmp_path / "i.npy", volume=True, spacing=(2, 1, 1))
    assert isinstance(volume, Volume)
    assert volume.spacing == (2.0, 1.0, 1.0)
    with pytest.warns(UserWarning, match="NPY carries no spacing"):
        pdefilter.write(volume, tmp_path / "o.npy")
    assert np.array_equal(np.load(tmp_path / "o.npy"), array)
    np.save(tmp_path / "c.npy", np.zeros((2, 3, 4, 3)))
    assert pdefilter.read(tmp_path / "c.npy").shape == (2, 3, 4)
