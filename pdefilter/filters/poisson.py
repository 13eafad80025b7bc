"""Edit an image by its gradient."""

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from pdefilter.equations import gradient_domain
from pdefilter.errors import ImageError, MisfitError, ParameterError
from pdefilter.filters.inpaint import tell_of
from pdefilter.filters.maps import as_raster
from pdefilter.filters.option import Option, image_filter
from pdefilter.operation import Numbers, Operation

if TYPE_CHECKING:
    from pdefilter.raster import Mask, Picture, Raster


def place_of(text: str) -> tuple[int, int]:
    """Read ``"ROW,COL"``.

    Raises
    ------
    ValueError
        For anything else.
    """
    found = re.fullmatch(r"\s*([+-]?\d+)\s*,\s*([+-]?\d+)\s*", str(text))
    if not found:
        raise ValueError(f"{text!r} is no place; give a row and a column such as 20,30")
    return int(found[1]), int(found[2])


@image_filter
def poisson(
    *,
    source: Annotated[
        "Picture | None", Option("Picture to clone from: its gradient.", picture=True)
    ] = None,
    mask: Annotated[
        "Picture | None",
        Option(
            "Picture of the size of the source, black where it is not cloned.",
            picture=True,
            otherwise="all of it, or what is opaque",
        ),
    ] = None,
    at: Annotated[
        str,
        Option(
            "Where the source's upper left pixel comes to lie.", verify=place_of, metavar="ROW,COL"
        ),
    ] = "0,0",
    mixed: Annotated[
        bool, Option("Take the stronger of the two gradients between any two pixels.")
    ] = False,
    flatten: Annotated[
        float | None,
        Option(
            "Even out illumination that changes over more than this length.",
            unit="px",
            minimum=0.1,
            maximum=1e6,
        ),
    ] = None,
    columns: Annotated[
        "Picture | None",
        Option(
            "Differences to the pixel on the right, where INPUT holds those to the pixel below: "
            "the image that has them, of mean zero, is found.",
            picture=True,
        ),
    ] = None,
) -> Operation:
    """Clone, flatten or integrate: the image of a wanted gradient v solves Δu = div v.

    Cloning puts the differences within another picture into the image, whose
    values around fix the rest; no seam shows. Flattening keeps the gradient
    and evens out what changes slowly. Integration takes the two components of
    a gradient for the image. One of --source, --flatten and --columns says
    which.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), or Image
        The image; or the differences u[r + 1, c] − u[r, c], as floats, of
        which the last row does not count.
    source : ndarray or Image, optional
        The picture to clone from.
    mask : ndarray or Image, optional
        Of the size of the source; zero where it is not cloned. By default all
        of it that is at least half opaque. In any case a pixel is cloned only
        if the source knows its differences to all neighbours that it has in the
        image: at the source's border and beside what is transparent the image
        stays, except at the border of the image, beyond which nothing is.
    at : str
        The row and the column of the image where the source's first pixel
        comes to lie; what is cloned must lie within the image, and leave some
        of it.
    mixed : bool
        Whether the stronger of the two pictures' differences is taken between
        any two pixels, so that the image shows through what is even.
    flatten : float, optional
        A length L in px: waves longer than 2πL lose more than half of their
        amplitude. The mean is kept.
    columns : ndarray or Image, optional
        The differences u[r, c + 1] − u[r, c], of which the last column does
        not count; `image` then holds the others, and the result is the image
        whose differences are nearest to both, of mean zero.

    Returns
    -------
    ndarray or Image
        As `image`: same shape, same type of values.

    Raises
    ------
    ParameterError
        If the options contradict each other, or the columns have holes.
    MisfitError
        If pictures do not fit together.
    ImageError
        If the image has holes.

    References
    ----------
    Pérez, Gangnet & Blake 2003, doi:10.1145/882262.882269 (cloning); Morel,
    Petro & Sbert 2014, doi:10.5201/ipol.2014.84 (flattening); Simchony,
    Chellappa & Shao 1990, doi:10.1109/34.55103 (integration).
    """
    place, of_source, of_mask, across = (
        place_of(at),
        as_raster(source),
        as_raster(mask),
        as_raster(columns),
    )
    given = [
        name
        for name, value in (("source", source), ("flatten", flatten), ("columns", columns))
        if value is not None
    ]
    if of_source is not None:
        _region(of_source, of_mask, place, None)
    if not given:
        raise ParameterError("source", "is missing; give a source, a flatten or a columns")
    if len(given) > 1:
        raise ParameterError(given[1], f"contradicts {given[0]}; give one of them")
    for name, value in (("mask", mask is not None), ("at", at != "0,0"), ("mixed", mixed)):
        if value and source is None:
            raise ParameterError(name, "belongs to cloning; give a source too")
    if across is not None and across.valid is not None:
        raise ParameterError("columns", "have holes; fill them by inpaint")
    if flatten is not None:
        return Flattening(flatten)
    if across is not None:
        return Integration(across)
    assert of_source is not None
    return Cloning(of_source, of_mask, place, mixed)


