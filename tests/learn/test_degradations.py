"""What cameras and files do to a picture."""

import numpy as np
import pytest

pytest.importorskip("torch")

from pdefilter.learn.degradations import degrade


def scene():
    y, x = np.mgrid[:96, :112]
    wave = 128 + 80 * np.sin(x / 9) * np.cos(y / 13)
    return np.stack([wave, 0.8 * wave, 255 - wave], 2).astype(np.float32)


def test_patches_keep_their_type_and_stay_together():
    rng, deviations = np.random.default_rng(0), []
    for _ in range(60):
        degraded, clean = degrade(scene(), rng)
        assert degraded.dtype == clean.dtype == np.float32
        assert degraded.shape == clean.shape
        assert np.isfinite(degraded).all()
        # Nothing is moved or brightened; rounding, noise and compression have no mean.
        assert abs(np.median(degraded - clean)) < 12
        deviations.append(float((degraded - clean).std()))
    assert 0.5 < np.quantile(deviations, 0.1) < np.quantile(deviations, 0.9) < 60


def test_the_same_seed_degrades_in_the_same_way():
    pairs = [degrade(scene(), np.random.default_rng(5)) for _ in range(2)]
    assert np.array_equal(pairs[0][0], pairs[1][0])
    assert np.array_equal(pairs[0][1], pairs[1][1])


def test_the_clean_patch_is_not_changed_in_place():
    clean, rng = scene(), np.random.default_rng(1)
    for _ in range(20):
        degrade(clean, rng)
    assert np.array_equal(clean, scene())
