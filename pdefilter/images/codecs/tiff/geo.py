"""The size of pixels on the ground, and where it lies, as GeoTIFF tells it.

References
----------
https://docs.ogc.org/is/19-008r4/19-008r4.html (ModelPixelScaleTag, ModelTiepointTag,
ModelTransformationTag, GeoKeyDirectoryTag)
"""

import math
from collections.abc import Mapping

from pdefilter.images.codecs.tiff.directories import numbers
from pdefilter.images.codecs.tiff.metadata_tags import stored_of
from pdefilter.images.exif import Directory, Layout
from pdefilter.images.georeference import Georeference
from pdefilter.images.image import Image
from pdefilter.images.lengths import are_distances

_SCALE, _TIE, _TRANSFORM, _KEYS = 33550, 33922, 34264, 34735
_MODEL, _RASTER, _GEOGRAPHIC_SYSTEM, _PROJECTED_SYSTEM, _UNIT = 1024, 1025, 2048, 3072, 3076
_PROJECTED, _GEOGRAPHIC, _METRES, _CORNERS = 1, 2, 9001, 1
_EPSG = range(1024, 32767)


def ground_spacing(
    directory: Directory, layout: Layout
) -> tuple[tuple[float, float] | None, str | None]:
    """Find the distances of rows and of columns, and their unit: metres, or None for others."""
    columns, rows, *_ = (*numbers(directory.get(_SCALE), layout), None, None)
    if columns is None or rows is None or not are_distances([columns, rows]):
        return None, None
    keys = _keys(directory, layout)
    in_metres = keys.get(_MODEL) == _PROJECTED and keys.get(_UNIT, _METRES) == _METRES
    return (float(rows), float(columns)), "m" if in_metres else None


def georeference(image: Image) -> Georeference | None:
    """Find where an image from a TIFF lies on the ground; None if its file does not tell."""
    stored = stored_of(image)
    if stored is None:
        return None
    directory = dict(image.metadata.own)
    affine = _affine(directory, stored.layout)
    if affine is None:
        return None
    keys = _keys(directory, stored.layout)
    a, b, c, d, e, f = affine
    if keys.get(_RASTER, _CORNERS) == _CORNERS:
        # Whole numbers of the file are corners of pixels, and those of a place are centres.
        c, f = c + (a + b) / 2, f + (d + e) / 2
    systems = {_PROJECTED: _PROJECTED_SYSTEM, _GEOGRAPHIC: _GEOGRAPHIC_SYSTEM}
    number = keys.get(systems.get(keys.get(_MODEL, 0), 0), 0)
    return Georeference((a, b, c, d, e, f), number if number in _EPSG else None)


def _affine(directory: Directory, layout: Layout) -> tuple[float, ...] | None:
    """Find the map from columns and rows of the file to the ground."""
    matrix, scale, tie = (_floats(directory, tag, layout) for tag in (_TRANSFORM, _SCALE, _TIE))
    if len(matrix) == 16:
        affine = (*matrix[0:2], matrix[3], *matrix[4:6], matrix[7])
    elif len(scale) >= 2 and len(tie) >= 6:
        (width, height), (column, row), (easting, northing) = scale[:2], tie[:2], tie[3:5]
        affine = (width, 0.0, easting - column * width, 0.0, -height, northing + row * height)
    else:
        return None
    a, b, _, d, e, _ = affine
    return affine if all(map(math.isfinite, affine)) and a * e != b * d else None


def _floats(directory: Directory, tag: int, layout: Layout) -> tuple[float, ...]:
    found = numbers(directory.get(tag), layout)
    return tuple(math.nan if number is None else float(number) for number in found)


def _keys(directory: Directory, layout: Layout) -> Mapping[int, int]:
    """Read the keys whose values are short numbers."""
    words = [number for number in numbers(directory.get(_KEYS), layout) if isinstance(number, int)]
    return {words[at]: words[at + 3] for at in range(4, len(words) - 3, 4) if words[at + 1] == 0}
