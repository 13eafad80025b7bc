"""Shares of memory and cores: never more than there are, and everyone's turn comes."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from pdefilter.runs.shares import BYTES_PER_PIXEL, Shares
from pdefilter.runs.worker import Task


@given(st.integers(1, 8), st.lists(st.integers(1, 12), max_size=40), st.randoms())
def test_every_image_gets_its_shares_and_no_limit_is_passed(count, wishes, random):
    shares = Shares(count)
    left, running, finished = deque(enumerate(wishes)), {}, 0
    waiting: list[int] = []
    order = []
    while left or running or waiting:
        while left and shares.take(1):
            name, wanted = left.popleft()
            if wanted > 1:
                shares.exchange(name, 1, wanted)
                waiting.append(name)
            else:
                running[name] = 1
        for name, granted in shares.granted():
            assert granted == min(wishes[name], count)
            running[name] = granted
            order.append(name)
            waiting.remove(name)
        assert shares.free + sum(running.values()) == count
        assert shares.free >= 0
        assert running, "no image is worked on, though one waits"
        name = random.choice(list(running))
        shares.give_back(running.pop(name))
        finished += 1
    assert finished == len(wishes)
    assert order == sorted(order)


def test_a_holder_that_is_gone_waits_no_more():
    shares = Shares(3)
    assert shares.take(2)
    shares.exchange("large", 0, 3)
    assert not shares.take(1)
    assert shares.forget("large")
    assert not shares.forget("large")
    assert shares.take(1)


def test_a_large_image_takes_the_shares_that_its_memory_needs():
    task = Task(None, None, cores=16, workers=8, memory=8 * BYTES_PER_PIXEL * 1000)
    assert [task.shares_for(pixels) for pixels in (1, 1000, 1001, 8000)] == [1, 1, 2, 8]
    assert [task.threads_for(shares) for shares in (1, 2, 8)] == [2, 4, 16]
    assert Task(None, None, cores=2, workers=8, memory=1).threads_for(1) == 1
