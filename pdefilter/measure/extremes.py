"""The range of every channel, and its mean around holes, as plain data."""

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from pdefilter.raster import Limits, Mask, Planes, as_channels

PlainLimits: TypeAlias = Sequence[Sequence[float | None]]
"""The smallest values of all channels, and the largest; None for a channel without pixels."""


def limits(u: Planes, where: Mask | None = None) -> list[list[float | None]]:
    """Find the range of every channel.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The channels.
    where : ndarray of shape (M, N) or (C, M, N), bool, optional
        The pixels that count.

    Returns
    -------
    list of two lists
        The C smallest values and the C largest; None in a channel without pixels.
    """
    low, high = u, u
    if where is not None:
        low, high = (np.where(where, u, np.float32(end)) for end in (np.inf, -np.inf))
    smallest, largest = low.min(axis=(1, 2)).tolist(), high.max(axis=(1, 2)).tolist()
    for c, (first, last) in enumerate(zip(smallest, largest, strict=True)):
        if first > last:
            smallest[c] = largest[c] = None
    return [smallest, largest]


def as_arrays(plain: PlainLimits) -> Limits:
    """Turn limits into arrays of shape (C, 1, 1), float32, unbounded where there are none."""
    smallest, largest = (
        np.array([end if value is None else value for value in values], np.float32)[:, None, None]
        for values, end in zip(plain, (-math.inf, math.inf), strict=True)
    )
    return smallest, largest


def means(u: Planes, valid: Mask) -> list[float]:
    """Find the mean of every channel outside holes.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The channels.
    valid : ndarray of shape (M, N) or (C, M, N), bool
        False in holes.
    """
    count = np.count_nonzero(as_channels(valid), axis=(1, 2), keepdims=True)
    sums = u.sum(axis=(1, 2), where=valid, dtype=np.float64, keepdims=True)
    values: list[float] = (sums / np.maximum(1, count)).ravel().tolist()
    return values
