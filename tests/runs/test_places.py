"""Shares of memory and cores: never more than there are, and everyone's turn comes."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from pdefilter.runs.places import BYTES_PER_PIXEL, Places
from pdefilter.runs.worker import Task


@given(st.integers(1, 8), st.lists(st.integers(1, 12), max_size=40), st.randoms())
def test_every_image_is_let_in_and_none_beyond_the_limit(count, wishes, random):
    places = Places(count)
    begun, running, finished = deque(enumerate(wishes)), {}, 0
    waiting: list[int] = []
    let_in = []
    while begun or running or waiting:
        while begun and places.take(1):
            name, wanted = begun.popleft()
            if wanted > 1:
                places.ask(name, 1, wanted)
                waiting.append(name)
            else:
                running[name] = 1
        for name, granted in places.granted():
            assert granted == min(wishes[name], count)
            running[name] = granted
            let_in.append(name)
            waiting.remove(name)
        assert places.free + sum(running.values()) == count
        assert places.free >= 0
        assert running, "nobody works, though somebody waits"
        name = random.choice(list(running))
        places.give(running.pop(name))
        finished += 1
    assert finished == len(wishes)
    assert let_in == sorted(let_in)


def test_who_is_gone_waits_no_more():
    places = Places(3)
    assert places.take(2)
    places.ask("large", 0, 3)
    assert not places.take(1)
    assert places.forget("large")
    assert not places.forget("large")
    assert places.take(1)


def test_a_large_image_takes_the_share_that_its_memory_needs():
    task = Task(None, None, cores=16, workers=8, memory=8 * BYTES_PER_PIXEL * 1000)
    assert [task.places_for(pixels) for pixels in (1, 1000, 1001, 8000)] == [1, 1, 2, 8]
    assert [task.threads_on(places) for places in (1, 2, 8)] == [2, 4, 16]
    assert Task(None, None, cores=2, workers=8, memory=1).threads_on(1) == 1
