"""Diffusion along a tensor field: every pixel chooses its own neighbours.

Selling's reduction writes a symmetric positive definite D as Σ_k λ_k e_k e_kᵀ with
λ_k ≥ 0 and three offsets e_k of whole numbers, in a volume six. Hence div(D ∇u) is a sum of second
differences along these with weights that are never negative: no new extremum appears,
however anisotropic D is (Fehrenbach & Mirebeau 2014, doi:10.1007/s10851-013-0446-3;
Selling 1874).

How many neighbours choose a pixel is known only when all have chosen. The sum of their
fluxes is the same in any order, as all fluxes are first rounded to whole multiples of one
number, so small that sums of them are exact (Demmel & Nguyen 2013,
doi:10.1109/ARITH.2013.9): a turned image has the turned result, to the bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.bands import for_each_band
from pdefilter.kernels.reference.lattice import digits_of_sums, ways
from pdefilter.kernels.scratch import Scratch, writable
from pdefilter.kernels.table import compute, native_has
from pdefilter.kernels.tensors import TensorLaw
from pdefilter.raster import Mask, Planes


@dataclass(frozen=True)
class Stencil:
    """The neighbours that every pixel exchanges with, and the weights of the exchange.

    Attributes
    ----------
    weights : ndarray of shape (3, M, N) or (6, S, M, N), float32
        λ_k/2: two pixels of the same tensor choose each other, and exchange twice.
    neighbours : ndarray of shape (6, 2, M, N) or (3, 3, S, M, N), int8
        How many rows and columns away the neighbours at e_0, −e_0, e_1, … are,
        mirrored at the border; (0, 0) where the way there is closed. In a volume the
        offsets e_2, e_4 and e_5, of which the other three are sums, so that they take
        a quarter of the memory: see `pdefilter.kernels.reference.lattice.ways`.
    closed : ndarray of shape (S, M, N), uint16, or None
        In a volume with holes, which ways are closed: bit k is set where the k-th of
        those to e_0, −e_0, e_1, … is.
    """

    weights: NDArray[np.float32]
    neighbours: NDArray[np.int8]
    closed: NDArray[np.uint16] | None = None

    @property
    def planes(self) -> tuple[NDArray[np.float32], NDArray[np.int8], NDArray[np.uint16] | None]:
        """All arrays, as kernels take them."""
        return self.weights, self.neighbours, self.closed


def stencil_of(
    tensor: Planes,
    valid: Mask | None = None,
    *,
    law: TensorLaw | None = None,
    spacing: Sequence[float] | None = None,
    overwrite: bool = False,
) -> Stencil:
    """Reduce the tensors of a field.

    Parameters
    ----------
    tensor : ndarray of shape (3, M, N) or (6, S, M, N), float32
        The components D_rr, D_rc and D_cc, rows and columns; of a volume the six of
        slices, rows and columns, row by row.
    valid : ndarray of shape (M, N) or (S, M, N), bool, optional
        Which pixels are not holes: pixels exchange only where the rectangle between
        them, or the box, has none.
    law : TensorLaw, optional
        How D follows from `tensor`; by default it is D.
    spacing : sequence of float, optional
        The distance between pixels along each axis; by default 1.
    overwrite : bool
        Whether the memory of `tensor` may be used.
    """
    tensor = np.ascontiguousarray(tensor, np.float32)
    dimensions = tensor.ndim - 1
    stencil = Stencil(
        *compute("reduce", tensor, law, dimensions=dimensions, spacing=spacing, overwrite=overwrite)
    )
    return stencil if valid is None else _with_holes(stencil, valid)


def advance(
    u: Planes,
    step: float,
    *,
    tensor: Planes,
    law: TensorLaw,
    spacing: Sequence[float] | None = None,
    out: Planes,
) -> None:
    """Take one step u + τ div(D ∇u), as `march` on a stencil that serves this step alone.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    step : float
        The step size τ in px².
    tensor, law, spacing
        As of `stencil_of`.
    out : ndarray of shape (C, M, N), float32
        Where to write, not `u`.
    """
    if not u.size:
        return
    rounding_bias, dimensions = rounding_bias_of(u, spacing), u.ndim - 1
    if native_has("reduce and apply", dimensions, spacing=spacing):
        field = u, tensor, law, rounding_bias, step, out
        compute("reduce and apply", *field, dimensions=dimensions, spacing=spacing)
    else:
        stencil = Stencil(*compute("reduce", tensor, law, dimensions=dimensions, spacing=spacing))
        arguments = u, stencil.planes, rounding_bias, step, 1.0, out
        compute("apply stencil", *arguments, dimensions=dimensions, spacing=spacing)


def march(
    u: Planes,
    steps: Sequence[float],
    *,
    momenta: Sequence[float] = (),
    stencil: Stencil,
    spacing: Sequence[float] | None = None,
    scratch: Scratch | None = None,
) -> Planes:
    """Take explicit steps u ← u + τ div(D ∇u).

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The initial image.
    steps, momenta, scratch
        As of `pdefilter.kernels.march.march`.
    stencil : Stencil
        D on the lattice.
    spacing : sequence of float, optional
        As of `stencil_of`.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        As of `pdefilter.kernels.march.march`.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    if u.shape[1:] != stencil.weights.shape[1:]:
        raise ValueError(f"an image of shape {u.shape} has another stencil")
    scratch = scratch or Scratch()
    u = writable(u, scratch)
    if not u.size:
        return u
    other = scratch.beside(u)
    if momenta:
        other[...] = u
    for step, momentum in zip(steps, momenta or [1.0] * len(steps), strict=True):
        # The new image takes the place of the last but one, pixel by pixel.
        arguments = u, stencil.planes, rounding_bias_of(u, spacing), step, momentum, other
        compute("apply stencil", *arguments, dimensions=u.ndim - 1, spacing=spacing)
        u, other = other, u
    scratch.release(other)
    return u


