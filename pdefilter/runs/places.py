"""Places: equal shares of the memory and of the cores, each taken by one image or part of one."""

from collections import deque
from collections.abc import Hashable, Iterator

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
