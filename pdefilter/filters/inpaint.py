"""Fill the holes of an image from their surroundings."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeAlias, TypeVar

from pdefilter.display import seen_through
from pdefilter.equations.inpainting import METHODS
from pdefilter.errors import ImageError, ParameterError
from pdefilter.filters.operations.planes import PlanesOperation
from pdefilter.filters.operations.range_one import OfRangeOne
from pdefilter.filters.options.colour import Color, InSpace, Space
from pdefilter.filters.options.coupling import Coupled, Coupling, Sharing
from pdefilter.filters.options.maps import as_raster, require_size
from pdefilter.filters.options.option import Option, image_filter
from pdefilter.observer import chose, phase
from pdefilter.operation import Numbers, Operation
from pdefilter.warn import warn

if TYPE_CHECKING:
    from pdefilter.equations.poisson import Residual
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.raster import Mask, Picture, Planes, Raster

MaskOrNone = TypeVar("MaskOrNone", "Mask", "Mask | None")

Method: TypeAlias = Literal["harmonic", "biharmonic", "tv", "edge-enhancing"]

EQUATIONS = {
    "harmonic": "Δu = 0, a membrane",
    "biharmonic": "Δ²u = 0, a thin plate, which continues slopes",
    "tv": "div(∇u/|∇u|) = 0, minimal total variation, which continues edges",
    "edge-enhancing": "div(D ∇u) = 0, D small across edges, which continues edges that bend",
}

# If a larger fraction is to be filled, black and white may have been confused.
_UNUSUAL = 0.75


@image_filter
def inpaint(
    *,
    method: Annotated[Method, Option("Equation in the holes.", choices=EQUATIONS)] = "harmonic",
    fill: Annotated[
        "Picture | None",
        Option(
            "Picture of the size of INPUT, white where it is to be filled; where it is black, "
            "INPUT stays, even if it is a hole.",
            picture=True,
            otherwise="all holes",
        ),
    ] = None,
    coupling: Coupling = None,
    color: Color = "rgb",
) -> Operation:
    """Fill the holes of an image: pixels that a mask excludes, NaN, infinite or no data.

    An elliptic equation is solved in the holes. The pixels around them are the
    boundary values, and there is no flux through the border of the image. All
    other pixels keep every bit. The solvers are multigrid and conjugate
    gradients. They stop when the root mean square of Δu, or of a tenth of Δ²u,
    is at most 1e-6 of the image's range, or that of div(D ∇u) at most 1e-5. For
    tv they stop when the total variation can fall by at most 1e-4 of itself. A
    warning tells if that is not reached.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), Image or Volume
        The image, integers or floats, with holes: NaN, infinities, or the pixels
        that the mask of an `Image` excludes.
    method : {"harmonic", "biharmonic", "tv", "edge-enhancing"}
        Δu = 0 fills with the mean of the surroundings. Δ²u = 0 continues slopes
        too, and may overshoot. div(∇u/|∇u|) = 0 continues edges by the shortest
        way. div(D ∇u) = 0, D = g(∇u_σ ∇u_σᵀ), continues edges in their direction,
        and fills best where few pixels are known.
    fill : ndarray of shape (M, N) or Image, optional
        Not black where the image is to be filled. All other pixels stay, including
        other holes, and there is no flux through these. By default all holes are
        filled.
    coupling : {"shared", "noise", "none"}, optional
        How channels share the edges that tv and edge-enhancing continue: all alike,
        in units of each channel's noise, or not at all. By default shared for
        colours, and noise for other bands.
    color : {"rgb", "luminance", "lab", "linear"}
        Colour space to filter in: the stored values; their luminance alone
        (ITU-R BT.601); CIE L*a*b* of sRGB, where full scale is L* = 100; or
        linear light (IEC 61966-2-1).

    Returns
    -------
    ndarray, Image or Volume
        As `image`: same shape, same type of values.

    Raises
    ------
    ParameterError
        If a mask leaves nothing to fill, or nothing to fill it from.
    MisfitError
        If the size of `fill` is not that of the image.
    ImageError
        If the image has no holes, or nothing else.

    References
    ----------
    Chan & Shen 2001, doi:10.1137/S0036139900368844 (harmonic and total
    variation); Damelin & Hoang 2018, doi:10.1155/2018/3950312 (biharmonic);
    Weickert & Welk 2006, doi:10.1007/3-540-31272-2_19, Galić et al. 2008,
    doi:10.1007/s10851-008-0087-0, and Schmaltz et al. 2014,
    doi:10.1007/s11263-014-0702-z (edge-enhancing).
    """
    return Inpainting(method, as_raster(fill), coupling, color)


@dataclass(frozen=True)
class Inpainting(Operation):
    """Holes filled from their surroundings.

    Attributes
    ----------
    method : str
        One of `EQUATIONS`.
    fill : Raster or None
        Not black where the image is to be filled; None for all holes.
    coupling : str or None
        How channels share edges.
    color : str
        The colour space to filter in.
    """

    method: Method
    fill: "Raster | None"
    coupling: Sharing | None
    color: Space

    @property
    def evolves(self) -> bool:
        """Return true."""
        return True

    @property
    def planar(self) -> str | None:
        """Name the method for images alone."""
        return "the method biharmonic" if self.method == "biharmonic" else None

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:
        """Refuse images whose size is not that of the picture, and masks without holes."""
        super().require_fit(shape, valid)
        require_size("fill", self.fill, shape)
        if self.fill is not None:
            _require_holes(~self.fill.not_black, "fill")
        elif valid is not None:
            _require_holes(valid, "mask")

    @property
    def remedy(self) -> str | None:
        """Advice: an equation that is solved needs the whole image."""
        return "crop the image"

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Fill the holes."""
        wanted = None if self.fill is None else self.fill.not_black
        image = image if self.color == "rgb" else image.together
        known, holes, within = _divided(image, wanted)
        sharing: Sharing | None = "shared" if self.coupling == "none" else self.coupling
        filling = Filling(self.method, holes, within, self.coupling == "none")
        operation = InSpace(self.color, Coupled(sharing, OfRangeOne(filling)), couples=True)

        def filled(result: "Raster") -> "Raster":
            # Pixels that are not holes come from the image itself.
            return replace(result, valid=holes)

        with seen_through(filled):
            result = operation(replace(image, valid=known))
        return filled(result)


