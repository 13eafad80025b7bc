"""Edit an image by its gradient."""

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from pdefilter.display import seen_through
from pdefilter.equations import gradient_domain
from pdefilter.errors import ImageError, MisfitError, ParameterError
from pdefilter.filters.inpaint import report_residual
from pdefilter.filters.options.maps import as_raster, size_in_words
from pdefilter.filters.options.option import Option, image_filter
from pdefilter.filters.options.quantity import as_pixels
from pdefilter.observer import phase
from pdefilter.operation import Numbers, Operation

if TYPE_CHECKING:
    from pdefilter.raster import Mask, Picture, Planes, Raster


def place_of(text: str) -> tuple[int, int]:
    """Read ``"ROW,COL"``.

    Raises
    ------
    ValueError
        For anything else.
    """
    match = re.fullmatch(r"\s*([+-]?\d+)\s*,\s*([+-]?\d+)\s*", str(text))
    if not match:
        raise ValueError(f"{text!r} is not a place; give a row and a column such as 20,30")
    return int(match[1]), int(match[2])


@image_filter
def poisson(
    *,
    source: Annotated[
        "Picture | None", Option("Picture whose gradient is cloned.", picture=True)
    ] = None,
    mask: Annotated[
        "Picture | None",
        Option(
            "Picture of the size of the source, black where the source is not cloned.",
            picture=True,
            otherwise="all opaque pixels of the source",
        ),
    ] = None,
    at: Annotated[
        str,
        Option(
            "Place in INPUT of the source's upper left pixel.", verify=place_of, metavar="ROW,COL"
        ),
    ] = "0,0",
    mixed: Annotated[
        bool, Option("Between any two pixels, take the stronger of the two gradients.")
    ] = False,
    flatten: Annotated[
        float | str | None,
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
            "Integrate: this picture holds the differences to the pixel on the right, INPUT those "
            "to the pixel below. The result has mean zero.",
            picture=True,
        ),
    ] = None,
) -> Operation:
    """Clone, flatten or integrate: the image with a given gradient v solves Δu = div v.

    Cloning puts the differences of another picture into the image. The pixels
    around them fix their values, so that no seam shows. Flattening keeps the
    gradient and evens out slow changes. Integration finds an image from the two
    components of its gradient. Exactly one of --source, --flatten and --columns
    chooses among them.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), or Image
        The image; or the differences u[r + 1, c] − u[r, c], as floats, whose last
        row does not count.
    source : ndarray or Image, optional
        The picture to clone from.
    mask : ndarray or Image, optional
        A picture of the size of the source, zero where the source is not cloned.
        By default all pixels that are at least half opaque are cloned. In any
        case a pixel is cloned only if the source has all of the neighbours that
        it has in the image. So the image stays at the border of the source and
        beside transparent pixels, except at the image's own border.
    at : str
        The row and the column in the image of the source's first pixel. The
        cloned pixels must lie within the image, and must not cover all of it.
    mixed : bool
        Whether to take, between any two pixels, the stronger of the differences
        of the two pictures, so that the image shows through even areas.
    flatten : float, optional
        A length L in px: waves longer than 2πL lose more than half of their
        amplitude. The mean is kept.
    columns : ndarray or Image, optional
        The differences u[r, c + 1] − u[r, c], whose last column does not count.
        `image` then holds the differences along rows. The result is the image of
        mean zero whose differences are nearest to both.

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
    place = place_of(at)
    cloned, clone_mask, across = as_raster(source), as_raster(mask), as_raster(columns)
    given = [
        name
        for name, value in (("source", source), ("flatten", flatten), ("columns", columns))
        if value is not None
    ]
    if cloned is not None:
        _region(cloned, clone_mask, place, None)
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
        return Flattening(as_pixels(flatten))
    if across is not None:
        return Integration(across)
    assert cloned is not None
    return Cloning(cloned, clone_mask, place, mixed)


class _Planar(Operation):
    """An operation on images alone, which needs all of an image."""

    @property
    def planar(self) -> str:
        """Name the filter."""
        return "poisson"

    @property
    def remedy(self) -> str | None:
        """Advice: an equation that is solved needs the whole image."""
        return "crop the image"


@dataclass(frozen=True)
class Flattening(_Planar):
    """Illumination that changes over more than a length, evened out.

    Attributes
    ----------
    length : float
        The length L in px.
    """

    length: float

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Keep the gradient, and pull the image to its mean."""
        _require_whole(image)
        return replace(
            image, colour=gradient_domain.flatten(image.colour, self.length, image.spacing)
        )


