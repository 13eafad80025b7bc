"""A trained network with its weights as whole numbers."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pdefilter.networks.architecture import WIDTH, Architecture
from pdefilter.networks.norms import norm_of_restriction, norm_of_steps

DIGITS: Final = 6
"""The state of a network counts in σ/2⁶: its rounding has a deviation of σ/220."""

LARGEST: Final = 32767
"""The largest number of a state."""

# A sum of products of weights and states, with a bias and half of the last digit that stays, is
# below 2³¹: 49152 · 32767 + 2²⁹ − 2²⁰ + 2¹⁹.
_LARGEST_SUM = 49152
_LARGEST_BIAS = 2**29 - 2**20
_SHIFTS = range(1, 21)


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

    def __post_init__(self) -> None:
        """Check everything that the arithmetic relies on.

        Raises
        ------
        ValueError
            If weights have other names, shapes or types, or are too large, if filters of
            the image have a mean, or if a network that is called stable is not.
        """
        shapes = self.architecture.shapes()
        if set(self.weights) != set(shapes):
            raise ValueError("its weights are not those of its architecture")
        for name, shape in shapes.items():
            weights = self.weights[name]
            dtype = np.int32 if _is_bias(name) else np.int16
            if weights.shape != shape or weights.dtype != dtype:
                raise ValueError(f"{name} is {weights.dtype} {weights.shape}, not {shape}")
            _require_small(name, weights, self.shifts.get(name, 0))
        for name in ("lift", "lower"):
            if self.weights[name].sum(axis=(1, 2), dtype=np.int64).any():
                raise ValueError(f"{name} has filters whose mean is not zero")
        if self.architecture.stable:
            self._require_stable()

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return weights as the numbers that they stand for."""
        if _is_bias(name):
            kernel = name.replace(".bias", ".kernel")
            shift = self.shifts[kernel] + DIGITS
        else:
            shift = self.shifts[name]
        numbers: NDArray[np.float64] = np.ldexp(self.weights[name].astype(float), -shift)
        return numbers

    def _require_stable(self) -> None:
        for name in self.weights:
            largest = _largest_norm(name)
            if largest and _norm(name, self.numbers(name)) > largest:
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
        exact = np.asarray(given, np.float64)
        if name in ("lift", "lower"):
            exact = exact - exact.mean(axis=(1, 2), keepdims=True)
        largest = _largest_norm(name)
        rounded[name], shifts[name] = _rounded(name, exact)
        while architecture.stable and largest:
            norm = _norm(name, np.ldexp(rounded[name].astype(float), -shifts[name]))
            if norm <= largest:
                break
            exact = exact * (0.9999 * largest / norm)
            rounded[name], shifts[name] = _rounded(name, exact)
    for name, given in weights.items():
        if _is_bias(name):
            shift = shifts[name.replace(".bias", ".kernel")]
            bias = np.rint(np.ldexp(np.asarray(given, np.float64), shift + DIGITS))
            rounded[name] = np.clip(bias, -_LARGEST_BIAS, _LARGEST_BIAS).astype(np.int32)
    return Model(architecture, rounded, shifts, facts)


def _is_bias(name: str) -> bool:
    return name.endswith(".bias")


def _largest_norm(name: str) -> float | None:
    """Return the norm up to which a step of one does not enlarge differences: ‖K‖² ≤ 2, ‖R‖ ≤ 1."""
    if name.endswith(".kernel") and "injection" not in name:
        return math.sqrt(2)
    return 1.0 if name.endswith(".restriction") else None


def _norm(name: str, kernel: NDArray[np.float64]) -> float:
    return norm_of_steps(kernel) if name.endswith("kernel") else norm_of_restriction(kernel)


def _rounded(name: str, exact: NDArray[np.float64]) -> tuple[NDArray[np.int16], int]:
    """Round to as many binary digits as sums in 32 bits allow."""
    for shift in reversed(_SHIFTS):
        whole = np.rint(np.ldexp(exact, shift))
        if name in ("lift", "lower"):
            _remove_sums(whole, np.ldexp(exact, shift))
        if np.abs(whole).max(initial=0) <= LARGEST and _largest_sum(whole) <= _LARGEST_SUM:
            return whole.astype(np.int16), shift
    raise ValueError(f"{name} has weights that are too large")


def _remove_sums(whole: NDArray[np.float64], exact: NDArray[np.float64]) -> None:
    """Let every filter sum to zero: change those weights that were rounded the furthest."""
    for filter_, wanted in zip(whole, exact, strict=True):
        excess = int(filter_.sum())
        error = (filter_ - wanted) * np.sign(excess)
        places = np.argsort(error, axis=None)[error.size - abs(excess) :]
        filter_.flat[places] -= np.sign(excess)


def _largest_sum(whole: NDArray[Any]) -> int:
    """Find the largest sum of the absolute weights that meet in one number, here or there."""
    sizes = np.abs(whole.astype(np.int64))
    there = sizes.reshape(len(sizes), -1).sum(axis=1).max(initial=0)
    if sizes.ndim == 3:
        # A filter of the image: a pixel has every second weight along both axes, and at the border,
        # where the image is mirrored, some of them twice or four times.
        half = WIDTH // 2
        back = sizes.sum(axis=0).reshape(half, 2, half, 2).sum(axis=(0, 2)).max()
        return int(max(there, 4 * back))
    back = sizes.swapaxes(0, 1).reshape(sizes.shape[1], -1).sum(axis=1).max(initial=0)
    return int(max(there, back))


def _require_small(name: str, weights: NDArray[Any], shift: int) -> None:
    if _is_bias(name):
        if np.abs(weights.astype(np.int64)).max() > _LARGEST_BIAS:
            raise ValueError(f"{name} has numbers that are too large")
        return
    if shift not in _SHIFTS:
        raise ValueError(f"{name} has no shift from {_SHIFTS[0]} to {_SHIFTS[-1]}")
    if _largest_sum(weights) > _LARGEST_SUM or np.abs(weights.astype(int)).max() > LARGEST:
        raise ValueError(f"{name} has weights whose sums may exceed 32 bits")
