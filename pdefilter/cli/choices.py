"""The values that filters chose for an image, in words."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pdefilter.runs.work import Outcome

# A longer list of values than an image has channels belongs in the report, and so do mappings.
_MOST_VALUES = 4

# Full scale in the unit of each value that depends on it.
_UNITS = {"gain": 1.0, "noise": 1.0, "kappa": 1.0, "weight": 255.0}


def describe_choices(outcome: "Outcome") -> "Iterator[str]":
    """List the values that each stage chose for each frame, a line for each frame."""
    for stage, frames in enumerate(outcome.chosen, 1):
        for frame, values in enumerate(frames):
            place = [f"stage {stage}"] * (len(outcome.chosen) > 1)
            place += [f"frame {frame}"] * (len(frames) > 1)
            if description := _describe(values):
                yield ": ".join([*place, description])


def _describe(values: Mapping[str, object]) -> str:
    full = values.get("full_scale", 1.0)
    assert isinstance(full, float)
    words = []
    for name, value in values.items():
        word = _word(value)
        if word is None or name == "full_scale":
            continue
        if name in _UNITS and full != 1:
            word += f" ({_word(_times(value, full / _UNITS[name]))} as stored)"
        words.append(f"{name} = {word}")
    return ", ".join(words)


def _times(value: object, factor: float) -> object:
    if isinstance(value, list | tuple):
        return [_times(one, factor) for one in value]
    return value * factor if isinstance(value, float) else value


def _word(value: object) -> str | None:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        words = [_word(one) or "" for one in value]
        return " ".join(words) if len(words) <= _MOST_VALUES else None
    return None if isinstance(value, dict) else str(value)