@dataclass(frozen=True)
class Integration(_Planar):
    """The image with given differences; the input holds those to the pixel below.

    Attributes
    ----------
    columns : Raster
        The differences to the pixel on the right.
    """

    columns: "Raster"

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:
        """Refuse volumes, and images whose size is not that of the other differences."""
        super().require_fit(shape, valid)
        if self.columns.shape != shape:
            raise MisfitError(
                f"has {size_in_words(shape)} pixels, the columns "
                f"{size_in_words(self.columns.shape)}; give both in one size"
            )

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Integrate."""
        import numpy as np

        _require_whole(image)
        columns = self.columns
        if len(columns.colour) != len(image.colour):
            raise MisfitError(
                f"has {len(image.colour)} channels, the columns {len(columns.colour)}; convert one "
                "of them"
            )
        # In differences zero means no difference.
        rows = replace(
            image,
            colour=image.colour + image.scale.number_of_origin,
            scale=image.scale.of_differences,
        )
        across = columns.colour + columns.scale.number_of_origin
        rescaled, factor = _on_one_scale(rows, columns)
        colour = gradient_domain.integrate(
            rescaled.colour, across * np.float32(factor), image.spacing
        )
        return replace(rescaled, colour=colour)


@dataclass(frozen=True)
class Cloning(_Planar):
    """The differences of a picture, put into an image.

    Attributes
    ----------
    source : Raster
        The picture.
    mask : Raster or None
        A picture of the size of the source, black where the source is not cloned.
    at : tuple of int
        The row and the column in the image of the source's first pixel.
    mixed : bool
        Whether the stronger of two differences is taken.
    """

    source: "Raster"
    mask: "Raster | None"
    at: tuple[int, int]
    mixed: bool

    @property
    def evolves(self) -> bool:
        """Return true."""
        return True

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:
        """Refuse images that do not hold the cloned pixels, or that they would replace."""
        super().require_fit(shape, valid)
        from pdefilter.kernels.regions import box

        region = _region(self.source, self.mask, self.at, shape)
        rows, columns = box(region, 0)
        top, bottom = rows.start + self.at[0], rows.stop - 1 + self.at[0]
        left, right = columns.start + self.at[1], columns.stop - 1 + self.at[1]
        if min(top, left) < 0 or bottom >= shape[0] or right >= shape[1]:
            raise MisfitError(
                f"has {size_in_words(shape)} pixels, and the cloned ones reach from "
                f"{top},{left} to {bottom},{right}; move them by --at, or mask them"
            )
        if region.sum() == shape[0] * shape[1]:
            raise MisfitError("would be replaced as a whole; mask some of the source")

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
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
        window = box(free, 1)
        # Pixels of the window beyond the source's border have no edge to the region.
        in_source = np.ix_(
            *(
                np.arange(side.start - offset, side.stop - offset).clip(0, size - 1)
                for side, offset, size in zip(window, at, region.shape, strict=True)
            )
        )
        image, factor = _on_one_scale(image, source)
        guide = source.colour[:, in_source[0], in_source[1]] * np.float32(factor)
        colour = image.colour.copy()
        inner = np.ascontiguousarray(colour[:, *window])

        def cloned(inner: "Planes") -> "Raster":
            colour[:, *window] = inner
            return replace(image, colour=colour, valid=free)

        phase("solving")
        with seen_through(cloned):
            residual = gradient_domain.clone(
                inner,
                np.broadcast_to(guide, inner.shape),
                free[window].copy(),
                mixed=self.mixed,
                spacing=image.spacing,
            )
        report_residual(residual)
        return cloned(inner)


def _require_whole(image: "Raster") -> None:
    if image.valid is not None:
        raise ImageError("has holes; fill them by inpaint")


def _region(
    source: "Raster", mask: "Raster | None", at: tuple[int, int], within: tuple[int, ...] | None
) -> "Mask":
    """Find which pixels of the source are cloned, `at` a place in an image of the shape `within`.

    A pixel is cloned if the source knows its differences to all of its neighbours in
    the image. A pixel with a neighbour in the image and none in the source keeps the
    image's value, so that every edge has a difference, and no seam shows. Pixels at
    the border of the image lack no neighbour beyond it. But where the source would
    replace the whole image, the pixels at the source's border stay.
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
                f"has {size_in_words(mask.shape)} pixels, the source {size_in_words(shape)}; "
                "give one of its size",
            )
        wanted = seen & mask.not_black
    # The image is not known yet when only the options are checked.
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
        raise ParameterError("mask", "leaves nothing to clone; make the pixels to be cloned white")
    return region


def _all_neighbours(framed: "Mask") -> "Mask":
    """Find which pixels have four neighbours that are true, in a frame one pixel wide."""
    return framed[:-2, 1:-1] & framed[2:, 1:-1] & framed[1:-1, :-2] & framed[1:-1, 2:]


def _on_one_scale(image: "Raster", other: "Raster") -> "tuple[Raster, float]":
    """Bring an image to the coarser of two scales; return the factor for the other's numbers."""
    import numpy as np

    from pdefilter.measure import extremes

    # A picture without differences has no scale of its own.
    scales = [picture.scale for picture in (image, other) if any(extremes.ranges(picture))]
    units = [scale.unit / scale.full for scale in scales]
    unit = image.scale.full * max(units) if units else image.scale.unit
    factor = np.float32(image.scale.unit / unit)
    scale = replace(image.scale, unit=unit)
    rescaled = replace(image, colour=image.colour * factor, scale=scale, stored=None)
    return rescaled, scale.number(other.scale.fraction(1.0))
