import math

import numpy as np
import pytest
from benchmarks.boundary_matching import count_matches, scores, thresholds
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from pdefilter.learn.matching import Matching, shares_of_people


def largest(found, drawn, distance):
    """The size of the largest matching, from all distances."""
    a, b = np.argwhere(found), np.argwhere(drawn)
    if not len(a) or not len(b):
        return 0
    near = ((a[:, None] - b) ** 2).sum(axis=2) <= distance**2
    return np.count_nonzero(maximum_bipartite_matching(csr_array(near)) >= 0)


maps = st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1))


@settings(max_examples=60)
@given(size=maps, tolerance=st.sampled_from([0.1, 0.2, 0.3]), share=st.floats(0.05, 0.9))
def test_the_matching_is_the_largest_whatever_was_matched_before(size, tolerance, share):
    *shape, seed = size
    rng = np.random.default_rng(seed)
    drawn = rng.random((2, *shape)) < 0.4
    matching = Matching(drawn, tolerance)
    for _ in range(3):
        found = rng.random(shape) < share
        sizes = matching.of(found).sum(axis=1)
        distance = tolerance * math.hypot(*shape)
        assert [*sizes] == [largest(found, person, distance) for person in drawn]


def test_a_pixel_keeps_its_match_when_weaker_ones_are_found():
    drawn = np.zeros((1, 9, 9), bool)
    drawn[0, 4, 4] = True
    matching = Matching(drawn, 0.2)
    found = np.zeros((9, 9), bool)
    found[6, 4] = True
    assert [*matching.of(found)[0]] == [True]
    found[4, 4] = True
    assert [*matching.of(found)[0]] == [False, True]


def test_what_all_draw_scores_one_and_what_half_of_them_draw_is_agreed_on_by_half():
    drawn = np.zeros((2, 40, 60), bool)
    drawn[:, 10] = True
    drawn[0, 30] = True
    strength = np.where(drawn[0], 0.3, 0)
    strength[10] = 0.8
    cuts = thresholds(9)
    found = scores(count_matches(strength, drawn, cuts)[None], cuts)
    assert found.ods == pytest.approx(1)
    assert found.ois == pytest.approx(1)
    pixels, shares = shares_of_people(strength > 0, strength, drawn)
    assert {*zip(strength[pixels], shares, strict=True)} == {(0.8, 1.0), (0.3, 0.5)}


def test_people_agree_on_the_steps_of_a_line_as_on_the_line():
    drawn = np.eye(40, dtype=bool)[None]
    steps = drawn[0] | np.eye(40, k=1, dtype=bool)
    _, shares = shares_of_people(steps, np.full(steps.shape, 0.5), drawn)
    assert 38 <= len(shares) <= 40
    assert shares.min() == 1


def test_a_contour_that_is_twice_as_far_as_allowed_is_not_found():
    drawn = np.zeros((1, 60, 80), bool)
    drawn[0, 20] = True
    counts = count_matches(np.roll(drawn[0], 2, axis=0).astype(float), drawn, thresholds(3))
    assert [*counts[0]] == [0, 80, 0, 80]
