"""Smoothing that minimises an energy, or the length of level lines."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdefilter.equations.contrast import LARGEST, SMALLEST
from pdefilter.equations.energies import OPTIMIZERS, Energy, minimise
from pdefilter.errors import ParameterError
from pdefilter.filters.evolve import edges_of
from pdefilter.filters.maps import numbers_in, require_map
from pdefilter.filters.noise import noise_of
from pdefilter.filters.option import AUTO
from pdefilter.filters.weighing import weight_of_least_risk
from pdefilter.observer import chose
from pdefilter.schemes.explicit import explicit_steps

if TYPE_CHECKING:
    from pdefilter.raster import Plane, Planes, Raster

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

# Of an image whose range is about one, λ makes a constant from about its width on.
_LARGEST_WEIGHT = 1e9

# What rounding to float32 leaves.
_LEAST_TOLERANCE = 2.0**-22

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


@dataclass(frozen=True)
class Wanted:
    """What is asked of a minimum; the parameters of `pdefilter.filters.smooth` of these names.

    Attributes
    ----------
    method : str
        One of `ENERGIES`.
    optimizer : str or None
        One that fits the energy; None for primal-dual.
    """

    method: str
    weight: float | str | None
    weight_map: "Raster | None"
    noise: float | str | None
    noise_map: "Raster | None"
    kappa: float | None
    optimizer: str | None
    tolerance: float | None

    def check(self, image: "Raster") -> None:
        """Refuse parameters that contradict each other, or the size of the image.

        Raises
        ------
        ParameterError
            If they contradict each other.
        MisfitError
            If a map is of another size.
        """
        for name in ("weight", "noise"):
            value, picture = getattr(self, name), getattr(self, f"{name}_map")
            require_map(name, value, picture, image, given=value is not None)
        if self.weight != AUTO and (self.noise is not None or self.noise_map is not None):
            name = "noise" if self.noise is not None else "noise_map"
            raise ParameterError(name, "is what weight auto follows; give --weight auto too")

    def minimum_of(self, image: "Raster") -> "Raster":
        """Minimise the energy of an image f."""
        scale, edges, way = image.scale, edges_of(image), self.optimizer or "primal-dual"
        if self.weight == 0 or not image.colour.size:
            return image
        kappa = scale.number(_DEFAULT_CONTRAST if self.kappa is None else self.kappa)
        kappa = min(LARGEST, max(SMALLEST, kappa))
        allowed = scale.tolerance(self.tolerance, _DEFAULT_TOLERANCE)

        def minimum(f: "Planes") -> "Planes":
            weight = self._weight(image, f, kappa)
            if not isinstance(weight, float):
                chose(
                    weight=[
                        255 * scale.part(float(weight.min())),
                        255 * scale.part(float(weight.max())),
                    ]
                )
            else:
                chose(weight=255 * scale.part(weight))
                if not weight:
                    return f
            contrast = 0 if self.method == "tv" else kappa
            energy = Energy(f, weight, contrast, self.method != "tikhonov", edges)
            u, trace = minimise(energy, way, max(allowed, _LEAST_TOLERANCE))
            chose(
                iterations=trace.iterations, energies=trace.energies, **_proof(way, trace.distances)
            )
            reached = trace.distances[-1] / trace.tolerance
            if reached > 1:
                levels = 255 * scale.part(allowed)
                warnings.warn(
                    f"the minimum may be {reached * levels:.2g} grey levels away, not "
                    f"{levels:.2g}, after {trace.iterations} iterations",
                    stacklevel=2,
                )
            return u

        return image.diffused(minimum)

    def _weight(self, image: "Raster", f: "Planes", kappa: float) -> "float | Plane":
        """Find λ as a number, or for every pixel."""
        import numpy as np

        scale = image.scale
        given = numbers_in("weight_map", self.weight_map, image, positive=False)
        if given is not None:
            return (given / 255).clip(max=_LARGEST_WEIGHT).astype(np.float32)
        if self.weight != AUTO:
            levels = _DEFAULT_WEIGHT if self.weight is None else float(self.weight)
            return min(_LARGEST_WEIGHT, scale.number(levels / 255))
        noise_map = numbers_in("noise_map", self.noise_map, image, positive=False)
        noise = noise_of(image, f, AUTO if self.noise is None else self.noise, noise_map)
        found = weight_of_least_risk(
            self.method,
            kappa,
            f,
            noise,
            colours=len(image.colour),
            edges=edges_of(image),
            spread=scale.spread,
        )
        return found if isinstance(found, float) else found.astype(np.float32)


def _proof(optimizer: str, distances: Sequence[float]) -> dict[str, object]:
    """Name what proved, whenever it was looked at, how near the minimum is."""
    if optimizer == "primal-dual":
        return {"gaps": [distance**2 / 2 for distance in distances]}
    return {"gradients": distances}


def moved_by_curvature(image: "Raster", time: float | None) -> "Raster":
    """Move level lines by their curvature, for a time in px², by default 2."""
    import numpy as np

    from pdefilter.kernels.curvature import curvature_motion

    weight = None if image.valid is None else image.valid.astype(np.float32)
    steps = explicit_steps(
        time=time,
        iterations=None,
        step=None,
        default_time=_DEFAULT_TIME,
        default_step=_DEFAULT_STEP,
        largest_stable_step=_LARGEST_STEP,
    )
    if not steps:
        return image
    return image.of_range_one.diffused(lambda u: curvature_motion(u, steps, weight))
