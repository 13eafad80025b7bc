"""Estimate how far a denoised image is from the image without noise."""

import math
from collections.abc import Sequence

import numpy as np

from pdefilter.kernels.table import compute
from pdefilter.raster import Mask, Planes, Values

_SEED = 1981  # the year of Stein's paper

# In standard deviations of the noise: far below the contrast of an edge, far above rounding.
_PROBE = 0.02


class Risk:
    """Stein's unbiased estimate of the mean squared error, by a Monte-Carlo probe.

    For noise of standard deviation σ on N pixels and a filter h,

        ‖h(f) − f‖²/N − σ² + (2/Nε) nᵀ(h(f + εn) − h(f)),

    n = σb, b of random signs, has the expectation of ‖h(f) − u‖²/N for every u
    (Stein 1981, doi:10.1214/aos/1176345632; Ramani, Blu & Unser 2008,
    doi:10.1109/TIP.2008.2001404). The signs are always the same.

    Parameters
    ----------
    f : ndarray of shape (C, M, N), float32
        The noisy image.
    deviations : sequence of float or of ndarray of shape (M, N)
        σ of every channel, or of every pixel of it.
    visible : ndarray of shape (M, N) or (C, M, N), bool, optional
        The pixels that count.

    Attributes
    ----------
    probed : ndarray of shape (C, M, N), float32
        f + εn, which must be filtered like f.
    """

    def __init__(
        self, f: Planes, deviations: Sequence[float | Values], visible: Mask | None = None
    ) -> None:
        self._f = f
        self._deviations = deviations
        self._signs = _signs(f.shape)
        if visible is not None:
            self._signs *= visible
        probe = [(_PROBE * np.asarray(deviation)).astype(np.float32) for deviation in deviations]
        self.probed: Planes = np.stack(
            [b * size for b, size in zip(self._signs, probe, strict=True)]
        )
        self.probed += f
        signs_of = [f[0].size] * len(f) if visible is None else map(np.count_nonzero, self._signs)
        counts = [int(count) for count in signs_of]
        self._count = max(1.0, sum(counts) / len(f))
        self.variance = math.fsum(
            deviation**2 * (count / self._count)
            if isinstance(deviation, float)
            else float(np.square(deviation).sum(where=signs != 0)) / self._count
            for deviation, count, signs in zip(deviations, counts, self._signs, strict=True)
        )

    def of(self, filtered: Planes, probed: Planes) -> float:
        """Estimate the mean over pixels of the channels' squared errors.

        Parameters
        ----------
        filtered, probed : ndarray of shape (C, M, N), float32
            h(f) and h(f + εn).
        """
        images = filtered, probed, self._f, self._signs
        misfits, answers = compute("risk", *images, dimensions=filtered.ndim - 1).tolist()
        misfit = math.fsum(map(math.fsum, misfits))
        if all(isinstance(deviation, float) for deviation in self._deviations):
            answer = math.fsum(
                deviation * math.fsum(rows)
                for deviation, rows in zip(self._deviations, answers, strict=True)
            )
        else:
            answer = sum(
                float((deviation * b * (after - before)).sum(dtype=np.float64))
                for deviation, b, after, before in zip(
                    self._deviations, self._signs, probed, filtered, strict=True
                )
            )
        return (misfit + 2 / _PROBE * answer) / self._count - self.variance


def _signs(shape: tuple[int, ...]) -> Planes:
    """Draw ±1 for every value; a shape has the same signs on every machine."""
    size = math.prod(shape)
    words = np.random.PCG64(_SEED).random_raw(-(-size // 64)).astype("<u8")
    bits = np.unpackbits(words.view(np.uint8), count=size, bitorder="little")
    signs: Planes = bits.reshape(shape).astype(np.float32)
    signs *= 2
    signs -= 1
    return signs
