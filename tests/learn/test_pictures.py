"""Pictures in memory, their planes and their patches."""

import numpy as np
import pytest

pytest.importorskip("torch")

import pdefilter
from pdefilter.errors import CallError
from pdefilter.learn.examples import noise_of
from pdefilter.learn.patches import Patches, turned
from pdefilter.learn.pictures import Asked, read_folder
from pdefilter.learn.planes import MANY_OPPONENTS, OPPONENTS, SOME_OPPONENTS

ASKED = Asked(32)


@pytest.mark.parametrize(
    ("dtype", "full"), [("uint8", 255), ("uint16", 65535), ("float32", 1), ("uint16", 4095)]
)
def test_every_depth_comes_as_levels_of_255(tmp_path, dtype, full):
    levels = np.random.default_rng(0).uniform(20, 230, (40, 48, 3))
    pixels = levels / 255 * full
    stored = pixels.round().astype(dtype) if dtype != "float32" else pixels.astype(dtype)
    pdefilter.write(stored, tmp_path / "a.tif")
    (picture,) = read_folder(str(tmp_path), Asked(32, full_scale=full)).pictures
    # Half a step as stored, and half a step of 16 bits.
    error = 255 / full / 2 * (dtype != "float32") + 255 / 65535
    assert np.abs(picture.cut(0, 0, 64) - levels).max() < error
    assert np.array_equal(picture.cut(3, 5, 16), picture.cut(0, 0, 64)[3:19, 5:21])


def test_reduced_pixels_are_means(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (101, 98, 3)).astype(np.uint8)
    pdefilter.write(pixels, tmp_path / "a.png")
    (picture,) = read_folder(str(tmp_path), Asked(32, reduce=3)).pictures
    means = pixels[:99, :96].reshape(33, 3, 32, 3, 3).mean((1, 3))
    assert np.abs(picture.cut(0, 0, 64) - means).max() < 0.01


def test_the_hash_follows_names_and_bytes(tmp_path):
    hashes = []
    for name, value in (("a.png", 1), ("b.png", 1), ("b.png", 2)):
        folder = tmp_path / f"{len(hashes)}"
        folder.mkdir()
        pixels = np.full((40, 40), 100, np.uint8)
        pixels[0, 0] = value
        pdefilter.write(pixels, folder / name)
        hashes.append(read_folder(str(folder), ASKED).sha256)
    assert len(set(hashes)) == 3


def test_opponent_channels_are_orthonormal():
    assert np.allclose(OPPONENTS @ OPPONENTS.T, np.eye(3), atol=1e-6)
    rng = np.random.default_rng(0)
    for planes in (SOME_OPPONENTS, MANY_OPPONENTS):
        drawn = [planes.draw(3, rng) for _ in range(2000)]
        share = np.mean([weights.min() < 0 or weights.std() == 0 for weights in drawn])
        assert share == pytest.approx(planes.opponents, abs=0.04)
    assert SOME_OPPONENTS.draw_mixture(3, rng).sum() == pytest.approx(1, abs=0.8)
    assert SOME_OPPONENTS.draw(1, rng).tolist() == [1]


def test_patches_with_slope_are_preferred_and_fit(photographs):
    pictures = read_folder(str(photographs), ASKED).pictures
    rng = np.random.default_rng(0)
    for number, row, column in (Patches(pictures, 32).draw(rng) for _ in range(50)):
        assert pictures[number].cut(row, column, 32).shape == (32, 32, 3)
    assert Patches(pictures, 1000).draw(rng)[1:] == (0, 0)


def test_planes_turn_together():
    rng = np.random.default_rng(0)
    plane = np.arange(12, dtype=np.float32).reshape(3, 4)
    seen = set()
    for _ in range(60):
        one, other = turned([plane, 2 * plane], rng)
        assert np.array_equal(other, 2 * one)
        seen.add(one.tobytes())
    assert len(seen) == 8


def test_noise_of_planes_is_found(tmp_path):
    rng = np.random.default_rng(0)
    pixels = (128 + 10 * rng.standard_normal((200, 200, 3))).round().astype(np.uint8)
    pdefilter.write(pixels, tmp_path / "a.png")
    (picture,) = read_folder(str(tmp_path), ASKED).pictures
    found, told = noise_of(picture, None), noise_of(picture, 10.0)
    for weights, level in told.items():
        assert found[weights] == pytest.approx(level, rel=0.05)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda u: u[:20], "has 48 × 20 pixels, but at least 32 × 32 are needed"),
        (lambda u: u * 0, "is constant"),
        (lambda u: np.concatenate([u, u], 2), "is neither grey nor RGB"),
        (lambda u: u * 1e4, "times full scale; give the stored value of full scale"),
        (lambda u: np.where(u > 0.9, np.nan, u), "has holes or transparent pixels"),
    ],
)
def test_a_picture_that_cannot_be_learned_from_gets_a_sentence(tmp_path, change, problem):
    pixels = np.random.default_rng(0).random((40, 48, 3)).astype(np.float32)
    np.save(tmp_path / "a.npy", change(pixels).astype(np.float32))
    with pytest.raises(CallError, match=problem):
        read_folder(str(tmp_path), ASKED)
