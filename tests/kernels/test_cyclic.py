import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import planes

from pdefilter.kernels.cosine import decay_modes
from pdefilter.kernels.cyclic import around, decay_waves
from pdefilter.kernels.taps import Taps

CYCLIC = [(True, True), (True, False), (False, True)]


@pytest.mark.parametrize("wraps", CYCLIC)
@given(planes(), st.integers(0, 30))
def test_around_what_is_beyond_the_border_comes_from_the_opposite_side(wraps, u, reach):
    """Also if the reach is many times the axis."""

    def from_afar(v, *_):
        shifted = v
        for axis, wrap in zip((1, 2), wraps, strict=True):
            if wrap:
                shifted = np.take(
                    shifted, np.maximum(np.arange(shifted.shape[axis]) - reach, 0), axis
                )
        return shifted

    shift = [reach if wrap else 0 for wrap in wraps]
    assert np.array_equal(around(from_afar, reach, wraps, u, u), np.roll(u, shift, (1, 2)))


@given(planes(channels=2), st.floats(0.01, 100), st.tuples(*[st.floats(0.5, 2)] * 2))
def test_waves_of_a_mirrored_image_are_cosines(u, time, spacing):
    ours = decay_waves(u, time, (False, False), spacing)
    np.testing.assert_allclose(ours, decay_modes(u, time, spacing), rtol=0, atol=1e-5)


@pytest.mark.parametrize("wraps", CYCLIC)
@given(planes(channels=1), st.floats(0.01, 20))
def test_waves_decay_as_a_matrix_exponential_says(wraps, u, time):
    """Along each axis by itself, for the Laplacian is a sum over the axes."""
    true = u[0].astype(float)
    for axis, wrap in enumerate(wraps):
        size = true.shape[axis]
        links = [(i, (i + 1) % size) for i in range(size if wrap else size - 1)]
        laplacian = np.zeros((size, size))
        for i, j in links:
            laplacian[[i, j], [j, i]] += 1 if size != 1 else 0
            laplacian[i, i] -= 1 if size != 1 else 0
            laplacian[j, j] -= 1 if size != 1 else 0
        eigenvalues, vectors = np.linalg.eigh(laplacian)
        decay = vectors * np.exp(time * eigenvalues) @ vectors.T
        true = np.moveaxis(np.tensordot(decay, true, (1, axis)), 0, axis)
    np.testing.assert_allclose(decay_waves(u, time, wraps, (1, 1))[0], true, rtol=0, atol=1e-5)


@given(
    st.integers(1, 12),
    st.lists(st.floats(0.01, 1), min_size=1, max_size=40).filter(lambda w: len(w) % 2),
)
def test_a_wrapped_kernel_has_the_same_periodic_weights(length, weights):
    taps = Taps.centred(weights)
    wrapped = taps.wrapped(length)

    def periodic(of):
        offsets = (of.first + np.arange(len(of.weights))) % length
        return np.bincount(offsets, of.weights, length)

    assert wrapped.reach <= max(length, 1)
    # Mirrored too, as sums over both directions are.
    both = periodic(taps) + periodic(Taps.centred(weights[::-1]))
    symmetric = periodic(wrapped) + periodic(Taps.centred([*wrapped.weights][::-1]))
    np.testing.assert_allclose(symmetric, both, rtol=1e-12)
