"""Inpainting: holes are filled with the solution, and all other pixels keep every bit."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.restoration import inpaint_biharmonic

import pdefilter
from pdefilter import Image, ImageError
from pdefilter.filters.inpaint import EQUATIONS
from pdefilter.kernels.regions import box

every_method = pytest.mark.parametrize("method", EQUATIONS)


@every_method
@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "f4", "f8"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_all_but_the_holes_stays_to_the_bit(method, dtype, channels):
    rng = np.random.default_rng(0)
    image = (rng.random((20, 30, channels)) * (1 if dtype[0] == "f" else 200)).astype(dtype)
    mask = rng.random((20, 30)) > 0.2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # plates overshoot, and integers clip
        filled = pdefilter.inpaint(Image(image, has_alpha=channels == 4, mask=mask), method=method)
    assert np.array_equal(filled.pixels[mask], image[mask])
    assert (filled.pixels[~mask] != image[~mask]).any()


@every_method
@given(seed=st.integers(0, 1000))
def test_nothing_depends_on_what_was_in_a_hole(method, seed):
    rng = np.random.default_rng(seed)
    image = rng.random((12, 14), np.float32)
    mask = rng.random(image.shape) > 0.3
    mask[0, 0], mask[5, 5] = True, False
    other = np.where(mask, image, np.float32(np.nan))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # in noise edge-enhancing may find no balance
        filled = pdefilter.inpaint(Image(image, mask=mask), method=method).pixels
        assert np.array_equal(filled, pdefilter.inpaint(other, method=method))
    assert np.isfinite(filled).all()


@given(seed=st.integers(0, 1000))
def test_a_membrane_keeps_to_the_range_of_what_is_around(seed):
    """The maximum principle."""
    rng = np.random.default_rng(seed)
    image = rng.random((17, 11), np.float32)
    mask = rng.random(image.shape) > 0.6
    mask[0, 0], mask[5, 5] = True, False
    filled = pdefilter.inpaint(Image(image, mask=mask)).pixels
    assert image[mask].min() - 1e-4 <= filled.min() <= filled.max() <= image[mask].max() + 1e-4


def test_a_plate_is_that_of_scikit_image():
    image = np.random.default_rng(3).random((40, 40))
    mask = np.ones((40, 40), bool)
    mask[10:19, 12:20] = mask[25:28, 8:30] = False  # away from the border, which differs
    ours = pdefilter.inpaint(Image(image.astype(np.float32), mask=mask), method="biharmonic").pixels
    theirs = inpaint_biharmonic(image.astype(np.float32).astype(float), ~mask)
    # It clips to the range of the known pixels.
    known = image[mask]
    np.testing.assert_allclose(ours.clip(known.min(), known.max()), theirs, atol=1e-5)


def test_least_variation_goes_on_with_an_edge_that_a_membrane_blurs():
    step = np.where(np.arange(64) < 32, 0.2, 0.8).astype(np.float32)
    image = np.tile(step, (64, 1))
    mask = np.ones((64, 64), bool)
    mask[28:36, 20:44] = False
    errors = {
        method: abs(pdefilter.inpaint(Image(image, mask=mask), method=method).pixels - image).mean()
        for method in EQUATIONS
    }
    assert errors["tv"] < errors["harmonic"] / 5


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_least_variation_has_no_preferred_direction(channels):
    """A diagonal edge continues alike in all orientations, up to the solver's tolerance."""
    r, c = np.mgrid[:40, :40]
    step = np.where(r + c < 39, 0.2, 0.8).astype(np.float32)
    image = np.stack([step, 1 - step, 0.5 * step, np.ones_like(step)][:channels], axis=-1)
    mask = np.ones((40, 40), bool)
    mask[14:26, 12:27] = False

    def fill(turn):
        turned = Image(turn(image), has_alpha=channels == 4, mask=turn(mask))
        return pdefilter.inpaint(turned, method="tv").pixels

    upright = fill(lambda u: u)
    for turn in (np.flipud, np.fliplr, np.rot90, lambda u: np.swapaxes(u, 0, 1)):
        np.testing.assert_allclose(fill(turn), turn(upright), rtol=0, atol=2e-3)


@every_method
def test_holes_may_differ_from_band_to_band(method):
    """Shared holes are filled as if all were shared; a band stays where it has no hole."""
    from pdefilter.equations.inpainting import METHODS

    random = np.random.default_rng(3)
    true = random.random((3, 30, 32), np.float32)
    holes = np.zeros(true.shape, bool)
    holes[:, 10:15, 12:17] = True
    shared, each = true.copy(), true.copy()
    METHODS[method](shared, holes[0])
    METHODS[method](each, holes)
    np.testing.assert_array_equal(each, shared)
    holes[1] = False
    holes[2] = np.roll(holes[2], 9, axis=1)
    u = np.where(holes, random.random(true.shape, np.float32), true)
    residual = METHODS[method](u, holes)
    assert residual.reached <= residual.tolerance
    np.testing.assert_array_equal(u[~holes], true[~holes])
    if method in ("harmonic", "biharmonic"):  # which know nothing of other bands
        for band in (0, 2):
            alone = true[band : band + 1].copy()
            METHODS[method](alone, holes[band])
            np.testing.assert_allclose(u[band], alone[0], rtol=0, atol=1e-5)
    else:  # nothing that was in a hole matters
        again = np.where(holes, np.float32(0.5), true)
        METHODS[method](again, holes)
        np.testing.assert_allclose(again, u, rtol=0, atol=1e-4)