@dataclass(frozen=True, eq=False)
class Filling(PlanesOperation):
    """The solution of an equation in the holes of an image whose range is one.

    Attributes
    ----------
    method : str
        One of `EQUATIONS`.
    holes : ndarray of shape (M, N) or (C, M, N), bool
        Where to solve.
    within : ndarray of shape (M, N) or (C, M, N), bool, or None
        The pixels that have a value or get one; None for all.
    apart : bool
        Whether every plane is filled by itself.
    """

    takes_means: ClassVar[bool] = False

    method: Method
    holes: "Mask"
    within: "Mask | None"
    apart: bool

    def run_planes(
        self,
        image: "Raster",
        u: "Planes",
        numbers: Numbers,
        scratch: "Scratch",
    ) -> "Planes":
        """Solve, for all planes together or for one after the other."""
        phase("solving")
        u = u if scratch.overwrite else u.copy()
        groups = [slice(c, c + 1) for c in range(len(u))] if self.apart else [slice(None)]
        fill, axes = METHODS[self.method], len(image.shape)
        for planes in groups:
            holes = _of_planes(self.holes, planes, axes)
            if holes.any():
                within = _of_planes(self.within, planes, axes)
                with seen_through(lambda _: u):
                    report_residual(fill(u[planes], holes, within, image.spacing))
        return u


def _divided(image: "Raster", wanted: "Mask | None") -> "tuple[Mask, Mask, Mask | None]":
    """Find which pixels are known, which are to be filled, and their union (None for all).

    Raises
    ------
    ImageError
        If there is nothing to fill, or nothing to fill it from.
    """
    import numpy as np

    from pdefilter.kernels.regions import reached

    if wanted is None:
        if image.valid is None:
            raise ImageError(
                "has no holes; mark the pixels to be filled in black in a mask, or in white in fill"
            )
        known, holes, within = image.valid, ~image.valid, None
    else:
        known = ~wanted if image.valid is None else image.valid & ~wanted
        holes = np.broadcast_to(wanted, known.shape).copy()
        within = None if image.valid is None else image.valid | wanted
    if not known.any():
        raise ImageError("is all holes; leave some pixels to fill them from")
    axes = len(image.shape)
    if known.ndim > axes and not known.any(axis=tuple(range(1, known.ndim))).all():
        raise ImageError("has a channel that is all holes; leave some pixels of it")
    if holes.mean() > _UNUSUAL:
        warn(
            f"{holes.mean():.0%} of the pixels are filled; pixels that are black in a mask are "
            "filled and white ones stay, in the picture fill white ones are filled"
        )
    if within is None:
        return known, holes, None
    connected = holes & reached(within, known, axes)
    if lost := np.count_nonzero(holes & ~connected):
        warn(
            f"{lost} pixels to be filled lie among holes that stay, apart from all known pixels, "
            "and stay too; fill those holes as well"
        )
    return known, connected, within & (known | connected)


def _of_planes(mask: MaskOrNone, planes: slice, axes: int) -> MaskOrNone:
    return mask if mask is None or mask.ndim == axes else mask[planes]


def report_residual(residual: "Residual") -> None:
    """Report how well an equation is solved, and warn if the tolerance is not reached."""
    chose(residual=residual.reached, tolerance=residual.tolerance, iterations=residual.iterations)
    if residual.reached > residual.tolerance:
        warn(
            f"the residual is {residual.reached:.1e} after {residual.iterations} iterations, above "
            f"the tolerance of {residual.tolerance:g}"
        )


def _require_holes(valid: "Mask", name: str) -> None:
    filled, kept = ("black", "white") if name == "mask" else ("white", "black")
    if valid.all():
        raise ParameterError(name, f"is nowhere {filled}; make the pixels to be filled {filled}")
    if not valid.any():
        raise ParameterError(name, f"is {filled} all over; make the pixels to be kept {kept}")
