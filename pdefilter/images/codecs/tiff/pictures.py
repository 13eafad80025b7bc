"""Which pages of a TIFF are pictures, and which belong to one: masks and smaller versions.

References
----------
TIFF 6.0, NewSubfileType; https://gdal.org/en/stable/drivers/raster/gtiff.html (internal masks,
overviews)
"""

from dataclasses import dataclass, field

from pdefilter.errors import ImageError
from pdefilter.images.codecs.tiff import tags
from pdefilter.images.codecs.tiff.directories import numbers, some_of, whole
from pdefilter.images.exif import Directory, Layout

_REDUCED, _MASK = 1, 4
_COLOURS_OF_A_MASK = 4
_WANTED = frozenset(
    {tags.SUBFILE, tags.OLD_SUBFILE, tags.COLUMNS, tags.ROWS, tags.COLOURS, tags.SUB_DIRECTORIES}
)


@dataclass(slots=True)
class Picture:
    """A picture.

    Attributes
    ----------
    at : int
        The place of its directory.
    size : tuple of int
        Its rows and columns.
    mask : int or None
        The place of the directory of its mask.
    smaller, other : int
        How many smaller versions, and other pictures, are below it or behind it.
    masks : int
        How many masks behind it fit no picture.
    """

    at: int
    size: tuple[int, int]
    mask: int | None = None
    smaller: int = 0
    other: int = 0
    masks: int = 0

    @property
    def dropped(self) -> tuple[str, ...]:
        """What belongs to it and goes into no output."""
        named = (
            (self.smaller, "smaller version", "smaller versions"),
            (self.other, "picture below another", "pictures below another"),
            (self.masks, "mask that fits no picture", "masks that fit no picture"),
        )
        return tuple(f"{n} {one if n == 1 else several}" for n, one, several in named if n)


@dataclass(slots=True)
class _Page:
    at: int
    said: Directory
    layout: Layout
    below: list["_Page"] = field(default_factory=list)

    @property
    def size(self) -> tuple[int, int]:
        return self._number(tags.ROWS), self._number(tags.COLUMNS)

    @property
    def is_mask(self) -> bool:
        by_colours = self._number(tags.COLOURS) == _COLOURS_OF_A_MASK
        return bool(self._number(tags.SUBFILE) & _MASK) or by_colours

    @property
    def is_reduced(self) -> bool:
        old = self._number(tags.OLD_SUBFILE) == 2 and not self._number(tags.SUBFILE)
        return bool(self._number(tags.SUBFILE) & _REDUCED) or old

    def _number(self, tag: int) -> int:
        return whole(self.said, tag, self.layout)


def pictures(data: bytes, layout: Layout, chain: list[int]) -> list[Picture]:
    """Find the pictures, with what belongs to them, among the pages of the chain.

    Where the chain has but thumbnails, as that of a raw photograph has, the pictures
    are those below them. Where there are no others, thumbnails and masks are pictures.
    """
    pages = [_page(data, layout, at) for at in chain]
    if not any(map(_is_picture, pages)):
        below = [page for above in pages for page in above.below if _is_picture(page)]
        if not below:
            return [Picture(page.at, page.size) for page in pages]
        pages = below + pages
    found = [Picture(page.at, page.size) for page in pages if _is_picture(page)]
    number = -1
    for page in pages:
        number += _is_picture(page)
        owner = found[max(number, 0)]
        if _is_picture(page):
            _count_below(page, owner)
        elif page.is_reduced:
            owner.smaller += not page.is_mask
        else:
            _add_mask(page, found[: number + 1], owner)
    return found


def _page(data: bytes, layout: Layout, at: int) -> _Page:
    said = some_of(data, layout, at, _WANTED)
    page = _Page(at, said, layout)
    for place in numbers(said.get(tags.SUB_DIRECTORIES), layout):
        if isinstance(place, int):
            try:
                page.below.append(_Page(place, some_of(data, layout, place, _WANTED), layout))
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
            picture.smaller += 1
        else:
            picture.other += 1


def _add_mask(page: _Page, before: list[Picture], owner: Picture) -> None:
    """Give a mask to the last picture before it that it fits."""
    for picture in reversed(before):
        if picture.size == page.size and picture.mask is None:
            picture.mask = page.at
            return
    owner.masks += 1
