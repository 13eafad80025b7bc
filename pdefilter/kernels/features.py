"""The steps of a trained diffusion, in whole numbers.

A sum of whole numbers does not depend on its order, so that all processors give the same
bits, and products of 16 bits are twice as fast as those of floats.

A *state* holds features of the cells of a grid: int16, shape (rows + 2, columns + 2, C), C
contiguous, in units of σ/2ᵖ. A border of zeros, one cell wide, surrounds it. C is a multiple
of `pdefilter.networks.architecture.LANES`.

Sums s are int32 and become features by a shift, ⌊s/2ⁿ + ½⌋, clipped to ±32767.
`require_bounded` checks that weights allow no sum to overflow; the other functions rely on it.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from pdefilter.kernels.reference import features as reference
from pdefilter.kernels.table import compute
from pdefilter.raster import Plane

State: TypeAlias = NDArray[np.int16]
"""Features of cells, shape (rows + 2, columns + 2, C), with a border of zeros."""

Weights: TypeAlias = NDArray[np.int16]

Use: TypeAlias = Literal["lift", "step", "inject", "restrict", "prolong", "lower"]
"""The functions that have weights."""

MOST: Final = reference.MOST
"""The largest feature, and minus the smallest."""

MOST_SHIFT: Final = 30


def lift(f: Plane, filters: Weights, factor: float | Plane, shift: int) -> State:
    """Make the state of an image, on cells of 2 × 2 pixels.

    v = Σ E q/2ⁿ, where q holds a cell's 6 × 6 pixels less their mean in the cell, times the
    factor, rounded. The image is mirrored at its border. As every filter sums to zero, a
    constant that is added to the image has no influence.

    Parameters
    ----------
    f : ndarray of shape (M, N), float32
        The image, of finite numbers; M and N are even.
    filters : ndarray of shape (C, 6, 6), int16
        The filters E, each of which sums to zero. They begin two pixels before the cell.
    factor : float or ndarray of shape (M/2, N/2), float32
        The units of q in a unit of the image, 2ᵖ/σ: everywhere, or in each cell.
    shift : int
        The exponent n.

    Returns
    -------
    ndarray of shape (M/2 + 2, N/2 + 2, C), int16
        A new state.
    """
    state: State = compute("lift", f, filters, as_factor(factor), shift)
    return state


def step(v: State, kernel: Weights, bias: NDArray[np.int32] | State, shift: int) -> State:
    """Take an explicit step of v_t = −Kᵀρ(Kv + b), ρ(s) = max(0, s).

    Beyond the border v and the flux ρ are zero.

    Parameters
    ----------
    v : ndarray of shape (M + 2, N + 2, C), int16
        The state.
    kernel : ndarray of shape (C, C, 3, 3), int16
        The weights of K, as those of PyTorch's ``conv2d``: outputs, inputs, rows, columns.
    bias : ndarray of shape (C,), int32, or a state
        The bias b, in units of the sums. Or a state, such as `inject` makes, in
        units of features: it is added to Kv after the shift.
    shift : int
        The exponent n, of Kv + b and of Kᵀρ.

    Returns
    -------
    ndarray of shape (M + 2, N + 2, C), int16
        A new state.
    """
    state: State = compute("step", v, kernel, bias, shift)
    return state


def inject(x: State, kernel: Weights, bias: NDArray[np.int32], shift: int) -> State:
    """Find the state W x + b that drives the steps of a recurrent network.

    Parameters as those of `step`; W is of the form of K.
    """
    state: State = compute("inject", x, kernel, bias, shift)
    return state


def restrict(v: State, kernel: Weights, shift: int) -> State:
    """Bring a state to a grid of half as many rows and columns: R v.

    Parameters
    ----------
    v : ndarray of shape (2M + 2, 2N + 2, C), int16
        The state.
    kernel : ndarray of shape (D, C, 2, 2), int16
        The weights of R, as those of ``conv2d`` with a stride of 2.
    shift : int
        The exponent n.

    Returns
    -------
    ndarray of shape (M + 2, N + 2, D), int16
        A new state.
    """
    state: State = compute("restrict features", v, kernel, shift)
    return state


def prolong(v: State, before: State, after: State, kernel: Weights, shift: int) -> State:
    """Correct a state by what a coarser one has gained: v + Q(after − before).

    Parameters
    ----------
    v : ndarray of shape (2M + 2, 2N + 2, C), int16
        The state.
    before, after : ndarray of shape (M + 2, N + 2, D), int16
        The coarser states.
    kernel : ndarray of shape (D, C, 2, 2), int16
        The weights of Q, as those of ``conv_transpose2d`` with a stride of 2.
    shift : int
        The exponent n.

    Returns
    -------
    ndarray of shape (2M + 2, 2N + 2, C), int16
        A new state.
    """
    state: State = compute("prolong features", v, before, after, kernel, shift)
    return state


def lower(f: Plane, v: State, filters: Weights, factor: float | Plane) -> Plane:
    """Subtract from an image what a state makes of it: f − factor Eᵀv.

    Eᵀ is the adjoint of the mirrored correlation E of `lift`, exactly.

    Parameters
    ----------
    f : ndarray of shape (M, N), float32
        The image.
    v : ndarray of shape (M/2 + 2, N/2 + 2, C), int16
        The state.
    filters : ndarray of shape (C, 6, 6), int16
        The filters E.
    factor : float or ndarray of shape (M, N), float32
        The units of the image in a unit of the sums, everywhere or at each pixel.

    Returns
    -------
    ndarray of shape (M, N), float32
        A new image.
    """
    image: Plane = compute("lower", f, v, filters, as_factor(factor))
    return image


def as_factor(factor: float | Plane) -> Plane:
    """Round a factor to float32; a number becomes an array without axes."""
    return np.asarray(factor, np.float32)


def require_bounded(
    use: Use, weights: Weights, shift: int = 1, bias: NDArray[np.int32] | None = None
) -> None:
    """Check that weights allow no sum of a function to overflow, whatever the state.

    Parameters
    ----------
    use : str
        The function: one of `Use`.
    weights, shift, bias
        As the function takes them; `lower` has no shift.

    Raises
    ------
    ValueError
        If a sum could leave int32, if filters of `lift` do not sum to zero, or if the
        shift is out of range.
    """
    if use not in get_args(Use):
        raise ValueError(f"{use!r} is not a use of weights; give one of {get_args(Use)}")
    if not 1 <= shift <= MOST_SHIFT:
        raise ValueError(f"the shift of {use} is {shift}; give 1 to {MOST_SHIFT}")
    w = weights.astype(np.int64)
    if use == "lift" and w.sum(axis=(1, 2)).any():
        raise ValueError("the filters of lift do not sum to zero; subtract their means")
    half = 0 if use == "lower" else 1 << (shift - 1)
    offset = 0 if bias is None else np.abs(bias.astype(np.int64))
    largest = max(int((MOST * sums + offset).max()) for sums in _SUMS[use](w)) + half
    if largest >= 1 << 31:
        raise ValueError(f"the weights of {use} are too large: a sum may overflow; scale them down")


def _of_outputs(w: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return [np.abs(w).sum(axis=tuple(range(1, w.ndim)))]


def _of_step(w: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    # A flux is not negative: what the positive weights add, the others can only diminish.
    back = [np.maximum(sign * w, 0).sum(axis=(0, 2, 3)) for sign in (1, -1)]
    return [*_of_outputs(w), *back]


def _of_lower(w: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    # Where grids are smaller than that, all pixels lie at the border: other weights meet there.
    sizes = (1, 3)
    return [
        reference.adjoint(np.ones((m, n, len(w)), np.int16), np.abs(w))
        for m in sizes
        for n in sizes
    ]


_SUMS: Final[Mapping[str, Callable[[NDArray[np.int64]], list[NDArray[np.int64]]]]] = (
    MappingProxyType(
        {
            "lift": _of_outputs,
            "step": _of_step,
            "inject": _of_outputs,
            "restrict": _of_outputs,
            "prolong": lambda w: [np.abs(w).sum(axis=0)],
            "lower": _of_lower,
        }
    )
)
