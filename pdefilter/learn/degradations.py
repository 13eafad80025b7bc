"""What cameras and files do to a picture, at random."""

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Colours: TypeAlias = NDArray[np.float32]
"""A patch, shape (M, N, 3): red, green and blue in grey levels of 255."""

# Chances, and ranges of what is drawn uniformly; of gain and read noise the logarithm is.
_DARK, _DARKEST = 0.25, 0.15
_SENSOR = 0.7
_GAMMAS, _GAMMA_CHANCES = (1.0, 2.2), (0.4, 0.6)
_WHITE_BALANCE, _STRONGEST_BALANCE = 0.6, 2.2
_GAIN, _READ_NOISE = (1e-4, 2e-2), (1e-3, 4e-2)
_SHADOWS = 0.3  # of gain and read noise under a gamma, which raises them in the dark
_SAME_NOISE = 0.1
_MOSAIC, _BILINEAR = 0.6, 0.5
_NO_NEGATIVES, _CLIPPED = 0.7, 0.7
_LIGHT = 4.0  # of full scale: raw values do not exceed it
_RESIZED, _FACTORS = 0.3, (0.6, 1.15)
_FILE, _AGAIN, _ROUNDED = 0.7, 0.15, 0.6
_QUALITIES, _SECOND_QUALITIES = (50, 98), (60, 97)
_SAMPLINGS = (
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
)
_SAMPLING_CHANCES = 0.55, 0.15, 0.3

_BILINEAR_KERNEL = np.array([[0.25, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 0.25]], np.float32)


def degrade(clean: Colours, rng: np.random.Generator) -> tuple[Colours, Colours]:
    """Take a picture of a clean patch: a sensor's noise, another size, and a file's losses.

    A sensor's noise has a variance that grows with the light (Foi et al. 2008,
    doi:10.1109/TIP.2008.2001399), before white balance and gamma; where colours are
    interpolated from a mosaic, neighbours share it. Some patches get no noise but the
    losses of JPEG, some are dark, some are resized.

    Parameters
    ----------
    clean : ndarray of shape (M, N, 3), float32
        A clean patch in grey levels of 255.
    rng : Generator
        Draws everything.

    Returns
    -------
    degraded, clean : ndarray of shape (K, L, 3), float32
        The two patches; both are darker and of another size where that was drawn.
    """
    if rng.random() < _DARK:
        clean = clean * np.float32(rng.uniform(_DARKEST, 1))
    has_sensor = rng.random() < _SENSOR
    degraded = _sensed(clean, rng) if has_sensor else clean
    if rng.random() < _RESIZED:
        resize = _resizing(clean.shape, rng)
        degraded, clean = resize(degraded), resize(clean)
    if not has_sensor or rng.random() < _FILE:
        degraded = _compressed(degraded, rng)
    elif rng.random() < _ROUNDED:
        degraded = _rounded(degraded).astype(np.float32)
    return degraded, clean


def _sensed(clean: Colours, rng: np.random.Generator) -> Colours:
    """Add a sensor's noise to its raw values, and make colours of them again."""
    gamma = rng.choice(_GAMMAS, p=_GAMMA_CHANCES)
    balance = np.ones(3, np.float32)
    if rng.random() < _WHITE_BALANCE:
        balance[[0, 2]] = rng.uniform(1, _STRONGEST_BALANCE, 2)
    raw: Colours = ((clean / 255) ** np.float32(gamma) / balance).astype(np.float32)
    gain, read_noise = (np.exp(rng.uniform(*np.log(limits))) for limits in (_GAIN, _READ_NOISE))
    if gamma > 1:
        gain, read_noise = gain * _SHADOWS, read_noise * _SHADOWS
    deviation = np.sqrt(gain * np.maximum(raw, 0) + read_noise**2).astype(np.float32)
    is_same = rng.random() < _SAME_NOISE
    channels = 1 if is_same else 3
    raw += deviation * rng.standard_normal((*raw.shape[:2], channels), np.float32)
    if not is_same and rng.random() < _MOSAIC:
        raw = _demosaicked(raw, rng)
    lowest = 0.0 if rng.random() < _NO_NEGATIVES else -1.0
    linear = np.clip(raw * balance, lowest, _LIGHT)
    seen = 255 * np.sign(linear) * np.abs(linear) ** np.float32(1 / gamma)
    if rng.random() < _CLIPPED:
        seen = np.clip(seen, 0, 255)
    return np.asarray(seen, np.float32)


def _demosaicked(raw: Colours, rng: np.random.Generator) -> Colours:
    """Keep one colour a pixel in Bayer's pattern, and interpolate the others.

    Half of the time it is bilinear. Otherwise the detail of green is added to red and
    blue, after Malvar, He & Cutler 2004 (doi:10.1109/ICASSP.2004.1326587).
    """
    row, column = rng.integers(2, size=2)
    known = np.zeros_like(raw)
    known[row::2, column::2, 0] = 1
    known[row::2, 1 - column :: 2, 1] = known[1 - row :: 2, column::2, 1] = 1
    known[1 - row :: 2, 1 - column :: 2, 2] = 1
    border = cv2.BORDER_REFLECT_101
    sums, weights = (
        cv2.filter2D(u, -1, _BILINEAR_KERNEL, borderType=border) for u in (raw * known, known)
    )
    colours = np.divide(sums, weights, dtype=np.float32)
    if rng.random() >= _BILINEAR:
        green = colours[..., 1]
        detail = 0.5 * (green - cv2.blur(green, (3, 3), borderType=border))
        colours[..., [0, 2]] += detail[..., None]
    return colours


def _resizing(shape: tuple[int, ...], rng: np.random.Generator) -> Callable[[Colours], Colours]:
    factor = rng.uniform(*_FACTORS)
    size = int(shape[1] * factor), int(shape[0] * factor)
    methods = [cv2.INTER_CUBIC, cv2.INTER_LINEAR]
    if factor < 1 and rng.random() < 0.5:
        methods = [cv2.INTER_AREA]
    method = int(rng.choice(methods))

    def resize(u: Colours) -> Colours:
        return cv2.resize(u, size, interpolation=method).astype(np.float32, copy=False)

    return resize


def _compressed(u: Colours, rng: np.random.Generator) -> Colours:
    """Store a patch as JPEG, now and then twice."""
    sampling = _SAMPLINGS[rng.choice(len(_SAMPLINGS), p=_SAMPLING_CHANCES)]
    quality = int(rng.integers(*_QUALITIES))
    stored = _jpeg(_rounded(u), quality, sampling)
    if rng.random() < _AGAIN:
        stored = _jpeg(stored, int(rng.integers(*_SECOND_QUALITIES)), _SAMPLINGS[0])
    return stored.astype(np.float32)


def _rounded(u: Colours) -> NDArray[np.uint8]:
    return np.clip(np.rint(u), 0, 255).astype(np.uint8)


def _jpeg(u: NDArray[np.uint8], quality: int, sampling: int) -> NDArray[np.uint8]:
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    _, data = cv2.imencode(".jpg", u[..., ::-1], settings)
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded[..., ::-1].astype(np.uint8)
