"""NaN, infinities, no data and masks, through files and the API: they stay as they are."""

import numpy as np
import pytest
import tifffile

import pdefilter
from pdefilter import Image, ImageError

FILTERS = [pdefilter.edge, pdefilter.smooth, pdefilter.heat_diffuse, pdefilter.anisotropic]


@pytest.fixture
def picture():
    return np.random.default_rng(0).random((20, 30))


@pytest.mark.parametrize("filter_", FILTERS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_nan_and_infinities_stay(filter_, dtype, picture):
    picture = picture.astype(dtype)
    picture[5, 7], picture[6, 20:25], picture[0, 0] = np.nan, np.inf, -np.inf
    result = filter_(picture)
    assert result.dtype == dtype
    hole = ~np.isfinite(picture)
    assert np.array_equal(result[hole], picture[hole], equal_nan=True)
    assert np.isfinite(result[~hole]).all()
    # The value of a hole does not affect the rest.
    picture[hole] = np.nan
    assert np.array_equal(filter_(picture)[~hole], result[~hole])


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("channel", [1, 3])
def test_with_alpha_nan_in_a_channel_is_a_hole_in_all(picture, dtype, channel):
    rgba = np.dstack([picture] * 4).astype(dtype)
    rgba[3, 4, channel] = np.nan
    for filter_ in (pdefilter.heat_diffuse, pdefilter.anisotropic, pdefilter.smooth):
        result = filter_(rgba)
        assert np.array_equal(result[3, 4], rgba[3, 4], equal_nan=True)
        assert np.isfinite(result).sum() == result.size - 1


def test_holes_of_bands_go_through_a_chain(pdefilter_command, tmp_path):
    """Edges come from pixels valid in all bands; a value that no filter reached stays as it was."""
    bands = np.random.default_rng(0).random((20, 24, 3))
    bands[4:7, 4:7, 1] = np.nan
    np.save(tmp_path / "b.npy", bands)
    done = pdefilter_command("chain", "b.npy", "smooth --sigma 1", "inpaint", "edge", "-o", "e.npy")
    assert (done.returncode, done.stderr) == (0, b"")
    step = pdefilter.smooth(bands, sigma=1.0)
    expected = pdefilter.edge(pdefilter.inpaint(step))
    np.testing.assert_allclose(np.load(tmp_path / "e.npy"), expected, atol=1e-6)
    done = pdefilter_command("chain", "b.npy", "edge", "smooth", "-o", "s.npy")
    assert (done.returncode, done.stderr) == (0, b"")
    assert np.array_equal(np.isnan(np.load(tmp_path / "s.npy")), np.isnan(bands))


def test_without_alpha_nan_in_a_channel_is_a_hole_in_that_channel(picture):
    colour = np.stack([picture] * 3, axis=2)
    colour[3, 4, 1] = np.nan
    result = pdefilter.heat_diffuse(colour)
    assert np.isnan(result[3, 4, 1])
    assert np.isfinite(result).sum() == result.size - 1
    alone = pdefilter.heat_diffuse(picture)
    assert np.array_equal(result[..., 0], alone)
    assert np.array_equal(result[..., 2], alone)


@pytest.mark.parametrize("filter_", FILTERS)
def test_a_mask_leaves_pixels_as_they_are(filter_, picture):
    stored = (picture * 255).astype(np.uint8)
    mask = picture > 0.3
    result = filter_(Image(stored, mask=mask)).pixels
    assert np.array_equal(result[~mask], stored[~mask])
    other = np.where(mask, stored, 255 - stored).astype(np.uint8)
    assert np.array_equal(filter_(Image(other, mask=mask)).pixels[mask], result[mask])
    assert not np.array_equal(result[mask], stored[mask])


def test_diffusion_keeps_the_mean_around_holes(picture):
    picture[picture > 0.8] = np.nan
    for filter_ in (pdefilter.heat_diffuse, pdefilter.anisotropic):
        # Rounding to float32, once a step.
        assert np.nanmean(filter_(picture)) == pytest.approx(np.nanmean(picture), rel=1e-6)


def test_an_image_of_nothing_but_holes_comes_back():
    nothing = np.full((4, 5), np.nan)
    for filter_ in FILTERS:
        assert np.isnan(filter_(nothing)).all()
        assert (
            filter_(Image(np.full((4, 5), 7, np.uint8), mask=np.zeros((4, 5), bool))).pixels[0, 0]
            == 7
        )


def test_a_mask_of_another_size_is_refused(picture):
    with pytest.raises(ImageError, match="30 × 20 pixels, but its mask 20 × 30"):
        pdefilter.smooth(Image(picture, mask=np.ones((30, 20), bool)))


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_no_data_in_a_tiff_are_holes(dtype, picture, tmp_path, pdefilter_command):
    stored = (picture * 1000).astype(dtype)
    stored[4:9, 4:9] = -9999
    tags = [(42113, "s", 0, "-9999", True)]
    tifffile.imwrite(tmp_path / "in.tif", stored, extratags=tags)
    done = pdefilter_command("heat-diffuse", "in.tif", "-o", "out.tif")
    assert (done.returncode, done.stderr) == (0, b"")
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        page = file.pages.first
        result = page.asarray()
        assert page.nodata == -9999
    hole = stored == -9999
    assert np.array_equal(result == -9999, hole)
    assert result[~hole].min() >= 0
    # Rounding to whole numbers aside.
    assert result[~hole].mean() == pytest.approx(stored[~hole].mean(), abs=0.6)

    done = pdefilter_command("heat-diffuse", "in.tif", "--depth", "8", "-o", "small.tif")
    assert done.returncode == 1
    assert b"holes marked by a value that another depth cannot store" in done.stderr


def test_a_mask_from_a_file(picture, tmp_path, pdefilter_command):
    stored = (picture * 255).astype(np.uint8)
    mask = picture > 0.5
    pdefilter.write(stored, tmp_path / "in.png")
    pdefilter.write(mask * np.uint8(255), tmp_path / "mask.png")
    done = pdefilter_command("smooth", "in.png", "--mask", "mask.png", "-o", "out.png")
    assert (done.returncode, done.stderr) == (0, b"")
    ours = pdefilter.read(tmp_path / "out.png").pixels
    assert np.array_equal(ours, pdefilter.smooth(Image(stored, mask=mask)).pixels)

    # At another depth, masked pixels keep their colour.
    done = pdefilter_command(
        "smooth", "in.png", "--mask", "mask.png", "--depth", "16", "-o", "deep.png"
    )
    assert done.returncode == 0
    deep = pdefilter.read(tmp_path / "deep.png").pixels
    assert np.array_equal(deep[~mask], stored[~mask].astype(np.uint16) * 257)


def test_a_mask_that_cannot_be_read_is_a_wrong_call(tmp_path, pdefilter_command, picture):
    pdefilter.write(picture.astype(np.float32), tmp_path / "in.npy")
    done = pdefilter_command("smooth", "in.npy", "--mask", "no.png", "-o", "out.npy")
    assert done.returncode == 2
    assert b"--mask no.png: cannot be read" in done.stderr
    assert not (tmp_path / "out.npy").exists()
