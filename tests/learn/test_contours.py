"""A network learns contours in seconds, and its file finds them."""

import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import pdefilter  # noqa: E402
from pdefilter.errors import ParameterError  # noqa: E402
from pdefilter.learn import learning  # noqa: E402
from pdefilter.learn.agreement import Drawn, agreement, calibrated  # noqa: E402
from pdefilter.learn.boundaries import read_outlined  # noqa: E402
from pdefilter.learn.outlines import Crops, shares, whole  # noqa: E402
from pdefilter.learn.pictures import Asked  # noqa: E402
from pdefilter.networks.architecture import ARCHITECTURES, Architecture, Level  # noqa: E402
from pdefilter.networks.model_file import read_model  # noqa: E402

TINY = Architecture((Level(16, 1, 1), Level(16, 1, 0)), contours=True)


@pytest.fixture
def teach(learn, outlined, monkeypatch):
    monkeypatch.setattr(learning, "ARCHITECTURES", {**ARCHITECTURES, "contours": TINY})
    call = ["--edges", *outlined, "-o", "my.model", "--threads", 1]
    return lambda *options: learn(*call, *options)


def test_what_is_learned_beats_a_constant(teach, outlined, tmp_path):
    status, said = teach("--iterations", 50, "--licence", "CC0-1.0")
    assert status == 0, said
    assert "my.model: 50 iterations; validation: F 0." in said
    facts = read_model(tmp_path / "my.model").facts
    assert (facts["kind"], facts["licence"]) == ("contours", "CC0-1.0")
    held, u = read(outlined)[-1], pdefilter.read(outlined[0] / "3.png").pixels
    found = pdefilter.edge(u / np.float32(255), method="learned", model="my.model")[..., 0]
    drawn = Drawn.of(np.log(found / (1 - found)), held.maps)
    # Weights are rounded to some 12 bits, and steps to 2⁻⁷.
    assert agreement([drawn]) == pytest.approx(facts["figures"]["after"]["F"], abs=0.02)
    noise = np.random.default_rng(0).standard_normal(found.shape).astype(np.float32)
    assert agreement([drawn]) > agreement([Drawn.of(noise, held.maps)]) + 0.1
    share = shares(held.maps)
    assert np.square(found - share).mean() < share.var()
    with pytest.raises(ParameterError, match="finds contours and removes no noise"):
        pdefilter.denoise(u, model="my.model")


def read(outlined):
    return read_outlined(*map(str, outlined), Asked(64))[0]


def test_interrupted_and_resumed_has_the_same_weights(teach, tmp_path, monkeypatch):
    teach("--iterations", 4)
    unbroken = read_model(tmp_path / "my.model")
    (tmp_path / "my.model").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(learning.Learning, "_train", stopped_after(2, learning.Learning._train))
        assert teach("--iterations", 4)[0] == 130
    assert teach("--iterations", 4, "--resume")[0] == 0
    resumed = read_model(tmp_path / "my.model")
    assert resumed.facts["calibration"] == unbroken.facts["calibration"]
    for name, values in unbroken.weights.items():
        assert np.array_equal(values, resumed.weights[name]), name


def stopped_after(iterations, train):
    def stopped(self, observer, interruption):
        advanced = observer.advanced

        def advance(training):
            advanced(training)
            interruption.wanted = training.iteration == iterations

        observer.advanced = advance
        return train(self, observer, interruption)

    return stopped


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--noise", "5"], "--noise: is for networks that denoise; leave it out"),
        (["--reduce", "2"], "--reduce: is for networks that denoise; leave it out"),
        (["--kind", "real"], "--kind: is what to add to clean images; leave it out"),
        (["--architecture", "small"], "--architecture: small denoises, and --edges needs contours"),
        (["--noisy-only", "."], "--noisy-only and --edges: give only one of them"),
    ],
)
def test_options_that_do_not_belong_to_contours_are_refused(teach, options, sentence):
    status, said = teach("--iterations", 2, *options)
    assert status == 2
    assert sentence in said


def test_contours_are_not_learned_from_noise(learn, photographs):
    said = learn(photographs, "-o", "my.model", "--architecture", "contours")[1]
    assert "--architecture: contours is for --edges; leave it out" in said


def test_crops_keep_boundaries_on_their_edges(outlined):
    rng = np.random.default_rng(0)
    crops = Crops(read(outlined), 64, "rgb")
    for planes, share in (crops.draw(rng) for _ in range(5)):
        assert planes.shape == (3, 64, 64)
        assert share.shape == (64, 64)
        light = planes[0]
        slope = np.hypot(*np.gradient(light))
        assert 0 <= share.min() <= share.max() <= 1
        assert slope[share > 0.9].mean() > 1.5 * slope[share == 0].mean()


def test_grey_crops_have_no_colours(outlined):
    one = read(outlined)[0]
    planes = whole(one, "grey")
    assert np.abs(planes[1:]).max() < 1e-5
    assert planes[0].std() == pytest.approx(4, rel=1e-5)


def test_a_line_is_a_roof():
    maps = np.zeros((2, 7, 7), bool)
    maps[0, :, 3] = True
    assert np.allclose(shares(maps)[3], [0, 0, 0.25, 0.5, 0.25, 0, 0])


def test_the_agreement_of_what_people_have_drawn_is_one(outlined):
    maps = read(outlined)[0].maps
    exact = 20 * maps[0].astype(np.float32) - 10
    assert agreement([Drawn.of(exact, maps)]) > 0.99


def test_a_calibration_finds_the_shares_that_were_drawn():
    rng = np.random.default_rng(0)
    logits = rng.normal(1, 3, 20000)
    shares = (rng.random((5, logits.size)) < 1 / (1 + np.exp(-(0.7 * logits - 1.5)))).mean(0)
    gain, offset = calibrated([Drawn(logits, shares, np.zeros(0))])
    # Standard errors of 100 000 draws are below 0.01.
    assert gain == pytest.approx(0.7, abs=0.03)
    assert offset == pytest.approx(-1.5, abs=0.06)


def test_pictures_that_are_too_small_get_a_sentence(learn, tmp_path):
    for name in ("images", "drawn"):
        (tmp_path / name).mkdir()
        for number in range(2):
            pixels = np.arange(1600, dtype=np.uint16).reshape(40, 40)
            pdefilter.write(pixels, tmp_path / name / f"{number}.png")
    said = learn("--edges", "images", "drawn", "-o", "my.model")[1]
    assert "but at least 64 × 64 are needed" in said
    shutil.rmtree(tmp_path / "drawn")
