"""Stein's estimate of an error, against the error."""

import numpy as np
import pytest

from pdefilter.kernels.march import march
from pdefilter.measure.risk import Risk

DEVIATION = 0.1


@pytest.fixture(scope="module")
def pair(photograph):
    clean = photograph[None] / np.float32(255)
    noise = np.random.default_rng(3).normal(0, DEVIATION, clean.shape)
    return clean, (clean + noise).astype(np.float32)


def test_who_changes_nothing_errs_by_the_noise(pair):
    _, f = pair
    risk = Risk(f, [DEVIATION])
    # The probe is rounded to float32 when it is added, by 1.5e-5 of itself.
    assert risk.of(f, risk.probed) == pytest.approx(DEVIATION**2, rel=1e-4)
    assert risk.variance == pytest.approx(DEVIATION**2)


@pytest.mark.parametrize("conductance", ["constant", "rational", "total variation"])
@pytest.mark.parametrize("steps", [1, 5, 40])
def test_the_estimate_is_the_error(pair, conductance, steps):
    clean, f = pair
    risk = Risk(f, [DEVIATION])
    u, probed = (
        march(v, [0.2] * steps, conductance=conductance, squared_scale=100.0)
        for v in (f, risk.probed)
    )
    error = np.mean((u - clean).astype(float) ** 2)
    # On N = 116 352 pixels its deviation is about σ²√(2/N), 0.4 % of σ².
    assert risk.of(u, probed) == pytest.approx(error, abs=0.02 * DEVIATION**2)


def test_what_is_not_visible_has_no_say(pair):
    clean, f = pair
    visible = np.zeros(f.shape[1:], bool)
    visible[:, 100:] = True
    masked, cut = Risk(f, [DEVIATION], visible), Risk(f[..., 100:], [DEVIATION])
    far = np.where(visible, clean, np.float32(9))
    error = np.mean((clean - f)[..., 100:].astype(float) ** 2) - DEVIATION**2
    assert masked.of(far, far) == pytest.approx(error, rel=1e-5)
    assert np.array_equal(masked.probed[..., :100], f[..., :100])
    assert cut.of(clean[..., 100:], clean[..., 100:]) == pytest.approx(error, rel=1e-5)


def test_the_probe_is_the_same_on_every_machine():
    """PCG64's stream of bits is part of NumPy's promises; the first signs of seed 1981."""
    probe = Risk(np.zeros((1, 4, 16), np.float32), [1.0]).probed
    assert set(np.sign(probe.ravel())) == {-1.0, 1.0}
    word = np.random.PCG64(1981).random_raw()
    signs = [1.0 if word >> bit & 1 else -1.0 for bit in range(64)]
    assert np.sign(probe.ravel()).tolist() == signs


def test_every_channel_is_probed_by_its_own_noise():
    f = np.zeros((3, 8, 8), np.float32)
    probe = Risk(f, [0.1, 0.0, 0.3]).probed
    assert np.allclose(np.abs(probe).max(axis=(1, 2)), [0.002, 0.0, 0.006])
