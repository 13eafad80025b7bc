"""Edges one pixel wide: thinned, linked, as Canny, and by zero crossings."""

import math
import warnings

import numpy as np
import pytest
import skimage.feature
from hypothesis import given
from scipy.special import erf
from support import planes

import pdefilter
from pdefilter import Image, ParameterError
from pdefilter.filters import FILTERS
from pdefilter.images.arrays import wrap_array
from pdefilter.runs.conversion import raster_of

# Sobel's kernels of scikit-image weigh 8 where ours weigh 1, twice, and our magnitude is a mean.
SKIMAGE = 4 * math.sqrt(2)

# The deviation in px of the Gaussian that has blurred a slanted step.
BLUR = 0.5

CALLS = {
    "canny": {"method": "canny"},
    "canny, scharr": {"method": "canny", "operator": "scharr", "sigma": 0.7},
    "thin": {"thin": True},
    "thin, binary": {"thin": True, "threshold": 0.05},
    "linked": {"hysteresis": "60%,90%"},
    "crossings": {"zero_crossings": True, "sigma": 1.2},
    "linked crossings": {"zero_crossings": True, "hysteresis": "auto"},
}
SYMMETRIES = {
    "mirrored": np.fliplr,
    "upside down": np.flipud,
    "transposed": lambda u: np.swapaxes(u, 0, 1),
    "turned": np.rot90,
}


def edges_of(image, **options):
    """Find the subpixel places of edges, as rows and columns."""
    operation = FILTERS["edge"](**options).inner
    raster = raster_of(wrap_array(image.astype(np.float32)).image, None)
    numbers = operation.measure(raster)
    found = operation.finder.find(raster, numbers).thinned(raster, numbers.get("low", 0.0))
    at = np.nonzero(found.strength > 0.3 * found.strength.max())
    across = np.stack([component[at] for component in found.normal]).astype(np.float64)
    return np.stack(at) + across / np.linalg.norm(across, axis=0) * found.offset[at]


def slanted(angle, offset, side=48):
    row, column = np.indices((side, side)) - (side - 1) / 2
    distance = row * math.sin(angle) + column * math.cos(angle) - offset
    return (1 + erf(distance / (BLUR * math.sqrt(2)))) / 2


def disc(radius, centre, side=51, finer=16):
    at = (np.arange(side * finer) + 0.5) / finer - 0.5
    inside = np.hypot(at[:, None] - centre[0], at - centre[1]) < radius
    return inside.reshape(side, finer, side, finer).mean(axis=(1, 3))


def lines_of_errors(noise, **options):
    """Find by how much the places of steps at many angles miss the known lines, one by one."""
    rng, errors = np.random.default_rng(5), []
    for angle in np.linspace(0.01, math.pi, 16):
        for offset in (0.0, 0.2, 0.45):
            image = slanted(angle, offset) + noise * rng.standard_normal((48, 48))
            at = edges_of(image, **options)
            at = at[:, ((at > 8) & (at < 39)).all(axis=0)] - 23.5
            error = at[0] * math.sin(angle) + at[1] * math.cos(angle) - offset
            errors.append(error[np.abs(error) < 2])
    return errors


def errors_of_steps(noise, **options):
    return np.concatenate(lines_of_errors(noise, **options))


@pytest.mark.parametrize("sigma", [1.0, 1.4])
def test_steps_at_a_signal_of_twenty_times_the_noise_are_placed_within_a_twentieth(sigma):
    errors = errors_of_steps(1 / 20, method="canny", sigma=sigma)
    assert abs(errors.mean()) < 0.01
    assert np.sqrt(np.mean(errors**2)) < 0.05
    # Without noise an eighth root is nearly a logarithm.
    clean = errors_of_steps(0, method="canny", sigma=sigma)
    assert np.sqrt(np.mean(clean**2)) < 0.02


@pytest.mark.parametrize("sigma", [1.4, 2.0])
def test_the_place_of_a_zero_crossing_has_the_error_of_theory(sigma):
    """White noise of deviation 1/SNR moves it by 1/SNR px, whatever σ is.

    ‖ΔG‖/|G″(0)| = [1/(√(2π) σ³)] [√(2π) σ³] = 1. A step that is blurred by b has the slope
    G″(0) of a wider Gaussian.
    """
    theory = (1 + BLUR**2 / sigma**2) ** 1.5 / 20
    lines = lines_of_errors(1 / 20, zero_crossings=True, sigma=sigma)
    squares = np.array([np.mean(line**2) for line in lines])
    rms = math.sqrt(squares.mean())
    standard_error = squares.std() / math.sqrt(len(squares)) / (2 * rms)
    assert abs(rms - theory) < 3 * standard_error
    assert standard_error < 0.1 * theory
    assert abs(np.concatenate(lines).mean()) < 0.01
    clean = np.concatenate(lines_of_errors(0, zero_crossings=True, sigma=sigma))
    assert np.sqrt(np.mean(clean**2)) < 0.02


