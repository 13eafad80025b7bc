"""How far a cleaned image is from the one without noise, on the engine in use."""

import math
from collections.abc import Sequence
from types import ModuleType

import numpy as np

from pdefilter.kernels import engine
from pdefilter.kernels.reference import risk as reference
from pdefilter.raster import Mask, Planes

_SEED = 1981  # the year of Stein's paper

# In deviations of the noise: far below what a diffusion takes for an edge, far above rounding.
_PROBE = 0.02


class Risk:
    """Stein's unbiased estimate of the mean squared error, by a Monte-Carlo probe.

    For noise of deviation σ on N pixels, of a filter h that gave h(f)

        ‖h(f) − f‖²/N − σ² + (2/Nε) nᵀ(h(f + εn) − h(f)),

    n = σb, b of random signs, has the expectation of ‖h(f) − u‖²/N, whatever u is
    (Stein 1981, doi:10.1214/aos/1176345632; Ramani, Blu & Unser 2008,
    doi:10.1109/TIP.2008.2001404). The signs are always the same.

    Parameters
    ----------
    f : ndarray of shape (C, M, N), float32
        The noisy image.
    deviations : sequence of float
        σ of every channel.
    visible : ndarray of shape (M, N), bool, optional
        The pixels that count.

    Attributes
    ----------
    probed : ndarray of shape (C, M, N), float32
        f + εn, to be filtered like f.
    """

    def __init__(self, f: Planes, deviations: Sequence[float], visible: Mask | None = None) -> None:
        self._f = f
        self._deviations = deviations
        self._signs = _signs(f.shape)
        if visible is not None:
            self._signs *= visible
        probe = (_PROBE * np.asarray(deviations)).astype(np.float32)
        self.probed: Planes = self._signs * probe[:, None, None]
        self.probed += f
        self._count = np.count_nonzero(visible) if visible is not None else f[0].size
        self.variance = math.fsum(deviation**2 for deviation in deviations)

    def of(self, filtered: Planes, probed: Planes) -> float:
        """Estimate the mean over pixels of the channels' squared errors.

        Parameters
        ----------
        filtered, probed : ndarray of shape (C, M, N), float32
            h(f) and h(f + εn).
        """
        misfits, answers = _engine().sums(filtered, probed, self._f, self._signs).tolist()
        misfit = math.fsum(map(math.fsum, misfits))
        answer = math.fsum(
            deviation * math.fsum(rows)
            for deviation, rows in zip(self._deviations, answers, strict=True)
        )
        return (misfit + 2 / _PROBE * answer) / max(1, self._count) - self.variance


def _engine() -> ModuleType:
    if engine.name() == "native":
        from pdefilter.kernels.native import risk as native

        return native
    return reference


def _signs(shape: tuple[int, ...]) -> Planes:
    """Draw ±1 for every value, the same for a shape on every machine."""
    size = math.prod(shape)
    words = np.random.PCG64(_SEED).random_raw(-(-size // 64)).astype("<u8")
    bits = np.unpackbits(words.view(np.uint8), count=size, bitorder="little")
    signs: Planes = bits.reshape(shape).astype(np.float32)
    signs *= 2
    signs -= 1
    return signs
