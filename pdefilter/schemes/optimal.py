"""The cycle of explicit steps with the smallest error, for linear diffusion to a tolerance.

A cycle of n steps multiplies the mode of eigenvalue −λ by a polynomial p of degree n
with p(0) = 1, where the exact factor is exp(−tλ). The optimal polynomial is nearest to
it on the spectrum 0 ≤ λ ≤ Λ, in the mean square with weight 1/λ. This is the weight of
images whose power falls like one over the squared frequency (Field 1987,
doi:10.1364/JOSAA.4.002379). Then p = 1 − λq, where q is the expansion of
(1 − exp(−tλ))/λ in polynomials P_k that are orthogonal with weight λ: Jacobi's P^(0,1)
of x = 2λ/Λ − 1, with x P_k = b_k P_{k+1} + a_k P_k + b_{k−1} P_{k−1} when orthonormal
(Szegő 1939, §4.5).
"""

import cmath
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pdefilter.schemes.fast_explicit import Cycle, leja_order

Values = NDArray[np.float64]

# Longer cycles gain little over several short ones, and the roots of p cost n³.
LONGEST_CYCLE = 128

# So many Chebyshev nodes integrate the products of the expanded function and any of the polynomials
# to 1e-10, for the longest time that LONGEST_CYCLE steps take.
_NODES = 640

_K = np.arange(LONGEST_CYCLE + 1)
_A = 1 / ((2 * _K + 1) * (2 * _K + 3))
_B = np.sqrt((_K + 1) * (_K + 2)) / (2 * _K + 3)


@dataclass(frozen=True)
class Spectrum:
    """The power spectrum of images.

    Attributes
    ----------
    eigenvalues : ndarray of shape (K,)
        The eigenvalues λ ≥ 0 of minus the Laplacian, in px⁻².
    energies : ndarray of shape (K, I)
        The mean square of the part of each of I images with each eigenvalue.
    """

    eigenvalues: Values
    energies: Values


def optimal_cycles(
    time: float, spectrum: Spectrum, tolerance: float, largest_stable_step: float
) -> list[Cycle]:
    """Find the fewest steps in which the root mean square error stays below a tolerance.

    Parameters
    ----------
    time : float
        The stopping time t in px².
    spectrum : Spectrum
        The spectrum of the images; the error of each must stay below the tolerance.
    tolerance : float
        The error allowed, in the unit of the images.
    largest_stable_step : float
        τ_max in px²; the spectrum ends at Λ = 2/τ_max.

    Returns
    -------
    list of Cycle
        Equal cycles, one after the other.
    """
    largest = 2 / largest_stable_step
    count = 1
    while (q := _expand(time / count, spectrum, tolerance / count, largest)) is None:
        count *= 2
    return [_cycle(_roots(q, largest))] * count


def _expand(time: float, spectrum: Spectrum, tolerance: float, largest: float) -> Values | None:
    """Find the coefficients of q, as many as the tolerance needs; None if these are too many."""
    nodes, weights = _fejer(_NODES)
    at_nodes = (nodes + 1) * largest / 2
    weighted = weights * (1 + nodes) * -np.expm1(-time * at_nodes) / at_nodes
    eigenvalues = spectrum.eigenvalues
    error = 1 - np.exp(-time * eigenvalues)  # p − exp(−tλ), which starts from p = 1
    x = np.concatenate([nodes, 2 * eigenvalues / largest - 1])
    previous, now = np.zeros_like(x), np.full_like(x, math.sqrt(0.5))
    q = []
    for k in range(LONGEST_CYCLE):
        q.append(float(now[:_NODES] @ weighted))
        error -= eigenvalues * (q[-1] * now[_NODES:])
        # If the energies are not numbers, any polynomial is accepted.
        if not np.max(error**2 @ spectrum.energies) > tolerance**2:
            return np.array(q)
        before = _B[k - 1] * previous if k else 0
        previous, now = now, ((x - _A[k]) * now - before) / _B[k]
    return None


def _roots(q: Values, largest: float) -> NDArray[np.complex128]:
    """Find the roots of p = 1 − λq, the eigenvalues of its comrade matrix.

    (Barnett 1975, doi:10.1080/00207177508922016.)
    """
    n = len(q)
    a, b, q = _A[:n], _B[:n], q * largest / 2
    p = np.zeros(n + 1)
    p[0] = math.sqrt(2)  # 1 in units of P_0
    p[:-1] -= (1 + a) * q
    p[1:] -= b * q
    p[: n - 1] -= b[:-1] * q[1:]
    matrix = np.diag(a) + np.diag(b[:-1], 1) + np.diag(b[:-1], -1)
    matrix[-1] -= b[-1] * p[:-1] / p[-1]
    x = np.linalg.eigvals(matrix).astype(np.complex128)
    roots: NDArray[np.complex128] = (1 + x) * largest / 2
    return roots


def _cycle(roots: NDArray[np.complex128]) -> Cycle:
    """Make one step of a real factor 1 − λ/z of p, and two of a conjugate pair.

    Two steps of size τ = 1/Re z, the second with the momentum α = cos²(arg z), have
    α(1 − τλ)² + (1 − α) = (1 − λ/z)(1 − λ/z̄).
    """
    upper = [complex(z) for z in roots if z.imag >= 0]
    sizes: list[float] = []
    momenta: list[float] = []
    for k in leja_order(upper):
        z = upper[k]
        sizes += [1 / z.real] * (2 if z.imag else 1)
        momenta += [1.0, math.cos(cmath.phase(z)) ** 2] if z.imag else [1.0]
    return Cycle(tuple(sizes), tuple(momenta))


def _fejer(m: int) -> tuple[Values, Values]:
    """Make m nodes and weights that integrate polynomials of degree below m over [−1, 1].

    The weights 2/m (1 − 2 Σ_k cos(2kθ)/(4k² − 1)) at the nodes cos θ, θ = π(j + ½)/m
    (Fejér 1933, doi:10.1007/BF01186551), are a discrete Fourier transform.
    """
    k = np.arange((m + 1) // 2)
    coefficients = np.exp(1j * np.pi * k / m) / (1 - 4 * k**2)
    weights = 2 * np.fft.irfft(np.append(coefficients, 0)[: m // 2 + 1], m)
    return np.cos(np.pi * (np.arange(m) + 0.5) / m), weights
