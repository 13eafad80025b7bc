"""How long a training goes on, and when it is looked at."""

from dataclasses import dataclass
from typing import Self

_VALIDATIONS = 100
_SHORT_VALIDATIONS, _LONGEST_WAIT = 20, 500  # the latter in iterations
_SHARE = 0.05  # of the time, for validations


@dataclass(frozen=True)
class Schedule:
    """The length of a training.

    Attributes
    ----------
    iterations : int
        The number of iterations.
    every : int
        The network is validated after so many.
    """

    iterations: int
    every: int

    @classmethod
    def of_iterations(cls, iterations: int) -> Self:
        """Make the schedule of a number of iterations."""
        return cls(iterations, max(1, min(_LONGEST_WAIT, iterations // _SHORT_VALIDATIONS)))

    @classmethod
    def of_time(cls, seconds: float, iteration: float, validation: float) -> Self:
        """Make the schedule that takes about so long.

        Parameters
        ----------
        seconds : float
            The time of all.
        iteration, validation : float
            The time that one takes, in seconds.
        """
        validations = min(_VALIDATIONS, max(1, int(_SHARE * seconds / validation)))
        iterations = max(1, int((seconds - validations * validation) / iteration))
        return cls(iterations, max(1, iterations // validations))
