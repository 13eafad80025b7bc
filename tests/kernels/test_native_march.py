"""Marches through volumes, and at any spacing, equal those of the reference engine bit for bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels.test_native import SPECIALS, same
from kernels.test_native import kernels as smoothings

from pdefilter.grid import Grid
from pdefilter.kernels import engine, native
from pdefilter.kernels.conductances import CONDUCTANCES
from pdefilter.kernels.march import march
from pdefilter.kernels.native import forced
from pdefilter.kernels.native import march as native_march
from pdefilter.kernels.native.march import Tiling
from pdefilter.kernels.reference import march as reference
from pdefilter.kernels.scratch import Scratch
from pdefilter.kernels.windows import gaussian

pytestmark = pytest.mark.skipif(
    engine.native() is None, reason="the native engine was not built: no C++ compiler"
)

VARIANTS = native.variants() if engine.native() else []


def lengths(largest):
    return st.one_of(st.just(1), st.integers(1, largest))


@st.composite
def grids(draw):
    """A volume of one to four channels, or an image; its spacing, and more random numbers."""
    axes = draw(st.sampled_from([2, 3, 3]))
    shape = draw(st.tuples(*[lengths(n) for n in (12, 20, 40)[3 - axes :]]))
    spacing = draw(st.tuples(*[st.sampled_from([1.0, 0.3, 2.5])] * axes))
    if axes == 2 and spacing == (1, 1):
        spacing = (1.0, 2.0)
    u, rng = None, np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    u = rng.random((draw(st.integers(1, 4)), *shape), np.float32)
    kind = draw(st.sampled_from(["noise", "with specials", "tiny"]))
    if kind == "with specials":
        places = rng.random(u.shape) < 0.1
        u[places] = rng.choice(SPECIALS, places.sum())
    if kind == "tiny":
        u = np.ldexp(u, -rng.integers(0, 150, u.shape))
    return u, spacing, rng


@st.composite
def marches(draw, longest=8):
    """A march and its steps; how to go about it."""
    u, spacing, rng = draw(grids())
    shape = u.shape[1:]
    steps = rng.uniform(0, Grid(shape, spacing).largest_stable_step, draw(st.integers(1, longest)))
    edges = rng.random((len(shape), *shape), np.float32) if draw(st.booleans()) else None
    guide = rng.random((draw(st.integers(1, 4)), *shape), np.float32)
    law = {
        "conductance": draw(st.sampled_from([*CONDUCTANCES])),
        "squared_scale": draw(st.floats(0.1, 1e5)),
        "edges": edges,
        "guide": guide if draw(st.booleans()) else None,
        "spacing": None if np.all(np.equal(spacing, 1)) else spacing,
    }
    sizes = (len(steps), *shape[-2:])
    return u, steps.tolist(), law, Tiling(*(draw(st.integers(1, n + 2)) for n in sizes)), rng


@pytest.mark.parametrize("variant", VARIANTS)
@given(marches(), st.sampled_from([None, 0.0, 0.6]), st.integers(1, 4))
def test_a_march_has_the_bits_of_the_reference(variant, drawn, without_momentum, threads):
    u, steps, law, tiling, rng = drawn
    momenta = np.empty(0)
    if without_momentum is not None and (
        law["conductance"] == "constant" or law["guide"] is not None
    ):
        momenta = rng.uniform(0.5, 1.5, len(steps))
        momenta[rng.random(len(steps)) < without_momentum] = 1
    arguments = steps, momenta.tolist()
    with np.errstate(all="ignore"):
        theirs = reference.march(u, *arguments, **law)
    with forced(threads, variant):
        assert same(native_march.march(u, *arguments, **law, tiling=tiling), theirs)
        scratch = Scratch(overwrite=True)
        ours = native_march.march(u.copy(), *arguments, **law, tiling=tiling, scratch=scratch)
    assert same(ours, theirs)


@pytest.mark.parametrize("variant", VARIANTS)
@given(
    marches(longest=3),
    st.lists(st.one_of(smoothings(), st.builds(gaussian, st.just(0.5))), min_size=3, max_size=3),
    st.integers(1, 4),
    st.booleans(),
)
def test_a_march_that_follows_smoothed_volumes_has_the_bits_of_the_reference(
    variant, drawn, smoothing, threads, overwrite
):
    u, steps, law, _, _ = drawn
    law |= {"guide": None, "smoothing": smoothing[: u.ndim - 1]}
    with np.errstate(all="ignore"):
        theirs = reference.march(u, steps, (), **law)
        with forced(threads, variant):
            ours = native_march.march(u, steps, (), **law, scratch=Scratch(overwrite))
    assert same(ours, theirs)


# Several prisms, one beside and one below the other.
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("deviations", [(0.5, 0.5, 0.5), (0.2, 0.5, 0.5), (0.6, 0.8, 2.0)])
def test_prisms_of_smoothed_volumes_change_no_bit(variant, deviations):
    u = np.random.default_rng(0).random((2, 4, 37, 500), np.float32)
    smoothing = [gaussian(sigma) for sigma in deviations]
    arguments = [0.1] * 2, (), "rational", 30.0, None, None, smoothing
    with forced(2, variant):
        assert same(native_march.march(u, *arguments), reference.march(u, *arguments))


@pytest.mark.parametrize("variant", VARIANTS)
@given(marches(longest=3), st.integers(1, 4), st.sampled_from([1, 1e2, 1e5]))
def test_splitting_has_the_bits_of_the_reference(variant, drawn, threads, larger):
    u, steps, law, _, _ = drawn
    steps = [larger * step for step in steps]
    with np.errstate(all="ignore"):
        theirs = reference.split(u, steps, **law)
    with forced(threads, variant):
        ours = native_march.split(u, steps, **law)
    assert same(ours, theirs)


@given(marches(longest=3))
def test_several_volumes_march_each_by_itself(drawn):
    u, steps, law, _, rng = drawn
    volumes = np.stack([u, rng.random(u.shape, np.float32)])
    each = np.stack([march(volume, steps, **law) for volume in volumes])
    assert same(march(volumes, steps, several=True, **law), each)


# Larger than the tiles that are chosen where none are given; and narrow ones.
@pytest.mark.parametrize("shape", [(1, 5, 90, 700), (1, 90, 5, 7), (2, 20, 150, 40)])
@pytest.mark.parametrize("conductance", ["constant", "rational"])
def test_chosen_tiles_change_no_bit(shape, conductance):
    u = np.random.default_rng(0).random(shape, np.float32)
    arguments = [0.1] * 12, (), conductance, 30.0, None
    theirs = reference.march(u, *arguments, spacing=(2.0, 1.0, 1.0))
    with forced(2, native.variants()[-1]):
        assert same(native_march.march(u, *arguments, spacing=(2.0, 1.0, 1.0)), theirs)
