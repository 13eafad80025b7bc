"""Fill the holes of an image from what is around them."""

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TypeVar

from pdefilter.equations.inpainting import METHODS
from pdefilter.errors import ImageError, ParameterError
from pdefilter.filters.colour import Color, in_space
from pdefilter.filters.coupling import Coupling, coupled
from pdefilter.filters.maps import require_size
from pdefilter.filters.option import Option, image_filter
from pdefilter.observer import chose

if TYPE_CHECKING:
    from pdefilter.equations.poisson import Residual
    from pdefilter.raster import Mask, Planes, Raster

MaskOrNone = TypeVar("MaskOrNone", "Mask", "Mask | None")

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
    image: "Raster",
    *,
    method: Annotated[str, Option("What holds in the holes.", choices=EQUATIONS)] = "harmonic",
    fill: Annotated[
        "Raster | None",
        Option(
            "Picture of the size of INPUT, white where it is filled: what is black stays, other "
            "holes too.",
            picture=True,
            otherwise="all holes are filled",
        ),
    ] = None,
    coupling: Coupling = None,
    color: Color = "rgb",
) -> "Raster":
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
    require_size("fill", fill, image)
    wanted = None if fill is None else fill.not_black
    if not image.colour.size:
        _require_holes(
            image.valid if wanted is None else ~wanted, "mask" if fill is None else "fill"
        )
        return image
    image = image if color == "rgb" else image.together
    known, holes, within = _divided(image, wanted)

    def filled(converted: "Raster") -> "Raster":
        def solve(u: "Planes") -> "Planes":
            # In place, as what is in holes means nothing to anyone.
            for some in _coupled_channels(len(u), coupling):
                of_some = _of(holes, some)
                if of_some.any():
                    tell_of(METHODS[method](u[some], of_some, _of(within, some)))
            return u

        return converted.of_range_one.filtered(solve)

    how = "shared" if coupling == "none" else coupling
    found = in_space(
        color,
        replace(image, valid=known),
        lambda i: coupled(how, i, filled),
        couples=True,
    )
    # What was no hole is taken from the image as it came.
    return replace(found, valid=holes)


def _divided(image: "Raster", wanted: "Mask | None") -> "tuple[Mask, Mask, Mask | None]":
    """Find what is known of an image, what is to be filled, and both where that is not all.

    Raises
    ------
    ImageError
        If there is nothing to fill, or nothing to fill it from.
    """
    import numpy as np

    from pdefilter.kernels.reach import reached

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
        warnings.warn(
            f"{holes.mean():.0%} of the pixels are filled; what is black in a mask is filled and "
            "what is white stays, in --fill what is white is filled",
            stacklevel=3,
        )
    if within is None:
        return known, holes, None
    tied = holes & reached(within, known)
    if lost := np.count_nonzero(holes & ~tied):
        warnings.warn(
            f"{lost} pixels to be filled lie among holes that stay, away from all that is known, "
            "and stay too; fill those holes as well",
            stacklevel=3,
        )
    return known, tied, within & (known | tied)


def _coupled_channels(planes: int, coupling: str | None) -> "list[slice]":
    """Tell which planes are filled together."""
    if coupling != "none":
        return [slice(None)]
    return [slice(plane, plane + 1) for plane in range(planes)]


def _of(mask: MaskOrNone, some: slice) -> MaskOrNone:
    return mask if mask is None or mask.ndim == 2 else mask[some]


def tell_of(residual: "Residual") -> None:
    """Tell how well an equation is solved, and warn where it is not as well as it should be."""
    chose(residual=residual.reached, tolerance=residual.tolerance, iterations=residual.iterations)
    if residual.reached > residual.tolerance:
        warnings.warn(
            f"the residual is {residual.reached:.1e}, not {residual.tolerance:g} as it should be, "
            f"after {residual.iterations} iterations",
            stacklevel=2,
        )


def _require_holes(valid: "Mask | None", name: str) -> None:
    if valid is None:
        return
    filled, kept = ("black", "white") if name == "mask" else ("white", "black")
    if valid.all():
        raise ParameterError(name, f"is nowhere {filled}; make {filled} what is to be filled")
    if not valid.any():
        raise ParameterError(name, f"is {filled} all over; make {kept} what is to be kept")
