"""How large boxes are: as the memory allows, and so that little is computed twice."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_ENOUGH = 4096
"""Longer boxes hardly compute less twice, but show less progress, and share out worse."""

_STEPS_OF_FILES = 20
"""Reading, decoding, encoding and writing a pixel takes about as long as so many steps."""

_FEWEST_STEPS = 4
"""A filter without steps takes about as long as so many."""

_HALOS = 32
"""Boxes so many times longer than their halo is wide compute an eighth of it twice."""


@dataclass(frozen=True)
class Boxes:
    """The boxes that an image is cut into.

    Attributes
    ----------
    shape : tuple of int
        The size of a box; the last one along an axis may be smaller.
    at_once : int
        How many are filtered at the same time.
    cost : float
        The time for a pixel of the result, in steps on a pixel: what is computed, decoded
        and encoded.
    """

    shape: tuple[int, int]
    at_once: int
    cost: float


@dataclass(frozen=True)
class Room:
    """An image, and the room that there is for boxes of it.

    Attributes
    ----------
    shape : sequence of int
        The size of the image.
    blocks : sequence of int
        The size that boxes are multiples of.
    strips : sequence of int
        The size of the pieces that the image is read in. If they are as wide as the
        image, boxes are too where the memory allows it: what is left of a strip would be
        decoded again.
    pixels : int
        The pixels that all boxes in work may have together, halos included.
    """

    shape: Sequence[int]
    blocks: Sequence[int]
    strips: Sequence[int]
    pixels: int


def boxes_for(room: Room, reach: int, most_at_once: int) -> Boxes | None:
    """Choose boxes that cost the least, halos included.

    Parameters
    ----------
    room : Room
        The image, and the room for boxes.
    reach : int
        The width of the halo.
    most_at_once : int
        The most boxes at the same time.

    Returns
    -------
    Boxes or None
        None if the memory is too small for any box.
    """
    candidates = (
        Boxes(box, at_once, _cost(box, room, reach) / at_once**_SPEED)
        for at_once in _counts(most_at_once)
        for box in _fitting(room, reach, room.pixels // at_once)
    )
    return min(candidates, key=lambda boxes: boxes.cost, default=None)


def boxes_of(asked: Sequence[int], room: Room, reach: int, most_at_once: int) -> Boxes:
    """Make boxes of the size that is asked for, or the next larger one that blocks allow.

    The parameters are those of `boxes_for`.
    """
    rows, columns = (
        min(whole, -(-length // block) * block)
        for length, block, whole in zip(asked, room.blocks, room.shape, strict=True)
    )
    grown = (rows + 2 * reach) * (columns + 2 * reach)
    at_once = max(1, min(most_at_once, room.pixels // grown))
    return Boxes((rows, columns), at_once, _cost((rows, columns), room, reach) / at_once**_SPEED)


# Boxes side by side, each on a thread, are faster than threads that share a box, as decoding and
# encoding run on one.
_SPEED = 0.3


def _counts(most: int) -> Iterator[int]:
    while most:
        yield most
        most //= 2


def _fitting(room: Room, reach: int, pixels: int) -> Iterator[tuple[int, int]]:
    """List a square box and one as wide as the image, as large as they may be."""
    height, width = room.shape
    longest = max(_ENOUGH, _HALOS * reach)
    square = min(math.isqrt(pixels) - 2 * reach, longest)
    widths = {width if square >= width else square // room.blocks[1] * room.blocks[1]}
    if room.strips[1] >= width:
        widths.add(width)
    for columns in widths:
        rows = min(pixels // min(columns + 2 * reach, width) - 2 * reach, longest)
        rows = height if rows >= height else rows // room.blocks[0] * room.blocks[0]
        if rows > 0 and columns > 0:
            yield rows, columns


def _cost(box: Sequence[int], room: Room, reach: int) -> float:
    """Estimate the time for a pixel of the result, in steps on a pixel, on one thread."""
    grown = [min(n + 2 * reach, whole) for n, whole in zip(box, room.shape, strict=True)]
    read = [
        # On average a box begins and ends within a piece.
        min(n + piece - 1, whole) if n < whole else whole
        for n, piece, whole in zip(grown, room.strips, room.shape, strict=True)
    ]
    steps = max(reach, _FEWEST_STEPS)
    return (steps * math.prod(grown) + _STEPS_OF_FILES * math.prod(read)) / math.prod(box)
