"""Fill the holes of an image from what is around them."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias, TypeVar

from pdefilter.equations.inpainting import METHODS
from pdefilter.errors import ImageError, ParameterError
from pdefilter.filters.colour import Color, InSpace, Space
from pdefilter.filters.coupling import Coupled, Coupling, Sharing
from pdefilter.filters.maps import as_raster, require_size
from pdefilter.filters.option import Option, image_filter
from pdefilter.filters.planes import PlanesOperation
from pdefilter.observer import chose
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
    "biharmonic": "Δ²u = 0, a thin plate, that goes on with slopes",
    "tv": "div(∇u/|∇u|) = 0, least total variation, that goes on with edges",
    "edge-enhancing": "div(D ∇u) = 0, D across edges small: edges bend and join as they came",
}

# Where more than this part is to be filled, black and white may have been taken for each other.
_UNUSUAL = 0.75


@image_filter
def inpaint(
    *,
    method: Annotated[Method, Option("What holds in the holes.", choices=EQUATIONS)] = "harmonic",
    fill: Annotated[
        "Picture | None",
        Option(
            "Picture of the size of INPUT, white where it is filled: what is black stays, other "
            "holes too.",
            picture=True,
            otherwise="all holes are filled",
        ),
    ] = None,
    coupling: Coupling = None,
    color: Color = "rgb",
) -> Operation:
    """Fill the holes of an image: what is black in --mask, NaN, infinite or no data.

    An elliptic equation is solved in the holes, where what is around them is
    the boundary value, and nothing passes the image's border. All other pixels
    stay as they are, to the bit. Solved by multigrid and conjugate gradients
    until the root mean square of Δu, or of a tenth of Δ²u, is at most 1e-6 of
    the image's range, that of div(D ∇u) 1e-5, for tv until the variation falls by
    1e-4 of itself at most; a warning says so if that is not reached.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), or Image
        The image, integers or floats, with holes: NaN, infinities, or what the
        mask of an `Image` leaves out.
    method : {"harmonic", "biharmonic", "tv", "edge-enhancing"}
        Δu = 0 fills with the mean of the surroundings, Δ²u = 0 goes on with
        slopes too and may overshoot, div(∇u/|∇u|) = 0 goes on with edges, the
        shortest way; div(D ∇u) = 0, D = g(∇u_σ ∇u_σᵀ), along edges as they
        came, and fills best where few pixels are left.
    fill : ndarray of shape (M, N) or Image, optional
        Not black where the image is filled. All else stays, other holes included,
        and nothing passes these; by default all holes are filled.
    coupling : {"shared", "noise", "none"}, optional
        How channels share the edges that tv and edge-enhancing go on with: alike,
        each in the unit of its own noise, or not at all. By default shared for
        colours, noise for other bands.
    color : {"rgb", "luminance", "lab", "linear"}
        Where colours are filtered: on the stored values; on their luminance
        alone (ITU-R BT.601); on CIE L*a*b* of sRGB, where full scale is
        L* = 100; or on linear light (IEC 61966-2-1).

    Returns
    -------
    ndarray or Image
        As `image`: same shape, same type of values.

    Raises
    ------
    ParameterError
        If a mask leaves nothing to fill, or nothing to fill it from.
    MisfitError
        If the picture of what to fill is of another size.
    ImageError
        If the image does.

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
    """Holes filled from what is around them.

    Attributes
    ----------
    method : str
        One of `EQUATIONS`.
    fill : Raster or None
        Not black where the image is filled; None for all holes.
    coupling : str or None
        How channels share edges.
    color : str
        Where colours are filtered.
    """

    method: Method
    fill: "Raster | None"
    coupling: Sharing | None
    color: Space

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:
        """Refuse images that are not of the size of the picture, and masks without holes."""
        require_size("fill", self.fill, shape)
        if self.fill is not None:
            _require_holes(~self.fill.not_black, "fill")
        elif valid is not None:
            _require_holes(valid, "mask")

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":  # noqa: ARG002 (an Operation's)
        """Fill the holes."""
        wanted = None if self.fill is None else self.fill.not_black
        image = image if self.color == "rgb" else image.together
        known, holes, within = _divided(image, wanted)
        sharing: Sharing | None = "shared" if self.coupling == "none" else self.coupling
        filling = Filling(self.method, holes, within, self.coupling == "none")
        operation = InSpace(self.color, Coupled(sharing, filling), couples=True)
        # Pixels that are not holes are taken from the image as it came.
        return replace(operation(replace(image, valid=known)), valid=holes)


