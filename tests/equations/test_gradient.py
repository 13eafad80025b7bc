import numpy as np
import pytest
from hypothesis import given
from support import planes

from pdefilter.equations.gradient import OPERATORS, shared_gradient, strength
from pdefilter.raster import Raster

FIRST_ORDER = [name for name, operator in OPERATORS.items() if operator.order == 1]


def shared(u, name):
    return shared_gradient(Raster(np.asarray(u, np.float32)), OPERATORS[name])


def gradient(u, name):
    """The gradients of the channels, each filtered by itself."""
    return np.stack([shared(channel[None], name) for channel in u], axis=1)


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_first_derivatives_are_exact_on_planes_and_read_one_at_a_step(name):
    row, column = np.mgrid[:8, :9].astype(np.float32)
    rows, columns = gradient((3 * row + 2 * column)[None] / 64, name)
    span = len(OPERATORS[name].difference) - 1
    inside = (0, slice(1, -1), slice(1, -1))
    np.testing.assert_allclose(rows[inside], 3 * span / 64, atol=1e-6)
    np.testing.assert_allclose(columns[inside], 2 * span / 64, atol=1e-6)

    step = (row >= 4)[None]
    rows, columns = gradient(step, name)
    assert rows.max() == pytest.approx(1, abs=1e-6)
    assert np.abs(columns).max() < 1e-6


def test_the_laplacian_is_exact_on_quadratics():
    row, column = np.mgrid[:8, :9].astype(np.float32)
    rows, columns = gradient((3 * row**2 + 2 * column**2 + row * column)[None], "laplacian")
    inside = (0, slice(1, -1), slice(1, -1))
    assert np.all(rows[inside] == 3)
    assert np.all(columns[inside] == 2)


@pytest.mark.parametrize("name", OPERATORS)
def test_constants_have_no_edges(name):
    rows, columns = gradient(np.full((2, 7, 5), 0.3), name)
    assert not rows.any()
    assert not columns.any()


@pytest.mark.parametrize("name", OPERATORS)
@given(u=planes())
def test_nothing_leaves_its_range(name, u):
    # Zeros and ones, the worst images there are.
    extreme = np.rint(u)
    ours = strength(Raster(extreme), OPERATORS[name])
    for values in (gradient(extreme, name), shared(extreme, name), ours):
        assert np.abs(values).max() <= 1 + 1e-6


@given(planes())
def test_the_shared_gradient_is_the_principal_axis_of_the_structure_tensor(u):
    rows, columns = gradient(u, "sobel")
    v_r, v_c = shared(u, "sobel")
    for i, j in np.ndindex(v_r.shape):
        g = np.stack([rows[:, i, j], columns[:, i, j]], axis=1).astype(np.float64)
        eigenvalues, eigenvectors = np.linalg.eigh(g.T @ g / len(g))
        v = np.array([v_r[i, j], v_c[i, j]], np.float64)
        assert v @ v == pytest.approx(eigenvalues[1], abs=1e-6)
        # Where the axis is clear, v lies along it.
        if eigenvalues[1] - eigenvalues[0] > 1e-3:
            assert abs(v @ eigenvectors[:, 0]) < 1e-3
        assert v @ g.sum(axis=0) >= -1e-6


@pytest.mark.parametrize("name", OPERATORS)
@given(u=planes(channels=1))
def test_equal_channels_have_the_gradient_of_one(name, u):
    one, three = shared(u, name), shared(np.repeat(u, 3, axis=0), name)
    np.testing.assert_allclose(three, one, rtol=0, atol=1e-6)


def test_where_no_axis_is_clear_the_vector_is_as_long_as_anywhere():
    # Two ramps across each other: both eigenvalues of the mean tensor are 1/2 (2/8)².
    ramps = np.mgrid[:8, :8].astype(np.float32) / 8
    v_r, v_c = shared(ramps, "sobel")
    squared = (v_r**2 + v_c**2)[1:-1, 1:-1]
    np.testing.assert_allclose(squared, 0.5 * 0.25**2, rtol=1e-6)


@pytest.mark.parametrize("name", OPERATORS)
@given(u=planes())
def test_the_strength_is_that_of_the_vector(name, u):
    operator = OPERATORS[name]
    v_r, v_c = shared(u, name).astype(np.float64)
    mean_square = (v_r**2 + v_c**2) * (0.5 if operator.averages else 1)
    expected = np.sqrt(mean_square) if operator.order == 1 else np.abs(v_r + v_c) / 2
    ours = strength(Raster(u), operator)
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", OPERATORS)
@given(u=planes())
def test_hidden_colour_and_the_outline_of_alpha_are_no_edges(name, u):
    alpha = np.zeros(u.shape[1:], np.float32)
    alpha[: (len(alpha) + 1) // 2] = 1
    flat = np.where(alpha > 0, np.float32(0.25), u)
    assert np.abs(shared_gradient(Raster(flat, alpha), OPERATORS[name])).max() < 1e-6


@pytest.mark.parametrize("name", OPERATORS)
@given(u=planes())
def test_full_opacity_changes_nothing(name, u):
    opaque = Raster(u, np.ones(u.shape[1:], np.float32))
    ours = strength(opaque, OPERATORS[name])
    plain = strength(Raster(u), OPERATORS[name])
    np.testing.assert_allclose(ours, plain, rtol=0, atol=1e-6)
