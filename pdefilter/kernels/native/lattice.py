"""Diffusion along a tensor field on the native engine."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.native import call
from pdefilter.kernels.tensors import TensorLaw
from pdefilter.raster import Planes

# Measured: a step, or a reduction, takes as long as so many steps of a march.
_STEPS_OF_A_STEP = 8

_MOST_CHANNELS = 4


def reduce(
    tensor: Planes, law: TensorLaw | None, *, overwrite: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Reduce as `pdefilter.kernels.lattice.stencil_of` says.

    The weights of a pixel may take the memory of its tensor, which is read before.
    """
    weights = tensor if overwrite else np.empty_like(tensor)
    neighbours = np.empty((6, 2, *tensor.shape[1:]), np.int8)
    planes = weights, _planes_of(neighbours)
    call("reduce", tensor, *_numbers_of(law), *planes, work=_STEPS_OF_A_STEP * tensor.size)
    return weights, neighbours


def apply_stencil(
    u: Planes,
    stencil: tuple[NDArray[np.float32], NDArray[np.int8]],
    rounding_bias: NDArray[np.float64],
    step: float,
    momentum: float,
    out: Planes,
) -> None:
    """Take a step as `pdefilter.kernels.lattice.march` says."""
    planes = stencil[0], _planes_of(stencil[1])
    for some in _compiled(u):
        numbers = rounding_bias[some], step, momentum
        call(
            "apply_stencil",
            u[some],
            out[some],
            *planes,
            *numbers,
            work=_STEPS_OF_A_STEP * u[some].size,
        )


def reduce_and_apply(
    u: Planes,
    tensor: Planes,
    law: TensorLaw,
    rounding_bias: NDArray[np.float64],
    step: float,
    out: Planes,
) -> None:
    """Take a step on the stencil of a field of tensors, which is reduced row by row."""
    for some in _compiled(u):
        numbers = *_numbers_of(law), rounding_bias[some], step, 1.0
        call(
            "reduce_and_apply",
            u[some],
            out[some],
            tensor,
            *numbers,
            work=_STEPS_OF_A_STEP * u[some].size,
        )


def _numbers_of(law: TensorLaw | None) -> tuple[str, str, float]:
    """Give the kind of a law, its conductance and its scale."""
    if law is None:
        return "given", "constant", 1.0
    if law.conductance is None:
        return "along lines", "constant", law.scale
    return "along each", law.conductance, law.scale


def _compiled(u: Planes) -> Iterator[slice]:
    """Cut the channels into as many as are compiled."""
    for first in range(0, len(u), _MOST_CHANNELS):
        yield slice(first, first + _MOST_CHANNELS)


def _planes_of(neighbours: NDArray[np.int8]) -> NDArray[np.int8]:
    return neighbours.reshape(12, *neighbours.shape[2:])
