"""Places: equal shares of the memory and of the cores, each taken by one image or part of one."""

import os
from collections import deque
from collections.abc import Hashable, Iterator
from contextlib import suppress
from pathlib import Path

BYTES_PER_PIXEL = 64
"""Measured: filtering colour takes 42 to 60, decoded input and encoded output included."""

FRACTION = 0.5
"""Of the memory available, what images in flight may take together."""


class Places:
    """Who holds how many places, and who waits for more.

    Attributes
    ----------
    count : int
        How many there are.
    free : int
        How many nobody holds.
    """

    def __init__(self, count: int) -> None:
        self.count = self.free = count
        self._waiting: deque[tuple[Hashable, int]] = deque()

    @property
    def waited_for(self) -> bool:
        """Whether somebody waits for places."""
        return bool(self._waiting)

    def take(self, count: int) -> bool:
        """Take places for a new image, unless there are too few or another image waits."""
        if self.waited_for or count > self.free:
            return False
        self.free -= count
        return True

    def give(self, count: int) -> None:
        """Give places back."""
        self.free += count

    def ask(self, holder: Hashable, held: int, wanted: int) -> None:
        """Give places back, and wait for more: at most for all, so that everyone's turn comes."""
        self.give(held)
        self._waiting.append((holder, min(wanted, self.count)))

    def granted(self) -> Iterator[tuple[Hashable, int]]:
        """Let in those who wait, first come first served, as far as places are free."""
        while self._waiting and self._waiting[0][1] <= self.free:
            holder, count = self._waiting.popleft()
            self.free -= count
            yield holder, count

    def forget(self, holder: Hashable) -> bool:
        """Let somebody wait no more; whether it did."""
        before = len(self._waiting)
        self._waiting = deque(entry for entry in self._waiting if entry[0] != holder)
        return len(self._waiting) < before


def available_memory() -> int:
    """Find how many bytes this process and its children may still take.

    The least of what the system has and what the control group allows; where
    neither can be asked, 4 GiB.
    """
    found = []
    with suppress(OSError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        found.append(1024 * int(next(x for x in lines if x.startswith("MemAvailable")).split()[1]))
    for limit in ("memory.max", "memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            found.append(int(Path("/sys/fs/cgroup", limit).read_text()))
    if not found:
        with suppress(AttributeError, OSError, ValueError):
            found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(found, default=4 << 30)