@pytest.mark.parametrize(
    ("options", "sign"), [({"method": "canny"}, 1), ({"zero_crossings": True, "sigma": 1.4}, -1)]
)
@pytest.mark.parametrize("radius", [6.0, 9.7, 15.0])
def test_circles_have_the_radius_that_was_stated(options, sign, radius):
    """Smoothing moves a curved edge by σ²/2R; pixels and Sobel's kernels smooth a little too."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(4):
        centre = 25 + rng.random(2)
        at = edges_of(disc(radius, centre), **options)
        found.append(np.hypot(*(at - centre[:, None])))
    mean = np.concatenate(found).mean()
    variance = 1.4**2 + 1 / 12 + 1 / 2
    assert mean + sign * variance / (2 * radius) == pytest.approx(radius, abs=0.02)


@pytest.mark.parametrize("sigma", [1.0, 2.0])
@pytest.mark.parametrize("threshold", [(0.05, 0.1), (0.02, 0.02)])
def test_canny_is_that_of_scikit_image(sigma, threshold, photograph):
    """Away from the border, where scikit-image has none, but for pixels that nearly are equal."""
    values = photograph.astype(np.float64) / 255
    low, high = (SKIMAGE * t for t in threshold)
    theirs = skimage.feature.canny(values, sigma, low, high, mode="reflect")
    ours = pdefilter.edge(values, method="canny", sigma=sigma, hysteresis=threshold) > 0
    inner = (slice(1, -1), slice(1, -1))
    assert theirs.any()
    assert np.mean(ours[inner] != theirs[inner]) < 2e-4
    assert not theirs[0].any()


def test_thin_edges_keep_their_strengths(colour_photograph):
    thin = pdefilter.edge(colour_photograph, thin=True, sigma=1.0)
    plain = pdefilter.edge(colour_photograph, sigma=1.0)
    assert np.array_equal(thin, np.where(thin > 0, plain, 0))
    assert 0.02 < np.mean(thin > 0) < 0.3


@pytest.mark.parametrize("symmetry", SYMMETRIES)
@pytest.mark.parametrize("name", CALLS)
def test_mirrored_and_turned_images_have_mirrored_and_turned_edges(name, symmetry, photograph):
    if symmetry != "mirrored" and name == "crossings":
        photograph = photograph[:90, :70]
    turn, options = SYMMETRIES[symmetry], CALLS[name]
    crop = photograph[20:120, 30:110]
    ours = pdefilter.edge(np.ascontiguousarray(turn(crop)), **options)
    assert np.array_equal(ours, turn(pdefilter.edge(crop, **options)))
    assert ours.any()


@pytest.mark.parametrize("name", CALLS)
@given(u=planes(side=9))
def test_any_image_of_any_size_has_edges_or_none(name, u):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pdefilter.edge(np.moveaxis(u, 0, -1), **CALLS[name])
    assert np.isfinite(found).all()
    assert found.min() >= 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (20, 20)])
@pytest.mark.parametrize("sigma", [0.5, 30.0])
@pytest.mark.parametrize(
    "options", [{"method": "canny"}, {"zero_crossings": True, "stretch": None}]
)
def test_a_constant_image_has_no_edge_and_a_word(shape, sigma, options):
    constant = np.full(shape, 77, np.uint8)
    with pytest.warns(UserWarning, match="has no edge"):
        assert not pdefilter.edge(constant, sigma=sigma, **options).any()


def test_an_edge_of_one_grey_level_is_found_beside_one_of_ninety():
    image = np.full((60, 60), 100, np.uint8)
    image[:, :5] = 190
    image[20:40, 25:45] = 101
    assert pdefilter.edge(image, method="canny")[:, 20:].any()


@pytest.mark.parametrize("deviation", [2, 20])
def test_noise_has_no_edges_and_texture_few(deviation):
    noise = np.random.default_rng(3).normal(128, deviation, (150, 150)).astype(np.float32) / 255
    with pytest.warns(UserWarning, match="no edge that is strong enough"):
        assert not pdefilter.edge(noise, method="canny").any()


@pytest.mark.parametrize("name", ["canny", "thin, binary", "linked crossings"])
def test_colour_16_bits_floats_and_scales_have_the_edges_of_8_bits(name, photograph):
    crop, options = photograph[20:120, 30:110], CALLS[name]
    ours = pdefilter.edge(crop, **options) > 0
    for other in (
        crop.astype(np.uint16) * 257,
        crop / np.float32(255),
        crop / 255,
        np.stack([crop] * 3, axis=2),
    ):
        found = pdefilter.edge(other, **options) > 0
        found = found if found.ndim == 2 else found[..., 0]
        assert np.mean(found != ours) < 1e-3


def test_an_edge_between_colours_of_equal_grey_is_drawn_by_canny():
    image = np.zeros((16, 18, 3), np.float32)
    image[:, :9, 0] = image[:, 9:, 1] = 0.6
    found = pdefilter.edge(image, method="canny")[..., 0]
    assert np.array_equal(found.sum(axis=1), np.ones(16))


@pytest.mark.parametrize("name", ["canny", "thin", "crossings"])
def test_neither_holes_nor_transparency_make_edges(name):
    """The step is found between the holes, and the ramp is none at their rims."""
    step = np.linspace(0, 0.3, 60, dtype=np.float32) * np.ones((50, 1), np.float32)
    step[19] += 0.3
    step[20:] += 0.4
    holes = np.zeros(step.shape, bool)
    holes[2:13, 5:55] = holes[17:23, 30] = holes[30:44, 40:50] = True
    rgba = np.stack([np.where(holes, 0.9, step), np.where(holes, 0, 1)], axis=2)
    for image in (Image(step, mask=~holes), Image(rgba.astype(np.float32), has_alpha=True)):
        found = pdefilter.edge(image, **CALLS[name]).pixels.reshape(50, 60, -1)[..., 0]
        found = np.where(holes, 0, found) > 0.1
        found[:, 29:32] = False  # an edge may end before a hole
        assert np.array_equal(np.nonzero(found.any(axis=1))[0], [19])
        assert found[19].sum() == 57


def test_percentiles_are_those_of_the_strengths_above_zero(photograph):
    values = photograph / np.float32(255)
    strength = pdefilter.edge(values, sigma=1.0)
    low, high = np.quantile(strength[strength > 0], [0.8, 0.95], method="inverted_cdf")
    by_share = pdefilter.edge(values, sigma=1.0, hysteresis="80%, 95%")
    assert np.array_equal(by_share, pdefilter.edge(values, sigma=1.0, hysteresis=(low, high)))
    assert by_share.any()


def test_a_crossing_is_as_strong_as_its_step_is_high():
    step = np.zeros((30, 60), np.float32)
    step[:, 25:] = 0.4
    for sigma in (0.0, 0.8, 2.0, 4.0):
        found = pdefilter.edge(step, zero_crossings=True, sigma=sigma)
        assert np.allclose(found.max(axis=1), 0.4, atol=1e-5)
        assert np.all((found > 0.1).sum(axis=1) == 1)


def test_a_ball_has_its_surface_and_a_spacing_its_place():
    at = np.indices((17, 33, 33)) - np.array([8.2, 16.1, 15.8]).reshape(3, 1, 1, 1)
    at[0] *= 2
    distance = np.sqrt((at**2).sum(axis=0))
    ball = 1 / (1 + np.exp((distance - 11) * 2))
    volume = pdefilter.Volume(ball.astype(np.float32), spacing=(2.0, 1.0, 1.0))
    for options in ({"method": "canny"}, {"zero_crossings": True, "hysteresis": "auto"}):
        found = pdefilter.edge(volume, **options).pixels > 0
        assert 600 < found.sum() < 2600
        assert np.abs(distance[found] - 11).max() < 1.8


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        ({"hysteresis": "0.2,0.1"}, "hysteresis"),
        ({"hysteresis": "0.1"}, "hysteresis"),
        ({"hysteresis": 0.1}, "hysteresis"),
        ({"hysteresis": [0.1, None]}, "hysteresis"),
        ({"hysteresis": "10%,0.2"}, "hysteresis"),
        ({"hysteresis": "10%,120%"}, "hysteresis"),
        ({"hysteresis": (-0.1, 0.2)}, "hysteresis"),
        ({"hysteresis": "low,high"}, "hysteresis"),
        ({"hysteresis": "0.1,0.2", "threshold": 0.1}, "hysteresis"),
        ({"hysteresis": "auto", "stretch": True}, "stretch"),
        ({"hysteresis": "auto", "component": "rows"}, "hysteresis"),
        ({"thin": True, "component": "direction"}, "thin"),
        ({"thin": True, "operator": "laplacian"}, "thin"),
        ({"method": "canny", "operator": "laplacian"}, "operator"),
        ({"method": "canny", "stretch": True}, "stretch"),
        ({"method": "canny", "component": "rows"}, "component"),
        ({"method": "canny", "zero_crossings": True}, "zero_crossings"),
        ({"zero_crossings": True, "operator": "sobel"}, "zero_crossings"),
        ({"zero_crossings": True, "component": "rows"}, "zero_crossings"),
    ],
)
def test_contradictions_are_refused(options, parameter):
    with pytest.raises(ParameterError) as caught:
        pdefilter.edge(np.zeros((3, 3)), **options)
    assert caught.value.parameter == parameter
