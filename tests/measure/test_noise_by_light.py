"""The variance of noise at every light."""

import numpy as np
import pytest

from pdefilter.measure.noise_by_light import variances_by_light


def ramp(shape, axis=-1):
    """A light that grows along an axis, from 0 to 1."""
    sizes = [1] * len(shape)
    sizes[axis] = shape[axis]
    return np.broadcast_to(np.linspace(0, 1, shape[axis]).reshape(sizes), shape)


@pytest.mark.parametrize("shape", [(256, 256), (40, 40, 41)])
def test_variances_follow_the_light(shape):
    """Noise of deviation 0.02 + 0.08 x; residuals of a thousand pixels, many of which overlap."""
    x = ramp(shape)
    z = x + np.random.default_rng(0).normal(0, 1, shape) * (0.02 + 0.08 * x)
    (points,) = variances_by_light(z.astype(np.float32)[None], [-2.0])
    lights = points.x - 2
    assert len(lights) > 15
    assert (np.diff(lights) > 0).all()
    assert 1.99 < points.darkest < 2.05
    ratios = np.sqrt(points.v) / (0.02 + 0.08 * lights)
    assert np.abs(np.log(ratios)).mean() < 0.06


def test_where_half_is_clipped_nothing_is_said():
    shape = (200, 200)
    z = ramp(shape) + np.random.default_rng(0).normal(0, 0.1, shape)
    (points,) = variances_by_light(z.clip(0, 1).astype(np.float32)[None], [0.0])
    assert 0.1 < points.x.min() < 0.3
    assert 0.7 < points.x.max() < 0.9
    assert np.sqrt(points.v) == pytest.approx(0.1, rel=0.25)


def test_an_even_image_has_no_points():
    assert variances_by_light(np.full((2, 50, 50), 0.3, np.float32), [0.0, 0.0]) is None
    assert variances_by_light(np.zeros((1, 9, 9), np.float32), [0.0]) is None
