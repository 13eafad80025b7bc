"""The line across a crest is that of a wave whose direction is known, and turns with the plane."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdefilter.kernels.crests import REACH, across_crests


@given(angle=st.floats(0, np.pi), phase=st.floats(0, 6))
def test_across_the_crests_of_a_wave_is_along_its_direction(angle, phase):
    rows, columns = np.mgrid[:40, :40]
    along = np.sin(angle) * rows + np.cos(angle) * columns
    wave = np.cos(2 * np.pi * along / 16 + phase)
    found = across_crests(wave.astype(np.float32))
    inner = np.s_[REACH:-REACH, REACH:-REACH]
    crest = wave[inner] > 0.5
    across = found[(slice(None), *inner)][:, crest]
    across /= np.hypot(*across)
    # Sines of double angles: differences over 2 px bend a wave of 16 px by less than 0.02.
    cosines = np.abs(np.sin(angle) * across[0] + np.cos(angle) * across[1])
    assert cosines.min() > 0.995


@pytest.mark.parametrize("turn", [np.flipud, np.fliplr, np.transpose])
def test_it_turns_with_the_plane_to_the_bit(turn):
    u = np.random.default_rng(0).standard_normal((31, 24)).astype(np.float32)
    rows, columns = (np.abs(turn(part)) for part in across_crests(u))
    turned = [np.abs(part) for part in across_crests(np.ascontiguousarray(turn(u)))]
    expected = (columns, rows) if turn is np.transpose else (rows, columns)
    for one, other in zip(turned, expected, strict=True):
        assert np.array_equal(one, other)


def test_a_constant_has_no_crest():
    assert not np.any(across_crests(np.full((3, 1), 7, np.float32)))
