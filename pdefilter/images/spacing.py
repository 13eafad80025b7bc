"""The distances of neighbouring pixels, as filters and users see them."""

from dataclasses import replace

from pdefilter.errors import ImageError
from pdefilter.images.image import Image
from pdefilter.images.lengths import AskedSpacing, converted
from pdefilter.images.metadata import Resolution
from pdefilter.units import MILLIMETRES

# Distances of 32 bits, and what was computed from them, differ by less where they mean the same.
_DECIMALS = 9


def relative_spacing(image: Image) -> tuple[float, ...]:
    """Find the distances of neighbours along every axis, in pixels of the finest axis."""
    if image.spacing is None:
        return (1.0,) * image.axes
    finest = min(image.spacing)
    return tuple(round(distance / finest, _DECIMALS) for distance in image.spacing)


def pixel_size(image: Image) -> float | None:
    """Find the length in mm of a pixel along its finest axis; None if its unit is unknown."""
    spacing, unit = image.spacing, image.unit
    if spacing is None:
        spacing, unit = spacing_of(image.metadata.resolution)
    return None if spacing is None or unit is None else min(spacing) * MILLIMETRES[unit]


def spacing_of(resolution: Resolution | None) -> tuple[tuple[float, float] | None, str | None]:
    """Find the distances of rows and of columns, and their unit, from a resolution."""
    if resolution is None:
        return None, None
    sides = float(1 / resolution.rows), float(1 / resolution.columns)
    if resolution.unit == "none":
        return sides, None
    rows, columns = converted(sides, resolution.unit, "mm")
    return (rows, columns), "mm"


def with_spacing(image: Image, asked: AskedSpacing) -> Image:
    """Give an image the spacing that a call asks for.

    By default the pixels of an image of two axes count as squares, and a volume keeps the
    spacing of its file.

    Raises
    ------
    ImageError
        If there is not one positive distance for every axis, or the file names none.
    """
    if asked is None:
        is_square = image.spacing is None or len(set(image.spacing)) == 1
        return image if image.axes > 2 or is_square else replace(image, spacing=None, unit=None)
    if asked != "file":
        given = asked.spacing * (image.axes if len(asked.spacing) == 1 else 1)
        unit = asked.unit or (image.unit if image.spacing is not None else None)
        return replace(image, spacing=given, unit=unit)
    if image.spacing is not None:
        return image
    spacing, unit = spacing_of(image.metadata.resolution)
    if spacing is None:
        raise ImageError("names no distances of pixels; give them by --spacing ROWS,COLUMNS")
    return replace(image, spacing=spacing, unit=unit)