@dataclass(frozen=True)
class Flattening(Operation):
    """Illumination evened out that changes over more than a length.

    Attributes
    ----------
    length : float
        The length L in px.
    """

    length: float

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":  # noqa: ARG002 (an Operation's)
        """Keep the gradient, and pull the image to its mean."""
        _require_whole(image)
        return replace(image, colour=gradient_domain.flatten(image.colour, self.length))


@dataclass(frozen=True)
class Integration(Operation):
    """The image that has given differences, of which it holds those to the pixel below.

    Attributes
    ----------
    columns : Raster
        The differences to the pixel on the right.
    """

    columns: "Raster"

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:  # noqa: ARG002 (an Operation's)
        """Refuse images that are not of the size of the other differences."""
        if self.columns.shape != shape:
            raise MisfitError(
                f"has {_size(shape)} pixels, the columns {_size(self.columns.shape)}; give both of "
                "one size"
            )

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":  # noqa: ARG002 (an Operation's)
        """Integrate."""
        import numpy as np

        _require_whole(image)
        columns = self.columns
        if len(columns.colour) != len(image.colour):
            raise MisfitError(
                f"has {len(image.colour)} channels, the columns {len(columns.colour)}; convert one "
                "of them"
            )
        # Of differences zero means none.
        rows = replace(
            image,
            colour=image.colour + image.scale.number_of_origin,
            scale=image.scale.of_differences,
        )
        across = columns.colour + columns.scale.number_of_origin
        brought, factor = _on_one_scale(rows, columns)
        found = gradient_domain.integrate(brought.colour, across * np.float32(factor))
        return replace(brought, colour=found)


@dataclass(frozen=True)
class Cloning(Operation):
    """The differences within a picture put into an image.

    Attributes
    ----------
    source : Raster
        The picture.
    mask : Raster or None
        Of its size, black where it is not cloned.
    at : tuple of int
        The row and the column of the image where its first pixel comes to lie.
    mixed : bool
        Whether the stronger of two differences is taken.
    """

    source: "Raster"
    mask: "Raster | None"
    at: tuple[int, int]
    mixed: bool

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:  # noqa: ARG002 (an Operation's)
        """Refuse images in which the picture does not lie, or that it would replace."""
        from pdefilter.kernels.regions import box

        region = _region(self.source, self.mask, self.at, shape)
        rows, columns = box(region, 0)
        top, bottom = rows.start + self.at[0], rows.stop - 1 + self.at[0]
        left, right = columns.start + self.at[1], columns.stop - 1 + self.at[1]
        if min(top, left) < 0 or bottom >= shape[0] or right >= shape[1]:
            raise MisfitError(
                f"has {_size(shape)} pixels, and what is cloned reaches from {top},{left} to "
                f"{bottom},{right}; move it by --at, or mask it"
            )
        if region.sum() == shape[0] * shape[1]:
            raise MisfitError("would be replaced as a whole; mask the source, to leave some of it")

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":  # noqa: ARG002 (an Operation's)
        """Solve for the image whose differences are those of the picture."""
        import numpy as np

        from pdefilter.kernels.regions import box

        _require_whole(image)
        source, at = self.source, self.at
        channels, *shape = image.colour.shape
        if len(source.colour) not in (1, channels):
            raise MisfitError(
                f"has {channels} colour channels, the source {len(source.colour)}; convert one of "
                "them"
            )
        region = _region(source, self.mask, at, image.shape)
        rows, columns = (
            place + offset for place, offset in zip(np.nonzero(region), at, strict=True)
        )
        free = np.zeros(shape, bool)
        free[rows, columns] = True
        part = box(free, 1)
        # Pixels beyond the source's border are in the part, but no edge of the region leads there.
        beneath = np.ix_(
            *(
                np.arange(one.start - offset, one.stop - offset).clip(0, size - 1)
                for one, offset, size in zip(part, at, region.shape, strict=True)
            )
        )
        image, factor = _on_one_scale(image, source)
        given = source.colour[:, beneath[0], beneath[1]] * np.float32(factor)
        colour = image.colour.copy()
        inner = np.ascontiguousarray(colour[:, *part])
        residual = gradient_domain.clone(
            inner, np.broadcast_to(given, inner.shape), free[part].copy(), mixed=self.mixed
        )
        tell_of(residual)
        colour[:, *part] = inner
        return replace(image, colour=colour, valid=free)