def rounding_bias_of(u: Planes, spacing: Sequence[float] | None = None) -> NDArray[np.float64]:
    """Find for every channel a number that, added and subtracted, rounds fluxes to its last bit.

    With 2^e above all |u|, and the weights of a pixel below 2^(n − 1) together, no sum of
    fluxes exceeds 2^(e + n); and double precision has 53 bits. A channel without a finite
    bound becomes NaN everywhere.
    """
    digits = digits_of_sums(u.ndim - 1, spacing)
    axes = tuple(range(1, u.ndim))
    largest = np.maximum(u.max(axis=axes), -u.min(axis=axes)).astype(np.float64)
    _, exponent = np.frexp(largest)
    return np.where(np.isfinite(largest), np.ldexp(1.5, exponent + digits), np.nan)


def _with_holes(stencil: Stencil, valid: Mask) -> Stencil:
    """Close the ways behind a hole, which a table of sums over rectangles, or boxes, tells."""
    closed = np.zeros(valid.shape, np.uint16) if valid.ndim == 3 else None
    holes = np.pad(~valid, [(1, 0)] * valid.ndim).astype(np.int32)
    for axis in range(valid.ndim):
        np.cumsum(holes, axis=axis, out=holes)

    def close(first: int, last: int) -> None:
        for k, way in enumerate(ways(stencil.neighbours, first, last)):
            blocked = _count(holes, way, first) > 0
            if closed is None:
                np.copyto(way, 0, where=blocked)
            else:
                closed[first:last] |= blocked.astype(np.uint16) << np.uint16(k)

    for_each_band(close, stencil.weights)
    return replace(stencil, closed=closed)


def _count(sums: NDArray[np.int32], way: NDArray[np.int8], first: int) -> NDArray[np.int32]:
    """Count what is in the boxes between pixels, of rows or slices from `first` on, and others."""
    _, rows, *others = way.shape
    ends = []
    for here, along in zip(
        np.ix_(np.arange(first, first + rows), *map(np.arange, others)), way, strict=True
    ):
        there = here + along
        ends.append((np.maximum(here, there) + 1, np.minimum(here, there)))
    count = np.zeros(way.shape[1:], np.int32)
    # A corner counts negatively for every axis along which it is before the box.
    for corner in product((0, 1), repeat=len(ends)):
        places = tuple(end[which] for end, which in zip(ends, corner, strict=True))
        count += (-1) ** sum(corner) * sums[places]
    return count
