import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pdefilter.kernels import channels, engine
from pdefilter.kernels.reference import channels as reference

TYPES = ("uint8", "uint16", "float32")
SHAPES = hnp.array_shapes(min_dims=3, max_dims=3, max_side=70)
INTERVALS = ((0.0, 1.0), (-1.0, 1.0), (-np.pi, np.pi))

needs_native = pytest.mark.skipif(engine.native() is None, reason="there is no native engine")


def natively(threads):
    """Yield the native engine's module, on so many threads, in every variant."""
    from pdefilter.kernels.native import channels as module
    from pdefilter.kernels.native import forced, variants

    for variant in variants():
        with forced(threads, variant):
            yield module


@needs_native
@pytest.mark.parametrize("dtype", TYPES)
@given(data=st.data(), threads=st.integers(1, 3))
def test_the_engines_deinterleave_to_the_same_bits(dtype, data, threads):
    elements = {"allow_nan": False} if dtype == "float32" else {}
    stored = data.draw(hnp.arrays(dtype, SHAPES, elements=elements or None))
    expected = reference.deinterleave(stored)
    for native in natively(threads):
        assert np.array_equal(native.deinterleave(stored), expected)


@given(
    planes=hnp.arrays(np.float32, SHAPES, elements={"allow_nan": False, "allow_infinity": False}),
    data=st.data(),
)
def test_one_value_that_is_no_number_is_found(planes, data):
    assert channels.finite(planes)
    assert reference.finite(planes)
    planes.flat[data.draw(st.integers(0, planes.size - 1))] = data.draw(
        st.sampled_from([np.nan, -np.nan, np.inf, -np.inf])
    )
    assert not channels.finite(planes)
    assert not reference.finite(planes)
    if engine.native() is not None:
        for native in natively(threads=2):
            assert not native.finite(planes)


@needs_native
@pytest.mark.parametrize("dtype", TYPES)
@given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 40), st.integers(1, 70)),
    seed=st.integers(0, 2**32 - 1),
    repeats=st.booleans(),
    threads=st.integers(1, 3),
)
def test_the_engines_interleave_to_the_same_bits_and_count_the_same(
    dtype, shape, seed, repeats, threads
):
    rng = np.random.default_rng(seed)
    # Multiples of half a step of 8 bits: ties, and values on both sides of the range.
    halves = (rng.integers(-200, 700, shape) / 510).astype(np.float32)
    others = rng.normal(0, 4, shape).astype(np.float32)
    planes = list(np.where(rng.random(shape) < 0.5, halves, others))
    intervals = [INTERVALS[k] for k in rng.integers(0, len(INTERVALS), len(planes))]
    if repeats:
        planes, intervals = [planes[0], *planes], [intervals[0], *intervals]
    expected, outside = reference.interleave(planes, intervals, np.dtype(dtype))
    for native in natively(threads):
        pixels, counted = native.interleave(planes, intervals, np.dtype(dtype))
        assert np.array_equal(pixels, expected)
        assert counted == outside


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_every_integer_comes_back(dtype):
    stored = np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(1, -1, 2)
    planes = channels.deinterleave(stored)
    assert (planes.min(), planes.max()) == (0, 1)
    back, outside = channels.interleave(list(planes), [(0.0, 1.0)] * 2, np.dtype(dtype))
    assert np.array_equal(back, stored)
    assert outside == 0


def test_ties_go_to_the_even_integer_as_in_ieee_754():
    halves = np.float32([[0.5, 1.5, 2.5, 254.5]])
    plane = halves / np.float32(255)
    stored = np.float32(255) * plane
    assert np.array_equal(stored, halves)  # the ties are exact
    pixels, _ = channels.interleave([plane], [(0.0, 1.0)], np.dtype(np.uint8))
    assert pixels.ravel().tolist() == [0, 2, 2, 254]


def test_values_beyond_a_type_are_clipped_and_counted():
    # Half a step above the range rounds, by its tie, out of it; half a step below does not.
    plane = np.float32([[-1e30, -1 / 255, -0.5 / 255, 1, 255.5 / 255, 1e30]])
    pixels, outside = channels.interleave([plane], [(0.0, 1.0)], np.dtype(np.uint8))
    assert pixels.ravel().tolist() == [0, 0, 0, 255, 255, 255]
    assert outside == 4


def test_a_plane_that_repeats_is_counted_once():
    plane = np.float32([[2, 0]])
    _, outside = channels.interleave([plane, plane], [(0.0, 1.0)] * 2, np.dtype(np.uint8))
    assert outside == 1
