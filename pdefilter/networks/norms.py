"""How much a convolution enlarges differences."""

import math

import numpy as np
from numpy.typing import NDArray

_FREQUENCIES = 16  # along an axis


def largest_norm(name: str) -> float:
    """Return the norm up to which a step of one does not enlarge differences: ‖K‖² ≤ 2, ‖R‖ ≤ 1.

    Weights that have no such limit get infinity.
    """
    if name.endswith(".kernel") and "injection" not in name:
        return math.sqrt(2)
    return 1.0 if name.endswith(".restriction") else math.inf


def norm_of_steps(kernel: NDArray[np.float64]) -> float:
    """Bound ‖K‖ from above, K a convolution of width 3 that has zeros beyond its border.

    ‖K‖ is the largest singular value of the matrices K̂(ω) = Σ k_d exp(i⟨ω, d⟩) over all
    frequencies (Sedghi, Gupta & Long 2019, arXiv:1805.10408). Between the frequencies of
    a grid of N × N, a polynomial of degree one in each of the two exceeds the largest
    value on the grid by 1/cos(π/N) at most, in each (Ehlich & Zeller 1964,
    doi:10.1007/BF01111276); with N = 16 that is four per cent.

    Parameters
    ----------
    kernel : ndarray of shape (C, C, 3, 3)
        The weights, in the order of outputs, inputs, rows and columns.

    Returns
    -------
    float
        The bound.
    """
    frequencies = 2 * np.pi * np.arange(_FREQUENCIES) / _FREQUENCIES
    waves = np.exp(1j * np.outer(frequencies, [-1, 0, 1]))
    # The other half has the conjugate matrices.
    half = waves[: _FREQUENCIES // 2 + 1]
    matrices = np.einsum("ar,bs,oirs->aboi", half, waves, kernel, optimize=True)
    # The squares of singular values are eigenvalues, which are found much sooner.
    squares = np.linalg.eigvalsh(matrices @ matrices.conj().swapaxes(-1, -2))
    return math.sqrt(float(squares.max())) / math.cos(math.pi / _FREQUENCIES) ** 2


def norm_of_restriction(kernel: NDArray[np.float64]) -> float:
    """Find ‖R‖, where R maps squares of 2 × 2 cells, which have none in common, to one each."""
    return float(np.linalg.norm(kernel.reshape(len(kernel), -1), 2))
