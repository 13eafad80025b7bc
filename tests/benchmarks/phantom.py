"""A head that is known exactly: ellipsoids, a folded cortex, lesions and a vessel, with spacing."""

import numpy as np
from numpy.typing import NDArray

Volume = NDArray[np.float32]

# Along every axis, a voxel is the mean of so many places.
_FINE = 3

# Semi-axes and centre in parts of half the extent (slices, rows, columns), and the value within.
_ELLIPSOIDS = (
    ((0.92, 0.92, 0.80), (0.0, 0.0, 0.0), 0.75),  # skin
    ((0.86, 0.86, 0.74), (0.0, 0.0, 0.0), 0.10),  # skull
    ((0.82, 0.82, 0.70), (0.0, 0.0, 0.0), 0.25),  # liquor
)
_VENTRICLES = (
    ((0.25, 0.35, 0.08), (0.05, 0.0, 0.13), 0.20),
    ((0.25, 0.35, 0.08), (0.05, 0.0, -0.13), 0.20),
)
_LESIONS = (
    ((0.06, 0.06, 0.06), (-0.2, 0.3, 0.3), 0.95),
    ((0.09, 0.05, 0.05), (0.3, -0.3, 0.3), 0.45),
    ((0.05, 0.05, 0.09), (0.1, 0.35, -0.3), 0.62),
    ((0.04, 0.04, 0.04), (-0.3, -0.25, -0.3), 0.95),
)
_GREY, _WHITE, _VESSEL = 0.50, 0.72, 1.0


def head(shape: tuple[int, int, int], spacing: tuple[float, float, float]) -> Volume:
    """Make a volume of values from 0 to 1, whose voxels are means over their extent.

    Parameters
    ----------
    shape : tuple of int
        The slices, rows and columns.
    spacing : tuple of float
        The distance of voxels along each axis; lengths are parts of the largest extent.
    """
    extent = max(n * h for n, h in zip(shape, spacing, strict=True)) / 2
    axes = [
        ((np.arange(n * _FINE) + 0.5) / _FINE - n / 2) * (h / extent)
        for n, h in zip(shape, spacing, strict=True)
    ]
    slices = [
        _values(axes[0][s * _FINE : (s + 1) * _FINE], axes[1], axes[2]) for s in range(shape[0])
    ]
    return np.stack(slices)


def _values(z: NDArray[np.float64], y: NDArray[np.float64], x: NDArray[np.float64]) -> Volume:
    """Compute one slice: the means of small cubes."""
    s, r, c = np.meshgrid(z, y, x, indexing="ij")
    u = np.zeros(s.shape)
    for axes, centre, value in _ELLIPSOIDS:
        u[_distance(s, r, c, axes, centre) < 1] = value
    folds = 0.04 * np.sin(16 * s) * np.sin(18 * r + 3 * c) + 0.03 * np.sin(21 * c + 5 * s)
    depth = _distance(s, r, c, (0.78, 0.78, 0.66), (0.0, 0.0, 0.0)) + folds
    u[depth < 1], u[depth < 0.82] = _GREY, _WHITE
    for axes, centre, value in (*_VENTRICLES, *_LESIONS):
        u[_distance(s, r, c, axes, centre) < 1] = value
    turn = 5 * s
    from_vessel = np.hypot(r - 0.45 * np.cos(turn), c - 0.40 * np.sin(turn))
    u[(from_vessel < 0.03) & (np.abs(s) < 0.6)] = _VESSEL
    u *= 1 + 0.08 * np.cos(1.5 * r) * np.cos(1.3 * c + s)  # the field of the coil
    shape = 1, _FINE, len(y) // _FINE, _FINE, len(x) // _FINE, _FINE
    means: Volume = u.reshape(shape).mean(axis=(0, 1, 3, 5)).astype(np.float32)
    return means


def _distance(
    s: NDArray[np.float64],
    r: NDArray[np.float64],
    c: NDArray[np.float64],
    axes: tuple[float, float, float],
    centre: tuple[float, float, float],
) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.sqrt(
        sum(((x - m) / a) ** 2 for x, m, a in zip((s, r, c), centre, axes, strict=True))
    )
    return found


def magnitude(clean: Volume, deviation: float, seed: int) -> Volume:
    """Return the magnitude of a complex signal with Gaussian noise in both parts: Rician noise."""
    rng = np.random.default_rng(seed)
    real, imaginary = rng.normal(0, deviation, (2, *clean.shape))
    return np.hypot(clean + real, imaginary).astype(np.float32)
