"""GDAL's tag for the value that marks no data in a TIFF: a number as text.

References
----------
https://gdal.org/en/stable/drivers/raster/gtiff.html (nodata value)
"""

import math
import sys
from decimal import Decimal

from pdefilter.images.exif import Directory, Entry

TAG = 42113
_ASCII = 2
# Between these, some integers of 64 bits are not exact in float64.
_FIRST_INEXACT, _LAST_INTEGER = 2.0**53, 2.0**64


def text_in(directory: Directory) -> str:
    """Read the text of the tag; empty if there is none."""
    raw = directory[TAG].raw if TAG in directory else b""
    return raw.partition(b"\0")[0].decode("latin-1").strip()


def number_in(directory: Directory) -> float | None:
    """Read the number of the tag, large integers exactly; None if it is not a number."""
    text = text_in(directory).replace(",", ".")
    try:
        number = float(text)
    except ValueError:
        return None
    if math.isinf(number) and abs(Decimal(text)) < 2 * Decimal(sys.float_info.max):
        # The largest float is often written to 15 digits, which are a little more than it.
        number = math.copysign(sys.float_info.max, number)
    if _FIRST_INEXACT <= abs(number) <= _LAST_INTEGER:
        exact = Decimal(text)
        return int(exact) if exact == int(exact) else number
    return None if "_" in text else number  # Python allows underscores between digits


def entry_of(number: float) -> Entry:
    """Make the tag of a number."""
    return Entry(_ASCII, f"{number}".encode() + b"\0")
