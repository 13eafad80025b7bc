"""Lines of known profile have the strength, the width and the direction that theory says."""

import math

import numpy as np
import pytest
import skimage.filters
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from pdefilter.equations.derivatives import derivatives
from pdefilter.equations.ridges import MEASURES, half_of_largest_structure, ridges
from pdefilter.raster import Raster

SCALES = [2 ** (k / 2) for k in range(7)]
# The largest σ²|L_pp| of any image with values from 0 to 1.
LARGEST = math.sqrt(2 / (math.pi * math.e))
# √x (1 + x)^(−3/2) x at x = σ²/w² = 1, where Lindeberg's scale lies, and at 2, where Sato's does.
OF_LINE, OF_LINE_BY_SATO = 2**-1.5 / LARGEST, 2 * 3**-1.5 / LARGEST
# x/(1 + x)² at x = 1.
OF_TUBE = 0.25 / LARGEST


def raster(u, **options):
    return Raster(np.ascontiguousarray(u[None], np.float32), **options)


def line(width, angle=0.0, shift=0.0, size=81, profile=lambda d: np.exp(-(d**2) / 2)):
    """Draw a line through the middle, at an angle to the rows."""
    rows, columns = np.mgrid[:size, :size] - size // 2
    return profile((rows * math.cos(angle) + columns * math.sin(angle) - shift) / width)


@settings(max_examples=12, deadline=None)
@given(
    width=st.floats(1.2, 6.0),
    angle=st.floats(-1.5, 1.5),
    sign=st.sampled_from([1, -1]),
)
def test_a_gaussian_line_has_its_strength_its_width_and_its_direction(width, angle, sign):
    found = ridges(raster(0.5 + 0.3 * sign * line(width, angle)), SCALES, [sign], "lindeberg", 1)
    here = (40, 40)
    assert found.width[here] == pytest.approx(width, abs=0.1)
    assert found.strength[here] == pytest.approx(0.3 * OF_LINE, rel=0.02)
    n_r, n_c = (plane[here] for plane in found.normal)
    assert abs(math.sin(math.atan2(n_c, n_r) - angle)) < 0.01
    other = ridges(raster(0.5 + 0.3 * sign * line(width, angle)), SCALES, [-sign], "lindeberg", 1)
    assert other.strength[here] == 0


@pytest.mark.parametrize(
    ("measure", "factor", "height"), [("lindeberg", 1.0, OF_LINE), ("sato", 2.0, OF_LINE_BY_SATO)]
)
def test_the_response_is_largest_at_the_scale_of_theory(measure, factor, height):
    """At σ² = w² by σ^1.5 |λ|, at σ² = 2w² by σ² |λ|."""
    u = raster(line(2.5, 0.3))
    sigmas = 2.5 * math.sqrt(factor) * 1.05 ** np.arange(-6, 7)
    strengths = [ridges(u, [s], [1], measure, 1).strength[40, 40] for s in sigmas]
    assert strengths[6] == pytest.approx(height, rel=2e-3)
    power = -0.5 if measure == "lindeberg" else 0
    assert np.argmax(strengths * sigmas**power) == 6


def test_a_step_is_weaker_than_a_line_and_nothing_is_stronger_than_a_bar():
    step, bar = (line(1, 0.2, profile=f) for f in (lambda d: d > 0, lambda d: abs(d) < 3))
    for measure, most in (("lindeberg", 0.14), ("sato", 0.53)):
        of_step, of_bar = (ridges(raster(u), SCALES, [1], measure, 1).strength for u in (step, bar))
        assert of_step[:, 20:-20].max() < most < OF_LINE
        assert 0.9 < of_bar[40, 40] <= 1


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 999), measure=st.sampled_from([*MEASURES]), holes=st.booleans())
def test_a_mirrored_or_turned_image_has_the_mirrored_or_turned_lines(seed, measure, holes):
    rng = np.random.default_rng(seed)
    u = rng.random((1, 23, 31), np.float32)
    valid = rng.random((23, 31)) > 0.1 if holes else None

    def found(turn):
        image = Raster(turn(u).copy(), valid=None if valid is None else turn(valid).copy())
        return ridges(image, [1.0, 1.7, 3.0], [1, -1], measure, 0.3)

    expected = found(lambda a: a)
    for turn in (
        lambda a: a[..., ::-1],
        lambda a: a[..., ::-1, :],
        lambda a: a.swapaxes(-1, -2),
        lambda a: a.swapaxes(-1, -2)[..., ::-1],
    ):
        turned = found(turn)
        np.testing.assert_array_equal(turned.strength, turn(expected.strength))
        np.testing.assert_array_equal(turned.width, turn(expected.width))


