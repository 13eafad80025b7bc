"""Trained networks run as their definition says, with the same bits in tiles and in boxes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import convolve2d, correlate2d

from pdefilter.kernels import features
from pdefilter.networks import inference
from pdefilter.networks.architecture import Architecture, Level
from pdefilter.networks.inference import logits_in, noise_in, reach_of
from pdefilter.networks.model import DIGITS, model_of

FREE = Architecture((Level(16, 1, 1), Level(32, 1, 1), Level(16, 1, 0)))
STABLE = Architecture((Level(16, 1, 1), Level(16, 1, 0)), stable=True)
RECURRENT = Architecture((Level(16, 3, 0),), stable=True, recurrent=True)
CONTOURS = Architecture((Level(16, 1, 1), Level(32, 1, 1), Level(16, 1, 0)), contours=True)


def model(architecture, seed=0):
    """A network whose weights are random, of the size of trained ones."""
    rng = np.random.default_rng(seed)
    weights = {
        name: rng.standard_normal(shape) * (0.1 if len(shape) < 4 else 0.7 / np.sqrt(shape[1] * 9))
        for name, shape in architecture.shapes().items()
    }
    return model_of(architecture, weights, {})


def image(rows, columns, seed=0):
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.standard_normal((rows, columns)), axis=1).astype(np.float32)


class Exact:
    """The network in double precision, without rounding, by SciPy."""

    def __init__(self, model):
        self.architecture = model.architecture
        self.weights = {name: model.numbers(name) for name in model.weights}

    def noise(self, f, sigma):
        return sigma * self.found([f / sigma])

    def found(self, planes):
        f = planes[0]
        x = 0.0
        for plane, name in zip(planes, self.architecture.lifts, strict=True):
            mirrored = np.pad(plane, 2, mode="symmetric")
            x += np.stack([correlate2d(mirrored, e, "valid")[::2, ::2] for e in self.weights[name]])
        v = self.recurred(x) if self.architecture.recurrent else self.evolved(x, 0)
        total = np.zeros(mirrored.shape)
        for plane, filter_ in zip(v, self.weights["lower"], strict=True):
            sparse = np.zeros((2 * plane.shape[0] - 1, 2 * plane.shape[1] - 1))
            sparse[::2, ::2] = plane
            spread = convolve2d(sparse, filter_)
            total[: spread.shape[0], : spread.shape[1]] += spread
        # What lies outside returns to the pixels that it mirrors.
        places = np.pad(np.arange(f.size).reshape(f.shape), 2, mode="symmetric")
        return np.bincount(places.ravel(), total.ravel()).reshape(f.shape)

    def evolved(self, v, k):
        level = self.architecture.levels[k]
        for n in range(level.before):
            v = self.step(v, f"{k}.before.{n}")
        if k + 1 < len(self.architecture.levels):
            r = self.weights[f"{k}.restriction"]
            q = r if self.architecture.stable else self.weights[f"{k}.prolongation"]
            blocks = v.reshape(len(v), v.shape[1] // 2, 2, v.shape[2] // 2, 2)
            c = np.einsum("dcij,cyixj->dyx", r, blocks)
            gained = np.einsum("dcij,dyx->cyixj", q, self.evolved(c, k + 1) - c)
            v = v + gained.reshape(v.shape)
        for n in range(level.after):
            v = self.step(v, f"{k}.after.{n}")
        return v

    def recurred(self, x):
        driven = self.applied(self.weights["0.injection.kernel"], x)
        driven += self.weights["0.injection.bias"][:, None, None]
        h = np.zeros_like(x)
        for _ in range(self.architecture.levels[0].before):
            h = self.step(h, "0.step", driven)
        return h

    def step(self, v, name, bias=None):
        kernel = self.weights[f"{name}.kernel"]
        bias = self.weights[f"{name}.bias"][:, None, None] if bias is None else bias
        flux = np.maximum(0, self.applied(kernel, v) + bias)
        return v - self.applied(kernel.swapaxes(0, 1)[..., ::-1, ::-1], flux)

    def applied(self, kernel, v):
        return np.stack(
            [sum(correlate2d(p, k, "same") for p, k in zip(v, ks, strict=True)) for ks in kernel]
        )


@pytest.mark.parametrize("architecture", [FREE, STABLE, RECURRENT])
@pytest.mark.parametrize("sigma", [0.5, 3.0])
def test_whole_numbers_come_close_to_the_network_without_rounding(architecture, sigma):
    network, f = model(architecture), image(24, 32)
    exact = Exact(network).noise(f.astype(float), sigma)
    found = noise_in(network, f, sigma)
    assert np.abs(exact).std() > 0.05 * sigma
    # Each of some ten roundings errs by σ/2⁷/√12, and weights of about one make it no smaller.
    assert np.sqrt(((found - exact) ** 2).mean()) < 0.02 * sigma


def test_logits_come_close_to_the_network_without_rounding():
    network, planes = model(CONTOURS), [image(24, 32, seed) for seed in range(3)]
    exact = Exact(network).found([plane / 2.0 for plane in planes])
    assert exact.std() > 0.1
    assert abs(exact.mean()) > 1e-3  # a logit may have a mean, and noise has none
    assert np.sqrt(((logits_in(network, np.stack(planes), 2.0) - exact) ** 2).mean()) < 0.02


def test_planes_that_are_left_out_are_constant():
    network, f = model(CONTOURS), image(24, 32)[None]
    constant = np.concatenate([f, np.full((2, 24, 32), 7, np.float32)])
    assert np.array_equal(logits_in(network, f, 0.5), logits_in(network, constant, 0.5))


@pytest.mark.parametrize("start", [(0, 0), (13, 50), (70, 41)])
def test_logits_of_tiles_and_boxes_have_the_bits_of_the_whole(start, monkeypatch):
    network, planes = model(CONTOURS), np.stack([image(101, 99, seed) for seed in range(3)])
    whole, reach = logits_in(network, planes, 2.0), reach_of(network)
    monkeypatch.setattr(inference, "_TILE", 32)
    assert np.array_equal(logits_in(network, planes, 2.0), whole)
    first = tuple(max(0, n - reach) for n in start)
    box = planes[:, first[0] : start[0] + 20 + reach, first[1] : start[1] + 30 + reach]
    found = logits_in(network, box, 2.0, at=first)
    inner = found[start[0] - first[0] :, start[1] - first[1] :][:20, :30]
    assert np.array_equal(inner, whole[start[0] :, start[1] :][:20, :30])


@given(shift=st.integers(-200, 200), power=st.integers(-8, 8), seed=st.integers(0, 99))
@settings(max_examples=10)
def test_it_follows_shifts_and_scales_to_the_bit(shift, power, seed):
    network = model(STABLE)
    f = np.rint(20 * image(16, 24, seed)).astype(np.float32)
    s = np.float32(2.0**power)
    noise = noise_in(network, f, 4.0)
    assert np.array_equal(noise_in(network, s * (f + shift), 4.0 * float(s)), s * noise)


@pytest.mark.parametrize("architecture", [FREE, STABLE, RECURRENT])
def test_the_mean_stays(architecture):
    noise = noise_in(model(architecture), image(24, 32), 2.0)
    # Every filter sums to zero, and so do whole numbers of them; float32 rounds the products.
    assert abs(noise.sum(dtype=float)) < 1e-6 * np.abs(noise).sum(dtype=float)


@pytest.mark.parametrize("architecture", [FREE, STABLE, RECURRENT])
def test_tiles_have_the_bits_of_the_whole(architecture, monkeypatch):
    network, f = model(architecture), image(101, 77)
    sigma = np.linspace(1, 3, f.size, dtype=np.float32).reshape(f.shape)
    whole = noise_in(network, f, 2.0), noise_in(network, f, sigma)
    monkeypatch.setattr(inference, "_TILE", 32)
    assert np.array_equal(noise_in(network, f, 2.0), whole[0])
    assert np.array_equal(noise_in(network, f, sigma), whole[1])


@given(
    top=st.integers(0, 60),
    left=st.integers(0, 60),
    rows=st.integers(1, 40),
    columns=st.integers(1, 40),
)
@settings(max_examples=10)
@pytest.mark.parametrize("architecture", [FREE, RECURRENT])
def test_boxes_have_the_bits_of_the_whole(architecture, top, left, rows, columns):
    network, f = model(architecture), image(101, 99)
    whole, reach = noise_in(network, f, 2.0), reach_of(network)
    start = max(0, top - reach), max(0, left - reach)
    box = f[start[0] : top + rows + reach, start[1] : left + columns + reach]
    found = noise_in(network, box, 2.0, at=start)
    inner = found[top - start[0] :, left - start[1] :][:rows, :columns]
    assert np.array_equal(inner, whole[top : top + rows, left : left + columns])


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 3), (8, 8)])
def test_small_images_are_mirrored(shape):
    network, f = model(FREE), image(*shape)
    assert np.isfinite(noise_in(network, f, 1.0)).all()


def test_where_the_noise_is_zero_nothing_is_removed():
    network, f = model(FREE), image(32, 32)
    sigma = np.ones(f.shape, np.float32)
    sigma[10:20, 5:25] = 0
    noise = noise_in(network, f, sigma)
    assert not noise[10:20, 5:25].any()
    assert noise[0].any()
    assert not noise_in(network, f, 0.0).any()


def test_edges_of_any_height_are_finite():
    network, f = model(FREE), np.zeros((16, 16), np.float32)
    f[:, 8:] = 1e30
    assert np.isfinite(noise_in(network, f, 1e-6)).all()


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_no_step_of_a_stable_network_enlarges_differences(seed):
    """‖v₁ − v₂‖ never grows, but by rounding: half a unit for each of Kv and Kᵀρ, in each cell."""
    rng = np.random.default_rng(seed)
    network = model(STABLE, seed)
    shape = (10, 12, 16)
    one, other = (
        np.pad(rng.integers(-3000, 3000, shape).astype(np.int16), ((1, 1), (1, 1), (0, 0)))
        for _ in range(2)
    )
    for _, name in [*network.architecture.steps()] * 3:
        before = np.linalg.norm((one - other.astype(float)).ravel())
        weights = network.weights[f"{name}.kernel"], network.weights[f"{name}.bias"]
        shift = network.shifts[f"{name}.kernel"]
        one, other = (features.step(v, *weights, shift) for v in (one, other))
        after = np.linalg.norm((one - other.astype(float)).ravel())
        # Two states, each with an error of at most ½ in Kᵀρ, and ½ in Kv times ‖K‖ ≤ √2.
        assert after <= before + 2 * (0.5 + 0.5 * np.sqrt(2)) * np.sqrt(one.size)


def test_a_recurrent_network_comes_to_rest():
    network, f = model(RECURRENT), image(24, 24)
    states = [noise_in(network, f, 2.0, iterations=n) for n in (50, 51, 400, 401)]
    first, last = (np.linalg.norm(b - a) for a, b in (states[:2], states[2:]))
    assert last < 0.5 * first or last < 2.0 ** (1 - DIGITS) * np.sqrt(f.size)
