"""Diffusion along a tensor field on the native engine."""

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.native import CODES, compiled, threads_for, variants
from pdefilter.kernels.tensors import TensorLaw
from pdefilter.raster import Planes

# Measured: a step, or a reduction, takes as long as so many steps of a march.
_STEPS_OF_A_STEP = 8

_GIVEN, _ALONG_EACH, _ALONG_LINES = range(3)


def reduce(
    tensor: Planes,
    law: TensorLaw | None,
    *,
    overwrite: bool = False,
    threads: int | None = None,
    variant: str | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Reduce as `pdefilter.kernels.reference.lattice.reduce` says.

    The weights of a pixel may take the place of its tensor, which is read before.
    """
    native = compiled()
    weights = tensor if overwrite else np.empty_like(tensor)
    neighbours = np.empty((6, 2, *tensor.shape[1:]), np.int8)
    native.reduce(
        tensor,
        *_codes_of(law),
        weights,
        _planes_of(neighbours),
        threads or _threads_for(weights),
        variant or variants()[-1],
    )
    return weights, neighbours


def apply_stencil(
    u: Planes,
    stencil: tuple[NDArray[np.float32], NDArray[np.int8]],
    rounding_bias: NDArray[np.float64],
    step: float,
    momentum: float,
    out: Planes,
    *,
    threads: int | None = None,
    variant: str | None = None,
) -> None:
    """Take a step as `pdefilter.kernels.reference.lattice.apply_stencil` says."""
    weights, neighbours = stencil
    compiled().tie(
        u,
        out,
        weights,
        _planes_of(neighbours),
        rounding_bias,
        step,
        momentum,
        threads or _threads_for(u),
        variant or variants()[-1],
    )


def reduce_and_apply(
    u: Planes,
    tensor: Planes,
    law: TensorLaw,
    rounding_bias: NDArray[np.float64],
    step: float,
    out: Planes,
    *,
    threads: int | None = None,
    variant: str | None = None,
) -> None:
    """Take a step on the stencil of a field of tensors, reduced by the way."""
    compiled().tie_along(
        u,
        out,
        tensor,
        *_codes_of(law),
        rounding_bias,
        step,
        threads or _threads_for(u),
        variant or variants()[-1],
    )


def _codes_of(law: TensorLaw | None) -> tuple[int, int, float]:
    if law is None:
        return _GIVEN, CODES["constant"], 1.0
    if law.conductance is None:
        return _ALONG_LINES, CODES["constant"], law.scale
    return _ALONG_EACH, CODES[law.conductance], law.scale


def _planes_of(neighbours: NDArray[np.int8]) -> NDArray[np.int8]:
    return neighbours.reshape(12, *neighbours.shape[2:])


def _threads_for(planes: NDArray[np.float32]) -> int:
    return threads_for(planes.size * _STEPS_OF_A_STEP)
