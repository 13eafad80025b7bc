"""Room for images saves memory and changes no bit."""

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
        u, steps, conductance="rational", squared_scale=30.0, smoothing=gaussian(0.5), **scratch
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
@given(u=planes(side=12), count=COUNTS)
def test_the_bits_are_those_of_new_arrays(name, u, count):
    given_, steps = u.copy(), [0.1] * count
    expected = WAYS[name](u, steps)
    assert u.tobytes() == given_.tobytes()
    scratch = Scratch()
    first = WAYS[name](given_, steps, scratch=scratch)
    assert first.tobytes() == expected.tobytes()
    # What is left is free for the next; but what may not be written to is not.
    assert scratch.planes is None or not np.may_share_memory(first, scratch.planes)
    again = WAYS[name](u.copy(), steps)
    u.flags.writeable = False
    assert WAYS[name](u, steps, scratch=scratch).tobytes() == again.tobytes()
    assert scratch.planes is None or scratch.planes.flags.writeable


@given(st.booleans(), st.booleans(), st.booleans())
def test_only_what_nobody_needs_is_written_over(roomy, writeable, holding):
    u = np.zeros((1, 2, 3), np.float32)
    u.flags.writeable = writeable
    scratch = Scratch() if roomy else None
    out = in_place(u, scratch, u if holding else None)
    assert (out is u) == (roomy and writeable and not holding)
    if roomy:
        assert scratch.planes is (u if writeable and out is not u else None)


@given(st.integers(1, 9), st.booleans(), st.booleans(), st.booleans())
def test_nothing_is_written_over_before_it_was_read(times, roomy, writeable, holding):
    u = np.zeros((1, 2, 3), np.float32)
    u.flags.writeable = writeable
    scratch = Scratch() if roomy else None
    out, spare = ping_pong(u, times, scratch, u if holding else None)
    kept = [] if roomy and writeable and not holding else [u]
    now = u
    for k in range(times):
        to = out if (times - k) % 2 else spare
        assert all(to is not other for other in [now, *kept])
        now = to
    assert now is out
    if roomy:
        # A second image that comes from a held one goes where the next may go too.
        assert scratch.planes is (u if writeable and out is not u else spare if times > 1 else None)
