import numpy as np
import pytest

import pdefilter
from pdefilter import ParameterError


def test_sigma_is_the_root_of_twice_the_time(photograph):
    by_time = pdefilter.heat_diffuse(photograph, time=4.5)
    assert np.array_equal(pdefilter.heat_diffuse(photograph, sigma=3), by_time)


@pytest.mark.parametrize("sigma", [1.0, 2.0, 5.0])
def test_it_amounts_to_the_gaussian_of_smooth(colour_photograph, sigma):
    """Two methods of one blur; on a photograph they differ by less than a grey level."""
    values = colour_photograph / np.float32(255)
    gaussian = pdefilter.smooth(values, sigma=sigma)
    for scheme in ("explicit", "exact"):
        heat = pdefilter.heat_diffuse(values, sigma=sigma, scheme=scheme)
        assert np.sqrt(np.mean((heat - gaussian) ** 2)) < 1 / 255


def test_the_default_is_a_sigma_of_two(photograph):
    default = pdefilter.heat_diffuse(photograph)
    assert np.array_equal(default, pdefilter.heat_diffuse(photograph, sigma=2))


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        ({"time": 1, "sigma": 1}, "sigma"),
        ({"step": 0.26}, "step"),
        ({"scheme": "exact", "iterations": 3}, "iterations"),
        ({"scheme": "exact", "step": 0.1}, "step"),
        ({"scheme": "implicit"}, "scheme"),
        ({"time": -1}, "time"),
        ({"time": np.inf}, "time"),
        ({"time": 1e10}, "time"),
        ({"time": True}, "time"),
        ({"iterations": 2.5}, "iterations"),
        ({"iterations": 10**7}, "iterations"),
        ({"step": 0}, "step"),
    ],
)
def test_contradictions_and_absurdities_are_refused(options, parameter):
    with pytest.raises(ParameterError) as caught:
        pdefilter.heat_diffuse(np.zeros((3, 3)), **options)
    assert caught.value.parameter == parameter


def test_the_message_names_the_limit():
    with pytest.raises(ParameterError, match=r"stability limit 0\.25 px²"):
        pdefilter.heat_diffuse(np.zeros((3, 3)), step=0.3)
