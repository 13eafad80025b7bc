"""Structure tensors, and what laws make of them, against linear algebra in double precision."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import planes

from pdefilter.kernels.conductances import CONDUCTANCES
from pdefilter.kernels.lattice import stencil_of
from pdefilter.kernels.reference.lattice import REACH
from pdefilter.kernels.tensors import LEAST_DIFFUSIVITY, TensorLaw, structure_tensor

# From r to g, as the kernels' documentation has it.
FORMULAS = {
    "constant": lambda r: np.ones_like(r),
    "exponential": lambda r: 2.0**-r,
    "rational": lambda r: 1 / (1 + r),
    "charbonnier": lambda r: 1 / np.sqrt(1 + r),
    "weickert": lambda r: 1 - 2.0 ** -(1 / r**4),
    "tukey": lambda r: (1 - np.minimum(r, 1)) ** 2,
    "geman mcclure": lambda r: 1 / (1 + r) ** 2,
    "total variation": lambda r: 1 / np.sqrt(np.maximum(r, 1)),
}


def of_stencil(tensor, law):
    """Put Σ_k λ_k e_k e_kᵀ together again, of shape (M, N, 2, 2), where nothing is mirrored."""
    around = np.pad(tensor, ((0, 0), (REACH, REACH), (REACH, REACH)), mode="edge")
    stencil = stencil_of(around, law=law)
    inside = slice(REACH, -REACH), slice(REACH, -REACH)
    weights = np.repeat(stencil.weights[:, *inside], 2, axis=0).astype(float)
    neighbours = stencil.neighbours[:, :, *inside].astype(float)
    return np.einsum("kmn,kamn,kbmn->mnab", weights, neighbours, neighbours)


@pytest.mark.parametrize("conductance", [None, *CONDUCTANCES])
@given(st.integers(1, 6), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_diffusion_has_the_axes_of_the_structure_and_the_eigenvalues_of_the_law(
    conductance, rows, columns, seed
):
    rng = np.random.default_rng(seed)
    angle, scale = rng.random((rows, columns)) * np.pi, 2.0
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    structure = np.einsum("akmn,k,bkmn->mnab", turned, rng.random(2), turned)
    mu, axes = np.linalg.eigh(structure)
    if conductance is None:
        g = np.zeros_like(mu)
        g[..., 0] = 2.0 ** -(1 / (scale * (mu[..., 1] - mu[..., 0])) ** 2)
    else:
        g = FORMULAS[conductance](scale * mu)
    eigenvalues = LEAST_DIFFUSIVITY + (1 - LEAST_DIFFUSIVITY) * g
    true = np.einsum("...ak,...k,...bk->...ab", axes, eigenvalues, axes)
    components = [structure[..., a, b] for a, b in ((0, 0), (0, 1), (1, 1))]
    found = of_stencil(np.float32(components), TensorLaw(conductance, scale))
    # Products of whole numbers up to 2·5² by D, of a few roundings each, on vectors of norm² 50.
    np.testing.assert_allclose(found, true, rtol=0, atol=3 * 50 * 50 * 2.0**-24)


@given(planes(channels=3, side=9))
def test_the_structure_is_the_mean_of_the_outer_products_of_weickert_and_scharrs_gradient(u):
    kernel = np.array([[-3, -10, -3], [0, 0, 0], [3, 10, 3]]) / 32
    framed = np.pad(u.astype(float), ((0, 0), (1, 1), (1, 1)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(framed, (3, 3), axis=(1, 2))
    g_r, g_c = (np.einsum("cmnij,ij->cmn", windows, k) for k in (kernel, kernel.T))
    true = [(a * b).mean(axis=0) for a, b in ((g_r, g_r), (g_r, g_c), (g_c, g_c))]
    np.testing.assert_allclose(structure_tensor(u, len(u)), true, rtol=0, atol=1e-6)
