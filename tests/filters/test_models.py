"""The strengths of the models of nonlinear diffusion, and the options that they refuse."""

import numpy as np
import pytest
from scipy.ndimage import label, rotate
from support import SAMPLES

import pdefilter
from pdefilter import ParameterError
from pdefilter.filters.operations.models import MODELS, choose
from pdefilter.raster import Raster

TENSORS = ["edge-enhancing", "coherence-enhancing"]
every_model = pytest.mark.parametrize("model", MODELS)


def rms(a, b):
    return np.sqrt(np.mean((a.astype(np.float64) - b) ** 2))


@pytest.fixture(scope="module")
def disc():
    r, c = np.mgrid[:96, :96] - 47.5
    return np.where(r * r + c * c < 30**2, 0.7, 0.3).astype(np.float32)


def test_edge_enhancing_cleans_a_disc_up_to_its_edge(disc):
    noisy = disc + np.random.default_rng(0).normal(0, 0.1, disc.shape).astype(np.float32)
    r, c = np.mgrid[:96, :96] - 47.5
    distance = np.abs(np.sqrt(r * r + c * c) - 30)
    ours = pdefilter.anisotropic(noisy, model="edge-enhancing", time=8)
    far, near = distance > 8, distance < 2
    assert rms(ours[far], disc[far]) < 0.15 * 0.1
    assert rms(ours[near], disc[near]) < 0.65 * 0.1
    # The best blur is none.
    heat = min(
        rms(pdefilter.heat_diffuse(noisy, time=t)[near], disc[near]) for t in (0, 0.2, 0.4, 0.8)
    )
    assert rms(ours[near], disc[near]) < 0.85 * heat


def test_coherence_enhancing_joins_an_interrupted_line():
    r, c = np.mgrid[:64, :64].astype(np.float32)
    across = np.cos(0.3) * r - np.sin(0.3) * c
    whole = 0.5 + 0.4 * np.cos(2 * np.pi / 8 * across)
    broken = whole.copy()
    place = np.unravel_index(np.argmin(whole[24:40, 24:40]), (16, 16))
    gap = (r - 24 - place[0]) ** 2 + (c - 24 - place[1]) ** 2 < 3**2
    broken[gap] = 0.9
    joined = pdefilter.anisotropic(broken, model="coherence-enhancing")
    assert rms(joined[gap], whole[gap]) < 0.5 * rms(broken[gap], whole[gap])
    # The lines keep their contrast: across them diffuses exp(−0.01 (2π/8)² 20) = 0.88.
    far = (slice(24, 40), slice(50, 60))
    assert np.ptp(joined[far]) > 0.85 * np.ptp(whole[far])


def test_the_interrupted_ridges_of_the_sample_are_joined():
    """Dark ridges in fewer pieces, and between them more bright valleys, parted again."""
    finger = pdefilter.read(SAMPLES / "fingerprint.png").pixels / np.float32(255)
    joined = pdefilter.anisotropic(finger, model="coherence-enhancing")
    without_noise = pdefilter.heat_diffuse(finger, time=1)
    pieces = [
        [label(dark)[1] for dark in (u < u.mean(), u > u.mean())] for u in (without_noise, joined)
    ]
    assert pieces[1][0] < 0.6 * pieces[0][0]
    assert pieces[1][1] > 1.5 * pieces[0][1]


