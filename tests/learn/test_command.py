"""The command: its files, its messages, and data that it refuses."""

import os
import re
import shutil
import signal
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")

import pdefilter
from pdefilter.learn import learning
from pdefilter.learn.curve import write_curve
from pdefilter.learn.recipe import Recipe
from pdefilter.learn.training import Record
from pdefilter.networks.architecture import ARCHITECTURES, Architecture, Level
from pdefilter.networks.inference import noise_in
from pdefilter.networks.model_file import read_model

TINY = Architecture((Level(16, 1, 0),))


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    """Train a tiny network on small patches instead."""
    monkeypatch.setattr(learning, "ARCHITECTURES", {**ARCHITECTURES, "small": TINY})
    monkeypatch.setattr("pdefilter.learn.recipe.SIDE", 32)
    monkeypatch.setattr("pdefilter.learn.recipe.Recipe.side", 32)
    defaults = list(Recipe.__init__.__defaults__)
    defaults[-1] = 32
    monkeypatch.setattr(Recipe.__init__, "__defaults__", tuple(defaults))


CALL = ["--architecture", "small", "--threads", "1", "-o", "my.model", "--iterations"]


def test_a_model_is_written_with_its_facts(learn, photographs, tmp_path):
    call = [photographs, *CALL, 6, "--noise", "20..30", "--licence", "CC0-1.0", "-v"]
    status, said = learn(*call)
    assert status == 0
    assert said.count("iterations, loss") == 6
    assert "my.model: 6 iterations; validation: " in said
    model = read_model(tmp_path / "my.model")
    assert model.architecture == TINY
    facts = model.facts
    assert facts["noise"] == [20 / 255, 30 / 255]
    assert facts["data"]["names"] == [f"{number}.png" for number in range(4)]
    assert re.fullmatch("[0-9a-f]{64}", facts["data"]["sha256"])
    assert facts["figures"]["before"].keys() == facts["figures"]["after"].keys() == {"noise 25"}
    assert facts["licence"] == "CC0-1.0"
    assert (facts["kind"], facts["seed"], facts["iterations"]) == ("white", 0, 6)
    assert facts["version"] == pdefilter.__version__
    assert [path.name for path in tmp_path.iterdir()] == ["my.model"]


def test_the_curve_is_a_picture(tmp_path):
    figures = [{"noise 15": 20.0 + n, "noise 25": 18.0 + n} for n in range(4)]
    records = [Record(n, 9.0 - n, one) for n, one in enumerate(figures)]
    training = SimpleNamespace(records=records, task=SimpleNamespace(measured="PSNR in dB"))
    write_curve(tmp_path / "c.png", training)
    assert pdefilter.read(tmp_path / "c.png").pixels.std() > 5


def test_quiet_says_nothing(learn, photographs):
    assert learn(photographs, *CALL, 2, "--quiet") == (0, "")


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_and_resumed_has_the_same_weights(
    learn, photographs, tmp_path, kind, monkeypatch
):
    call = [photographs, *CALL, 8]
    assert learn(*call)[0] == 0
    unbroken = read_model(tmp_path / "my.model")
    (tmp_path / "my.model").unlink()
    with monkeypatch.context() as patch:
        advanced = learning.Training.advance

        def advance(training, schedule):
            advanced(training, schedule)
            if training.iteration == 3:
                os.kill(os.getpid(), kind)

        patch.setattr(learning.Training, "advance", advance)
        handlers = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
        status, said = learn(*call, "--overwrite")
    assert status == 130
    assert "interrupted after 3 of 8 iterations; to go on, type: pdefilter learn " in said
    assert said.endswith("--iterations 8 --resume\n")
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert [path.name for path in tmp_path.iterdir()] == ["my.model.checkpoint"]
    status, said = learn(*call, "--resume")
    assert status == 0
    resumed = read_model(tmp_path / "my.model")
    assert learn(*call)[1].startswith("error: my.model: exists already; give --overwrite")
    for name, values in unbroken.weights.items():
        assert np.array_equal(values, resumed.weights[name]), name


