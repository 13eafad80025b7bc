"""Scratch memory for images changes no bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import planes

from pdefilter.kernels import lattice
from pdefilter.kernels.march import march, split
from pdefilter.kernels.scratch import Scratch, in_place, ping_pong
from pdefilter.kernels.windows import gaussian

# The longest takes several trips through memory, with momentum from one to the next.
COUNTS = st.sampled_from([1, 2, 3, 40, 70])


def along_tensors(u, steps, *, scratch=None):
    tensor = np.stack([0.6 + 0.4 * np.abs(u[0]), 0.2 * u[0], 0.6 + 0.3 * np.abs(u[0])])
    return lattice.march(u, steps, stencil=lattice.stencil_of(tensor), scratch=scratch)


WAYS = {
    "explicit": lambda u, steps, **scratch: march(u, steps, **scratch),
    "nonlinear": lambda u, steps, **scratch: march(
        u, steps, conductance="rational", squared_scale=30.0, **scratch
    ),
    "smoothed": lambda u, steps, **scratch: march(
        u,
        steps,
        conductance="rational",
        squared_scale=30.0,
        smoothing=[gaussian(0.5)] * 2,
        **scratch,
    ),
    "guide": lambda u, steps, **scratch: march(
        u, steps, conductance="rational", squared_scale=30.0, guide=u, **scratch
    ),
    "with momentum": lambda u, steps, **scratch: march(
        u, steps, momenta=[0.9] * len(steps), **scratch
    ),
    "split": lambda u, steps, **scratch: split(
        u, steps, conductance="rational", squared_scale=30.0, guide=u, **scratch
    ),
    "along tensors": along_tensors,
}


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("overwrite", [False, True])
@given(u=planes(side=12), count=COUNTS)
def test_the_bits_are_those_of_new_arrays(name, overwrite, u, count):
    first, steps = u.copy(), [0.1] * count
    expected = WAYS[name](u, steps)
    assert u.tobytes() == first.tobytes()
    scratch = Scratch(overwrite)
    result = WAYS[name](first, steps, scratch=scratch)
    assert result.tobytes() == expected.tobytes()
    if not overwrite:
        assert first.tobytes() == u.tobytes()
        assert not np.may_share_memory(first, result)
    assert scratch.planes is None or not np.may_share_memory(result, scratch.planes)
    again = WAYS[name](result.copy(), steps)
    assert WAYS[name](result, steps, scratch=scratch).tobytes() == again.tobytes()
    if not overwrite:
        assert first.tobytes() == u.tobytes()


@given(st.booleans(), st.booleans())
def test_an_image_is_overwritten_only_where_it_may_be(overwrite, guiding):
    u = np.zeros((1, 2, 3), np.float32)
    scratch = Scratch(overwrite)
    out = in_place(u, scratch, u if guiding else None)
    assert (out is u) == (overwrite and not guiding)
    assert scratch.planes is (u if overwrite and out is not u else None)
    assert scratch.overwrite  # the result is ours


@given(st.integers(1, 9), st.booleans(), st.booleans())
def test_nothing_is_overwritten_before_it_was_read(times, overwrite, guiding):
    u = np.zeros((1, 2, 3), np.float32)
    scratch = Scratch(overwrite)
    out, spare = ping_pong(u, times, scratch, u if guiding else None)
    kept = [] if overwrite and not guiding else [u]
    now = u
    for k in range(times):
        to = out if (times - k) % 2 else spare
        assert all(to is not other for other in [now, *kept])
        now = to
    assert now is out
    # A guide itself is free after a march.
    assert scratch.planes is (u if overwrite and out is not u else spare if times > 1 else None)
    assert scratch.overwrite
