"""A network, told to people."""

from collections.abc import Iterator, Mapping
from typing import Any

from pdefilter.networks.inference import reach_of
from pdefilter.networks.model import Model

_LEVELS = 255
_FEW = 8  # of a longer list only the first and the last are shown


def describe(model: Model) -> str:
    """Tell what a network is made of, and how its weights came about."""
    return "\n".join([*_of_architecture(model), *_of_facts(model.facts)])


def _of_architecture(model: Model) -> Iterator[str]:
    architecture = model.architecture
    for k, level in enumerate(architecture.levels):
        steps = level.before + level.after
        yield f"cells of {2 << k} px: {level.channels} channels, {steps} steps"
    weights = sum(weights.size for weights in model.weights.values())
    yield f"weights: {weights}, {architecture.multiplications:.0f} multiplications a pixel"
    yield f"reach: {reach_of(model)} px"
    if architecture.contours:
        yield "finds contours; the networks of denoise find noise"
    if architecture.recurrent:
        yield "recurrent: all steps have the same weights"
    if architecture.stable:
        yield "stable: no step enlarges differences"


def _of_facts(facts: Mapping[str, Any]) -> Iterator[str]:
    for name, value in facts.items():
        yield f"{name}: {_text(name, value)}"


def _text(name: str, value: Any) -> str:
    if name == "noise" and isinstance(value, list) and all(isinstance(v, float) for v in value):
        return " to ".join(f"{v * _LEVELS:g}" for v in value) + " levels of 255"
    if isinstance(value, dict):
        return "; ".join(f"{key} {_text(key, of_key)}" for key, of_key in value.items())
    if isinstance(value, list):
        if len(value) > _FEW:
            return f"{value[0]} … {value[-1]} ({len(value)})"
        return ", ".join(map(str, value))
    return str(value)
