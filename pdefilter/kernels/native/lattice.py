"""Diffusion along a tensor field on the native engine."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels import engine
from pdefilter.kernels.native import threads_for, variants
from pdefilter.raster import Planes

# Measured: a step, or a reduction, takes as long as so many steps of a march.
_STEPS_OF_A_STEP = 16


def reduce(
    tensor: Planes, *, threads: int | None = None, variant: str | None = None
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Reduce as `pdefilter.kernels.reference.lattice.reduce` says."""
    native = engine.native()
    assert native is not None
    shape = tensor.shape[1:]
    weights = np.empty((*shape, 3), np.float32)
    ends = np.empty((*shape, 12), np.int8)
    native.reduce(
        tensor, weights, ends, threads or _threads_for(weights), variant or variants()[-1]
    )
    return weights, ends.reshape(*shape, 6, 2)


def march(
    u: Planes,
    steps: Sequence[float],
    momenta: Sequence[float],
    weights: NDArray[np.float32],
    ends: NDArray[np.int8],
    *,
    threads: int | None = None,
    variant: str | None = None,
) -> Planes:
    """March as `pdefilter.kernels.lattice.march` says."""
    native = engine.native()
    assert native is not None
    now, last = u.copy(), u.copy()
    for k, step in enumerate(steps):
        # The new image takes the place of the last but one, pixel by pixel.
        native.tie(
            now,
            last,
            weights,
            ends.reshape(*ends.shape[:2], 12),
            step,
            momenta[k] if momenta else 1.0,
            threads or _threads_for(u),
            variant or variants()[-1],
        )
        last, now = now, last
    return now


def _threads_for(planes: NDArray[np.float32]) -> int:
    return threads_for(planes.size * _STEPS_OF_A_STEP)
