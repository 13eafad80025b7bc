"""A trained network with its weights as whole numbers."""

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.features import Use, require_bounded
from pdefilter.networks.architecture import Architecture
from pdefilter.networks.norms import largest_norm, norm_of_restriction, norm_of_steps

DIGITS: Final = 7
"""States count in σ/2⁷: their rounding costs some 0.001 dB, and differences up to 256 σ fit."""

_LARGEST_SHIFT = 20

# Digits of weights fewer than sums allow: files are a tenth smaller, and errors 0.001 dB larger.
_SPARED = 1
_INT32 = np.iinfo(np.int32).min, np.iinfo(np.int32).max


@dataclass(frozen=True)
class Model:
    """A trained network.

    Attributes
    ----------
    architecture : Architecture
        Its grids and steps.
    weights : mapping of str to ndarray
        The weights by the names of `Architecture.shapes`: int16, as multiples of
        2^−shift; biases int32, as multiples of 2^−(shift + DIGITS).
    shifts : mapping of str to int
        The shift of all weights but biases, which have that of their kernel.
    facts : mapping
        Plain data about the training: kind, noise, licence, data, figures, program…
    """

    architecture: Architecture
    weights: Mapping[str, NDArray[Any]]
    shifts: Mapping[str, int]
    facts: Mapping[str, Any]

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return weights as the numbers that they stand for."""
        kernel = name.replace(".bias", ".kernel")
        shift = self.shifts[kernel] + (DIGITS if _is_bias(name) else 0)
        numbers: NDArray[np.float64] = np.ldexp(self.weights[name].astype(float), -shift)
        return numbers

    def __post_init__(self) -> None:
        """Check everything that the arithmetic relies on.

        Raises
        ------
        ValueError
            If weights have other names, shapes or types, or allow sums to overflow, if
            filters of the image have a mean, or if a network that is called stable is not.
        """
        shapes = self.architecture.shapes()
        if set(self.weights) != set(shapes):
            raise ValueError("its weights are not those of its architecture")
        for name, shape in shapes.items():
            weights = self.weights[name]
            dtype = np.dtype(np.int32 if _is_bias(name) else np.int16)
            if weights.shape != shape or weights.dtype != dtype:
                raise ValueError(f"{name} is {weights.dtype} {weights.shape}, not {dtype} {shape}")
        for name in shapes:
            if _is_bias(name):
                continue
            found = _Rounded(
                self.weights[name], self.shifts.get(name, 0), self.weights.get(_bias_of(name))
            )
            found.require_bounded(self.architecture, name)
            if self.architecture.stable and _norm(name, found) > largest_norm(name):
                raise ValueError(f"{name} enlarges differences, in a network that is called stable")


def model_of(
    architecture: Architecture,
    weights: Mapping[str, NDArray[np.floating[Any]]],
    facts: Mapping[str, Any],
) -> Model:
    """Round weights to whole numbers.

    Parameters
    ----------
    architecture : Architecture
        The grids and steps.
    weights : mapping of str to ndarray
        The weights by the names of `Architecture.shapes`, floats.
    facts : mapping
        Plain data about the training.

    Raises
    ------
    ValueError
        If weights are not finite numbers, or too large to be rounded to 16 bits.
    """
    rounded: dict[str, NDArray[Any]] = {}
    shifts: dict[str, int] = {}
    for name, given in weights.items():
        if not np.isfinite(given).all():
            raise ValueError(f"{name} has weights that are not finite numbers")
        if _is_bias(name):
            continue
        exact, bias = np.asarray(given, np.float64), weights.get(_bias_of(name))
        if _sums_to_zero(architecture, name):
            exact = exact - exact.mean(axis=(1, 2), keepdims=True)
        found = _rounded(architecture, name, exact, bias)
        largest = largest_norm(name) if architecture.stable else math.inf
        while (norm := _norm(name, found)) > largest:
            exact = exact * (0.9999 * largest / norm)
            found = _rounded(architecture, name, exact, bias)
        rounded[name], shifts[name] = found.weights, found.shift
        if found.bias is not None:
            rounded[_bias_of(name)] = found.bias
    return Model(architecture, rounded, shifts, facts)


@dataclass(frozen=True)
class _Rounded:
    """Weights that are multiples of 2^−shift, and perhaps a bias."""

    weights: NDArray[np.int16]
    shift: int
    bias: NDArray[np.int32] | None

    @property
    def numbers(self) -> NDArray[np.float64]:
        numbers: NDArray[np.float64] = np.ldexp(self.weights.astype(float), -self.shift)
        return numbers

    def require_bounded(self, architecture: Architecture, name: str) -> None:
        """Refuse weights with which a sum may overflow."""
        for use in _uses(architecture, name):
            require_bounded(use, self.weights, self.shift, self.bias)


def _rounded(
    architecture: Architecture,
    name: str,
    exact: NDArray[np.float64],
    bias: NDArray[np.floating[Any]] | None,
) -> _Rounded:
    """Round to nearly as many binary digits as sums in 32 bits allow."""
    spared = 0
    for shift in range(_LARGEST_SHIFT, 0, -1):
        wanted = np.ldexp(exact, shift)
        whole = np.rint(wanted)
        if _sums_to_zero(architecture, name):
            _remove_sums(whole, wanted)
        whole_bias = None
        if bias is not None:
            sums = np.rint(np.ldexp(np.asarray(bias, np.float64), shift + DIGITS))
            whole_bias = np.clip(sums, *_INT32).astype(np.int32)
        if np.abs(whole).max(initial=0) > np.iinfo(np.int16).max:
            continue
        found = _Rounded(whole.astype(np.int16), shift, whole_bias)
        with suppress(ValueError):
            found.require_bounded(architecture, name)
            spared += 1
            if spared > _SPARED:
                return found
    raise ValueError(f"{name} has weights that are too large")


def _remove_sums(whole: NDArray[np.float64], exact: NDArray[np.float64]) -> None:
    """Let every filter sum to zero: change those weights that were rounded the furthest."""
    for filter_, wanted in zip(whole, exact, strict=True):
        excess = int(filter_.sum())
        error = (filter_ - wanted) * np.sign(excess)
        places = np.argsort(error, axis=None)[error.size - abs(excess) :]
        filter_.flat[places] -= np.sign(excess)


def _uses(architecture: Architecture, name: str) -> tuple[Use, ...]:
    """List what weights are used for."""
    part = name.rpartition(".")[2]
    if part == "restriction":
        return ("restrict", "prolong") if architecture.stable else ("restrict",)
    if part == "prolongation":
        return ("prolong",)
    if part == "kernel":
        return ("inject",) if "injection" in name else ("step",)
    return ("lower",) if part == "lower" else ("lift",)


def _sums_to_zero(architecture: Architecture, name: str) -> bool:
    """Tell whether filters have no mean: a logit may have one, noise has none."""
    return name in architecture.lifts or (name == "lower" and not architecture.contours)


def _is_bias(name: str) -> bool:
    return name.endswith(".bias")


def _bias_of(kernel: str) -> str:
    return kernel.removesuffix("kernel") + "bias"


def _norm(name: str, rounded: _Rounded) -> float:
    if math.isinf(largest_norm(name)):
        return 0.0
    find = norm_of_steps if name.endswith("kernel") else norm_of_restriction
    return find(rounded.numbers)