@pytest.mark.parametrize("holes", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("scheme", ["explicit", "fed", "fsi"])
@pytest.mark.parametrize("model", MODELS)
def test_a_mirrored_or_turned_image_has_the_mirrored_or_turned_result(
    disc, model, scheme, channels, holes
):
    """To the bit."""
    rng = np.random.default_rng(1)
    u = np.stack([disc[:, :70] + 0.1 * c for c in range(channels)], axis=-1)
    u += rng.normal(0, 0.1, u.shape).astype(np.float32)
    if holes:
        u[rng.random(u.shape[:2]) < 0.1] = np.nan
    options = {"model": model, "scheme": scheme, "kappa": 0.1, "time": 3}
    ours = pdefilter.anisotropic(u, **options)
    for turn in (np.flipud, np.fliplr, np.rot90, lambda a: np.swapaxes(a, 0, 1)):
        turned = pdefilter.anisotropic(np.ascontiguousarray(turn(u)), **options)
        np.testing.assert_array_equal(turned, turn(ours))


# The diffusivity does not sharpen edges: interpolation cannot rotate steps between pixels.
@pytest.mark.parametrize(
    "options",
    [
        {"model": "edge-enhancing", "diffusivity": "charbonnier"},
        {"model": "coherence-enhancing"},
    ],
)
def test_what_turns_by_any_angle_nearly_does(options):
    """On a smooth image, whose interpolation has a small error."""
    size = 128
    r, c = (np.mgrid[:size, :size] - (size - 1) / 2) / size
    u = 0.5 + 0.3 * np.sin(2 * np.pi * 40 * (r * r + c * c) + 3 * r + 8 * c * r)
    u = u.astype(np.float32)
    options = {"time": 4, "kappa": 0.05, **options}
    middle = (slice(40, 88), slice(40, 88))
    ours = pdefilter.anisotropic(u, **options)
    for angle in (15, 30, 45):
        turned = rotate(u, angle, reshape=False, order=5, mode="mirror")
        back = rotate(
            pdefilter.anisotropic(turned, **options), -angle, reshape=False, order=5, mode="mirror"
        )
        assert rms(back[middle], ours[middle]) < 0.02 * rms(u[middle], u[middle].mean())


@pytest.mark.parametrize("model", TENSORS)
def test_the_structure_of_one_channel_guides_the_others(model):
    """Stripes in red; noise in blue is smoothed along them, not across."""
    rng = np.random.default_rng(2)
    u = np.zeros((48, 48, 3), np.float32)
    u[..., 0] = 0.5 + 0.5 * np.sign(np.sin(np.arange(48) * np.pi / 6 + 0.1))
    u[..., 2] = rng.normal(0.5, 0.05, (48, 48))
    blue = pdefilter.anisotropic(u, model=model, kappa=0.05, time=10)[..., 2]
    assert np.diff(blue, axis=0).std() < 0.5 * np.diff(blue, axis=1).std()


@every_model
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (3, 5, 3), (2, 3, 4)])
def test_the_smallest_images_have_a_result_within_their_range(model, shape):
    u = np.random.default_rng(3).random(shape, np.float32)
    if u.ndim == 3:
        u[..., -1] = 1  # the alpha of four channels
    ours = pdefilter.anisotropic(u, model=model, step=0.1)
    assert ours.shape == shape
    assert ours.min() >= u.min() - 1e-5
    assert ours.max() <= u.max() + 1e-5


@every_model
@pytest.mark.parametrize("holes", [False, True])
def test_several_images_march_as_each_does_by_itself(model, holes):
    rng = np.random.default_rng(5)
    images = rng.random((2, 3, 20, 17), np.float32)
    valid = rng.random(images.shape[2:]) > 0.1 if holes else None
    choice = choose(model, diffusivity=None, presmooth=None, integration_scale=None)
    evolution = choice.evolution(Raster(images[0], valid=valid), 0.3)
    each = np.stack([evolution.march(u, [0.1] * 3) for u in images])
    assert evolution.march(images, [0.1] * 3).tobytes() == each.tobytes()


@every_model
def test_images_without_a_contrast_stay(model):
    for value in (0.0, 0.25):
        flat = np.full((12, 13), value, np.float32)
        assert np.array_equal(pdefilter.anisotropic(flat, model=model), flat)
    holes = np.full((6, 7), np.nan, np.float32)
    assert np.array_equal(pdefilter.anisotropic(holes, model=model), holes, equal_nan=True)


@every_model
def test_two_grey_levels_and_smooth_ramps_are_handled(model):
    two = np.random.default_rng(4).integers(0, 2, (30, 31)).astype(np.uint8)
    assert pdefilter.anisotropic(two, model=model).max() <= 1
    ramp = np.broadcast_to(np.linspace(0.2, 0.8, 40, dtype=np.float32), (40, 40)).copy()
    evolved = pdefilter.anisotropic(ramp, model=model, time=1)
    # Inside, a ramp is a steady state of all of them.
    np.testing.assert_allclose(evolved[15:25, 15:25], ramp[15:25, 15:25], rtol=0, atol=1e-4)


def test_no_presmoothing_is_perona_and_maliks_equation():
    u = np.random.default_rng(5).random((20, 21, 3), np.float32)
    plain = pdefilter.anisotropic(u, model="perona-malik", kappa=0.2)
    assert np.array_equal(
        pdefilter.anisotropic(u, model="regularized", presmooth=0, kappa=0.2), plain
    )


@pytest.mark.parametrize(
    ("options", "parameter", "known"),
    [
        ({"model": "bilateral"}, "model", "perona-malik, regularized"),
        (
            {"model": "perona-malik", "presmooth": 1},
            "presmooth",
            "regularized or edge-enhancing or coherence-enhancing",
        ),
        ({"integration_scale": 1}, "integration_scale", "edge-enhancing or coherence-enhancing"),
        (
            {"model": "coherence-enhancing", "diffusivity": "tukey"},
            "diffusivity",
            "perona-malik or regularized or edge-enhancing",
        ),
        ({"model": "regularized", "presmooth": -1}, "presmooth", "0 to 1000"),
        ({"model": "edge-enhancing", "step": 0.2}, "step", "at most 0.125"),
    ],
)
def test_what_a_model_has_not_is_refused(options, parameter, known):
    with pytest.raises(ParameterError, match=known) as caught:
        pdefilter.anisotropic(np.zeros((3, 3)), **options)
    assert caught.value.parameter == parameter
