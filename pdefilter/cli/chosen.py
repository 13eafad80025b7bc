"""What filters took from an image, in words."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pdefilter.runs.work import Outcome

# What has more values than an image has channels is for the report.
_MOST_VALUES = 4


def chosen_in(outcome: "Outcome") -> "Iterator[str]":
    """Say for each stage, and each frame, which values were taken."""
    for stage, frames in enumerate(outcome.chosen, 1):
        for frame, values in enumerate(frames):
            where = [f"stage {stage}"] * (len(outcome.chosen) > 1)
            where += [f"frame {frame}"] * (len(frames) > 1)
            if told := _words(values):
                yield ": ".join([*where, told])


def _words(values: Mapping[str, object]) -> str:
    return ", ".join(
        f"{name} = {word}" for name, value in values.items() if (word := _word(value)) is not None
    )


def _word(value: object) -> str | None:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        words = [_word(one) or "" for one in value]
        return " ".join(words) if len(words) <= _MOST_VALUES else None
    return str(value)
