"""Waves against their cosine modes, and their conserved quantities."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import fft
from support import planes

import pdefilter
from pdefilter import ParameterError


def eigenvalues(shape):
    """Eigenvalues of minus the mirrored 5-point Laplacian, by cosine mode."""
    of_axis = [2 - 2 * np.cos(np.pi * np.arange(size) / size) for size in shape]
    return of_axis[0][:, None] + of_axis[1]


def by_modes(u, factor):
    return fft.idctn(fft.dctn(u.astype(float)) * factor)


def energy(before, after, tau):
    """½‖(u⁺ − u)/τ‖² + ½⟨−Δu⁺, u⟩, which the leapfrog keeps exactly."""
    kinetic = np.sum(((after - before) / tau) ** 2)
    potential = sum(np.sum(np.diff(before, axis=a) * np.diff(after, axis=a)) for a in (0, 1))
    return (kinetic + potential) / 2


@given(planes(channels=1, side=20), st.integers(1, 60), st.floats(0.05, 0.7))
def test_undamped_modes_swing_as_the_leapfrog_does(u, steps, tau):
    omega = np.arccos(1 - tau**2 / 2 * eigenvalues(u.shape[1:]))
    true = by_modes(u[0], np.cos(steps * omega))
    ours = pdefilter.wave(u[0], iterations=steps, step=tau)
    # The rounding of step j returns in step k by the factor sin((k − j)ω)/sin ω ≤ k − j.
    np.testing.assert_allclose(ours, true, rtol=0, atol=4 * 2.0**-24 * (steps + 10) ** 1.5)


@pytest.mark.parametrize("damping", [0.0, 0.3])
def test_the_order_is_two(damping):
    rng = np.random.default_rng(3)
    u, time = rng.random((24, 17)), 6.0
    omega = np.sqrt(eigenvalues(u.shape) - damping**2 / 4 + 0j)
    omega[omega == 0] = 1e-9
    factor = np.cos(omega * time) + damping / (2 * omega) * np.sin(omega * time)
    # The scale on which waves are smooth enough for an order to be seen.
    smooth = by_modes(u, np.exp(-2 * eigenvalues(u.shape)))
    true = by_modes(smooth, (np.exp(-damping * time / 2) * factor).real)
    errors = [
        np.abs(pdefilter.wave(smooth, time=time, iterations=n, damping=damping) - true).max()
        for n in (10, 20, 40)
    ]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.15)
    assert np.log2(errors[1] / errors[2]) == pytest.approx(2, abs=0.15)


@pytest.mark.parametrize("options", [{}, {"diffusivity": "rational", "kappa": 0.05}])
def test_the_energy_of_an_undamped_wave_is_kept(options, photograph):
    u, tau = photograph[:120, :100] / np.float32(255), 0.5
    states = {n: pdefilter.wave(u, iterations=n, step=tau, **options) for n in (0, 1, 999, 1000)}
    states = {n: state.astype(float) for n, state in states.items()}
    if not options:
        start, end = energy(states[0], states[1], tau), energy(states[999], states[1000], tau)
        # Rounding errors of 2⁻²⁴ in each of a thousand steps, of either sign.
        assert end == pytest.approx(start, rel=1000**0.5 * 2.0**-24)
    # For every g, the flux out of one pixel flows into the next.
    assert states[1000].mean() == pytest.approx(u.mean(dtype=float), abs=1000 * 2.0**-24)


def test_damping_loses_energy(photograph):
    u = photograph[:60, :60] / np.float32(255)
    states = [
        pdefilter.wave(u, iterations=n, step=0.5, damping=0.05).astype(float) for n in range(40)
    ]
    energies = [energy(a, b, 0.5) for a, b in pairwise(states)]
    assert all(b < a for a, b in pairwise(energies))


def test_strong_damping_is_diffusion(photograph):
    """u_t = Δu/γ − u_tt/γ: the error falls with 1/γ²."""
    u = photograph[:60, :60] / np.float32(255)
    time = 2.0
    heat = pdefilter.heat_diffuse(u.astype(float), time=time, scheme="exact")
    errors = [
        np.abs(pdefilter.wave(u, time=damping * time, damping=damping) - heat).max()
        for damping in (10.0, 20.0, 40.0)
    ]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.3)
    assert np.log2(errors[1] / errors[2]) == pytest.approx(2, abs=0.3)
    assert errors[2] < 1 / 255


def test_a_step_of_two_over_gamma_is_one_of_diffusion(photograph):
    """α = 1: the leapfrog is Euler's method with steps of τ/γ, to the bit."""
    u = photograph / np.float32(255)
    by_wave = pdefilter.wave(u, iterations=7, damping=8.0, step=0.25)
    by_heat = pdefilter.heat_diffuse(u, iterations=7, step=0.25 / 8)
    assert np.array_equal(by_wave, by_heat)


