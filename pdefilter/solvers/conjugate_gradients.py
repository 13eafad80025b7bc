"""Conjugate gradients for linear systems, with a preconditioner."""

from typing import TYPE_CHECKING, Protocol

from pdefilter.display import iterated
from pdefilter.observer import advanced

if TYPE_CHECKING:
    from pdefilter.solvers.multigrid import Field


class System(Protocol):
    """A u = f with a symmetric, positive operator A."""

    def product(self, u: "Field", v: "Field | None") -> float:
        """Find ⟨f − A u, v⟩; without v the product of the residual with itself."""
        ...

    def energy(self, p: "Field") -> float:
        """Find ⟨p, A p⟩."""
        ...

    def correction(self, u: "Field") -> "Field":
        """Approximate A⁻¹(f − A u) by a symmetric operator; a new array."""
        ...


def solve(system: System, u: "Field", *, tolerance: float, most: int) -> list[float]:
    """Improve u in place until the residual is small.

    Every product uses the residual of u itself, not a residual that is updated from
    step to step. So there is no such field to store, and rounding does not accumulate.
    Besides u two fields are stored.

    Parameters
    ----------
    system : System
        The system of equations.
    u : ndarray of float32
        The first guess, and the result.
    tolerance : float
        The norm of the residual to stop at.
    most : int
        The largest number of iterations.

    Returns
    -------
    list of float
        The norm of the residual before every iteration, and at the end.

    References
    ----------
    Hestenes & Stiefel 1952, doi:10.6028/jres.049.044.
    """
    import numpy as np

    norms = [system.product(u, None) ** 0.5]
    p, rho = np.zeros_like(u), 0.0
    while norms[-1] > tolerance and len(norms) <= most:
        z = system.correction(u)
        last, rho = rho, system.product(u, z)
        p *= np.float32(rho / last if last else 0)
        p += z
        curvature = system.energy(p)
        if not curvature > 0:
            break
        np.multiply(p, np.float32(system.product(u, p) / curvature), out=z)
        u += z
        iterated(u)
        norms.append(system.product(u, None) ** 0.5)
        advanced()
    return norms
