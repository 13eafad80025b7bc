import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdefilter.errors import ParameterError
from pdefilter.schemes.explicit import explicit_steps

LIMIT = 0.25


def steps(time=None, iterations=None, step=None):
    return explicit_steps(
        time=time,
        iterations=iterations,
        step=step,
        default_time=2.0,
        default_step=0.2,
        largest_stable_step=LIMIT,
    )


@given(st.floats(0, 1000), st.one_of(st.none(), st.floats(0.01, LIMIT)))
def test_steps_end_at_the_time_and_none_is_larger_than_allowed(time, step):
    table = steps(time=time, step=step)
    assert math.fsum(table) == pytest.approx(time, rel=1e-9)
    assert len(set(table)) <= 1
    assert all(tau <= (step or 0.2) * (1 + 1e-9) for tau in table)
    # And no fewer would do.
    assert len(table) - 1 < time / (step or 0.2) or not time


@given(st.integers(0, 1000), st.floats(0.01, LIMIT))
def test_iterations_of_a_step_are_just_that(iterations, step):
    assert steps(iterations=iterations, step=step) == (step,) * iterations
    assert steps(iterations=iterations) == (0.2,) * iterations


@given(st.integers(1, 1000), st.floats(0, 1))
def test_iterations_to_a_time_share_it(iterations, fraction):
    time = fraction * LIMIT * iterations * (1 - 1e-12)
    table = steps(time=time, iterations=iterations)
    assert len(table) == iterations
    assert math.fsum(table) == pytest.approx(time, rel=1e-9)


def test_nothing_said_means_the_default_time():
    assert math.fsum(steps()) == pytest.approx(2.0)
    assert math.fsum(steps(step=0.1)) == pytest.approx(2.0)


def test_the_limit_itself_is_allowed():
    assert steps(time=1.0, step=LIMIT) == (LIMIT,) * 4
    assert steps(time=1.0, iterations=4) == (LIMIT,) * 4


@pytest.mark.parametrize(
    ("said", "parameter", "hint"),
    [
        ({"step": 0.2500001}, "step", "stability limit 0.25 px²"),
        ({"step": 0.3, "iterations": 5}, "step", "stability limit 0.25 px²"),
        ({"time": 1.0, "iterations": 3}, "iterations", "at least 4"),
        ({"time": 1.0, "iterations": 0}, "iterations", "t = 1"),
        ({"time": 1.0, "iterations": 5, "step": 0.2}, "step", "any two"),
        ({"time": 1e7}, "time", "1000000"),
        ({"time": 1e4, "step": 1e-6}, "step", "1000000"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(said, parameter, hint):
    with pytest.raises(ParameterError, match=hint) as caught:
        steps(**said)
    assert caught.value.parameter == parameter
