"""Smoothing that minimises an energy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pdefilter.equations.contrast import LARGEST, SMALLEST
from pdefilter.equations.energies import OPTIMIZERS, Energy, minimise
from pdefilter.errors import ParameterError
from pdefilter.evolve.weighing import factor_of_least_risk, first_guess
from pdefilter.filters.operations.planes import PlanesOperation, edges_of
from pdefilter.filters.options.maps import numbers_in, require_map, require_size
from pdefilter.filters.options.noise import as_numbers, noise_of
from pdefilter.filters.options.option import AUTO
from pdefilter.observer import chose, phase
from pdefilter.operation import Numbers
from pdefilter.scale import Scale
from pdefilter.warn import warn

if TYPE_CHECKING:
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.measure.extremes import PlainLimits
    from pdefilter.measure.noise import Noise
    from pdefilter.raster import Mask, Plane, Planes, Raster, Values

ENERGIES = {
    "tikhonov": "minimum of ½‖u − f‖² + λ Σ |∇u|²/2κ",
    "tv": "minimum of ½‖u − f‖² + λ Σ |∇u|",
    "huber": "minimum of an energy like tikhonov's up to a slope κ, and like tv's beyond",
}

OPTIMIZERS_OF = {
    "tikhonov": tuple(OPTIMIZERS),
    "tv": ("primal-dual",),
    "huber": ("gradient-descent", "nesterov", "newton", "primal-dual"),
}
DEFAULT_WEIGHT, _DEFAULT_TOLERANCE = 20.0, 0.1
DEFAULT_CONTRAST = 0.04
DEFAULT_OPTIMIZER = "primal-dual"

# If λ is about the width of the image or more, the result is constant (for a range of about one).
_LARGEST_WEIGHT = 1e9

# The rounding to float32.
_LEAST_TOLERANCE = 2.0**-22


@dataclass(frozen=True)
class Minimised(PlanesOperation):
    """The minimum of an energy; the attributes are parameters of `pdefilter.filters.smooth`.

    Attributes
    ----------
    method : str
        One of `ENERGIES`.
    optimizer : str or None
        One that fits the energy; None for primal-dual.

    Raises
    ------
    ParameterError
        If parameters contradict each other, or the optimizer does not fit the energy.
    """

    method: str
    weight: float | str | None
    weight_map: "Raster | None"
    noise: float | str | None
    noise_map: "Raster | None"
    kappa: float | None
    optimizer: str | None
    tolerance: float | None

    def __post_init__(self) -> None:
        method, optimizer = self.method, self.optimizer
        if method == "tv" and self.kappa is not None:
            raise ParameterError("kappa", "tv counts all slopes alike; take the method huber")
        if optimizer is not None and optimizer not in OPTIMIZERS_OF[method]:
            fitting = ", ".join(OPTIMIZERS_OF[method])
            why = "has no gradient where u is even" if method == "tv" else "is not quadratic"
            raise ParameterError("optimizer", f"{optimizer} does not fit {method}, which {why}; "
                                 f"take {fitting}")  # fmt: skip
        for name in ("weight", "noise"):
            value, picture = getattr(self, name), getattr(self, f"{name}_map")
            require_map(name, value, picture, given=value is not None)
        if self.weight != AUTO and (self.noise is not None or self.noise_map is not None):
            name = "noise" if self.noise is not None else "noise_map"
            raise ParameterError(name, "is used by weight auto only; give --weight auto too")

    def of_noise(self, level: float | str) -> "Minimised":
        """Return the operation for noise of this deviation, or for noise to be estimated."""
        return replace(self, noise=level) if self.weight == AUTO else self

    @property
    def evolves(self) -> bool:
        """Return true."""
        return True

    @property
    def remedy(self) -> str | None:
        """Advice: anisotropic diffusion removes noise too, step by step."""
        return "take anisotropic instead"

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:
        """Refuse images whose size is not that of the maps."""
        super().require_fit(shape, valid)
        require_size("weight_map", self.weight_map, shape)
        require_size("noise_map", self.noise_map, shape)

    def measure_planes(
        self, image: "Raster", u: "Planes", limits: "Callable[[], PlainLimits]"
    ) -> dict[str, Any]:
        """Find the noise, if the weight depends on it, and the weight λ in grey levels of 255."""
        scale = image.scale
        given = numbers_in("weight_map", self.weight_map, image, positive=False)
        if given is not None:
            return {"weight": [255 * scale.fraction(float(end)) for end in _ends(given / 255)]}
        if self.weight != AUTO:
            levels = DEFAULT_WEIGHT if self.weight is None else float(self.weight)
            return {"weight": levels, "pull": levels / 255}
        noise = self._noise(image, u)
        guess = self._guess(image, noise)
        factor = factor_of_least_risk(
            self.method,
            self._kappa(scale),
            u,
            noise,
            guess,
            colours=len(image.colour),
            edges=edges_of(image),
            spacing=image.spacing,
        )
        if not isinstance(guess, float):
            levels_of = [255 * scale.fraction(float(end)) for end in _ends(guess * factor)]
            return {"factor": factor, "weight": levels_of}
        pull = scale.fraction(guess * factor)
        return {**as_numbers(noise, image), "weight": 255 * pull, "pull": pull}

    def run_planes(
        self,
        image: "Raster",
        u: "Planes",
        numbers: Numbers,
        scratch: "Scratch",
    ) -> "Planes":
        """Minimise the energy of planes f."""
        scale, optimizer = image.scale, self.optimizer or DEFAULT_OPTIMIZER
        weight = self._weight(image, u, numbers)
        if isinstance(weight, float) and not weight:
            return u
        allowed = scale.tolerance(self.tolerance, _DEFAULT_TOLERANCE)
        contrast = 0 if self.method == "tv" else self._kappa(scale)
        energy = Energy(
            u, weight, contrast, self.method != "tikhonov", edges_of(image), image.spacing
        )
        phase("minimising")
        minimiser, trace = minimise(energy, optimizer, max(allowed, _LEAST_TOLERANCE))
        proof = _proof(optimizer, trace.distances)
        chose(iterations=trace.iterations, energies=trace.energies, **proof)
        reached = trace.distances[-1] / trace.tolerance
        if reached > 1:
            levels = 255 * scale.fraction(allowed)
            warn(
                f"the minimum may be {reached * levels:.2g} grey levels away after "
                f"{trace.iterations} iterations, more than the tolerance of {levels:.2g}"
            )
        return minimiser

    def _weight(self, image: "Raster", f: "Planes", numbers: Numbers) -> "float | Plane":
        """Find λ on the scale of the image: one number, or one for every pixel."""
        import numpy as np

        if "pull" in numbers:
            return min(_LARGEST_WEIGHT, image.scale.number(numbers["pull"]))
        given = numbers_in("weight_map", self.weight_map, image, positive=False)
        if given is not None:
            return (given / 255).clip(max=_LARGEST_WEIGHT).astype(np.float32)
        weight: Any = self._guess(image, self._noise(image, f)) * numbers["factor"]
        return np.asarray(weight, np.float32)

    def _noise(self, image: "Raster", f: "Planes") -> "Noise":
        level = AUTO if self.noise is None else self.noise
        return noise_of(image, f, level, self.noise_map)

    def _guess(self, image: "Raster", noise: "Noise") -> "float | Values":
        kappa, colours = self._kappa(image.scale), len(image.colour)
        return first_guess(self.method, kappa, noise, colours, image.scale.spread)

    def _kappa(self, scale: Scale) -> float:
        kappa = scale.number(DEFAULT_CONTRAST if self.kappa is None else self.kappa)
        return min(LARGEST, max(SMALLEST, kappa))


def _ends(weight: "Values") -> tuple[float, float]:
    return float(weight.min()), float(weight.max())


def _proof(optimizer: str, distances: Sequence[float]) -> dict[str, object]:
    """Report the gaps, or the norms of the gradient, that bound the distance to the minimum."""
    if optimizer == "primal-dual":
        return {"gaps": [distance**2 / 2 for distance in distances]}
    return {"gradients": distances}