@dataclass(frozen=True, eq=False)
class Filling(PlanesOperation):
    """The solution of an equation in holes.

    Attributes
    ----------
    method : str
        One of `EQUATIONS`.
    holes : ndarray of shape (M, N) or (C, M, N), bool
        Where to solve.
    within : ndarray of shape (M, N) or (C, M, N), bool, or None
        What has a value or gets one; None for all.
    apart : bool
        Whether every plane is filled by itself.
    """

    takes_means: ClassVar[bool] = False

    method: Method
    holes: "Mask"
    within: "Mask | None"
    apart: bool

    def measure(self, image: "Raster") -> dict[str, Any]:
        """Find the number that every channel begins with."""
        lowest = image.lowest
        return {"lowest": lowest, **super().measure(image.of_range_one(lowest))}

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Solve on numbers from zero to one."""
        return super().run(image.of_range_one(numbers["lowest"]), numbers)

    def run_planes(
        self,
        image: "Raster",  # noqa: ARG002 (a PlanesOperation's)
        u: "Planes",
        numbers: Numbers,  # noqa: ARG002 (a PlanesOperation's)
        scratch: "Scratch",
    ) -> "Planes":
        """Solve, channel by channel where they are apart."""
        u = u if scratch.overwrite else u.copy()
        together = [slice(None)]
        for some in [slice(c, c + 1) for c in range(len(u))] if self.apart else together:
            holes = _of(self.holes, some)
            if holes.any():
                tell_of(METHODS[self.method](u[some], holes, _of(self.within, some)))
        return u


def _divided(image: "Raster", wanted: "Mask | None") -> "tuple[Mask, Mask, Mask | None]":
    """Find what is known of an image, what is to be filled, and both where that is not all.

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
                "has no holes; mark in black what is to be filled, in a mask, or in white by fill"
            )
        known, holes, within = image.valid, ~image.valid, None
    else:
        known = ~wanted if image.valid is None else image.valid & ~wanted
        holes = np.broadcast_to(wanted, known.shape).copy()
        within = None if image.valid is None else image.valid | wanted
    if not known.any():
        raise ImageError("is all holes; leave some pixels to fill them from")
    if known.ndim == 3 and not known.any(axis=(1, 2)).all():
        raise ImageError("has a channel that is all holes; leave some pixels of it")
    if holes.mean() > _UNUSUAL:
        warn(
            f"{holes.mean():.0%} of the pixels are filled; what is black in a mask is filled and "
            "what is white stays, in --fill what is white is filled"
        )
    if within is None:
        return known, holes, None
    tied = holes & reached(within, known)
    if lost := np.count_nonzero(holes & ~tied):
        warn(
            f"{lost} pixels to be filled lie among holes that stay, away from all that is known, "
            "and stay too; fill those holes as well"
        )
    return known, tied, within & (known | tied)


def _of(mask: MaskOrNone, some: slice) -> MaskOrNone:
    return mask if mask is None or mask.ndim == 2 else mask[some]


def tell_of(residual: "Residual") -> None:
    """Tell how well an equation is solved, and warn where it is not as well as it should be."""
    chose(residual=residual.reached, tolerance=residual.tolerance, iterations=residual.iterations)
    if residual.reached > residual.tolerance:
        warn(
            f"the residual is {residual.reached:.1e}, not {residual.tolerance:g} as it should be, "
            f"after {residual.iterations} iterations"
        )


def _require_holes(valid: "Mask", name: str) -> None:
    filled, kept = ("black", "white") if name == "mask" else ("white", "black")
    if valid.all():
        raise ParameterError(name, f"is nowhere {filled}; make {filled} what is to be filled")
    if not valid.any():
        raise ParameterError(name, f"is {filled} all over; make {kept} what is to be kept")