def test_no_small_change_has_less_variation():
    """The result minimises the energy that it claims to minimise."""
    from pdefilter.equations.inpainting import fill_with_least_variation

    rng = np.random.default_rng(5)
    u = rng.random((1, 14, 14), np.float32)
    holes = np.zeros((14, 14), bool)
    holes[4:10, 3:11] = True

    def energy(u):
        """The mean over the mirror images of the energy by forward differences."""
        found = 0
        for v in (u, u[::-1], u[:, ::-1], u[::-1, ::-1]):
            down = np.diff(v, axis=0, append=v[-1:])
            across = np.diff(v, axis=1, append=v[:, -1:])
            found += np.sqrt(down**2 + across**2 + 1e-6).sum() / 4
        return found

    residual = fill_with_least_variation(u, holes)
    assert residual.reached <= residual.tolerance
    least = energy(u[0].astype(float))
    for size in (0.1, 0.01):
        for _ in range(50):
            changed = u[0].astype(float)
            changed[holes] += size * rng.standard_normal(np.count_nonzero(holes))
            assert energy(changed) > least
    # Nor is it the membrane from which it started.
    membrane = pdefilter.inpaint(Image(u[0].copy(), mask=~holes)).pixels
    assert energy(membrane.astype(float)) > 1.005 * least


def test_the_residual_is_met_on_a_photograph(colour_photograph):
    from pdefilter.equations.inpainting import METHODS
    from pdefilter.raster import Raster

    u = np.ascontiguousarray(np.moveaxis(colour_photograph, -1, 0).astype(np.float32) / 255)
    holes = np.random.default_rng(0).random(u.shape[1:]) < 0.2
    raster = Raster(u, valid=~holes)
    residual = METHODS["harmonic"](raster.colour, holes)
    laplacian = np.zeros(u.shape)
    framed = np.pad(u.astype(float), ((0, 0), (1, 1), (1, 1)), mode="edge")
    laplacian += framed[:, :-2, 1:-1] + framed[:, 2:, 1:-1]
    laplacian += framed[:, 1:-1, :-2] + framed[:, 1:-1, 2:] - 4 * u
    root_mean_square = np.sqrt((laplacian[:, holes] ** 2).mean(axis=1)).max()
    assert root_mean_square <= 1e-6
    assert residual.reached == pytest.approx(root_mean_square, rel=0.2)  # float32 sums


def test_transparent_pixels_lend_no_colour():
    image = np.zeros((9, 9, 4), np.float32)
    image[..., :3] = 0.25
    image[..., 3] = 1
    image[:, :4] = [1, 0, 0, 0]  # hidden red
    mask = np.ones((9, 9), bool)
    mask[:, 4] = False
    filled = pdefilter.inpaint(Image(image, has_alpha=True, mask=mask)).pixels
    np.testing.assert_allclose(filled[:, 4, :3], 0.25, atol=1e-5)
    np.testing.assert_allclose(filled[:, 4, 3], 0.5, atol=1e-5)


@every_method
@pytest.mark.parametrize("corner", [(0, 0), (70, 90), (108, 128)])
def test_only_the_part_around_the_holes_is_looked_at(method, corner, photograph, monkeypatch):
    """Pixels farther away change nothing: the holes are filled as from the whole image.

    Both are solved to a tolerance, which in a hole of 12 px leaves errors of 1e-4.
    """
    from pdefilter.equations import inpainting

    u = (photograph[None, :120, :140] / 255).astype(np.float32)
    holes = np.zeros(u.shape[1:], bool)
    holes[corner[0] : corner[0] + 12, corner[1] : corner[1] + 12] = True
    near, far = u.copy(), u.copy()
    inpainting.METHODS[method](near, holes)
    monkeypatch.setattr("pdefilter.kernels.regions.box", lambda *_: (slice(None), slice(None)))
    inpainting.METHODS[method](far, holes)
    np.testing.assert_allclose(near, far, atol=2e-4)
    assert np.array_equal(near[:, ~holes], u[:, ~holes])


@given(
    region=arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))).filter(np.any),
    margin=st.integers(0, 4),
)
def test_a_box_is_where_something_is_as_near(region, margin):
    """The same, slowly: rows and columns within the margin of some pixel of the region."""
    for axis, found in enumerate(box(region, margin)):
        places = np.nonzero(region)[axis]
        size = region.shape[axis]
        near = [k for k in range(size) if places.min() - margin <= k <= places.max() + margin]
        assert [*range(size)[found]] == near


