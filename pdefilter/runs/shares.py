"""Equal shares of the memory and of the cores; an image holds one share or several."""

from collections import deque
from collections.abc import Hashable, Iterator

BYTES_PER_PIXEL = 64
"""Measured: filtering colour takes 42 to 60, decoded input and encoded output included."""

FRACTION = 0.5
"""The fraction of the available memory that all images in work may take together."""


class Shares:
    """The shares that images hold, and the images that wait for more.

    Attributes
    ----------
    count : int
        The number of all shares.
    free : int
        The number of shares that no image holds.
    """

    def __init__(self, count: int) -> None:
        self.count = self.free = count
        self._waiting: deque[tuple[Hashable, int]] = deque()

    @property
    def are_waited_for(self) -> bool:
        """Whether an image waits for shares."""
        return bool(self._waiting)

    def take(self, count: int) -> bool:
        """Take shares for a new image, unless too few are free or another image waits."""
        if self.are_waited_for or count > self.free:
            return False
        self.free -= count
        return True

    def give_back(self, count: int) -> None:
        """Give shares back."""
        self.free += count

    def exchange(self, holder: Hashable, held: int, wanted: int) -> None:
        """Give shares back and wait for more, at most for all, so that every turn comes."""
        self.give_back(held)
        self._waiting.append((holder, min(wanted, self.count)))

    def granted(self) -> Iterator[tuple[Hashable, int]]:
        """Grant shares to those who wait, first come first served, as long as enough are free."""
        while self._waiting and self._waiting[0][1] <= self.free:
            holder, count = self._waiting.popleft()
            self.free -= count
            yield holder, count

    def forget(self, holder: Hashable) -> bool:
        """Remove a holder from those who wait; return whether it waited."""
        before = len(self._waiting)
        self._waiting = deque(entry for entry in self._waiting if entry[0] != holder)
        return len(self._waiting) < before
