"""How large boxes are: as the memory allows, and so that little is computed twice."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_ENOUGH = 2048
"""Longer boxes hardly compute less twice, but show less progress, and share out worse."""

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
    """

    shape: tuple[int, int]
    at_once: int


def boxes_for(
    shape: Sequence[int],
    blocks: Sequence[int],
    strips: Sequence[int],
    reach: int,
    pixels: int,
    most_at_once: int,
) -> Boxes | None:
    """Choose boxes that cost the least, halos included.

    Parameters
    ----------
    shape : sequence of int
        The size of the image.
    blocks : sequence of int
        The size that boxes are multiples of.
    strips : sequence of int
        The size of the pieces that the image is read in. If they are as wide as the
        image, boxes are too where the memory allows it: what is left of a strip would be
        decoded again.
    reach : int
        The width of the halo.
    pixels : int
        The pixels that all boxes in work may have together, halos included.
    most_at_once : int
        The most boxes at the same time.

    Returns
    -------
    Boxes or None
        None if the memory is too small for any box.
    """
    candidates = [
        (_cost(box, shape, strips, reach) / at_once**_SPEED, at_once, box)
        for at_once in _counts(most_at_once)
        for box in _fitting(shape, blocks, strips, reach, pixels // at_once)
    ]
    if not candidates:
        return None
    _, at_once, best = min(candidates, key=lambda candidate: candidate[0])
    return Boxes(best, at_once)


def boxes_of(
    asked: Sequence[int],
    shape: Sequence[int],
    blocks: Sequence[int],
    strips: Sequence[int],  # noqa: ARG001 (what is asked for is made)
    reach: int,
    pixels: int,
    most_at_once: int,
) -> Boxes | None:
    """Make boxes of the size that is asked for, or the next larger one that blocks allow.

    The parameters are those of `boxes_for`.
    """
    rows, columns = (
        min(whole, -(-length // block) * block)
        for length, block, whole in zip(asked, blocks, shape, strict=True)
    )
    grown = (rows + 2 * reach) * (columns + 2 * reach)
    return Boxes((rows, columns), max(1, min(most_at_once, pixels // grown)))


# Boxes side by side, each on a thread, are faster than threads that share a box, as decoding and
# encoding run on one.
_SPEED = 0.3


def _counts(most: int) -> Iterator[int]:
    while most:
        yield most
        most //= 2


def _fitting(
    shape: Sequence[int], blocks: Sequence[int], strips: Sequence[int], reach: int, pixels: int
) -> Iterator[tuple[int, int]]:
    """List a square box and one as wide as the image, as large as they may be."""
    longest = max(_ENOUGH, _HALOS * reach)
    square = min(math.isqrt(max(pixels, 0)) - 2 * reach, longest)
    columns = shape[1] if square >= shape[1] else square // blocks[1] * blocks[1]
    widths = {columns, shape[1]} if strips[1] >= shape[1] else {columns}
    for width in widths - {0}:
        grown = min(width + 2 * reach, shape[1])
        rows = min(pixels // grown - 2 * reach, longest)
        rows = shape[0] if rows >= shape[0] else rows // blocks[0] * blocks[0]
        if rows > 0:
            yield rows, width


def _cost(box: Sequence[int], shape: Sequence[int], strips: Sequence[int], reach: int) -> float:
    """Count the pixels computed, and as a tenth those decoded, for each pixel of the result."""
    grown = [min(n + 2 * reach, whole) for n, whole in zip(box, shape, strict=True)]
    decoded = [
        min(math.ceil((n + piece - 1) / piece) * piece, max(whole, piece))
        for n, piece, whole in zip(grown, strips, shape, strict=True)
    ]
    return (math.prod(grown) + _DECODING * math.prod(decoded)) / math.prod(box)


_DECODING = 0.1
