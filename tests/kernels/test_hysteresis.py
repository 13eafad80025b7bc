import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdefilter.kernels.hysteresis import linked


@pytest.mark.parametrize("axes", [2, 3])
@given(data=st.data())
def test_linking_is_the_spreading_of_what_is_strong_within_what_is_weak(axes, data):
    shape = data.draw(st.tuples(*[st.integers(1, 9)] * axes))
    strength = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1))).random(shape, np.float32)
    low = data.draw(st.floats(0.5, 0.9))
    weak, found = strength >= low, strength >= 0.9
    while True:
        framed = np.pad(found, 1)
        windows = np.lib.stride_tricks.sliding_window_view(framed, (3,) * axes)
        grown = weak & windows.any(axis=tuple(range(axes, 2 * axes)))
        if np.array_equal(grown, found):
            break
        found = grown
    assert np.array_equal(linked(strength, low, 0.9), found)


def test_what_has_no_strength_is_not_linked():
    assert not linked(np.zeros((3, 3), np.float32), 0.0, 0.0).any()
    assert linked(np.eye(3, dtype=np.float32), 0.0, 0.0).sum() == 3
