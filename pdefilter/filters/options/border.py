"""The values beyond the border of an image: one option, with one meaning in every filter."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

Border: TypeAlias = Literal["reflect", "wrap", "wrap-rows", "wrap-columns"]

BORDERS: Mapping[str, str] = {
    "reflect": "the image, mirrored",
    "wrap": "the opposite side, as for a periodic cell",
    "wrap-rows": "the opposite side above and below",
    "wrap-columns": "the opposite side left and right, as for a panorama",
}

_CYCLIC: Mapping[str, tuple[bool, bool, bool]] = {
    "wrap": (True, True, True),
    "wrap-rows": (False, True, False),
    "wrap-columns": (False, False, True),
}


def wraps_of(border: str, axes: int = 2) -> tuple[bool, ...]:
    """Find which of the axes are cyclic; of a volume the first one is that of slices."""
    return _CYCLIC.get(border, (False, False, False))[-axes:]
