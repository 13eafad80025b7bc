"""The size of pixels on the ground, as GeoTIFF tells it.

References
----------
https://docs.ogc.org/is/19-008r4/19-008r4.html (ModelPixelScaleTag, GeoKeyDirectoryTag)
"""

from pdefilter.images.codecs.tiff.directories import numbers
from pdefilter.images.exif import Directory, Layout
from pdefilter.images.lengths import are_distances

_SCALE, _KEYS = 33550, 34735
_MODEL, _UNIT = 1024, 3076
_PROJECTED, _METRES = 1, 9001


def ground_spacing(
    directory: Directory, layout: Layout
) -> tuple[tuple[float, float] | None, str | None]:
    """Find the distances of rows and of columns, and their unit: metres, or None for others."""
    columns, rows, *_ = (*numbers(directory.get(_SCALE), layout), None, None)
    if columns is None or rows is None or not are_distances([columns, rows]):
        return None, None
    words = numbers(directory.get(_KEYS), layout)
    keys = {words[at]: words[at + 3] for at in range(4, len(words) - 3, 4) if words[at + 1] == 0}
    in_metres = keys.get(_MODEL) == _PROJECTED and keys.get(_UNIT, _METRES) == _METRES
    return (float(rows), float(columns)), "m" if in_metres else None
