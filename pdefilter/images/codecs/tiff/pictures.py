"""The pictures among the pages of a TIFF, and their masks and smaller versions.

References
----------
TIFF 6.0, NewSubfileType; https://gdal.org/en/stable/drivers/raster/gtiff.html (internal masks,
overviews)
"""

import math
from dataclasses import dataclass, field

from pdefilter.errors import ImageError
from pdefilter.images.codecs.tiff import tags
from pdefilter.images.codecs.tiff.directories import first_integer, numbers, selected_entries
from pdefilter.images.exif import Directory, Layout

_REDUCED, _MASK = 1, 4
_COLOURS_OF_A_MASK = 4
_WANTED = frozenset(
    {tags.SUBFILE, tags.OLD_SUBFILE, tags.COLUMNS, tags.ROWS, tags.PHOTOMETRIC, tags.SUB_IFDS}
)


@dataclass(slots=True)
class Picture:
    """A picture.

    Attributes
    ----------
    at : int
        The offset of its directory.
    size : tuple of int
        Its rows and columns.
    mask : int or None
        The offset of the directory of its mask.
    smaller, other : int
        The numbers of smaller versions, and of other pictures, that belong to it.
    masks : int
        The number of masks after it that fit no picture.
    levels : int
        How often the smallest version was halved.
    has_levels_below : bool
        Whether smaller versions are in its subdirectories.
    """

    at: int
    size: tuple[int, int]
    mask: int | None = None
    smaller: int = 0
    other: int = 0
    masks: int = 0
    levels: int = 0
    has_levels_below: bool = False

    def add_smaller(self, size: tuple[int, int], *, below: bool) -> None:
        """Add a smaller version."""
        self.smaller += 1
        self.has_levels_below |= below
        if min(size) > 0:
            ratio = max(own / other for own, other in zip(self.size, size, strict=True))
            self.levels = max(self.levels, round(math.log2(max(1, ratio))))

    @property
    def dropped(self) -> tuple[str, ...]:
        """The names of what belongs to it, but goes into no output."""
        named = (
            (self.smaller, "smaller version", "smaller versions"),
            (self.other, "picture below another", "pictures below another"),
            (self.masks, "mask that fits no picture", "masks that fit no picture"),
        )
        return tuple(f"{n} {one if n == 1 else several}" for n, one, several in named if n)


@dataclass(slots=True)
class _Page:
    """A page: its offset, some of its entries, and its subdirectories."""

    at: int
    entries: Directory
    layout: Layout
    below: list["_Page"] = field(default_factory=list)

    @property
    def size(self) -> tuple[int, int]:
        return self._number(tags.ROWS), self._number(tags.COLUMNS)

    @property
    def is_mask(self) -> bool:
        by_colours = self._number(tags.PHOTOMETRIC) == _COLOURS_OF_A_MASK
        return bool(self._number(tags.SUBFILE) & _MASK) or by_colours

    @property
    def is_reduced(self) -> bool:
        old = self._number(tags.OLD_SUBFILE) == 2 and not self._number(tags.SUBFILE)
        return bool(self._number(tags.SUBFILE) & _REDUCED) or old

    def _number(self, tag: int) -> int:
        return first_integer(self.entries, tag, self.layout)


def pictures(data: bytes, layout: Layout, chain: list[int]) -> list[Picture]:
    """Find the pictures among the pages of the chain, with what belongs to them.

    If the chain holds only thumbnails, as in a raw photograph, the pictures are in their
    subdirectories. If there are none there, thumbnails and masks count as pictures.
    """
    pages = [_page(data, layout, at) for at in chain]
    if not any(map(_is_picture, pages)):
        below = [page for above in pages for page in above.below if _is_picture(page)]
        if not below:
            return [Picture(page.at, page.size) for page in pages]
        pages = below + pages
    result = [Picture(page.at, page.size) for page in pages if _is_picture(page)]
    number = -1
    for page in pages:
        number += _is_picture(page)
        owner = result[max(number, 0)]
        if _is_picture(page):
            _count_below(page, owner)
        elif page.is_reduced:
            if not page.is_mask:
                owner.add_smaller(page.size, below=False)
        else:
            _assign_mask(page, result[: number + 1], owner)
    return result


def _page(data: bytes, layout: Layout, at: int) -> _Page:
    entries = selected_entries(data, layout, at, _WANTED)
    page = _Page(at, entries, layout)
    for offset in numbers(entries.get(tags.SUB_IFDS), layout):
        if isinstance(offset, int):
            try:
                page.below.append(
                    _Page(offset, selected_entries(data, layout, offset, _WANTED), layout)
                )
            except ImageError:
                continue
    return page


def _is_picture(page: _Page) -> bool:
    return not page.is_mask and not page.is_reduced


def _count_below(page: _Page, picture: Picture) -> None:
    for below in page.below:
        if below.is_mask:
            continue
        if below.is_reduced or below.size < page.size:
            picture.add_smaller(below.size, below=True)
        else:
            picture.other += 1


def _assign_mask(page: _Page, before: list[Picture], owner: Picture) -> None:
    """Give a mask to the last picture before it that has its size."""
    for picture in reversed(before):
        if picture.size == page.size and picture.mask is None:
            picture.mask = page.at
            return
    owner.masks += 1
