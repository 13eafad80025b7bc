"""The progress of a call in Python: a bar, or calls of a function."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from pdefilter.observer import observed
from pdefilter.runs.work import Recorder, Report

Progress: TypeAlias = bool | Callable[[int, int | None], object] | None
"""True for a bar; or a function of the number of steps done and of all, None where unknown."""


@contextmanager
def shown(progress: Progress, stages: int) -> Iterator[None]:
    """Show the progress of the filters that run in the block.

    Parameters
    ----------
    progress : bool, callable or None
        How; None or False for not at all.
    stages : int
        The number of filters.
    """
    if not progress:
        yield
    elif callable(progress):
        with observed(Recorder(stages, lambda _, done, of: progress(done, of or None))):
            yield
    else:
        with _bar() as report, observed(Recorder(stages, report)):
            yield


@contextmanager
def _bar() -> Iterator[Report]:
    """Draw rich's bar on standard error, or in a notebook, until the block ends."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:

        def report(phase: str, done: int, of: int) -> None:
            if not done:
                # A bar that once had a length cannot lose it.
                for task in display.task_ids:
                    display.remove_task(task)
                display.add_task(phase, total=of or None)
            display.update(display.task_ids[0], completed=done)

        yield report
