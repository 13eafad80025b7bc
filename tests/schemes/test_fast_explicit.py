import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdefilter.equations.heat import Heat
from pdefilter.schemes.fast_explicit import (
    LONGEST_CYCLE,
    fed_cycle,
    fewest_cycles,
    fsi_cycle,
    leja_order,
)

LIMIT = 0.25


def time_of(length):
    return LIMIT * length * (length + 1) / 3


def reached(cycle):
    """The time a cycle takes: minus the derivative at 0 of its factor of a mode."""
    if not cycle.momenta:
        return math.fsum(cycle.sizes)
    last, now = 0.0, 0.0
    for tau, alpha in zip(cycle.sizes, cycle.momenta, strict=True):
        last, now = now, alpha * (now + tau) + (1 - alpha) * last
    return now


@given(st.floats(1e-3, 1e4))
def test_a_cycle_takes_its_time_in_as_few_steps_as_can_be(time):
    for make in (fed_cycle, fsi_cycle):
        cycle = make(time, LIMIT)
        assert reached(cycle) == pytest.approx(time, rel=1e-9)
        length = len(cycle.sizes)
        assert time <= time_of(length) * (1 + 1e-9)
        assert length == 1 or time > time_of(length - 1) * (1 - 1e-6)


@pytest.mark.parametrize("make", [fed_cycle, fsi_cycle])
@pytest.mark.parametrize("length", [1, 2, 5, 20, 100, 400])
def test_every_frequency_is_damped(make, length):
    """The factor of mode λ stays within [−1, 1] on the whole spectrum of the Laplacian."""
    cycle = make(time_of(length), LIMIT)
    eigenvalues = np.linspace(0, 8, 2001)
    last = now = np.ones_like(eigenvalues)
    momenta = cycle.momenta or (1.0,) * len(cycle.sizes)
    for tau, alpha in zip(cycle.sizes, momenta, strict=True):
        last, now = now, alpha * (1 - tau * eigenvalues) * now + (1 - alpha) * last
    assert np.abs(now).max() <= 1 + 1e-9


def noise():
    return np.random.default_rng(1).random((1, 128, 128), np.float32)


@pytest.mark.parametrize("make", [fed_cycle, fsi_cycle])
@pytest.mark.parametrize("length", [20, 100, 400])
def test_long_cycles_are_free_of_rounding_errors_in_float32(make, length):
    """Where the classical reordering of the steps reaches 1e21."""
    u = noise()
    cycle = make(time_of(length) * (1 - 1e-9), LIMIT)
    assert len(cycle.sizes) == length
    ours = Heat().march(u, cycle.sizes, cycle.momenta)
    exact = Heat().evolve_exactly(u, time_of(length))
    # One cycle is inaccurate by construction, but no new extremum appears.
    assert np.abs(ours - exact).max() < 0.05
    assert abs(ours.mean(dtype=float) - u.mean(dtype=float)) < 1e-5


def test_without_leja_order_a_cycle_of_twenty_steps_already_fails():
    """The test above can fail."""
    u = noise()
    sizes = sorted(fed_cycle(time_of(100), LIMIT).sizes)
    with np.errstate(all="ignore"):
        assert not np.abs(Heat().march(u, sizes)).max() < 2


def test_leja_points_go_far_first():
    order = leja_order([0.0, 0.1, 0.5, 0.9, 1.0])
    assert order[:3] == [4, 0, 2]
    assert sorted(order) == [0, 1, 2, 3, 4]


def test_no_cycle_is_longer_than_is_safe():
    for time in (1.0, 1e4, 1e6):
        parts = fewest_cycles(time, LIMIT)
        assert len(fed_cycle(time / parts, LIMIT).sizes) <= LONGEST_CYCLE


@pytest.mark.parametrize("make", [fed_cycle, fsi_cycle])
def test_the_norm_falls(make):
    """The maximum principle does not hold inside a cycle; this does at its end."""
    u = noise() - np.float32(0.5)
    norms = [float((u * u).sum(dtype=float))]
    for _ in range(4):
        cycle = make(5.0, LIMIT)
        u = Heat().march(u, cycle.sizes, cycle.momenta)
        norms.append(float((u * u).sum(dtype=float)))
    assert all(after < before for before, after in itertools.pairwise(norms))
