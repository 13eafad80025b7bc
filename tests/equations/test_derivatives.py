"""What derivatives keep of white noise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdefilter.equations.derivatives import largest_squared_norm

TAPS = st.lists(st.floats(-2, 2), min_size=1, max_size=5).map(np.array)


@given(st.lists(st.tuples(TAPS, TAPS), min_size=2, max_size=3))
def test_the_norm_is_that_of_the_whole_kernel(pairs):
    differences, smoothings = zip(*pairs, strict=True)
    norms = []
    for axis, difference in enumerate(differences):
        kernel = np.ones(())
        for other, smoothing in enumerate(smoothings):
            kernel = np.multiply.outer(kernel, difference if other == axis else smoothing)
        norms.append(np.square(kernel).sum())
    found = largest_squared_norm(
        *([float(t @ t) for t in taps] for taps in zip(*pairs, strict=True))
    )
    assert found == pytest.approx(max(norms), rel=1e-12, abs=1e-300)
