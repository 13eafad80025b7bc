"""Smoothing that minimises an energy, or the length of level lines."""

import math
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pdefilter.equations.energies import OPTIMIZERS, Energy, minimise
from pdefilter.errors import ParameterError
from pdefilter.filters.evolve import edges_of
from pdefilter.filters.noise import noise_of
from pdefilter.filters.option import AUTO
from pdefilter.observer import chose
from pdefilter.schemes.explicit import explicit_steps

if TYPE_CHECKING:
    from pdefilter.raster import Planes, Raster

ENERGIES = {
    "tikhonov": "least ½‖u − f‖² + λ Σ |∇u|²/2κ",
    "tv": "least ½‖u − f‖² + λ Σ |∇u|",
    "huber": "least ½‖u − f‖² + λ Σ of the former up to a slope κ, of the latter beyond",
}

OPTIMIZERS_OF = {
    "tikhonov": tuple(OPTIMIZERS),
    "tv": ("primal-dual",),
    "huber": ("gradient-descent", "nesterov", "newton", "primal-dual"),
}
_DEFAULT_WEIGHT, _DEFAULT_TOLERANCE = 20.0, 0.1
_DEFAULT_CONTRAST = 0.04
_DEFAULT_TIME, _DEFAULT_STEP, _LARGEST_STEP = 2.0, 0.2, 0.25


def require_fit(method: str, optimizer: str | None, contrast: float | None) -> None:
    """Refuse an optimiser that the energy has no use for, or a contrast that it has not.

    Raises
    ------
    ParameterError
        That names what would work.
    """
    if method == "tv" and contrast is not None:
        raise ParameterError("kappa", "tv counts all slopes alike; take the method huber")
    if optimizer is not None and optimizer not in OPTIMIZERS_OF[method]:
        fitting = ", ".join(OPTIMIZERS_OF[method])
        why = "has no gradient where u is even" if method == "tv" else "is not quadratic"
        raise ParameterError("optimizer", f"{optimizer} does not fit {method}, which {why}; "
                             f"take {fitting}")  # fmt: skip


def weight_of(method: str, contrast: float, deviations: Sequence[float]) -> float:
    """Find the λ, on the unit scale, that removes white noise best.

    Measured on five photographs with noise of 10, 25 and 50 grey levels: weights
    near it lose 0.1 to 0.2 dB on average to the best λ there is, those of the
    discrepancy principle, ‖u − f‖² = Nσ², 0.4 to 3. No noise has no weight.

    Parameters
    ----------
    method : str
        The energy.
    contrast : float
        κ on the unit scale.
    deviations : sequence of float
        The standard deviation of the noise in every channel.
    """
    deviation = math.sqrt(math.fsum(d * d for d in deviations) / len(deviations))
    linear = 0.7 * deviation * math.pow(deviation / 0.1, 0.2)
    quadratic = 0.9 * contrast * math.pow(deviation / 0.1, 1.25)
    weights = {"tv": linear, "tikhonov": quadratic, "huber": max(linear, quadratic)}
    return weights[method]


def minimised(
    image: "Raster",
    method: str,
    weight: float | str | None,
    contrast: float | None,
    optimizer: str | None,
    tolerance: float | None,
) -> "Raster":
    """Minimise one of `ENERGIES`.

    Parameters
    ----------
    image : Raster
        The image f.
    method : str
        The energy.
    weight : float, str or None
        In grey levels of 255; or auto, `weight_of` the noise.
    tolerance : float or None
        In grey levels of 255.
    contrast : float or None
        κ on the unit scale.
    optimizer : str or None
        One that fits the energy; None for primal-dual.
    """
    allowed = _DEFAULT_TOLERANCE if tolerance is None else tolerance
    kappa = _DEFAULT_CONTRAST if contrast is None else contrast
    edges, way = edges_of(image), optimizer or "primal-dual"
    if weight == 0:
        return image

    def minimum(f: "Planes") -> "Planes":
        wanted = _DEFAULT_WEIGHT if weight is None else weight
        if wanted == AUTO:
            deviations = noise_of(image, f, AUTO).deviations[: len(image.colour)]
            wanted = 255 * weight_of(method, kappa, deviations)
        chose(weight=wanted)
        if not wanted:
            return f
        contrast = 0 if method == "tv" else kappa
        energy = Energy(f, float(wanted) / 255, contrast, method != "tikhonov", edges)
        u, trace = minimise(energy, way, allowed / 255)
        chose(iterations=trace.iterations, energies=trace.energies, **_proof(way, trace.distances))
        reached = trace.distances[-1] * (allowed / trace.tolerance)
        if reached > allowed:
            warnings.warn(
                f"the minimum may be {reached:.2g} grey levels away, not {allowed:g}, after "
                f"{trace.iterations} iterations",
                stacklevel=2,
            )
        return u

    return image.diffused(minimum)


def _proof(optimizer: str, distances: Sequence[float]) -> dict[str, object]:
    """Name what proved, whenever it was looked at, how near the minimum is."""
    if optimizer == "primal-dual":
        return {"gaps": [distance**2 / 2 for distance in distances]}
    return {"gradients": distances}


def straightened(image: "Raster", time: float | None) -> "Raster":
    """Move level lines by their curvature, for a time in px², by default 2."""
    import numpy as np

    from pdefilter.kernels.curvature import straighten

    weight = None if image.valid is None else image.valid.astype(np.float32)
    steps = explicit_steps(
        time=time,
        iterations=None,
        step=None,
        default_time=_DEFAULT_TIME,
        default_step=_DEFAULT_STEP,
        largest_stable_step=_LARGEST_STEP,
    )
    return image.diffused(lambda u: straighten(u, steps, weight)) if steps else image
