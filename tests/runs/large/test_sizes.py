"""Boxes fit the memory, and are made of whole blocks."""

from hypothesis import given
from hypothesis import strategies as st

from pdefilter.runs.large.sizes import Room, boxes_for, boxes_of

SIDES = st.integers(1, 200_000)
PAIRS = st.tuples(SIDES, SIDES)
BLOCKS = st.tuples(st.integers(1, 1024), st.integers(1, 1024))


@given(shape=PAIRS, blocks=BLOCKS, strips=PAIRS, pixels=st.integers(1, 10**9),
       reach=st.integers(0, 3000), workers=st.integers(1, 64))  # fmt: skip
def test_boxes_with_their_halos_fit_the_memory(shape, blocks, strips, pixels, reach, workers):
    cut = boxes_for(Room(shape, blocks, strips, pixels), reach, workers)
    if cut is None:
        return
    grown = [min(n + 2 * reach, whole) for n, whole in zip(cut.shape, shape, strict=True)]
    assert 1 <= cut.at_once <= workers
    assert cut.at_once * grown[0] * grown[1] <= pixels
    for n, block, whole in zip(cut.shape, blocks, shape, strict=True):
        assert n == whole or (0 < n < whole and n % block == 0)


@given(shape=PAIRS, blocks=BLOCKS, reach=st.integers(0, 100), side=st.integers(1, 100))
def test_there_are_boxes_where_there_is_memory_for_one(shape, blocks, reach, side):
    pixels = (blocks[0] + 2 * reach) * (blocks[1] + 2 * reach) * side**2 + 10**6
    pixels = max(pixels, (max(blocks) + 2 * reach) ** 2)
    assert boxes_for(Room(shape, blocks, blocks, pixels), reach, 8) is not None


@given(shape=PAIRS, blocks=BLOCKS, asked=PAIRS)
def test_boxes_that_are_asked_for_grow_to_whole_blocks(shape, blocks, asked):
    cut = boxes_of(asked, Room(shape, blocks, blocks, 10**6), 3, 4)
    for n, wanted, block, whole in zip(cut.shape, asked, blocks, shape, strict=True):
        assert n == whole or (wanted <= n < wanted + block and n % block == 0)


def test_boxes_of_strips_are_as_wide_as_the_image():
    room = Room((100_000, 100_000), (16, 100_000), (16, 100_000), 30_000_000)
    cut = boxes_for(room, 2, 2)
    assert cut.shape[1] == 100_000
