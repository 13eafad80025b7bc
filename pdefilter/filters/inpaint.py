"""Fill the holes of an image from what is around them."""

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pdefilter.equations.inpainting import METHODS
from pdefilter.errors import ImageError, ParameterError
from pdefilter.filters.colour import Color, in_space
from pdefilter.filters.option import Option, image_filter
from pdefilter.observer import chose

if TYPE_CHECKING:
    from pdefilter.equations.poisson import Residual
    from pdefilter.raster import Mask, Planes, Raster

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
    color: Color = "rgb",
) -> "Raster":
    """Fill the holes of an image: what is black in --mask, NaN, infinite or no data.

    An elliptic equation is solved in the holes, where what is around them is
    the boundary value, and nothing passes the image's border. All other pixels
    stay as they are, to the bit. Solved by multigrid and conjugate gradients
    until the root mean square of Δu, or of a tenth of Δ²u, is at most 1e-6 of
    full scale, that of div(D ∇u) 1e-5, for tv until the variation falls by
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
    if image.valid is not None and not image.colour.size:
        _require_holes(image.valid)
    if not image.colour.size:
        return image
    if image.valid is None:
        raise ImageError("has no holes; mark in black what is to be filled, in a mask")
    if not image.valid.any():
        raise ImageError("is all holes; leave some pixels to fill them from")
    holes = ~image.valid
    if holes.mean() > _UNUSUAL:
        warnings.warn(
            f"{holes.mean():.0%} of the pixels are filled; what is black in the mask is filled, "
            "what is white stays",
            stacklevel=2,
        )

    def fill(u: "Planes") -> "Planes":
        # In place, as what is in holes means nothing to anyone.
        tell_of(METHODS[method](u, holes))
        return u

    # What was no hole is taken from the image as it came.
    filled = in_space(color, image, lambda i: i.of_range_one.filtered(fill))
    return replace(filled, valid=holes)


def tell_of(residual: "Residual") -> None:
    """Tell how well an equation is solved, and warn where it is not as well as it should be."""
    chose(residual=residual.reached, tolerance=residual.tolerance, iterations=residual.iterations)
    if residual.reached > residual.tolerance:
        warnings.warn(
            f"the residual is {residual.reached:.1e}, not {residual.tolerance:g} as it should be, "
            f"after {residual.iterations} iterations",
            stacklevel=2,
        )


def _require_holes(valid: "Mask") -> None:
    if valid.all():
        raise ParameterError("mask", "is nowhere black; make black what is to be filled")
    if not valid.any():
        raise ParameterError("mask", "is black all over; make white what is to be kept")
