"""Steps that minimise ½‖u − f‖² + Σ ψ(|∇u|), on the engine in use.

By the dual field p, u = f + div p: the energy ψ of a slope s, summed over the
channels, is the largest p s − c p²/2 with p ≤ R. So it is R s − c R²/2 where
s > c R, s²/2c below: Huber's; total variation for c = 0, a quadratic for R = ∞.
"""

from math import fsum
from types import ModuleType

from pdefilter.kernels import engine
from pdefilter.kernels.reference import variation as reference
from pdefilter.raster import Planes

STEP = 1 / 8
"""The reciprocal of the largest eigenvalue that −div ∇ can have on the pixel grid."""


def ascend(
    f: Planes,
    p: Planes,
    before: Planes,
    *,
    momentum: float,
    softness: float,
    radius: float,
    edges: Planes | None = None,
    out: Planes,
) -> None:
    """Take one step up the dual energy.

    q = p + β (p − p_before) moves along ∇(f + div q) and back to where c and R
    allow (Beck & Teboulle 2009, doi:10.1109/TIP.2009.2028250, algorithm FGP).

    Parameters
    ----------
    f : ndarray of shape (C, M, N), float32
        The image.
    p, before : ndarray of shape (C, 2, M, N), float32
        The dual field, of the edge below every pixel and of that to its right,
        and that of the step before.
    momentum : float
        β.
    softness, radius : float
        c ≥ 0 and R, which may be infinite.
    edges : ndarray of shape (2, M, N), float32, optional
        1 for an open edge, 0 for a closed one.
    out : ndarray of shape (C, 2, M, N), float32
        Where the new field goes; not p nor that before.
    """
    shrinkage = 1 / (1 + STEP * softness)
    _engine().ascend(f, p, before, edges, momentum, STEP, shrinkage, radius, out)


def energy_and_gap(
    f: Planes, p: Planes, *, softness: float, radius: float, edges: Planes | None = None
) -> tuple[float, float]:
    """Find the energy of u = f + div p, and how far it is from the least at most.

    The duality gap is, pixel by pixel, ψ(|∇u|) − p ∇u + c p²/2, which is at
    least zero (Fenchel and Young). Parameters as of `ascend`.
    """
    energies, gaps = _engine().energies_and_gaps(f, p, edges, softness, radius)
    return fsum(energies), fsum(gaps)


def descended(f: Planes, p: Planes) -> Planes:
    """Find u = f + div p, of the shape of f."""
    return reference.descended(f, p)


def _engine() -> ModuleType:
    if engine.name() == "native":
        from pdefilter.kernels.native import variation as native

        return native
    return reference