def test_a_training_is_resumed_by_its_own_call_and_images_alone(learn, photographs, tmp_path):
    folder = tmp_path / "images"
    shutil.copytree(photographs, folder)
    call = [folder, *CALL, 4]
    assert "nothing to go on with; leave --resume out" in learn(*call, "--resume")[1]
    place = learning.Place(tmp_path / "my.model")
    recipe = Recipe("small", noise=(3.0, 60.0), iterations=4)
    learning.Learning(recipe, [str(folder)], place)._keep()
    assert "a training was interrupted here; give --resume" in learn(*call)[1]
    said = learn(*call, "--resume", "--seed", 1)[1]
    assert "--resume: the training was begun with seed = 0, not 1" in said
    (folder / "3.png").unlink()
    assert "its images have changed since the training began" in learn(*call, "--resume")[1]
    (tmp_path / "my.model.checkpoint").write_bytes(b"broken")
    assert "is a broken checkpoint" in learn(*call, "--resume")[1]


def test_hours_are_timed_and_kept(photographs, tmp_path):
    recipe = Recipe("small", noise=(3.0, 60.0), hours=1.0)
    found = learning.Learning(recipe, [str(photographs)], learning.Place(tmp_path / "my.model"))
    assert found.schedule.iterations > 1000
    assert found.training.iteration == 0
    assert found.training.records == []
    found._keep()
    place = learning.Place(tmp_path / "my.model", resume=True)
    assert learning.Learning(recipe, [str(photographs)], place).schedule == found.schedule


def test_it_begins_with_the_weights_of_a_model(learn, photographs, tmp_path):
    learn(photographs, *CALL, 4)
    first = (tmp_path / "my.model").rename(tmp_path / "first.model")
    status, said = learn(photographs, *CALL, 4, "--start", first)
    assert status == 0, said
    before, after = (
        read_model(tmp_path / name).facts["figures"]["after"]["noise 25"]
        for name in ("first.model", "my.model")
    )
    assert after > before
    other = [photographs, "-o", "my.model", "--iterations", 4, "--overwrite", "--start"]
    assert "is not of the architecture multigrid" in learn(*other, first)[1]
    assert "--start: nothing.model: is neither a file" in learn(*other, "nothing.model")[1]
    assert learn(*other, "white", "--architecture", "multigrid")[0] == 0


def noisy(folder, photographs, sigma=15.0):
    rng = np.random.default_rng(0)
    folder.mkdir()
    for path in sorted(photographs.iterdir()):
        u = pdefilter.read(path).pixels / np.float32(255)
        u += np.float32(sigma / 255) * rng.standard_normal(u.shape, np.float32)
        pdefilter.write(u, folder / f"{path.stem}.tif")
    return folder


def test_pairs_and_noisy_images_alone_teach_to_remove_noise(learn, photographs, tmp_path):
    folder = noisy(tmp_path / "noisy", photographs)
    given = {"pairs": ["--pairs", folder, photographs], "white": ["--noisy-only", folder]}
    f, u = (pdefilter.read(path).pixels for path in (folder / "0.tif", photographs / "0.png"))
    f, u = (plane[..., 1].astype(np.float32) for plane in (255 * f, u))
    for kind, words in given.items():
        status, said = learn(*words, *CALL, 100, "--overwrite", "--channels", "grey")
        assert status == 0, said
        model = read_model(tmp_path / "my.model")
        assert model.facts["kind"] == kind
        found = f - noise_in(model, f, 15.0)
        # Less than 45 % of the variance is left.
        assert np.square(found - u).mean() < 0.45 * np.square(f - u).mean(), kind


