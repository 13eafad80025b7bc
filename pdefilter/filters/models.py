"""The models of nonlinear diffusion: what each is made of, and what it takes by default."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdefilter.equations.diffusivities import DIFFUSIVITIES
from pdefilter.equations.evolution import Evolution
from pdefilter.equations.perona_malik import PeronaMalik
from pdefilter.equations.presmoothing import Presmoothing
from pdefilter.equations.regularized import Regularized
from pdefilter.errors import ParameterError
from pdefilter.filters.evolve import edges_of

if TYPE_CHECKING:
    from pdefilter.raster import Raster


@dataclass(frozen=True)
class Model:
    """What a model takes where the user does not say; None for what it has not.

    Attributes
    ----------
    meaning : str
        The equation as users read it.
    diffusivity : str or None
        The name of g in `pdefilter.equations.diffusivities`.
    presmooth : float or None
        σ of u_σ, in px.
    time : float
        The stopping time, in px².
    largest_stable_step : float
        In px².
    """

    meaning: str
    diffusivity: str | None
    presmooth: float | None
    time: float
    largest_stable_step: float


MODELS: Mapping[str, Model] = {
    "perona-malik": Model(
        "div(g(|∇u|²) ∇u)", "exponential", None, 5.0, PeronaMalik.largest_stable_step
    ),
    "regularized": Model(
        "div(g(|∇u_σ|²) ∇u), u_σ the image smoothed by a Gaussian",
        "exponential",
        0.5,
        5.0,
        Regularized.largest_stable_step,
    ),
}


@dataclass(frozen=True)
class Choice:
    """A model with all it takes.

    Attributes
    ----------
    name : str
        One of `MODELS`.
    diffusivity : str or None
        As of `Model`.
    presmooth : float
        As of `Model`, 0 where the model has none.
    """

    name: str
    diffusivity: str | None
    presmooth: float

    def smoothed(self, image: "Raster") -> Presmoothing:
        """Make what the coefficients of an image are taken from."""
        return Presmoothing(self.presmooth, image.valid)

    def evolution(self, image: "Raster", contrast: float) -> Evolution:
        """Make the evolution of an image, or of images with the same holes."""
        assert self.diffusivity is not None
        equation = PeronaMalik(
            DIFFUSIVITIES[self.diffusivity], contrast, len(image.colour), edges_of(image)
        )
        if self.name == "perona-malik":
            return equation
        return Regularized(equation, self.smoothed(image))


def choose(name: str, *, diffusivity: str | None, presmooth: float | None) -> Choice:
    """Complete what the user said of a model.

    Parameters
    ----------
    name : str
        One of `MODELS`.
    diffusivity, presmooth : str, float, or None
        As of `Model`; None for the model's own.

    Raises
    ------
    ParameterError
        If the model has nothing of the kind.
    """
    model = MODELS[name]
    for parameter, given, own in (
        ("diffusivity", diffusivity, model.diffusivity),
        ("presmooth", presmooth, model.presmooth),
    ):
        if given is not None and own is None:
            having = [other for other, m in MODELS.items() if getattr(m, parameter) is not None]
            raise ParameterError(
                parameter, f"the model {name} has none; take the model {' or '.join(having)}"
            )
    return Choice(
        name,
        model.diffusivity if diffusivity is None else diffusivity,
        (model.presmooth or 0.0) if presmooth is None else presmooth,
    )
