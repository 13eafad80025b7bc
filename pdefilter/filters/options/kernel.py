"""A kernel as users write it: its rows, a name, or a file that holds it."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KERNELS: Mapping[str, str] = {
    "laplacian": "0 1 0; 1 -4 1; 0 1 0",
    "sharpen": "0 -1 0; -1 5 -1; 0 -1 0",
    "emboss": "2 1 0; 1 1 -1; 0 -1 -2",
    "sobel-rows": "1 2 1; 0 0 0; -1 -2 -1",
    "sobel-columns": "1 0 -1; 2 0 -2; 1 0 -1",
    "box": "1 1 1; 1 1 1; 1 1 1",
    "binomial": "1 2 1; 2 4 2; 1 2 1",
}
"""Kernels by name, for convolution: `sobel-rows` is then positive where rows get brighter. Those
that do not sum to zero are divided by their sum, so that brightness stays."""

# The size of a square 1024 px wide. A larger array is an image, not a kernel.
MOST_WEIGHTS = 1 << 20
_MOST_BYTES = 32 * MOST_WEIGHTS


def kernel_of(value: str | Collection[Collection[float]]) -> "NDArray[np.float64]":
    """Read a kernel.

    Parameters
    ----------
    value : str or array_like of shape (m, n)
        Rows of numbers, separated by semicolons; a name in `KERNELS`, whose weights
        are divided by their sum unless it is zero; the name of a text file, each line a
        row of numbers separated by spaces, commas or semicolons; the name of a ``.npy``
        file; or the weights themselves.

    Returns
    -------
    ndarray of shape (m, n), float64

    Raises
    ------
    ValueError
        If it is none of these, is not a rectangle, or has weights that are not
        finite numbers.
    """
    if not isinstance(value, str):
        return _weights(value, "the kernel")
    rows = _numbers(KERNELS.get(value, value).split(";"))
    if rows is not None:
        weights = _weights(rows, repr(value))
        return weights / (weights.sum() or 1) if value in KERNELS else weights
    return _weights(_read_file(value), repr(value))


def _read_file(name: str) -> Any:
    import numpy as np

    path = Path(name)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise OSError(0, f"too large for a kernel of at most {MOST_WEIGHTS} weights")
        if path.suffix == ".npy":
            return np.load(path, mmap_mode="r", allow_pickle=False)
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise ValueError(
            f"{name!r} is neither rows of numbers such as '0 1 0; 1 -4 1; 0 1 0', nor a file, nor "
            f"one of {', '.join(KERNELS)}"
        ) from None
    except OSError as error:
        raise ValueError(f"{name!r} cannot be read ({error.strerror})") from None
    except (ValueError, EOFError):
        raise ValueError(f"{name!r} is neither a text file of numbers nor a .npy file") from None
    rows = _numbers([line for line in lines if line.strip()])
    if rows is None:
        raise ValueError(f"{name!r} holds more than numbers; give one row of numbers in each line")
    return rows


def _numbers(rows: Sequence[str]) -> list[list[float]] | None:
    """Read rows of numbers; return None if there is anything else."""
    try:
        return [[float(word) for word in re.split(r"[\s,;]+", row.strip(" \t,;"))] for row in rows]
    except ValueError:
        return None


def _weights(rows: Any, name: str) -> "NDArray[np.float64]":
    import numpy as np

    try:
        weights = np.asarray(rows)
    except ValueError:
        raise ValueError(
            f"{name} is not a rectangle; give the same number of weights in every row"
        ) from None
    if weights.ndim != 2 or not weights.size or weights.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} is an array of {weights.dtype} of shape {weights.shape}; give real numbers "
            "in rows and columns"
        )
    if weights.size > MOST_WEIGHTS:
        raise ValueError(f"{name} has {weights.size} weights; give at most {MOST_WEIGHTS}")
    if not np.isfinite(weights).all():
        raise ValueError(f"{name} has weights that are not finite; give finite numbers only")
    return weights.astype(np.float64)
