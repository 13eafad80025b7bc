"""Contours that a network finds: the same in boxes, on both engines, at any light, and in grey."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

import pdefilter
from pdefilter.errors import ParameterError
from pdefilter.filters import FILTERS
from pdefilter.kernels import engine
from pdefilter.networks.architecture import Architecture, Level
from pdefilter.networks.model import model_of
from pdefilter.networks.model_file import write_model
from pdefilter.raster import Raster
from pdefilter.runs.boxes import run_in_boxes

SMALL = Architecture((Level(16, 1, 1), Level(16, 1, 0)), contours=True)
PORTRAIT = (data.astronaut()[60:140, 180:277] / 255).astype(np.float32)


@pytest.fixture(scope="session")
def network(tmp_path_factory):
    """A file of a network with random weights."""
    rng = np.random.default_rng(0)
    weights = {
        name: rng.standard_normal(shape) * (0.1 if len(shape) < 4 else 0.7 / np.sqrt(shape[1] * 9))
        for name, shape in SMALL.shapes().items()
    }
    path = tmp_path_factory.mktemp("networks") / "random.model"
    with path.open("wb") as file:
        write_model(model_of(SMALL, weights, {"calibration": [0.3, -1.0]}), file)
    return str(path)


@pytest.fixture
def find(network):
    return lambda u, **options: pdefilter.edge(u, method="learned", model=network, **options)


@pytest.mark.parametrize(("thin", "average"), [(False, 8), (True, 1)])
@settings(max_examples=2)
@given(seed=st.integers(0, 2**32 - 1))
def test_boxes_have_the_bits_of_the_whole(network, thin, average, seed):
    rng = np.random.default_rng(seed)
    alpha = None if seed % 2 else rng.random((121, 133), np.float32)
    raster = Raster(rng.random((3, 121, 133), np.float32), alpha, has_colours=True)
    options = {"thin": thin, "average": average}
    operation = FILTERS["edge"](method="learned", model=network, **options)
    numbers = operation.measure(raster)
    size = tuple(int(n) for n in rng.integers(20, 60, 2))
    found = run_in_boxes(operation, raster, numbers, size)
    assert np.array_equal(found.colour, operation.run(raster, numbers).colour)


def test_both_engines_give_the_same_bits(find, monkeypatch):
    native = find(PORTRAIT, thin=True)
    monkeypatch.setattr(engine, "name", lambda: "reference")
    assert np.array_equal(find(PORTRAIT, thin=True), native)


@pytest.mark.parametrize(("factor", "shift"), [(0.5, 0.0), (4.0, 0.0), (1.0, 0.25), (100.0, -7.0)])
def test_light_and_contrast_have_no_influence(find, factor, shift):
    found = find(np.float32(factor) * PORTRAIT + np.float32(shift))
    # Features are rounded to 2⁻⁷, and float32 to 2⁻²⁴ of numbers up to a hundred times the range.
    assert np.abs(found - find(PORTRAIT)).max() < 0.01


def test_grey_is_found_as_the_same_grey_in_colours(find):
    grey = PORTRAIT.mean(axis=2)
    colours = find(np.repeat(grey[..., None], 3, axis=2))
    assert np.array_equal(find(grey), colours[..., 0])
    assert np.array_equal(colours[..., 0], colours[..., 2])


@pytest.mark.parametrize("turn", [np.flipud, np.fliplr, lambda u: u.swapaxes(0, 1)])
def test_the_mean_of_all_turns_turns_with_the_image_to_the_bit(find, turn):
    turned = find(np.ascontiguousarray(turn(PORTRAIT)), average=8)
    assert np.array_equal(turned, turn(find(PORTRAIT, average=8)))
    assert not np.array_equal(turned, find(np.ascontiguousarray(turn(PORTRAIT))))


def test_strengths_are_shares(find):
    found = find(PORTRAIT)
    assert 0 <= found.min() < found.max() <= 1
    assert found.std() > 0.01
    stored = find((255 * PORTRAIT).round().astype(np.uint8))
    assert np.abs(stored / 255 - found).max() < 0.02


@pytest.mark.parametrize("shape", [(1, 1), (5, 1), (40, 30)])
def test_a_constant_image_has_no_contours(find, shape):
    assert not find(np.full(shape, 0.3, np.float32)).any()


def test_the_content_of_holes_has_no_influence(find):
    holed = PORTRAIT.copy()
    holed[20:40, 30:50] = np.nan
    found = find(holed)
    assert np.isnan(found[25, 35]).all()
    assert np.isfinite(found[:20]).all()


def test_hysteresis_links_what_a_quarter_and_half_of_the_people_draw(find):
    strength, linked = find(PORTRAIT), find(PORTRAIT, hysteresis="auto")
    assert set(np.unique(linked)) <= {0, 1}
    assert (strength[linked > 0] >= 0.25).all()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"model": None}, "model: is missing; no network for contours comes with the program"),
        ({"model": "white"}, "model: white removes noise and finds no contours"),
        ({"model": "nothing"}, "model: nothing: is neither a file nor one of the networks"),
        ({"average": 3}, "average: 3 is neither 1 nor 8"),
        ({"model": 3}, "model: 3 is not the name of a network"),
        ({"sigma": 1.0}, "sigma: learned has none; take the method gradient or canny"),
        ({"color": "lab"}, "color: networks learn from stored colours; take rgb or luminance"),
        ({"method": "gradient"}, "model: gradient has none; take the method learned"),
    ],
)
def test_what_does_not_belong_together_is_refused(network, options, problem):
    with pytest.raises(ParameterError) as error:
        pdefilter.edge(PORTRAIT, **{"method": "learned", "model": network, **options})
    assert str(error.value).startswith(problem)


def test_a_network_that_tells_no_calibration_is_refused(tmp_path):
    weights = {name: np.full(shape, 0.01) for name, shape in SMALL.shapes().items()}
    with (tmp_path / "my.model").open("wb") as file:
        write_model(model_of(SMALL, weights, {}), file)
    with pytest.raises(ParameterError, match=r"tells no calibration, .*; train it anew"):
        pdefilter.edge(PORTRAIT, method="learned", model=str(tmp_path / "my.model"))


def test_denoise_refuses_a_network_for_contours(network):
    with pytest.raises(ParameterError, match="finds contours and removes no noise; take it for"):
        pdefilter.denoise(PORTRAIT, model=network)


def test_volumes_are_refused(find):
    with pytest.raises(pdefilter.ImageError, match="method learned"):
        find(pdefilter.Volume(np.zeros((3, 4, 5), np.float32)))
