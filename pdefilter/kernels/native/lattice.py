"""Diffusion along a tensor field on the native engine."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pdefilter.grid import is_unit
from pdefilter.kernels.native import call
from pdefilter.kernels.reference.lattice import per_area_of, reach_of
from pdefilter.kernels.tensors import TensorLaw
from pdefilter.raster import Planes

# Measured: a step, or a reduction, takes as long as so many steps of a march.
_STEPS_OF_A_STEP = 8
_STEPS_OF_A_STEP_IN_A_VOLUME = 64

_MOST_CHANNELS = 4


def reduce(
    tensor: Planes,
    law: TensorLaw | None,
    *,
    spacing: Sequence[float] | None = None,
    overwrite: bool = False,
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Reduce as `pdefilter.kernels.lattice.stencil_of` says.

    The weights of a pixel may take the memory of its tensor, which is read before.
    """
    axes = tensor.ndim - 1
    weights = tensor if overwrite else np.empty_like(tensor)
    neighbours = np.empty((6 if axes == 2 else 3, axes, *tensor.shape[1:]), np.int8)
    field = tensor, *_numbers_of(law), *_lengths(axes, spacing)
    planes = weights, _planes_of(neighbours)
    name, cost = "reduce", _STEPS_OF_A_STEP
    if axes == 3:
        name, cost = "reduce_volume", _STEPS_OF_A_STEP_IN_A_VOLUME
    call(name, *field, *planes, work=cost * tensor[0].size)
    return weights, neighbours


def apply_stencil(
    u: Planes,
    stencil: tuple[NDArray[np.float32], NDArray[np.int8], NDArray[np.uint16] | None],
    rounding_bias: NDArray[np.float64],
    step: float,
    momentum: float,
    out: Planes,
    *,
    spacing: Sequence[float] | None = None,
) -> None:
    """Take a step as `pdefilter.kernels.lattice.march` says."""
    weights, neighbours, closed = stencil
    planes, reach = (weights, _planes_of(neighbours)), reach_of(u.ndim - 1, spacing)
    if u.ndim == 4:
        field = *planes, closed, reach
        _step_in_volume("exchange_in_volume", u, field, rounding_bias, step, momentum, out)
        return
    for some in _compiled(u):
        numbers = rounding_bias[some], step, momentum
        work = _STEPS_OF_A_STEP * u[some].size
        call("apply_stencil", u[some], out[some], *planes, reach, *numbers, work=work)


def reduce_and_apply(
    u: Planes,
    tensor: Planes,
    law: TensorLaw,
    rounding_bias: NDArray[np.float64],
    step: float,
    out: Planes,
    *,
    spacing: Sequence[float] | None = None,
) -> None:
    """Take a step on the stencil of a field of tensors, which is reduced row by row."""
    field = tensor, *_numbers_of(law), *_lengths(u.ndim - 1, spacing)
    if u.ndim == 4:
        _step_in_volume("reduce_and_exchange_in_volume", u, field, rounding_bias, step, 1.0, out)
        return
    for some in _compiled(u):
        numbers = rounding_bias[some], step, 1.0
        work = _STEPS_OF_A_STEP * u[some].size
        call("reduce_and_apply", u[some], out[some], *field, *numbers, work=work)


def _step_in_volume(
    exchange: str,
    u: Planes,
    field: tuple[object, ...],
    rounding_bias: NDArray[np.float64],
    step: float,
    momentum: float,
    out: Planes,
) -> None:
    """Add up the fluxes of slabs, first of every other one, so that no two threads meet."""
    changes = np.zeros(u.shape)
    work = _STEPS_OF_A_STEP_IN_A_VOLUME * u.size
    for colour in (0, 1):
        call(exchange, u, changes, *field, rounding_bias, colour, work=work // 2)
    call("step_volume", u, changes, out, step, momentum, work=u.size)


def _numbers_of(law: TensorLaw | None) -> tuple[str, str, float]:
    """Give the kind of a law, its conductance and its scale."""
    if law is None:
        return "given", "constant", 1.0
    if law.conductance is None:
        return "along lines", "constant", law.scale
    return "along each", law.conductance, law.scale


def _lengths(axes: int, spacing: Sequence[float] | None) -> tuple[NDArray[np.float32] | None, int]:
    """Give the factors 1/(h_a h_b) of a tensor's components, and the reach of its stencil."""
    per_area = None if spacing is None or is_unit(spacing) else per_area_of(spacing)
    return per_area, reach_of(axes, spacing)


def _compiled(u: Planes) -> Iterator[slice]:
    """Cut the channels into as many as are compiled."""
    for first in range(0, len(u), _MOST_CHANNELS):
        yield slice(first, first + _MOST_CHANNELS)


def _planes_of(neighbours: NDArray[np.int8]) -> NDArray[np.int8]:
    return neighbours.reshape(-1, *neighbours.shape[2:])
