"""The steps of a trained diffusion on the native engine."""

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.native import call
from pdefilter.raster import Plane

State = NDArray[np.int16]
Weights = NDArray[np.int16]

# Measured: so many multiplications cost what a step of a march does to a pixel.
_MULTIPLICATIONS_OF_A_STEP = 32


def lift(f: Plane, filters: Weights, factor: Plane, shift: int) -> State:
    """Lift as `pdefilter.kernels.features.lift` says."""
    rows, columns = f.shape
    out = _state(rows // 2, columns // 2, len(filters))
    call("lift", f, filters, *_factors(factor), shift, _room_for(filters), out, work=_work(out, 36))
    return out


def step(v: State, kernel: Weights, bias: NDArray[np.int32] | State, shift: int) -> State:
    """Step as `pdefilter.kernels.features.step` says."""
    out = np.empty_like(v, order="C")
    biases = (bias, None) if bias.ndim == 1 else (None, bias)
    work = _work(out, 2 * 9 * len(kernel))
    call("step", v, kernel, *biases, shift, _room_for(kernel, 2), out, work=work)
    return out


def inject(x: State, kernel: Weights, bias: NDArray[np.int32], shift: int) -> State:
    """Inject as `pdefilter.kernels.features.inject` says."""
    out = np.empty_like(x, order="C")
    work = _work(out, 9 * len(kernel))
    call("inject", x, kernel, bias, shift, _room_for(kernel), out, work=work)
    return out


def restrict(v: State, kernel: Weights, shift: int) -> State:
    """Restrict as `pdefilter.kernels.features.restrict` says."""
    rows, columns, _ = v.shape
    out = _state(rows // 2 - 1, columns // 2 - 1, len(kernel))
    work = _work(v, len(kernel))
    call("restrict_features", v, kernel, shift, _room_for(kernel), out, work=work)
    return out


def prolong(v: State, before: State, after: State, kernel: Weights, shift: int) -> State:
    """Prolong as `pdefilter.kernels.features.prolong` says."""
    out = np.empty_like(v, order="C")
    arguments = v, before, after, kernel, shift, _room_for(kernel), out
    call("prolong_features", *arguments, work=_work(v, len(kernel)))
    return out


def lower(f: Plane, v: State, filters: Weights, factor: Plane) -> Plane:
    """Lower as `pdefilter.kernels.features.lower` says."""
    out = np.empty_like(f, order="C")
    arguments = f, v, filters, *_factors(factor), _room_for(filters), out
    call("lower", *arguments, work=_work(v, 36))
    return out


def _state(rows: int, columns: int, channels: int) -> State:
    return np.empty((rows + 2, columns + 2, channels), np.int16)


def _room_for(weights: Weights, kernels: int = 1) -> Weights:
    """Give memory for weights in the order in which the loops need them."""
    return np.empty(kernels * weights.size, np.int16)


def _factors(factor: Plane) -> tuple[Plane | None, float]:
    """Give the factors, or the factor of all."""
    return (factor, 0.0) if factor.ndim else (None, float(factor))


def _work(state: State, multiplications: int) -> int:
    """Count the work of so many multiplications for each feature of a state."""
    return state.size * multiplications // _MULTIPLICATIONS_OF_A_STEP
