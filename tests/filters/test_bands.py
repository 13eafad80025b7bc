"""Bands that are not colours: each has its own noise, and its own holes."""

import numpy as np
import pytest

import pdefilter
from pdefilter import Image

UNCOUPLED = {
    "heat": ("heat_diffuse", {}),
    "heat, fsi": ("heat_diffuse", {"scheme": "fsi", "time": 3.0}),
    "gaussian": ("smooth", {}),
    "median": ("smooth", {"method": "median"}),
    "curvature": ("smooth", {"method": "curvature"}),
    "tikhonov": ("smooth", {"method": "tikhonov", "optimizer": "newton"}),
    "convolve": ("convolve", {"kernel": "sharpen"}),
    "sharpen": ("sharpen", {}),
    "wave": ("wave", {}),
    "shock": ("shock", {}),
    "anisotropic, none": ("anisotropic", {"coupling": "none"}),
    "tv, none": ("smooth", {"method": "tv", "coupling": "none"}),
}
COUPLED = {
    "perona-malik": ("anisotropic", {"model": "perona-malik", "kappa": 0.1, "time": 2.0}),
    "regularized": ("anisotropic", {"kappa": 0.1, "time": 2.0}),
    "fsi": ("anisotropic", {"kappa": 0.1, "time": 2.0, "scheme": "fsi"}),
    "aos": ("anisotropic", {"kappa": 0.1, "time": 2.0, "scheme": "aos"}),
    "edge-enhancing": ("anisotropic", {"model": "edge-enhancing", "kappa": 0.1, "time": 2.0}),
    "coherence": ("anisotropic", {"model": "coherence-enhancing", "kappa": 0.1, "time": 3.0}),
    "tv": ("smooth", {"method": "tv"}),
    "wave": ("wave", {"diffusivity": "rational", "kappa": 0.1}),
}


def bands(holes):
    rng = np.random.default_rng(0)
    u = rng.random((24, 30, 3))
    u[holes, 1] = np.nan
    return u


HOLES = np.zeros((24, 30), bool)
HOLES[8:12, 8:12] = True


def run(name, table, u):
    filter_, options = table[name]
    return getattr(pdefilter, filter_)(u, **options)


@pytest.mark.parametrize("name", UNCOUPLED)
def test_a_hole_in_one_band_is_none_in_the_others(name):
    u = bands(HOLES)
    found = run(name, UNCOUPLED, u)
    assert np.array_equal(np.isnan(found), np.isnan(u))
    for band in range(3):
        alone = run(name, UNCOUPLED, u[..., band])
        # The bands' ranges differ, and with them the units of their numbers.
        np.testing.assert_allclose(found[..., band], alone, rtol=0, atol=2e-3)


@pytest.mark.parametrize("name", COUPLED)
def test_coupled_bands_flow_wherever_they_are(name):
    u = bands(HOLES)
    found = run(name, COUPLED, u)
    assert np.array_equal(np.isnan(found), np.isnan(u))
    # No band lost its own detail.
    means = np.nanmean(found, axis=(0, 1)) - np.nanmean(u, axis=(0, 1))
    np.testing.assert_allclose(means, 0, atol=1e-4)
    # Where one band is a hole, the others are smoothed.
    inside = found[8:12, 8:12, [0, 2]] - u[8:12, 8:12, [0, 2]]
    assert np.abs(inside).max() > 0.01


@pytest.mark.parametrize("name", COUPLED)
def test_equal_holes_are_as_holes_of_all(name):
    """One more pixel missing in a corner changes nothing on the other side."""
    u = np.random.default_rng(1).random((60, 64, 3))
    u[40:44, 40:44] = np.nan
    other = u.copy()
    other[0, 0, 0] = np.nan
    filter_, options = COUPLED[name]
    options = {**options, "coupling": "shared"}
    if name == "tv":
        options |= {"tolerance": 0.001}
    together = getattr(pdefilter, filter_)(u, **options)
    apart = getattr(pdefilter, filter_)(other, **options)
    np.testing.assert_allclose(apart[32:], together[32:], rtol=0, atol=2e-4)


@pytest.mark.parametrize("method", ["harmonic", "biharmonic", "tv", "edge-enhancing"])
def test_inpainting_fills_a_band_and_leaves_the_others(method):
    u = bands(HOLES)
    found = pdefilter.inpaint(u, method=method)
    assert np.array_equal(found[..., [0, 2]], u[..., [0, 2]])
    assert np.isfinite(found).all()
    apart = pdefilter.inpaint(u, method=method, coupling="none")
    np.testing.assert_allclose(
        apart[..., 1], pdefilter.inpaint(u[..., 1], method=method), atol=1e-4
    )