def test_the_diffusivity_is_that_of_the_image_given():
    """Across a step above κ nothing passes, on either side waves run."""
    rng = np.random.default_rng(5)
    u = 0.02 * rng.random((20, 30), np.float32)
    u[:, 15:] += 0.9
    swung = pdefilter.wave(u, time=20, diffusivity="exponential", kappa=0.05)
    alone = pdefilter.wave(u[:, :15].copy(), time=20, diffusivity="exponential", kappa=0.05)
    np.testing.assert_allclose(swung[:, :15], alone, rtol=0, atol=1e-5)
    assert np.abs(swung - u).max() > 0.005


def test_a_wave_is_linear_once_g_is_held(photograph):
    """Superposition: twice the image, with twice the contrast, has twice the amplitude."""
    u = photograph[:50, :50] / np.float32(255)
    once, twice = (
        pdefilter.wave(k * u, diffusivity="rational", kappa=k * 0.1, time=9) for k in (1, 2)
    )
    assert np.array_equal(2 * once, twice)


@given(planes(channels=1, side=10), st.floats(0, 10), st.floats(0, 3))
def test_turned_images_swing_as_turned(u, time, damping):
    swung = pdefilter.wave(u[0], time=time, damping=damping)
    for turn in (np.transpose, np.rot90):
        turned = pdefilter.wave(turn(u[0]).copy(), time=time, damping=damping)
        np.testing.assert_allclose(turned, turn(swung), rtol=0, atol=1e-5)


def test_alpha_stays_and_transparent_colours_have_no_say():
    rng = np.random.default_rng(1)
    rgba = rng.random((12, 13, 4), np.float32)
    rgba[..., 3] = rng.random((12, 13)) > 0.4
    other = rgba.copy()
    hidden = rgba[..., 3] == 0
    other[hidden, :3] = rng.random((hidden.sum(), 3))
    one, two = pdefilter.wave(rgba), pdefilter.wave(other)
    assert np.array_equal(one[..., 3], rgba[..., 3])
    assert np.array_equal(one[~hidden], two[~hidden])


def test_an_image_without_contrast_stays():
    flat = np.full((9, 9), 0.25, np.float32)
    flat[4, 4] = 1  # fewer pairs than a tenth differ
    assert np.array_equal(pdefilter.wave(flat, diffusivity="rational"), flat)


@pytest.mark.parametrize(
    ("options", "parameter", "said"),
    [
        ({"step": 0.71}, "step", "0.71 px is above the stability limit 0.707107 px"),
        ({"time": 10, "iterations": 3}, "iterations", "take at least 15"),
        ({"kappa": 0.1}, "kappa", "give a diffusivity too: exponential, rational"),
        ({"diffusivity": "rational", "kappa": 0}, "kappa", "0 is neither a number"),
        ({"damping": -1}, "damping", "not in the range 0 to 10000 1/px"),
        ({"damping": 1e4, "time": 1e3}, "time", "more than 1000000"),
    ],
)
def test_what_cannot_be_is_refused(options, parameter, said):
    with pytest.raises(ParameterError) as caught:
        pdefilter.wave(np.zeros((3, 3)), **options)
    assert caught.value.parameter == parameter
    assert said in caught.value.problem
