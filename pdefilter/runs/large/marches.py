"""Long marches: in how many parts the steps of a filter are taken, through which boxes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pdefilter.errors import ImageError
from pdefilter.operation import Numbers, Operation
from pdefilter.runs.large.sizes import Boxes, Room, boxes_for, boxes_of

_MOST_PARTS = 4096


@dataclass(frozen=True)
class Marches:
    """The parts of the steps of a filter, and the boxes of each.

    Attributes
    ----------
    parts : int
        The number of parts.
    reach : int
        How far around a box a part depends on the state before it.
    cut : Boxes
        The boxes.
    """

    parts: int
    reach: int
    cut: Boxes


def planned(
    operation: Operation,
    numbers: Numbers,
    room: Room,
    most_at_once: int,
    *,
    box: Sequence[int] | None = None,
    parts: int | None = None,
) -> Marches | None:
    """Choose parts and boxes so that the least is computed twice, read and written.

    Parameters
    ----------
    operation : Operation
        The filter.
    numbers : mapping
        What was measured for it.
    room : Room
        The image, and the room for boxes.
    most_at_once : int
        The most boxes at the same time.
    box : sequence of int, optional
        The size of a box.
    parts : int, optional
        The number of parts.

    Returns
    -------
    Marches or None
        None if the memory is too small.

    Raises
    ------
    ImageError
        If the result depends on all of the image.
    """
    if operation.reach(numbers) is None:
        raise ImageError(
            "is larger than --memory, and every pixel of this result depends on all of the image; "
            "raise --memory, or crop the image"
        )
    choices = _reaches(operation, numbers)
    if parts is not None:
        choices = iter([(parts, operation.reach_of_part(numbers, parts) or 0)])
    marches = []
    for count, reach in choices:
        cut = boxes_of(box, room, reach, most_at_once) if box else None
        cut = cut or boxes_for(room, reach, most_at_once)
        if cut is not None:
            marches.append(Marches(count, reach, cut))
    return min(marches, key=lambda march: march.parts * march.cut.cost, default=None)


def least_box(operation: Operation, numbers: Numbers, blocks: Sequence[int]) -> int:
    """Count the pixels of the smallest box with all that it depends on."""
    *_, (_, reach) = _reaches(operation, numbers)
    rows, columns = (block + 2 * reach for block in blocks)
    return rows * columns


def _reaches(operation: Operation, numbers: Numbers) -> Iterator[tuple[int, int]]:
    """List numbers of parts with the reach of one, as long as more parts reach less far."""
    before, count = None, 1
    while count <= _MOST_PARTS:
        reach = operation.reach_of_part(numbers, count)
        assert reach is not None
        if before is not None and reach >= before:
            return
        yield count, reach
        before, count = reach, max(count + 1, count * 5 // 4)
