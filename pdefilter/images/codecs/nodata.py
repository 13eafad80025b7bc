"""GDAL's tag for the value that marks where a TIFF holds no data: a number as text.

References
----------
https://gdal.org/en/stable/drivers/raster/gtiff.html (nodata value)
"""

from decimal import Decimal

from pdefilter.images.exif import Directory, Entry

TAG = 42113
_ASCII = 2
# Between these some integers of 64 bits are no floats.
_FIRST_INEXACT, _LAST_INTEGER = 2.0**53, 2.0**64


def text_in(directory: Directory) -> str:
    """Read what the tag says; nothing where there is none."""
    raw = directory[TAG].raw if TAG in directory else b""
    return raw.partition(b"\0")[0].decode("latin-1").strip()


def number_in(directory: Directory) -> float | None:
    """Read its number, a large whole one to the last digit; None where it says none."""
    text = text_in(directory).replace(",", ".")
    try:
        number = float(text)
    except ValueError:
        return None
    if _FIRST_INEXACT <= abs(number) <= _LAST_INTEGER:
        exact = Decimal(text)
        return int(exact) if exact == int(exact) else number
    return None if "_" in text else number  # which Python allows between digits


def entry_of(number: float) -> Entry:
    """Say a number."""
    return Entry(_ASCII, f"{number}".encode() + b"\0")
