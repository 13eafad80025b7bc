"""F(s·u + c) = s·F(u) + c for every filter, for values of any unit, offset and type."""

import warnings

import numpy as np
import pytest
from filter_calls import CALLS
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

import pdefilter

# Options that are differences of values; a weight and a tolerance are in 255ths of them.
IN_UNITS = ("kappa", "noise", "threshold", "weight", "tolerance")

DIFFERENCES = {
    "edge",
    "edge, smoothed",
    "edge, rows",
    "laplacian",
    "ridge",
    "ridge, both",
    "convolve, differences",
}

# The sum of the float32 roundings of some steps, as parts of the image's range; where a
# number of steps follows from an error, or a time from noise, a rounding may change it.
ROUNDING = 2e-5
CHOSEN = {
    # The place of the largest of several values that are nearly equal.
    "ridge": 1e-4,
    "tv": 1e-4,
    "tv auto": 1e-4,
    "huber": 1e-4,
    "tikhonov": 1e-4,
    "tikhonov, newton": 1e-4,
    "anisotropic": 1e-3,
    "anisotropic, noise": 1e-3,
    # Networks count in 128ths of the noise, which is 0.05: a last bit may tip a rounding.
    "denoise": 4e-3,
    "denoise, known": 4e-3,
}


def scene(seed, channels):
    """Two regions, a ramp, and noise, between 0 and 1."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:22, :27] / 27
    u = 0.3 * rows + 0.5 * (rows + 0.4 * columns > 0.5)
    u = u[..., None] * np.linspace(1, 0.7, channels) + rng.normal(0, 0.04, (22, 27, channels))
    return u[..., 0] if channels == 1 else u


def filtered(name, u, unit=1.0):
    filter_, options = CALLS[name]
    options = {
        key: value * unit if key in IN_UNITS and not isinstance(value, str) else value
        for key, value in options.items()
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", ".*clipped to it")
        return getattr(pdefilter, filter_)(u, **options)


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=25)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([1, 3]),
    st.floats(-12, 12),
    st.floats(-1e6, 1e6) | st.just(0.0),
    st.sampled_from([np.float64, np.float64, np.float32]),
)
def test_floats(name, seed, channels, exponent, offset, dtype):
    """The offset is in ranges of the image, the exponent that of its unit."""
    u, s = scene(seed, channels), 10.0**exponent
    c = offset * s
    stored = (s * u + c).astype(dtype)
    u = (stored.astype(np.float64) - c) / s  # what float32 has left of it
    expected = filtered(name, u)
    found = filtered(name, stored, s).astype(np.float64)
    found = found / s if name in DIFFERENCES else (found - c) / s
    size = np.ptp(expected) + np.ptp(u)
    allowed = CHOSEN.get(name, ROUNDING) * size
    # A result is stored to the digits of its type, about its offset.
    allowed += (np.finfo(dtype).eps) * (abs(offset) + size)
    require_near(name, found, expected, allowed)


def require_near(name, found, expected, allowed):
    off = np.abs(found - expected) > allowed
    # In places a shock reverses with the sign of a curvature that is zero up to rounding.
    assert off.mean() <= (0.02 if "shock" in name or name == "osher-rudin" else 0), (
        np.abs(found - expected).max(), allowed)  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=12)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([("u2", 3000, 30_000), ("i2", 200, -9000), ("i4", 60, 100),
                     ("i4", 900_000, 1_000_000_000), ("u4", 8, 2**31), ("i8", 5000, 2**40)]),
)  # fmt: skip
def test_integers(name, seed, kind):
    """Like floats of the same values, up to the rounding to integers."""
    dtype, size, c = kind
    full = np.iinfo(dtype).max
    stored = np.rint(scene(seed, 1) * size).astype(np.int64) + c
    expected = filtered(name, stored.astype(np.float64), size)
    found = filtered(name, stored.astype(dtype), size / full).astype(np.float64)
    if name in ("edge, rows", "convolve, differences"):
        return  # signed results are shown about the middle of full scale
    bottom = np.iinfo(dtype).min if dtype[0] == "i" else 0
    allowed = 0.5 + (CHOSEN.get(name, ROUNDING) + 1e-6) * (np.ptp(expected) + size)
    require_near(name, found, expected.clip(bottom, full), allowed)


HOLED = {
    "harmonic": ("inpaint", {}),
    "biharmonic": ("inpaint", {"method": "biharmonic"}),
    "least variation": ("inpaint", {"method": "tv"}),
    "along edges": ("inpaint", {"method": "edge-enhancing"}),
    "gaussian": ("smooth", {}),
    "median": ("smooth", {"method": "median"}),
    "tv": ("smooth", {"method": "tv", "weight": 20.0}),
    "heat": ("heat_diffuse", {}),
    "long heat": ("heat_diffuse", {"sigma": 10.0}),
    "anisotropic": ("anisotropic", {"kappa": 0.1, "time": 2.0}),
    "edge-enhancing": ("anisotropic", {"model": "edge-enhancing", "kappa": 0.1, "time": 2.0}),
    "convolve": ("convolve", {"kernel": "sharpen"}),
    "wave": ("wave", {}),
}


@pytest.mark.parametrize("name", HOLED)
@settings(max_examples=12)
@given(st.integers(0, 2**32 - 1), st.floats(-12, 12), st.floats(-1e6, 1e6) | st.just(0.0))
def test_holes(name, seed, exponent, offset):
    filter_, options = HOLED[name]
    u, s = scene(seed, 1), 10.0**exponent
    u[8:13, 9:15] = np.nan
    c = offset * s
    scaled = {key: value * s if key in IN_UNITS else value for key, value in options.items()}
    expected = getattr(pdefilter, filter_)(u, **options)
    found = (getattr(pdefilter, filter_)(s * u + c, **scaled) - c) / s
    # Solutions differ by what a solver may leave: 1e-6 of the range of Δu, times px²; of
    # least variation, 1e-4 of that.
    allowed = 1e-3 if filter_ == "inpaint" else CHOSEN.get(name, ROUNDING)
    np.testing.assert_allclose(found, expected, rtol=0, atol=2 * allowed + 1e-10 * abs(offset))


@settings(max_examples=20)
@given(
    st.integers(0, 2**32 - 1),
    st.floats(-12, 12),
    st.floats(-1e6, 1e6) | st.just(0.0),
    st.floats(-1e3, 1e3),
    st.booleans(),
)
def test_cloning(seed, exponent, offset, other_offset, mixed):
    """The source counts by its differences, in the unit of the image."""
    u, source, s = scene(seed, 1), scene(seed + 1, 1)[:12, :14], 10.0**exponent
    expected = pdefilter.poisson(u, source=source, at="4,5", mixed=mixed)
    stored, stored_source = s * (u + offset), s * (source + other_offset)
    found = pdefilter.poisson(stored, source=stored_source, at="4,5", mixed=mixed)
    allowed = 2e-4 + 1e-10 * abs(offset)
    np.testing.assert_allclose(found / s - offset, expected, rtol=0, atol=allowed)
    flat = pdefilter.poisson(np.full(u.shape, s * offset), source=stored_source, at="4,5")
    plain = pdefilter.poisson(np.zeros(u.shape), source=source, at="4,5")
    np.testing.assert_allclose(flat / s - offset, plain, rtol=0, atol=allowed)
    even = np.full(source.shape, 3.0)
    over = pdefilter.poisson(stored, source=s * even, at="4,5", mixed=mixed)
    expected = pdefilter.poisson(u, source=even, at="4,5", mixed=mixed)
    np.testing.assert_allclose(over / s - offset, expected, rtol=0, atol=allowed)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.floats(-12, 12))
def test_integration(seed, exponent):
    u, s = scene(seed, 1), 10.0**exponent
    rows, columns = (np.diff(u, axis=axis, append=0) for axis in (0, 1))
    expected = pdefilter.poisson(rows, columns=columns)
    found = pdefilter.poisson(s * rows, columns=s * columns) / s
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)
    np.testing.assert_allclose(expected, u - u.mean(), rtol=0, atol=1e-4)


any_sum = pytest.mark.filterwarnings("ignore:the weights of the kernel sum")


@any_sum
@settings(max_examples=20)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["reflect", "nearest", "wrap"]),
    st.floats(-12, 12),
    st.floats(-1e6, 1e6),
)
def test_a_kernel_of_any_sum(seed, border, exponent, offset):
    """A constant becomes the sum of the weights times it."""
    u, s = scene(seed, 1), 10.0**exponent
    kernel = np.random.default_rng(seed).normal(size=(3, 5))
    c = offset * s
    expected = pdefilter.convolve(u, kernel=kernel, border=border)
    found = (pdefilter.convolve(s * u + c, kernel=kernel, border=border) - c * kernel.sum()) / s
    size = np.abs(kernel).sum()
    allowed = (1e-6 + 1e-14 * abs(offset)) * size * 30
    np.testing.assert_allclose(found, expected, rtol=0, atol=allowed)


@any_sum
def test_black_beyond_the_border_is_black_for_every_offset():
    u = scene(0, 1)
    kernel = np.random.default_rng(0).normal(size=(3, 5))
    for offset in (1e3, -1e4):
        ours = pdefilter.convolve(u + offset, kernel=kernel, border="constant")
        padded = np.pad(u + offset, 4)
        theirs = pdefilter.convolve(padded, kernel=kernel, border="constant")[4:-4, 4:-4]
        direct = signal.convolve2d(u + offset, kernel, mode="same")
        np.testing.assert_allclose(ours, direct, rtol=0, atol=1e-5 * abs(offset))
        np.testing.assert_allclose(theirs, direct, rtol=0, atol=1e-5 * abs(offset))
