"""Which engine computes which operation.

The reference engine computes every operation, the native engine what the table says. Where the
native engine is in use, the reference engine computes what it lacks, and the observer is told.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from pdefilter.grid import is_unit
from pdefilter.kernels import engine
from pdefilter.observer import chose

_FLOAT32 = np.dtype(np.float32)


@dataclass(frozen=True)
class Row:
    """An operation, and what the native engine computes of it.

    Attributes
    ----------
    function : str
        The module and the function that compute it, the same in either engine.
    dimensions : tuple of int or None
        On how many axes; None for any, where spacing does not matter either.
    any_spacing : bool
        Whether at any spacing, and not only at 1 along each axis.
    most_channels : int or None
        Of up to how many channels; None for any number.
    dtypes : tuple of dtype
        Of which types.
    """

    function: str
    dimensions: tuple[int, ...] | None = (2,)
    any_spacing: bool = False
    most_channels: int | None = None
    dtypes: tuple[np.dtype, ...] = (_FLOAT32,)


_STORED = tuple(np.dtype(name) for name in ("uint8", "uint16", "float32"))

TABLE: Mapping[str, Row] = {
    "march": Row("march.march", (2, 3), any_spacing=True, most_channels=4),
    "split": Row("march.split", (2, 3), any_spacing=True, most_channels=4),
    "correlate": Row("correlation.correlate", (2, 3), any_spacing=True),
    "correlate2d": Row("kernel2d.correlate2d"),
    "gradient": Row("gradient.gradient", (2, 3), any_spacing=True),
    "thin": Row("edges.thin", (2, 3)),
    "thin gradient": Row("edges.thin_gradient"),
    "link": Row("edges.link", (2, 3)),
    "shock": Row("shock.advance", (2, 3), any_spacing=True),
    "curvature motion": Row("curvature.advance", (2, 3), any_spacing=True),
    "reduce": Row("lattice.reduce", (2, 3), any_spacing=True),
    "apply stencil": Row("lattice.apply_stencil", (2, 3), any_spacing=True),
    "reduce and apply": Row("lattice.reduce_and_apply", (2, 3), any_spacing=True),
    "relax": Row("elliptic.relax", (2, 3)),
    "residual": Row("elliptic.residual", (2, 3)),
    "restrict": Row("elliptic.restrict", (2, 3)),
    "prolong": Row("elliptic.prolong", (2, 3)),
    "products": Row("elliptic.products", (2, 3)),
    "coarsen": Row("elliptic.coarsen", (2, 3)),
    "ascend": Row("variation.ascend", (2, 3), any_spacing=True),
    "energies and gaps": Row("variation.energies_and_gaps", (2, 3), any_spacing=True),
    "descended": Row("variation.descended", (2, 3), any_spacing=True),
    "risk": Row("risk.sums", (2, 3), any_spacing=True),
    "lift": Row("features.lift"),
    "step": Row("features.step"),
    "inject": Row("features.inject"),
    "restrict features": Row("features.restrict"),
    "prolong features": Row("features.prolong"),
    "lower": Row("features.lower"),
    "deinterleave": Row("channels.deinterleave", dimensions=None, dtypes=_STORED),
    "interleave": Row("channels.interleave", dimensions=None, dtypes=_STORED),
    "finite": Row("channels.finite", dimensions=None, dtypes=_STORED),
}


def compute(
    name: str,
    *arguments: Any,
    dimensions: int = 2,
    channels: int = 1,
    dtype: np.dtype = _FLOAT32,
    spacing: Sequence[float] | None = None,
    **native_only: Any,
) -> Any:
    """Compute an operation on the engine that has it.

    Parameters
    ----------
    name : str
        The operation, of `TABLE`.
    *arguments
        As both engines take them.
    dimensions, channels, dtype
        The image's number of axes and of channels, and the type of its values.
    spacing : sequence of float, optional
        The distance between pixels along each axis; by default 1.
    **native_only
        What the native engine is told beside, such as where its result may go; the reference
        engine makes new arrays.
    """
    spaced = {} if is_unit(spacing) else {"spacing": spacing}
    if native_has(name, dimensions, channels, dtype, spacing) and not _any_empty(arguments):
        return _function("native", name)(*arguments, **spaced, **native_only)
    return _function("reference", name)(*arguments, **spaced)


def native_has(
    name: str,
    dimensions: int = 2,
    channels: int = 1,
    dtype: np.dtype = _FLOAT32,
    spacing: Sequence[float] | None = None,
) -> bool:
    """Tell whether the native engine is in use and computes an operation.

    Parameters as of `compute`. The observer hears of a dimension, a spacing or channels that are
    lacking, which makes an operation many times slower; not of a type of values.
    """
    if engine.name() != "native":
        return False
    has, is_slow = _limits(name, dimensions, channels, dtype, is_unit(spacing))
    if is_slow:
        chose(**{f"engine of {name}": "reference"})
    return has


@cache
def _limits(
    name: str, dimensions: int, channels: int, dtype: np.dtype, spaced_by_one: bool
) -> tuple[bool, bool]:
    """Tell whether the native engine computes an operation; and whether it is slow without."""
    row = TABLE[name]
    few = row.most_channels is None or channels <= row.most_channels
    on_grid = row.dimensions is None or (
        dimensions in row.dimensions and (row.any_spacing or spaced_by_one)
    )
    fits = few and on_grid
    return fits and dtype in row.dtypes, not fits


def _any_empty(arguments: Sequence[Any]) -> bool:
    return any(isinstance(array, np.ndarray) and not array.size for array in arguments)


@cache
def _function(engine_name: str, name: str) -> Callable[..., Any]:
    file, function = TABLE[name].function.split(".")
    module = import_module(f"pdefilter.kernels.{engine_name}.{file}")
    found: Callable[..., Any] = getattr(module, function)
    return found
