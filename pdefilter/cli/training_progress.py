"""The progress of a training: a bar on a terminal, or a line for each validation."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from pdefilter.cli.messages import is_terminal, print_message
from pdefilter.cli.progress import SECONDS_OF_PATIENCE, describe_speed, make_display

if TYPE_CHECKING:
    from rich.progress import Progress as Display
    from rich.progress import TaskID

    from pdefilter.learn.schedule import Schedule
    from pdefilter.learn.training import Training


class TrainingProgress:
    """Shows how far a training is, its validation, and the time left; a context manager.

    Parameters
    ----------
    schedule : Schedule
        The length of the training.
    quiet : bool
        Whether nothing is shown.
    verbose : bool
        Whether a line is printed for each validation.
    """

    def __init__(self, schedule: "Schedule", *, quiet: bool, verbose: bool) -> None:
        self._wanted = is_terminal(sys.stderr) and not quiet
        self._verbose, self._of = verbose and not quiet, schedule.iterations
        self._first: int | None = None
        self._since = self._shown = time.monotonic()
        self._display: Display | None = None
        self._bar: TaskID | None = None

    def __enter__(self) -> "TrainingProgress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: object, __: TracebackType | None
    ) -> None:
        if self._display is not None:
            self._display.stop()

    def advanced(self, training: "Training") -> None:
        """Draw the bar, now and then."""
        if self._first is None:
            self._first = training.iteration
        now = time.monotonic()
        if self._wanted and now - self._shown > SECONDS_OF_PATIENCE:
            self._shown = now
            self._draw(training, now - self._since)

    def _draw(self, training: "Training", taken: float) -> None:
        done = training.iteration - (self._first or 0)
        status = describe_speed("iterations", training.iteration, self._of, done, taken)
        if self._display is None:
            self._display = make_display()
            self._bar = self._display.add_task("learn", total=self._of, status="")
            self._display.start()
        if training.records:
            status += f", {_figures(training)}"
        assert self._bar is not None
        self._display.update(self._bar, completed=training.iteration, status=status)
        self._display.refresh()

    def validated(self, training: "Training") -> None:
        """Print a line, if lines are wanted."""
        if self._verbose:
            if self._display is not None:
                self._display.stop()
                self._display = None
            print_message(
                f"{training.iteration} of {self._of} iterations, loss {training.loss:.4g}, "
                f"{_figures(training)}"
            )


def _figures(training: "Training") -> str:
    return training.task.told(training.records[-1].figures)
