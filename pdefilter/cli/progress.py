"""Progress bars for a user at a terminal."""

import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pdefilter.cli.messages import has_colour, is_terminal, printable

if TYPE_CHECKING:
    from rich.progress import Progress as Display
    from rich.progress import Task, TaskID

    from pdefilter.runs.cluster.cluster import Spread
    from pdefilter.runs.worker import Steps

# A run that ends sooner needs no bar, and should not wait for one to be imported.
SECONDS_OF_PATIENCE = 0.5

# Small images are done faster than anyone can read.
_BETWEEN_DRAWINGS = 0.05

_WIDTH = 20


class Progress:
    """A bar for the images, and one for each that takes long; a context manager.

    The bar of an image shows the phase of the work on it and, where they can be counted,
    its steps; a spinner turns where they cannot. The bars appear on a terminal only, once
    the run has taken half a second. They disappear when the run ends, and while a message
    is printed.

    Parameters
    ----------
    images : int
        The number of images.
    quiet : bool
        Whether no bar is shown at all.

    Attributes
    ----------
    wanted : bool
        Whether a bar may be shown.
    """

    def __init__(self, images: int, *, quiet: bool) -> None:
        self.wanted = is_terminal(sys.stderr) and not quiet
        self._images, self._done, self._since = images, 0, time.monotonic()
        self._display: Display | None = None
        self._bars: dict[int | None, TaskID] = {}
        self._working: dict[int, _Working] = {}
        self._spread: Spread | None = None
        self._drawn = 0.0

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: object, __: TracebackType | None
    ) -> None:
        self.hide()

    def hide(self) -> None:
        """Make room for a message, until the next refresh."""
        if self._display is not None:
            self._display.stop()
            self._display, self._bars = None, {}

    def finished(self, image: int) -> None:
        """Count an image that is done, or has failed."""
        self._done += 1
        self._working.pop(image, None)
        self._remove(image)

    def stepped(self, steps: "Steps") -> None:
        """Note the phase of the work on an image, and how many of its steps are done."""
        image, now = steps.job.index, time.monotonic()
        before = self._working.get(image)
        since = phase_since = now
        if before is not None:
            since = before.since
            if steps.done:
                phase_since = before.phase_since
            else:
                self._remove(image)  # a bar that once had a length cannot lose it
        self._working[image] = _Working(steps, since, phase_since)

    def spread(self, spread: "Spread") -> None:
        """Note on how many workers the run is, and how many bytes they have read and written."""
        self._spread = spread

    def refresh(self) -> None:
        """Draw the bars, now and then."""
        now = time.monotonic()
        taken = now - self._since
        if not self.wanted or taken < SECONDS_OF_PATIENCE or now - self._drawn < _BETWEEN_DRAWINGS:
            return
        if self._display is None:
            self._display = make_display()
            self._display.start()
        if self._images > 1 or self._spread is not None:
            status = describe_speed("images", self._done, self._images, self._done, taken)
            if self._spread is not None:
                status += f", {describe_spread(self._spread)}"
            self._set(None, "all", self._done, self._images, status)
        for image, working in self._working.items():
            if now - working.since > SECONDS_OF_PATIENCE:
                steps = working.steps
                name = printable(Path(steps.job.source_name).name)
                self._set(image, name, steps.done, steps.all, working.status(now))
        self._display.refresh()
        self._drawn = now

    def _remove(self, bar: int) -> None:
        if self._display is not None and bar in self._bars:
            self._display.remove_task(self._bars.pop(bar))

    def _set(self, bar: int | None, name: str, done: int, of: int, status: str) -> None:
        assert self._display is not None
        values: dict[str, Any] = {"completed": done, "total": of or None, "status": status}
        if bar in self._bars:
            self._display.update(self._bars[bar], **values)
        else:
            self._bars[bar] = self._display.add_task(name, **values)


@dataclass(frozen=True)
class _Working:
    """The work on an image: its last report, and when the work and its phase began."""

    steps: "Steps"
    since: float
    phase_since: float

    def status(self, now: float) -> str:
        phase, done, of = self.steps.phase, self.steps.done, self.steps.all
        taken = now - self.phase_since
        if done or of:
            return f"{phase}, {describe_speed('steps', done, of, done, taken)}"
        return f"{phase}, {timedelta(seconds=round(taken))}"


def describe_speed(unit: str, done: int, of: int, since: int, taken: float) -> str:
    """Describe how many are done, how fast, and how long the rest will take.

    Parameters
    ----------
    unit : str
        The plural of what is counted.
    done, of : int
        How many are done, and how many there are; 0 if unknown.
    since : int
        How many were done in the time that it took.
    taken : float
        That time in seconds.
    """
    parts = [f"{done} of {of} {unit}" if of else f"{done} {unit}"]
    if since:
        parts.append(f"{since / taken:.3g} a second")
    if since and of:
        parts.append(f"{timedelta(seconds=round((of - done) * taken / since))} left")
    return ", ".join(parts)


def describe_spread(spread: "Spread") -> str:
    """Describe how many workers a cluster has, and how many bytes they have read and written."""
    workers = f"{spread.workers} worker{'s' * (spread.workers != 1)}"
    size, unit = float(spread.bytes), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if size >= 1000:
            size, unit = size / 1000, larger
    return f"{workers}, {size:.3g} {unit}"


def draw_bar(done: float, of: float | None) -> str:
    """Draw a bar in characters, for terminals without colours."""
    full = int(_WIDTH * min(done, of) / of) if of else 0
    return f"[{'#' * full}{'-' * (_WIDTH - full)}]"


def make_display() -> "Display":
    """Make the bars, which are drawn on standard error when they are refreshed."""
    from rich.console import Console
    from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as Display
    from rich.text import Text

    class PlainBar(ProgressColumn):
        def render(self, task: "Task") -> Text:
            return Text(draw_bar(task.completed, task.total))

    return Display(
        SpinnerColumn(),
        # File names may look like markup.
        TextColumn("{task.description}", markup=False),
        # Colours alone tell the two parts of rich's bar from one another.
        BarColumn(_WIDTH) if has_colour(sys.stderr) else PlainBar(),
        TextColumn("{task.fields[status]}", markup=False),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        # A thread that refreshes would be alive when this process is forked.
        auto_refresh=False,
    )
