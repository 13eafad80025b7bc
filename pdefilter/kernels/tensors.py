"""Fields of symmetric tensors: the structure of an image, and diffusion that follows it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pdefilter.kernels.gradient import gradient
from pdefilter.kernels.taps import Taps
from pdefilter.raster import Mask, Planes

LEAST_DIFFUSIVITY = 0.01
"""α, below which no eigenvalue of diffusion falls; the largest is 1. The lattice of
`pdefilter.kernels.lattice` reaches this ratio."""

# Weickert & Scharr 2002, doi:10.1006/jvci.2001.0495: the 3 × 3 kernel nearest to a rotation
# invariant derivative.
_DIFFERENCE = Taps.centred((-0.5, 0.0, 0.5))
_SMOOTHING = Taps.centred((3 / 16, 10 / 16, 3 / 16))


@dataclass(frozen=True)
class TensorLaw:
    """How diffusion follows the structure J of an image, of eigenvalues μ₁ ≥ μ₂ (≥ μ₃).

    The tensor D of diffusion has the eigenvectors of J, and eigenvalues from
    `LEAST_DIFFUSIVITY` to 1 that are equal where those of J are equal.

    Attributes
    ----------
    conductance : str or None
        The name of g in `pdefilter.kernels.conductances`, for λ_i = α + (1 − α) g(s μ_i);
        None for λ_i = α + (1 − α) 2^(−1/d²) with d = s (μ₁ − μ_i), so that λ₁ = α.
        Hence diffusion follows lines, and in a volume surfaces too. Equal slices
        diffuse like one of them.
    scale : float
        s.
    """

    conductance: str | None
    scale: float


def structure_tensor(
    u: Planes,
    channels: int,
    valid: Mask | None = None,
    *,
    spacing: Sequence[float] | None = None,
    out: Planes | None = None,
) -> Planes:
    """Find J = Σ_c ∇u_c ∇u_cᵀ / `channels`, the same for all channels.

    (Di Zenzo 1986, doi:10.1016/0734-189X(86)90223-9.)

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    channels : int
        How many channels J is the mean of.
    valid : ndarray of shape (M, N), bool, optional
        Which pixels are not holes. The edges of holes do not count as structure, by
        the product rule v∇u = ∇(vu) − u∇v.
    spacing : sequence of float, optional
        The distance of neighbouring pixels along every axis; by default 1.
    out : ndarray of shape (3, M, N), float32, optional
        Where to write; by default a new array.

    Returns
    -------
    ndarray of shape (3, M, N), float32
        `out`: J_rr, J_rc and J_cc, rows and columns, per px²; of a volume six
        components, ss, sr, sc, rr, rc and cc.
    """
    return gradient(
        u,
        _DIFFERENCE,
        _SMOOTHING,
        alpha=None if valid is None else valid.astype(np.float32),
        measure="tensor",
        factor=1 / channels,
        spacing=spacing,
        out=out,
    )
