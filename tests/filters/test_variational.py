"""Smoothing by energies and by curvature, as users call it."""

import json

import numpy as np
import pytest
from scipy import ndimage
from support import SAMPLES

import pdefilter
from pdefilter import Image, ParameterError
from pdefilter.kernels.curvature import curvature_motion


@pytest.mark.parametrize("method", ["tikhonov", "tv", "huber", "curvature"])
def test_noise_goes_and_the_mean_stays(method):
    rng = np.random.default_rng(0)
    clean = np.where(np.arange(64) < 32, 0.3, 0.7) * np.ones((64, 1))
    noisy = clean + 0.05 * rng.standard_normal(clean.shape)
    smooth = pdefilter.smooth(noisy, method=method)
    assert abs(smooth - clean).mean() < 0.6 * abs(noisy - clean).mean()
    if method != "curvature":
        assert smooth.mean() == pytest.approx(noisy.mean(), abs=1e-5)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("method", ["tikhonov", "tv", "huber", "curvature"])
@pytest.mark.parametrize("holes", [False, True])
def test_turning_the_image_turns_the_result(method, channels, holes):
    """Mirrored, transposed and rotated; for energies to the bit."""
    random = np.random.default_rng(1)
    image = random.random((20, 24, channels))
    mask = random.random((20, 24)) > 0.1 if holes else None

    def smooth(turn):
        turned = Image(
            turn(image), has_alpha=channels == 4, mask=None if mask is None else turn(mask)
        )
        return pdefilter.smooth(turned, method=method).pixels

    upright = smooth(lambda u: u)
    for turn in (np.flipud, np.fliplr, np.rot90, lambda u: np.swapaxes(u, 0, 1)):
        tolerance = 1e-5 if method == "curvature" else 0
        np.testing.assert_allclose(smooth(turn), turn(upright), rtol=0, atol=tolerance)


@pytest.mark.parametrize("radius", [12.0, 18.0])
def test_a_disc_shrinks_by_its_curvature(radius):
    """R = √(r₀² − 2t): the area within the middle level, to a few per cent of what it loses."""
    r, c = np.mgrid[:64, :64] - 31.5
    disc = (radius - np.hypot(r, c)).clip(-6, 6) / 12 + 0.5
    time = 30.0
    smooth = pdefilter.smooth(disc, method="curvature", time=time)
    found = np.sqrt(_area(smooth) / np.pi)
    assert found == pytest.approx(np.sqrt(radius**2 - 2 * time), abs=0.1)
    assert np.sqrt(_area(disc) / np.pi) == pytest.approx(radius, abs=0.02)


def _area(image):
    """The area above 1/2, pixels that the level passes through in part."""
    return ((image - 0.5) * 12 + 0.5).clip(0, 1).sum()


def test_curvature_leaves_straight_edges_and_even_images():
    ramp = np.linspace(0, 1, 20) * np.ones((15, 1))
    np.testing.assert_allclose(
        pdefilter.smooth(ramp, method="curvature", time=5)[:, 6:-6], ramp[:, 6:-6], atol=1e-6
    )
    even = np.full((9, 9), 0.25)
    assert np.array_equal(pdefilter.smooth(even, method="curvature"), even)


@pytest.mark.parametrize("method", ["tikhonov", "tv", "huber"])
def test_no_weight_changes_nothing_and_a_great_one_leaves_the_mean(method):
    image = np.random.default_rng(2).random((16, 16))
    assert np.array_equal(pdefilter.smooth(image, method=method, weight=0), image)
    even = pdefilter.smooth(image, method=method, weight=500 if method == "tv" else 5000)
    np.testing.assert_allclose(even, image.mean(), atol=5e-3)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "tv", "optimizer": "newton"}, "newton does not fit tv.* take primal-dual"),
        (
            {"method": "huber", "optimizer": "conjugate-gradient"},
            "is not quadratic; take gradient-descent, nesterov, newton, primal-dual",
        ),
        ({"method": "tv", "kappa": 0.1}, "take the method huber"),
        ({"weight": 3.0}, "weight: gaussian has none; take the method tikhonov or tv or huber"),
        ({"method": "tv", "sigma": 3.0}, "sigma: tv has none; take the method gaussian"),
        ({"method": "tv", "time": 3.0}, "time: tv has none; take the method curvature"),
        ({"method": "tv", "optimizer": "adam"}, "'adam' is unknown; take one of gradient-descent"),
        ({"method": "tv", "weight": -1.0}, "weight: -1 is not in the range 0 to"),
    ],
)
def test_what_does_not_fit_is_refused(options, said):
    with pytest.raises(ParameterError, match=said):
        pdefilter.smooth(np.zeros((4, 4)), **options)


def test_holes_stay_and_have_no_say():
    image = np.random.default_rng(3).random((14, 15))
    holed = image.copy()
    holed[4:7, 5:9] = np.nan
    other = Image(np.where(np.isnan(holed), 7.0, holed), mask=~np.isnan(holed))
    for method in ("tikhonov", "tv", "huber", "curvature"):
        smooth = pdefilter.smooth(holed, method=method)
        assert np.array_equal(np.isnan(smooth), np.isnan(holed))
        same = pdefilter.smooth(other, method=method).pixels
        assert np.array_equal(same[other.mask], smooth[other.mask])