def _require_whole(image: "Raster") -> None:
    if image.valid is not None:
        raise ImageError("has holes; fill them by inpaint")


def _region(
    source: "Raster", mask: "Raster | None", at: tuple[int, int], within: tuple[int, ...] | None
) -> "Mask":
    """Find which pixels of the source are cloned, `at` a place in an image of the shape `within`.

    Those whose differences to all their neighbours in the image it knows. A pixel
    that has a neighbour there and none in the source stays the image's: then no
    edge is without a difference, and no seam shows. Beyond the border of the image
    are no neighbours, and none are missed; but of an image that all would replace,
    the pixels at the border of the source stay.
    """
    import numpy as np

    shape = source.colour.shape[1:]
    source = source.together
    seen = np.ones(shape, bool) if source.valid is None else source.valid
    if source.alpha is not None:
        seen = seen & (source.alpha >= 0.5)
    wanted = seen
    if mask is not None:
        if mask.colour.shape[1:] != shape:
            raise ParameterError(
                "mask",
                f"has {_size(mask.shape)} pixels, the source {_size(shape)}; give one of its size",
            )
        wanted = seen & mask.not_black
    # Which image it will be is not known yet where the options alone are looked at.
    rows, columns = (
        np.arange(-1, size + 1) + offset
        for size, offset in zip(shape, at if within else (0, 0), strict=True)
    )
    height, width = within or shape
    inside = ((rows >= 0) & (rows < height))[:, None] & (columns >= 0) & (columns < width)
    framed = np.pad(seen, 1)
    surrounded = wanted & _all_neighbours(framed)
    if mask is None and not surrounded.any():
        raise ParameterError("source", "has no pixel with four opaque neighbours; enlarge it")
    region = surrounded | (wanted & inside[1:-1, 1:-1] & _all_neighbours(framed | ~inside))
    sticks_out = (surrounded & ~inside[1:-1, 1:-1]).any()
    if sticks_out or region.sum() == height * width:
        region = surrounded
    if not region.any():
        raise ParameterError("mask", "leaves nothing to clone; make white what is to be cloned")
    return region


def _all_neighbours(framed: "Mask") -> "Mask":
    """Find which pixels have four neighbours that are true, in a frame one pixel wide."""
    return framed[:-2, 1:-1] & framed[2:, 1:-1] & framed[1:-1, :-2] & framed[1:-1, 2:]


def _size(shape: tuple[int, ...]) -> str:
    rows, columns = shape
    return f"{columns} × {rows}"


def _on_one_scale(image: "Raster", other: "Raster") -> "tuple[Raster, float]":
    """Bring an image to the coarser of two scales; return what differences of the other become."""
    import numpy as np

    # A picture without differences has no scale of its own.
    with_some = [picture.scale for picture in (image, other) if any(picture.ranges)]
    units = [scale.unit / scale.full for scale in with_some]
    unit = image.scale.full * max(units) if units else image.scale.unit
    factor = np.float32(image.scale.unit / unit)
    scale = replace(image.scale, unit=unit)
    brought = replace(image, colour=image.colour * factor, scale=scale, stored=None)
    return brought, scale.number(other.scale.fraction(1.0))