@pytest.mark.parametrize("shape", [(70, 80), (34, 36, 38)])
@pytest.mark.parametrize("sign", [1, -1])
def test_it_agrees_with_scikit_image_away_from_the_border(shape, sign):
    """There it mirrors first derivatives, which change their sign; Frangi's at one scale only."""
    rng = np.random.default_rng(3)
    u = gaussian_filter(rng.random(shape), 1.2)
    u = ((u - u.min()) / np.ptp(u)).astype(np.float32)
    image, inner = raster(u, spacing=(1.0,) * u.ndim), (slice(12, -12),) * u.ndim
    for scales in ([1.5], [1.5, 2.0]):
        expected = skimage.filters.sato(u, scales, black_ridges=sign < 0)
        found = ridges(image, scales, [sign], "sato", 1).strength * LARGEST
        np.testing.assert_allclose(found[inner], expected[inner], rtol=0, atol=5e-5)
    contrast = half_of_largest_structure(image, [2.0])
    found = ridges(image, [2.0], [sign], "frangi", contrast).strength[inner]
    # Theirs takes the largest at the border too, where it is wrong.
    gamma = contrast / 2.0**2
    expected = skimage.filters.frangi(u, [2.0], gamma=gamma, black_ridges=sign < 0)[inner]
    # Where two curvatures of opposite sign are as large, their rounding decides.
    assert np.mean(abs(found - expected) > 1e-3) < 2e-3


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.0, 1.0, 1.25)])
def test_a_tube_has_its_strength_its_width_and_its_direction(spacing):
    axis = np.array([1.0, 2.0, -1.5]) / math.sqrt(7.25)
    shape = tuple(int(33 / h) | 1 for h in spacing)
    grid = np.mgrid[tuple(slice(n) for n in shape)].astype(float)
    for a, h in enumerate(spacing):
        grid[a] = (grid[a] - shape[a] // 2) * h
    along = np.tensordot(axis, grid, 1)
    squared = (grid**2).sum(axis=0) - along**2
    image = raster(np.exp(-squared / (2 * 2**2)), spacing=spacing)
    found = ridges(image, SCALES[1:5], [1], "lindeberg", 1)
    here = tuple(n // 2 for n in shape)
    assert found.width[here] == pytest.approx(2.0, abs=0.1)
    assert found.strength[here] == pytest.approx(OF_TUBE, rel=0.02)
    normal = np.array([plane[here] for plane in found.normal])
    assert abs(normal @ axis) < 0.02 * np.linalg.norm(normal)
    sheet = raster(np.exp(-(grid[1] ** 2) / (2 * 2.5**2)), spacing=spacing)
    ball = raster(np.exp(-(grid**2).sum(axis=0) / (2 * 2.5**2)), spacing=spacing)
    for other in (sheet, ball):
        assert ridges(other, SCALES[2:3], [1], "lindeberg", 1).strength[here] < 0.01


def test_an_enlarged_image_has_the_same_strengths_at_enlarged_scales():
    small, large = line(2.0, 0.4), line(4.0, 0.4)
    for measure in ("lindeberg", "sato"):
        one = ridges(raster(small), SCALES[:5], [1], measure, 1).strength[40, 40]
        two = ridges(raster(large), [2 * s for s in SCALES[:5]], [1], measure, 1).strength[40, 40]
        assert one == pytest.approx(two, rel=1e-3)


def test_a_line_keeps_its_strength_up_to_the_border():
    for measure in MEASURES:
        strength = ridges(raster(line(2.0)), SCALES[:5], [1], measure, 0.2).strength
        np.testing.assert_allclose(strength[40, :], strength[40, 40], rtol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 3), (5, 4, 1)])
def test_nothing_is_a_line_where_all_values_are_equal(shape):
    u = np.full(shape, 0.37)
    found = ridges(raster(u, spacing=(1.0,) * u.ndim), SCALES, [1, -1], "lindeberg", 1)
    assert not found.strength.any()
    assert not found.width.any()


def test_derivatives_are_per_length():
    """Those of (r + 2c)² are constant, whatever the lengths of pixels are."""
    rows, columns = np.mgrid[:60, :60].astype(float)
    rows *= 0.5
    image = raster(1e-3 * (rows + 2 * columns) ** 2, spacing=(0.5, 1.0))
    (found,) = derivatives(image, 2.0)
    for plane, expected in zip(found.hessian, (2, 4, 8), strict=True):
        assert plane[30, 30] == pytest.approx(4e-3 * expected, rel=1e-3)