@pytest.mark.parametrize("method", ["tikhonov", "tv", "huber"])
@pytest.mark.parametrize("name", ["cat.png", "coffee.jpg", "coins.png"])
def test_weight_auto_is_near_the_best_weight_there_is(method, name):
    """The best of weights a factor of 1.3 apart; a factor of two of it would lose 1.5 to 4 dB."""
    picture = pdefilter.read(SAMPLES / name).pixels[40:200, 40:200] / 255
    for level in (10, 25, 50):
        noisy = picture + np.random.default_rng(1).normal(0, level / 255, picture.shape)

        def error(weight, noisy=noisy):
            smooth = pdefilter.smooth(noisy, method=method, weight=weight, tolerance=0.5)
            return 10 * np.log10(((smooth.clip(0, 1) - picture) ** 2).mean())

        scale = level / 25 * 40 if method != "tikhonov" else (level / 25) ** 1.25 * 20
        best = min(error(scale * 1.3**k) for k in range(-9, 4))
        assert error("auto") <= best + 0.6, level


@pytest.mark.parametrize("method", ["tikhonov", "tv", "huber"])
def test_weight_auto_leaves_an_image_without_noise(method):
    disc = (np.hypot(*(np.mgrid[:64, :64] - 31.5)) < 20) * 0.5 + 0.25
    assert np.array_equal(pdefilter.smooth(disc, method=method, weight="auto"), disc)


@pytest.mark.parametrize(
    ("optimizer", "proof"), [("primal-dual", "gaps"), ("nesterov", "gradients")]
)
def test_energies_and_what_proves_the_minimum_are_in_the_report(
    pdefilter_command, tmp_path, optimizer, proof
):
    done = pdefilter_command(
        *("smooth", SAMPLES / "noisy.png", "--method", "huber", "--optimizer", optimizer),
        *("--weight", "auto", "-o", "out.png", "--report", "report.jsonl"),
    )
    assert (done.returncode, done.stderr) == (0, b"")
    (line,) = (tmp_path / "report.jsonl").read_text().splitlines()
    (stage,) = json.loads(line)["filters"]
    (chosen,) = stage["chosen"]
    energies, proofs = np.array(chosen["energies"]), np.array(chosen[proof])
    assert len(energies) == len(proofs) > 1
    assert energies[-1] == energies.min() < 0.9 * energies[0]
    assert proofs[-1] == proofs.min()
    if proof == "gaps":  # by so much the energy may still fall
        assert (energies - energies[-1] <= proofs * 1.001).all()
    assert chosen["iterations"] >= len(energies) - 1
    assert chosen["weight"] > 0
    assert len(chosen["noise"]) == 1


def test_the_residual_of_elliptic_equations_is_in_the_report(pdefilter_command, tmp_path):
    where = np.zeros((256, 256), np.uint8)
    where[20:90, 30:80] = 255
    pdefilter.write(where, tmp_path / "where.png")
    for command in (
        ["inpaint", SAMPLES / "portrait.png", "--mask", SAMPLES / "holes.png"],
        ["poisson", SAMPLES / "portrait.png", "--source", SAMPLES / "portrait.png", "--at", "9,9",
         "--mask", "where.png"],
    ):  # fmt: skip
        done = pdefilter_command(
            *command, "-o", "out.tif", "--depth", "float", "--report", "r.jsonl", "--overwrite"
        )
        assert (done.returncode, done.stderr) == (0, b"")
        (stage,) = json.loads((tmp_path / "r.jsonl").read_text())["filters"]
        (chosen,) = stage["chosen"]
        assert 0 < chosen["residual"] <= chosen["tolerance"] == 1e-6
        assert chosen["iterations"] > 1


def test_curvature_makes_no_new_extremum():
    """A step moves values by √(2τ) along level lines: all lie in the range of 3 × 3 pixels."""
    rng = np.random.default_rng(7)
    for u in (rng.random((2, 30, 31), np.float32), (rng.random((1, 30, 31)) < 0.5).astype("f4")):
        moved = curvature_motion(u, [0.25])
        around = (1, 3, 3)
        assert (moved >= ndimage.minimum_filter(u, around, mode="nearest")).all()
        assert (moved <= ndimage.maximum_filter(u, around, mode="nearest")).all()


def test_the_limit_of_curvature_leaves_smooth_level_lines_alone():
    """On a smooth hill the step is that of u_t = u_ξξ, here in double precision."""
    r, c = np.mgrid[:64, :64] - 31.5
    u = np.exp(-(r**2 + c**2) / 200)
    v = u[None].astype(np.float32)
    framed = np.pad(u, 1, mode="symmetric")
    u_r, u_c = (
        (framed[2:, 1:-1] - framed[:-2, 1:-1]) / 2,
        (framed[1:-1, 2:] - framed[1:-1, :-2]) / 2,
    )
    u_rr, u_cc = (
        framed[2:, 1:-1] + framed[:-2, 1:-1] - 2 * u,
        framed[1:-1, 2:] + framed[1:-1, :-2] - 2 * u,
    )
    u_rc = (framed[2:, 2:] + framed[:-2, :-2] - framed[2:, :-2] - framed[:-2, 2:]) / 4
    slope = u_r**2 + u_c**2
    motion = (u_rr * u_c**2 + u_cc * u_r**2 - 2 * u_rc * u_r * u_c) / (slope + 1.5e-9)
    np.testing.assert_allclose(curvature_motion(v, [0.2])[0], u + 0.2 * motion, atol=2e-6)