def grey(folder, count=3, size=(40, 48), seed=0):
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(seed)
    for number in range(count):
        pixels = rng.integers(0, 255, size).astype(np.uint8)
        pdefilter.write(pixels, folder / f"{number}.png")
    return folder


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["nowhere"], "nowhere: no such folder; check the path"),
        (["0.png"], "0.png: is not a folder; give the folder that holds the images"),
        (["empty"], "empty: this folder holds no images"),
        (["one"], "one: holds one image, but one is needed to learn from and one to validate by"),
        (["tiny"], "tiny/0.png: has 20 × 20 pixels, but at least 32 × 32 are needed"),
        (["good", "--reduce", "2"], "has 24 × 20 pixels after --reduce 2"),
        (["flat"], "flat/0.png: is constant, and nothing can be learned from it"),
        (["bad"], "bad/0.png: is not an image of a known format"),
        (["good", "--noise", "55..5"], "--noise: 55..5 is out of order; give the lower number"),
        (["good", "--noise", "0.02..0.2"], "is below one grey level of 255; multiply"),
        (["good", "--noise", "5..500"], "5..500 is not between 0 and 255"),
        (["good", "--noise", "loud"], "--noise: 'loud' is not a number"),
        (["good", "--noise", "5", "--kind", "real"], "--noise: is for white noise"),
        (
            ["good", "--noisy-only", "good"],
            "CLEAN_FOLDER, --pairs, --noisy-only and --edges: give only one",
        ),
        ([], "CLEAN_FOLDER, --pairs, --noisy-only and --edges: give one of them"),
        (["--noisy-only", "good", "--noise", "5..9"], "--noise: images without clean partners"),
        (["--noisy-only", "smooth"], "0.png: no noise was found in it; give its level by --noise"),
        (["--noisy-only", "good", "--kind", "real"], "--kind: is what to add to clean images"),
        (["--pairs", "good", "fewer"], "good: 2 has no partner in fewer; add it"),
        (["--pairs", "good", "larger"], "good: 0 is 48 × 40 pixels, grey, but its partner in"),
        (["good", "--hours", "1"], "--hours: --iterations is given too; give one of them"),
        (["good", "-o", "nowhere/my.model"], "nowhere: no such folder; make it"),
        (["good", "-o", "good"], "good: is a folder; give the name of a file"),
        (["good", "--device", "gpu"], "--device: 'gpu' is not one of 'cpu', 'cuda'"),
    ],
)
def test_bad_data_get_a_sentence_and_no_file(learn, tmp_path, options, sentence):
    grey(tmp_path / "good")
    grey(tmp_path / "one", 1)
    grey(tmp_path / "tiny", 2, (20, 20))
    grey(tmp_path / "fewer", 2)
    grey(tmp_path / "larger", size=(50, 60))
    for name in ("empty", "flat", "bad", "smooth"):
        (tmp_path / name).mkdir()
    for number in range(2):
        pdefilter.write(np.full((40, 40), 7, np.uint8), tmp_path / "flat" / f"{number}.png")
        ramp = np.add.outer(np.arange(40), np.arange(40)).astype(np.uint8)
        pdefilter.write(ramp, tmp_path / "smooth" / f"{number}.png")
        (tmp_path / "bad" / f"{number}.png").write_bytes(b"no image, whatever its name says")
    shutil.copy(tmp_path / "good" / "0.png", tmp_path)
    before = sorted(tmp_path.rglob("*"))
    status, said = learn(*CALL[:4], "--iterations", 2, "-o", "my.model", *options)
    assert status == 2
    assert sentence in said
    assert said.startswith("error: ")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_missing_output_is_asked_for(learn, tmp_path):
    grey(tmp_path / "good")
    assert learn("good") == (
        2,
        "error: --output: is missing; give the file of the model, such as -o my.model\n",
    )


@pytest.mark.filterwarnings("default:.*own full scale")
def test_mixed_depths_are_told(learn, tmp_path):
    grey(tmp_path / "good")
    deep = np.random.default_rng(0).integers(0, 4095, (40, 48)).astype(np.uint16)
    pdefilter.write(deep, tmp_path / "good" / "deep.png")
    status, said = learn("good", *CALL, 2)
    assert status == 0
    assert (
        "holds images of uint16 and uint8; each counts as fractions of its own full scale" in said
    )