@pytest.mark.parametrize("filter_", ["anisotropic", "smooth"])
def test_coupling_by_noise_does_not_depend_on_the_units_of_bands(filter_):
    rng = np.random.default_rng(2)
    step = np.where(np.arange(40) < 20, 0.2, 0.7)[None] * np.ones((40, 1))
    u = np.stack([step + 0.03 * rng.normal(size=step.shape) for _ in range(4)], axis=-1)
    units, offsets = np.array([1, 1e-4, 300, 1e6]), np.array([0, 5, -2e4, 1e7])
    options = {"method": "tv", "weight": "auto"} if filter_ == "smooth" else {}
    f = getattr(pdefilter, filter_)
    expected = f(Image(u), **options).pixels
    found = f(Image(u * units + offsets), **options).pixels
    # λ and the tolerance follow the mean noise and the largest range.
    np.testing.assert_allclose((found - offsets) / units, expected, rtol=0, atol=0.02)


def test_colours_share_their_edges():
    """Three channels of 8 bits are colours, whatever their noise."""
    rng = np.random.default_rng(3)
    rgb = (rng.random((20, 20, 3)) * np.array([255, 20, 2])).astype(np.uint8)
    expected = pdefilter.anisotropic(rgb, kappa=0.1, time=1.0, coupling="shared")
    assert np.array_equal(pdefilter.anisotropic(rgb, kappa=0.1, time=1.0), expected)


FILLS = ["harmonic", "biharmonic", "tv", "edge-enhancing"]


@pytest.mark.parametrize("method", FILLS)
def test_fill_says_what_is_filled_and_an_outer_strip_stays(method):
    """A plane solves every equation, also beside a strip that lets nothing through."""
    plane = np.add.outer(np.arange(40.0), np.arange(50.0))
    image, fill = plane.copy(), np.zeros(plane.shape, np.uint8)
    image[:5] = np.nan
    image[20:24, 20:24] = -7
    image[30, 30] = np.nan
    fill[20:24, 20:24] = 255
    found = pdefilter.inpaint(image, fill=fill, method=method)
    assert np.array_equal(np.isnan(found), np.isnan(image))
    np.testing.assert_allclose(found[20:24, 20:24], plane[20:24, 20:24], rtol=0, atol=1e-3 * 88)
    others = ~np.isnan(image) & (fill == 0)
    assert np.array_equal(found[others], image[others])


@pytest.mark.parametrize("method", FILLS)
def test_nothing_passes_holes_that_stay(method):
    """Two halves with a wall of holes between them: the filling on one side ignores the other.

    The wall is wider than the Gaussian that edges are found with.
    """
    rng = np.random.default_rng(4)
    image = rng.random((20, 46))
    image[:, 20:26] = np.nan
    fill = np.zeros(image.shape, np.uint8)
    fill[6:12, 14:20] = 255
    found = pdefilter.inpaint(image, fill=fill, method=method)
    other = image.copy()
    other[:, 26:] = rng.random((20, 20))
    if method == "edge-enhancing":  # its contrast is a percentile of all differences
        other[:, 26:] = image[::-1, 26:]
    np.testing.assert_allclose(
        pdefilter.inpaint(other, fill=fill, method=method)[:, :20], found[:, :20], atol=1e-4
    )


def test_what_no_known_pixel_can_reach_stays_and_is_told():
    image = np.random.default_rng(5).random((20, 30))
    image[:6] = np.nan
    fill = np.zeros(image.shape, np.uint8)
    fill[2, 3] = fill[10, 10] = 255
    with pytest.warns(UserWarning, match="1 pixels to be filled lie among holes that stay"):
        found = pdefilter.inpaint(image, fill=fill)
    assert np.isnan(found[2, 3])
    assert found[10, 10] != image[10, 10]


@pytest.mark.parametrize("dtype", [bool, "u1", "u2", "i4", "f4", "f8"])
def test_what_is_not_black_is_white_in_every_type(dtype):
    plane = np.add.outer(np.arange(12.0), np.arange(14.0))
    fill = np.zeros(plane.shape, dtype)
    fill[4:8, 4:8] = 1
    expected = pdefilter.inpaint(plane, fill=fill > 0)
    assert np.array_equal(pdefilter.inpaint(plane, fill=fill), expected)
    assert np.array_equal(pdefilter.inpaint(plane, fill=np.stack([fill] * 3, -1)), expected)
    source = np.random.default_rng(0).random((6, 6))
    whole = pdefilter.poisson(plane, source=source, at="2,2")
    ones = np.ones(source.shape, dtype)
    assert np.array_equal(pdefilter.poisson(plane, source=source, mask=ones, at="2,2"), whole)


def test_fill_on_the_command_line(pdefilter_command, tmp_path):
    plane = np.add.outer(np.arange(40.0), np.arange(50.0))
    fill = np.zeros(plane.shape, np.uint8)
    fill[20:24, 20:24] = 255
    np.save(tmp_path / "i.npy", np.where(fill > 0, -9999, plane))
    pdefilter.write(fill, tmp_path / "f.png")
    pdefilter.write(fill[:-1], tmp_path / "small.png")
    done = pdefilter_command("inpaint", "i.npy", "--fill", "f.png", "-o", "o.npy")
    assert (done.returncode, done.stderr) == (0, b"")
    np.testing.assert_allclose(np.load(tmp_path / "o.npy"), plane, atol=1e-3 * 88)
    done = pdefilter_command("inpaint", "i.npy", "--fill", "small.png", "-o", "p.npy")
    assert done.returncode == 2
    assert not (tmp_path / "p.npy").exists()
