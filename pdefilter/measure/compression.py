"""JPEG's errors, from the traces that its quantisation leaves in the pixels.

A file that was converted from JPEG to PNG has them too. They are those of the luminance;
the tables of a file's header would add nothing to it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from pdefilter.measure.blocks import coefficients, cut
from pdefilter.raster import Mask, Plane, Values

REACH = 12
"""How far around a box the error depends on the image, in px."""

_WIDTH = 8
_MOST = 4096  # blocks
_FEW = 512  # blocks that show the grid
_LEVELS = 255.0

# The steps that are looked for. A step of one is as small as the rounding of pixels.
_STEPS = range(2, 129)

# Coefficients are multiples of the step, up to an error of 0.3 levels from the rounding of pixels:
# then the mean cosine of their phases is 0.64 for a step of 2 and above 0.8 for others. The mean of
# 40 random ones has a deviation of 0.11.
_LEAST_COSINE = 0.6
_ZERO = 1.0
_FEWEST = 40

# Multiples beyond the first, at most frequencies, tell a quantised photograph from a drawing of few
# grey levels.
_FEWEST_BEYOND = 15
_FEWEST_FREQUENCIES = 4

# If nearly all coefficients were rounded to zero, they lost four times what the rounding of the
# others lost, on the average of photographs of quality 60 to 95.
_LOST = 4.0

# ITU-T T.81, table K.1, which encoders multiply by a factor.
_USUAL: list[int] = (
    np.array(
        [
            [16, 11, 10, 16, 24, 40, 51, 61],
            [12, 12, 14, 19, 26, 58, 60, 55],
            [14, 13, 16, 24, 40, 57, 69, 56],
            [14, 17, 22, 29, 51, 87, 80, 62],
            [18, 22, 37, 56, 68, 109, 103, 77],
            [24, 35, 55, 64, 81, 104, 113, 92],
            [49, 64, 78, 87, 103, 121, 120, 101],
            [72, 92, 95, 98, 112, 100, 103, 99],
        ]
    )
    .ravel()
    .tolist()
)

_ROUNDING = 1 / 12  # of pixels to integers, in squared grey levels

_BAND = 64  # rows of blocks


@dataclass(frozen=True)
class Compression:
    """The quantisation of a JPEG's luminance.

    Attributes
    ----------
    first : tuple of int
        The row and the column of the first whole block.
    steps : tuple of 64 int
        The steps of the cosine coefficients in grey levels of 8 bits, row by row. Where
        too few coefficients differ from zero to tell, they are those of the table that
        most encoders use, as fine as the others are.
    deviation : float
        The root mean square of the error as a fraction of full scale.
    """

    first: tuple[int, int]
    steps: tuple[int, ...]
    deviation: float

    def variance_of(self, luminance: Plane, at: Sequence[int] = (0, 0)) -> Plane:
        """Find the mean square of the error around every pixel.

        A coefficient that was rounded to a multiple q, 2q, … of its step has an error of
        mean square q²/12; those that became zero lost their energy, which goes with the
        errors of the others in the block.

        Parameters
        ----------
        luminance : ndarray of shape (M, N), float32
            The luminance of the image, or of a box of it, as a fraction of full scale.
        at : sequence of int
            The row and the column of the box in the image.

        Returns
        -------
        ndarray of shape (M, N), float32
            The mean square as a fraction of squared full scale.
        """
        first = [(start - here) % _WIDTH for start, here in zip(self.first, at, strict=True)]
        per_block = self._of_blocks(luminance, (first[0], first[1]))
        if not per_block.size:
            return np.full(luminance.shape, _ROUNDING / _LEVELS**2, np.float32)
        for axis, (size, start) in enumerate(zip(luminance.shape, first, strict=True)):
            per_block = _interpolated(per_block, axis, size, start)
        return per_block

    def _of_blocks(self, luminance: Plane, first: tuple[int, int]) -> Plane:
        """Find the mean square in every whole block."""
        rows, columns = (
            max(0, size - start) // _WIDTH
            for size, start in zip(luminance.shape, first, strict=True)
        )
        found = np.empty((rows, columns), np.float32)
        for row in range(0, rows, _BAND):
            from_row = first[0] + _WIDTH * row
            band = luminance[None, from_row : from_row + _WIDTH * _BAND]
            blocks = cut(band, _WIDTH, band.size, (0, first[1]))[0]
            errors = _errors(_LEVELS * coefficients(blocks), self.steps)
            found[row : row + _BAND] = errors.reshape(-1, columns)
        return found


def compression_of(
    luminance: Plane, visible: Mask | None = None, unclipped: Mask | None = None
) -> Compression | None:
    """Find the quantisation of an image that once was a JPEG.

    Parameters
    ----------
    luminance : ndarray of shape (M, N), float32
        Its luminance as a fraction of full scale.
    visible : ndarray of shape (M, N), bool, optional
        The pixels that count.
    unclipped : ndarray of shape (M, N), bool, optional
        Those of them that are not clipped. Only they show the steps.

    Returns
    -------
    Compression or None
        None if it was none, or one of a quality above 97.
    """
    exact = visible if unclipped is None else unclipped
    grids = [(row, column) for row in range(_WIDTH) for column in range(_WIDTH)]
    first = max(grids, key=lambda at: _zeros(luminance, exact, at))
    values = _coefficients(luminance, exact, first, _MOST)
    # Means of blocks are few different numbers, which fit many steps.
    found = [_step(of_frequency) for of_frequency in values.reshape(-1, _WIDTH**2).T[1:]]
    sure = sum(1 for step, is_sure in found if is_sure and step > 1)
    known = {k: step for k, (step, _) in enumerate(found, 1) if step > 1}
    if sure < _FEWEST_FREQUENCIES or len(known) <= sum(step == 1 for step, _ in found):
        return None
    factor = median(step / _USUAL[k] for k, step in known.items())
    steps = tuple(known.get(k, max(1, round(factor * usual))) for k, usual in enumerate(_USUAL))
    errors = _errors(_coefficients(luminance, visible, first, _MOST), steps)
    return Compression(first, steps, math.sqrt(errors.mean()))


def _coefficients(
    luminance: Plane, visible: Mask | None, first: tuple[int, int], most: int
) -> Values:
    """Find the coefficients of visible blocks, in grey levels."""
    blocks = cut(luminance[None], _WIDTH, most, first)[0]
    if visible is not None:
        blocks = blocks[cut(visible[None], _WIDTH, most, first)[0].all(axis=(1, 2))]
    return _LEVELS * coefficients(blocks)


def _zeros(luminance: Plane, visible: Mask | None, first: tuple[int, int]) -> float:
    """Find the share of coefficients that are zero; on the grid of a JPEG there are the most."""
    sizes = np.abs(_coefficients(luminance, visible, first, _FEW))
    return np.count_nonzero(sizes < _ZERO / 2) / max(1, sizes.size)


def _errors(values: Values, steps: Sequence[int]) -> Values:
    """Find the mean square of the error in blocks from their coefficients in grey levels."""
    table = np.array(steps, np.float64).reshape(_WIDTH, _WIDTH)
    # Sums of whole numbers are exact.
    is_kept = np.abs(values) > table / 2
    is_kept[:, 0, 0] = True
    squares = np.where(is_kept, np.square(table), 0).sum(axis=(1, 2))
    lost = _LOST * (1 - is_kept.mean(axis=(1, 2)))
    errors: Values = (squares / (12 * _WIDTH**2) * (1 + lost) + _ROUNDING) / _LEVELS**2
    return errors


def _step(values: Values) -> tuple[int, bool]:
    """Find the step of one frequency, and whether multiples beyond the first confirm it.

    The step is 0 if too few coefficients differ from zero to tell, and 1 if it is not larger.
    """
    sizes = np.sort(np.abs(values))
    nonzero = sizes[np.searchsorted(sizes, _ZERO) :]
    cosines: dict[int, float] = {}
    for step in reversed(_STEPS):
        phases = np.cos(2 * np.pi / step * nonzero)
        kept = phases[np.searchsorted(nonzero, step / 2) :]
        if len(kept) >= _FEWEST:
            # Those that the step makes zero must be zero.
            cosine = min(float(kept.mean()), float(phases.mean()))
            if cosine > _LEAST_COSINE:
                cosines[step] = cosine
            # Divisors of a step fit as well as the step, and its neighbours nearly so.
            if cosines and step < 0.7 * max(cosines):
                break
    if not cosines:
        return int(len(nonzero) >= _FEWEST), False
    step = max(cosines, key=lambda step: cosines[step])
    return step, len(sizes) - int(np.searchsorted(sizes, 1.5 * step)) >= _FEWEST_BEYOND


def _interpolated(per_block: Plane, axis: int, size: int, start: int) -> Plane:
    """Interpolate along an axis, linearly between the middles of blocks."""
    last = per_block.shape[axis] - 1
    position = (np.arange(size) - start - (_WIDTH - 1) / 2) / _WIDTH
    below = np.floor(position)
    weight = (position - below).astype(np.float32)
    before = per_block.take(below.astype(np.intp).clip(0, last), axis)
    after = per_block.take((below.astype(np.intp) + 1).clip(0, last), axis)
    weight = weight[:, None] if axis == 0 else weight[None]
    return before + weight * (after - before)
