"""The models of nonlinear diffusion: the equation of each, and its defaults."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pdefilter.equations.coherence_enhancing import coherence_enhancing
from pdefilter.equations.contrast import contrast_of_noise
from pdefilter.equations.diffusivities import DIFFUSIVITIES, Diffusivity
from pdefilter.equations.edge_enhancing import edge_enhancing
from pdefilter.equations.evolution import Evolution
from pdefilter.equations.guided import Guided
from pdefilter.equations.perona_malik import PeronaMalik
from pdefilter.equations.regularized import Regularized
from pdefilter.equations.smoothing import Smoothing
from pdefilter.equations.tensor_diffusion import TensorDiffusion, largest_tensor_step
from pdefilter.equations.varying import VaryingDiffusion
from pdefilter.errors import ParameterError
from pdefilter.evolve.schedule import DEFAULT_TOLERANCE, SCHEMES
from pdefilter.filters.operations.planes import edges_of
from pdefilter.filters.options.option import AUTO
from pdefilter.grid import largest_stable_step

if TYPE_CHECKING:
    from pdefilter.kernels.tensors import TensorLaw
    from pdefilter.raster import Mask, Plane, Planes, Raster, Values


Model: TypeAlias = Literal["perona-malik", "regularized", "edge-enhancing", "coherence-enhancing"]


_EDGEWISE = tuple(SCHEMES)
_TENSOR = ("fsi", "fed", "explicit")

# The error that it leaves is below the rounding to 8 bits, of 0.29; a fifth of it takes up to five
# times as long.
_TENSOR_TOLERANCE = 0.5


@dataclass(frozen=True)
class Choice:
    """A model with its parameters; None for a parameter that it does not have.

    Attributes
    ----------
    model : str
        One of `MODELS`.
    diffusivity : str or None
        The name of g in `pdefilter.equations.diffusivities`.
    presmooth : float or None
        σ of u_σ, in px.
    integration_scale : float or None
        ρ of the structure tensor J_ρ, in px.
    presmooths : tuple of float
        In volumes, the σ of which the one with the smallest estimated error is taken;
        empty where σ is given.
    """

    model: str
    diffusivity: str | None
    presmooth: float | None
    integration_scale: float | None
    presmooths: tuple[float, ...] = ()

    def presmoothed_by(self, sigma: float) -> "Choice":
        """Return the choice with this σ."""
        return replace(self, presmooth=sigma, presmooths=())

    def smoothed(self, image: "Raster") -> Smoothing:
        """Make the smoothing from an image to u_σ, from which coefficients are computed."""
        return Smoothing(self.presmooth or 0.0, image.valid, image.spacing)

    @property
    def reach(self) -> int | None:
        """How far around an edge, in pixels, its conductance depends on the image.

        None for a tensor: the rounding of fluxes depends on the largest value of the image.
        """
        if MODELS[self.model].has_tensor:
            return None
        return Smoothing(self.presmooth or 0.0).reach

    def contrast_of(
        self, deviations: "Sequence[float | Values]", spacing: tuple[float, ...]
    ) -> "float | Values":
        """Find the κ that best removes noise of these standard deviations."""
        diffusivity = DIFFUSIVITIES[str(self.diffusivity)]
        return contrast_of_noise(diffusivity, self.presmooth or 0.0, deviations, spacing)

    def evolution(self, image: "Raster", contrast: "float | Plane") -> Evolution:
        """Make the evolution of an image, or of images with the same channels and holes.

        κ is one number, or one for every pixel.
        """
        return MODELS[self.model].evolution(self, image, contrast)

    def guided(self, image: "Raster", guide: "Raster", contrast: "float | Plane") -> Guided:
        """Make the evolution of an image that follows the differences of a guide of its size.

        A pixel counts where it is a hole in neither of the two. κ is on the guide's scale.
        """
        holes = image.valid if image.valid is not None and image.holes_differ else [image.valid]
        pictures = [replace(guide, valid=_in_both(guide.valid, valid)) for valid in holes]
        evolutions = tuple(self.evolution(picture, contrast) for picture in pictures)
        return Guided(evolutions, guide.planes()[0])


def _in_both(valid: "Mask | None", other: "Mask | None") -> "Mask | None":
    return other if valid is None else valid if other is None else valid & other


@dataclass(frozen=True)
class Row:
    """A row of the table of models.

    Attributes
    ----------
    meaning : str
        The equation as users read it.
    defaults : Choice
        Its default parameters.
    contrast : str
        The default κ, as in `pdefilter.equations.contrast`; auto if it depends on
        the noise.
    time : float or None
        The default stopping time in px²; None if it depends on the estimated error.
    has_tensor : bool
        Whether diffusion is a tensor.
    evolution : callable
        From a choice, an image and κ to the evolution.
    """

    meaning: str
    defaults: Choice
    contrast: str
    time: float | None
    has_tensor: bool
    evolution: "Callable[[Choice, Raster, float | Plane], Evolution]"

    @property
    def schemes(self) -> tuple[str, ...]:
        """The schemes that can advance it, the default first."""
        return _TENSOR if self.has_tensor else _EDGEWISE

    def largest_stable_step(self, spacing: tuple[float, ...]) -> float:
        """Find the largest stable explicit step in px²."""
        return largest_tensor_step(spacing) if self.has_tensor else largest_stable_step(spacing)

    @property
    def tolerance(self) -> float:
        """The default tolerance of the schemes that divide the time, in grey levels of 255."""
        return _TENSOR_TOLERANCE if self.has_tensor else DEFAULT_TOLERANCE


def _edgewise(choice: Choice, image: "Raster", contrast: "float | Plane") -> Evolution:
    diffusivity = DIFFUSIVITIES[str(choice.diffusivity)]
    return evolution_along_edges(
        diffusivity, contrast, image, edges_of(image), choice.smoothed(image)
    )


def evolution_along_edges(
    diffusivity: Diffusivity,
    contrast: "float | Plane",
    image: "Raster",
    edges: "Planes | None",
    smoothed: Smoothing,
) -> Evolution:
    """Make the diffusion by g, edge by edge, of an image with these open edges."""
    if image.holes_differ or not isinstance(contrast, float):
        return VaryingDiffusion(diffusivity, contrast, len(image.colour), edges, smoothed)
    equation = PeronaMalik(diffusivity, contrast, len(image.colour), edges, spacing=image.spacing)
    return Regularized(equation, smoothed) if smoothed.sigma else equation


def _edge_enhancing(choice: Choice, image: "Raster", contrast: "float | Plane") -> TensorDiffusion:
    diffusivity = DIFFUSIVITIES[str(choice.diffusivity)]
    return _with_tensor(partial(edge_enhancing, diffusivity), choice, image, contrast)


def _coherence_enhancing(
    choice: Choice, image: "Raster", contrast: "float | Plane"
) -> TensorDiffusion:
    return _with_tensor(coherence_enhancing, choice, image, contrast)


def _with_tensor(
    law: "Callable[[float], TensorLaw]", choice: Choice, image: "Raster", contrast: "float | Plane"
) -> TensorDiffusion:
    import numpy as np

    scales = None
    if not isinstance(contrast, float):
        # The structure tensor in units of κ², as both laws compare the two.
        scales, contrast = (1 / np.square(contrast)).astype(np.float32), 1.0
    anywhere = image.valid
    if anywhere is not None and image.holes_differ:
        anywhere = np.logical_or.reduce(anywhere, axis=0)
    integrated = Smoothing(choice.integration_scale or 0.0, anywhere, image.spacing)
    return TensorDiffusion(
        law(contrast), len(image.colour), choice.smoothed(image), integrated, scales
    )


MODELS: Mapping[str, Row] = {
    row.defaults.model: row
    for row in (
        Row(
            "div(g(|∇u|²) ∇u)",
            Choice("perona-malik", "rational", None, None),
            AUTO,
            None,
            False,
            _edgewise,
        ),
        Row(
            "div(g(|∇u_σ|²) ∇u)",
            # In volumes 0.5 px is best for thin layers in cubes, and 1 px for much noise in
            # thick slices: up to 1.5 dB better than the other.
            Choice("regularized", "rational", 0.5, None, presmooths=(0.5, 0.7, 1.0)),
            AUTO,
            None,
            False,
            _edgewise,
        ),
        Row(
            "div(D ∇u), D = g of the contrast across edges, 1 along them",
            Choice("edge-enhancing", "weickert", 1.0, 0.0),
            AUTO,
            None,
            True,
            _edge_enhancing,
        ),
        Row(
            "div(D ∇u), D up to 1 along lines, else 0.01",
            Choice("coherence-enhancing", None, 0.5, 4.0),
            "p50",
            20.0,
            True,
            _coherence_enhancing,
        ),
    )
}


def choose(
    model: str,
    *,
    diffusivity: str | None,
    presmooth: float | None,
    integration_scale: float | None,
) -> Choice:
    """Complete the parameters of a model with its defaults.

    Parameters
    ----------
    model, diffusivity, presmooth, integration_scale : str, float, or None
        As in `Choice`; None for the default of the model.

    Raises
    ------
    ParameterError
        If the model does not have such a parameter.
    """
    defaults = MODELS[model].defaults
    given: dict[str, Any] = {
        "diffusivity": diffusivity,
        "presmooth": presmooth,
        "integration_scale": integration_scale,
    }
    for name, value in given.items():
        if value is not None and getattr(defaults, name) is None:
            fitting = [m for m, row in MODELS.items() if getattr(row.defaults, name) is not None]
            raise ParameterError(
                name, f"the model {model} has none; take the model {' or '.join(fitting)}"
            )
    choice = replace(
        defaults, **{name: value for name, value in given.items() if value is not None}
    )
    return choice if presmooth is None else choice.presmoothed_by(presmooth)


def contrast_for(model: str, *, guided: bool) -> str:
    """Return the κ of a model that is best for most images, with a guide or without.

    In a guide it is texture that must not count, not noise. (Measured on photographs as
    guides of noisy ones in other light, and of a depth map.)
    """
    return "p50" if guided else MODELS[model].contrast


def scheme_of(model: str, scheme: str | None, *, stepped: bool, guided: bool = False) -> str | None:
    """Check that a scheme can advance a model; choose the default if none is given.

    With a guide diffusion is linear, and no edge sharpens: long steps are exact enough.

    Raises
    ------
    ParameterError
        If it cannot.
    """
    schemes = MODELS[model].schemes
    if scheme is None:
        if guided and not stepped:
            return "fsi"
        return None if stepped or "explicit" in schemes[:1] else schemes[0]
    if scheme not in schemes:
        raise ParameterError(
            "scheme",
            f"{scheme} splits by axes, but {model} has mixed derivatives, which cannot be split; "
            f"take {' or '.join(schemes)}",
        )
    return scheme
