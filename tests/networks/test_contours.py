"""Networks that find contours see colours alike however they are stored, and tell shares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdefilter.networks.architecture import Architecture, Level
from pdefilter.networks.contours import Calibration, opponents_of, unit_of
from pdefilter.networks.model import model_of

TINY = Architecture((Level(16, 1, 0),), contours=True)


def model(**facts):
    weights = {name: np.full(shape, 0.01) for name, shape in TINY.shapes().items()}
    return model_of(TINY, weights, facts)


@given(seed=st.integers(0, 99), size=st.floats(1e-3, 1e3))
def test_grey_has_the_bits_of_the_same_grey_in_colours(seed, size):
    grey = (size * np.random.default_rng(seed).standard_normal((1, 5, 6))).astype(np.float32)
    light, *others = opponents_of(np.repeat(grey, 3, 0), colours=True)
    assert np.array_equal(opponents_of(grey, colours=False), light[None])
    assert not np.any(others)


def test_the_unit_is_a_quarter_of_the_deviation():
    light = np.random.default_rng(0).standard_normal((40, 50)).astype(np.float32)
    assert unit_of(light) == pytest.approx(light.std() / 4)
    visible = light > 0
    assert unit_of(light, visible) == pytest.approx(light[visible].std() / 4)
    assert unit_of(np.ones((1, 1), np.float32)) == 0
    assert unit_of(light, np.zeros(light.shape, bool)) == 0


@given(gain=st.floats(0.01, 10), offset=st.floats(-9, 9), z=st.floats(-50, 50))
def test_shares_are_the_logistic_function(gain, offset, z):
    (found,) = Calibration(gain, offset).shares(np.array([z], np.float32))
    exact = 1 / (1 + np.exp(-(float(np.float32(z)) * gain + offset)))
    # The argument of up to 500 has an error of 2⁻²³ of it, and 2^−r one below 2⁻²².
    assert found == pytest.approx(exact, rel=2e-4, abs=1e-30)
    assert 0 <= found <= 1


@pytest.mark.parametrize(
    "told", [None, 3, [], [1.0], [1.0, 2], [0.0, 1.0], [-1.0, 0.0], [1.0, float("nan")], ["1", "2"]]
)
def test_a_calibration_that_is_missing_or_wrong_is_refused(told):
    with pytest.raises(ValueError, match="tells no calibration"):
        Calibration.of(model(calibration=told))


def test_a_calibration_is_read_from_a_model():
    assert Calibration.of(model(calibration=[2.0, -1.0])) == Calibration(2.0, -1.0)