def test_without_holes_or_without_all_else_it_says_so():
    with pytest.raises(ImageError, match="has no holes"):
        pdefilter.inpaint(np.zeros((4, 4)))
    with pytest.raises(ImageError, match="is all holes"):
        pdefilter.inpaint(np.full((4, 4), np.nan))


def test_a_mask_that_may_be_upside_down_is_remarked_on():
    mask = np.zeros((10, 10), bool)
    mask[0] = True
    with pytest.warns(UserWarning, match="90% of the pixels are filled"):
        pdefilter.inpaint(Image(np.zeros((10, 10)), mask=mask))


@pytest.mark.parametrize("angle", [0, 20, 45])
def test_edge_enhancing_goes_on_with_an_edge_whatever_its_direction(angle):
    """Across the hole, of 36 px, the edge is as steep as D ≥ 0.01 lets it be; a membrane's is not.

    Of the level in the middle of the edge, the hole has moved less than a pixel.
    """
    y, x = np.mgrid[:80, :80] - 39.5
    distance = x * np.cos(np.radians(angle)) + y * np.sin(np.radians(angle))
    image = (0.2 + 0.6 * np.clip(distance + 0.5, 0, 1)).astype(np.float32)
    holes = np.hypot(x, y) < 18
    filled = {
        method: pdefilter.inpaint(Image(image, mask=~holes), method=method).pixels
        for method in ("harmonic", "edge-enhancing")
    }
    errors = {method: abs(u - image)[holes].mean() for method, u in filled.items()}
    assert errors["edge-enhancing"] < errors["harmonic"] / 2.5
    u = filled["edge-enhancing"]
    assert (u[holes & (distance > 1)] > 0.5).all()
    assert (u[holes & (distance < -1)] < 0.5).all()
    assert image.min() - 1e-5 <= u.min() <= u.max() <= image.max() + 1e-5


def test_edge_enhancing_finds_its_balance_where_what_it_lacks_grows_on_the_way(colour_photograph):
    """An edge that bends has a larger residual halfway, which is not a reason to slow down."""
    from pdefilter.equations.inpainting import fill_along_edges

    tiled = np.tile(colour_photograph, (4, 4, 1))[:768, :768]
    u = np.ascontiguousarray(np.moveaxis(tiled, -1, 0) / np.float32(255))
    holes = np.zeros(u.shape[1:], bool)
    holes[284:484, 284:484] = True
    residual = fill_along_edges(u, holes)
    assert residual.reached <= residual.tolerance


@given(
    part=st.sampled_from([0.1, 0.3, 0.5, 0.7]),
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(2, 24), st.integers(2, 24)),
)
def test_least_variation_is_found_in_noise_too(part, seed, shape):
    """Counting the slopes in holes alone, and not those toward them, one in a hundred is not."""
    from pdefilter.equations.inpainting import fill_with_least_variation

    random = np.random.default_rng(seed)
    u = random.random((1, *shape), np.float32)
    holes = random.random(shape) < part
    holes[0, 0], holes[1, 1] = False, True
    residual = fill_with_least_variation(u, holes)
    assert residual.reached <= residual.tolerance


@pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.7])
@given(seed=st.integers(0, 2**32 - 1), side=st.integers(8, 48))
def test_edge_enhancing_finds_its_balance_in_noise_too(part, seed, side):
    """With κ held at 0.002 it does not in half of these."""
    from pdefilter.equations.inpainting import fill_along_edges

    random = np.random.default_rng(seed)
    u = random.random((1, side, side), np.float32)
    residual = fill_along_edges(u, random.random((side, side)) < part)
    assert residual.reached <= residual.tolerance


def test_edge_enhancing_is_nearest_to_a_photograph_of_which_few_pixels_are_left(photograph):
    """Its known strength (Schmaltz et al. 2014), and the steady state of its diffusion."""
    from pdefilter.equations.contrast import contrast_parameter
    from pdefilter.equations.diffusivities import DIFFUSIVITIES
    from pdefilter.equations.edge_enhancing import edge_enhancing
    from pdefilter.equations.inpainting import fill_along_edges, fill_harmonic
    from pdefilter.equations.smoothing import Smoothing
    from pdefilter.equations.tensor_diffusion import TensorDiffusion

    true = (photograph[None, :128, :128] / 255).astype(np.float32)
    holes = np.random.default_rng(0).random(true.shape[1:]) < 0.8
    membrane, u = true.copy(), true.copy()
    fill_harmonic(membrane, holes)
    residual = fill_along_edges(u, holes)
    assert residual.reached <= residual.tolerance
    assert abs(u - true).mean() < 0.95 * abs(membrane - true).mean()
    contrast = contrast_parameter(Smoothing(1.0)(membrane), "p60", 1)
    assert contrast > 0.002
    law = edge_enhancing(DIFFUSIVITIES["charbonnier"], contrast)
    diffusion = TensorDiffusion(law, 1, Smoothing(1.0), Smoothing(0.0))
    change = (diffusion.march(u, [0.125]) - u)[:, holes] / 0.125
    assert np.sqrt((change.astype(float) ** 2).mean()) <= 1.1 * residual.tolerance
