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

WRAPS: Mapping[str, tuple[bool, bool]] = {
    "reflect": (False, False),
    "wrap": (True, True),
    "wrap-rows": (True, False),
    "wrap-columns": (False, True),
}
"""Whether the axis of rows and the axis of columns are cyclic."""
