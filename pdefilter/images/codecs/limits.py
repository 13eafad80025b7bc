"""How large an image may claim to be, asked before anything is allocated for it."""

from pdefilter.errors import ImageError

MOST_PIXELS = 1 << 30
"""What OpenCV's own codecs take at most."""


def require_size(rows: int, columns: int) -> None:
    """Refuse an image of no pixels or of too many.

    Raises
    ------
    ImageError
        That says both its size and the limit.
    """
    if rows < 1 or columns < 1 or rows * columns > MOST_PIXELS:
        raise ImageError(
            f"claims {columns} × {rows} pixels, but images have at least one and "
            f"at most {MOST_PIXELS} pixels"
        )
