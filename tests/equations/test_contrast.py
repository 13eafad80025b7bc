import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import planes

from pdefilter.equations.contrast import contrast_parameter, percentile_of


@given(planes(), st.integers(1, 99))
def test_a_percentile_has_so_many_differences_below_it(u, percentile):
    kappa = contrast_parameter(u, f"p{percentile}", len(u))
    differences = np.concatenate(
        [
            np.sqrt(np.square(np.diff(u.astype(np.float64), axis=axis)).mean(axis=0)).ravel()
            for axis in (1, 2)
        ]
    )
    if not differences.size:
        assert kappa == 0
        return
    tolerance = 1e-6
    assert np.mean(differences < kappa - tolerance) <= percentile / 100
    assert np.mean(differences > kappa + tolerance) <= 1 - percentile / 100 + 1 / differences.size


@given(st.floats(1e-9, 1e9))
def test_a_number_is_itself(number):
    assert contrast_parameter(np.zeros((1, 2, 2), np.float32), number, 1) == number


@pytest.mark.parametrize("wrong", ["p", "p0", "p100", "90p", "px", "", 0, -1, np.nan, np.inf, None])
def test_anything_else_is_refused(wrong):
    with pytest.raises(ValueError, match=r"percentile"):
        percentile_of(wrong)


def test_the_contrast_of_grey_does_not_depend_on_how_often_it_is_stored():
    grey = np.random.default_rng(0).random((1, 9, 9), np.float32)
    rgb = np.repeat(grey, 3, axis=0)
    one, three = contrast_parameter(grey, "p90", 1), contrast_parameter(rgb, "p90", 3)
    assert one == pytest.approx(three, rel=1e-6)
