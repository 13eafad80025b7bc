"""Models: rounded weights that arithmetic can rely on, and files that nobody need trust."""

import io
import json
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate2d

from pdefilter.errors import ModelError
from pdefilter.networks.architecture import Architecture, Level
from pdefilter.networks.model import DIGITS, model_of
from pdefilter.networks.model_file import read_model, shipped_models, write_model
from pdefilter.networks.norms import norm_of_restriction, norm_of_steps

TINY = Architecture((Level(16, 1, 1), Level(16, 1, 0)))
STABLE = Architecture((Level(16, 1, 0), Level(16, 0, 1)), stable=True)
RECURRENT = Architecture((Level(16, 2, 0),), stable=True, recurrent=True)
CONTOURS = Architecture((Level(16, 1, 1), Level(16, 1, 0)), contours=True)


def weights_of(architecture, seed=0, size=0.1):
    rng = np.random.default_rng(seed)
    return {
        name: size * rng.standard_normal(shape).astype(np.float32)
        for name, shape in architecture.shapes().items()
    }


def file_of(model):
    file = io.BytesIO()
    write_model(model, file)
    return file.getvalue()


def read_bytes(tmp_path, data):
    path = tmp_path / "some.model"
    path.write_bytes(data)
    return read_model(path)


@pytest.mark.parametrize("architecture", [TINY, STABLE, RECURRENT, CONTOURS])
def test_a_model_is_read_as_it_was_written(architecture, tmp_path):
    model = model_of(architecture, weights_of(architecture), {"kind": "white", "noise": [5, 55]})
    read = read_bytes(tmp_path, file_of(model))
    assert read.architecture == architecture
    assert read.facts == model.facts
    assert read.shifts == model.shifts
    assert all(np.array_equal(read.weights[key], model.weights[key]) for key in model.weights)


def test_the_same_model_makes_the_same_bytes():
    model = model_of(TINY, weights_of(TINY), {})
    assert file_of(model) == file_of(model)


@given(seed=st.integers(0, 2**32 - 1), size=st.floats(1e-4, 0.5))
@settings(max_examples=8)
def test_weights_are_rounded_to_the_nearest_number(seed, size):
    exact = weights_of(TINY, seed, size)
    model = model_of(TINY, exact, {})
    for name, found in model.weights.items():
        if name.endswith(".bias"):
            unit = 2.0 ** -(model.shifts[name.replace("bias", "kernel")] + DIGITS)
        else:
            unit = 2.0 ** -model.shifts[name]
        error = found * unit - exact[name]
        if name in ("lift", "lower"):
            error += exact[name].mean(axis=(1, 2), keepdims=True)
            assert not found.sum(axis=(1, 2), dtype=np.int64).any()
            # Those that are changed for the sum were rounded by half a unit at most.
            assert np.abs(error).max() <= 1.001 * unit
        else:
            assert np.abs(error).max() <= 0.501 * unit


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e9])
def test_weights_that_cannot_be_rounded_are_refused(value):
    weights = weights_of(TINY)
    weights["0.before.0.kernel"][0, 0, 0, 0] = value
    with pytest.raises(ValueError, match=r"0\.before\.0\.kernel"):
        model_of(TINY, weights, {})


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=3)
def test_the_norm_of_steps_is_a_close_bound(seed):
    kernel = np.random.default_rng(seed).standard_normal((3, 3, 3, 3))
    n = 12
    # The convolution with zeros beyond the border, as a matrix.
    matrix = np.zeros((3, n, n, 3, n, n))
    for i in range(3):
        for y, x in np.ndindex(n, n):
            spike = np.zeros((n, n))
            spike[y, x] = 1
            for o in range(3):
                matrix[o, :, :, i, y, x] = correlate2d(spike, kernel[o, i], "same")
    norm = np.linalg.norm(matrix.reshape(3 * n * n, -1), 2)
    assert norm <= norm_of_steps(kernel) <= 1.15 * norm


def test_the_norm_of_a_restriction_is_that_of_its_matrix():
    kernel = np.random.default_rng(1).standard_normal((4, 2, 2, 2))
    u = np.random.default_rng(2).standard_normal((2, 2, 2))
    norm = norm_of_restriction(kernel)
    assert np.linalg.norm(np.einsum("oirs,irs->o", kernel, u)) <= norm * np.linalg.norm(u)
    assert norm == pytest.approx(np.linalg.svd(kernel.reshape(4, 8))[1][0])


@pytest.mark.parametrize("architecture", [STABLE, RECURRENT])
def test_stable_networks_are_made_stable_and_checked(architecture, tmp_path):
    model = model_of(architecture, weights_of(architecture, size=1.0), {})
    for key in model.weights:
        if key.endswith(".kernel") and "injection" not in key:
            assert norm_of_steps(model.numbers(key)) <= np.sqrt(2)
        if key.endswith(".restriction"):
            assert norm_of_restriction(model.numbers(key)) <= 1
    shifts = {key: shift - 1 for key, shift in model.shifts.items()}  # all weights twice as large
    about = json.loads(entries(file_of(model))["about.json"]) | {"shifts": shifts}
    with pytest.raises(ModelError, match="enlarges differences"):
        read_bytes(tmp_path, with_entry(file_of(model), "about.json", json.dumps(about).encode()))


def entries(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_entry(data, name, content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, old in (entries(data) | {name: content}).items():
            if key != name or content is not None:
                archive.writestr(key, content if key == name else old)
    return file.getvalue()


SAMPLE = file_of(model_of(TINY, weights_of(TINY), {"kind": "white"}))


def about(**changes):
    found = json.loads(entries(SAMPLE)["about.json"]) | changes
    return json.dumps(found).encode()


def array_bytes(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def test_filters_of_contours_keep_their_means_where_logits_are_made():
    model = model_of(CONTOURS, weights_of(CONTOURS), {})
    for name in ("lift.0", "lift.1", "lift.2"):
        assert not model.weights[name].sum(axis=(1, 2), dtype=np.int64).any()
    assert model.weights["lower"].sum(axis=(1, 2), dtype=np.int64).any()
    with pytest.raises(ValueError, match="neither recurrent nor stable"):
        Architecture((Level(16, 1, 1),), stable=True, contours=True)


LEVELS = {"stable": False, "recurrent": False}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("about.json", None),
        ("about.json", b"{"),
        ("about.json", b"[]"),
        ("about.json", b"[" * 100000),
        ("about.json", b" " * (1 << 20) + b"{}"),
        ("about.json", about(format=2)),
        ("about.json", about(facts=3)),
        ("about.json", about(shifts={})),
        ("about.json", about(shifts={"lift": 1e3})),
        ("about.json", about(architecture={})),
        ("about.json", about(architecture={"levels": [[16]], **LEVELS})),
        ("about.json", about(architecture={"levels": [], **LEVELS})),
        ("about.json", about(architecture={"levels": [[10**9, 1, 1]], **LEVELS})),
        ("about.json", about(architecture={"levels": [[16, 10**9, 1]], **LEVELS})),
        ("about.json", about(architecture={"levels": [["16", 1, 1]], **LEVELS})),
        ("about.json", about(architecture={"levels": [[16, 1, True]], **LEVELS})),
        ("lift.npy", None),
        ("lift.npy", b""),
        ("lift.npy", array_bytes(np.zeros((16, 6, 6)))),
        ("lift.npy", array_bytes(np.zeros((16, 6, 5), np.int16))),
        ("lift.npy", array_bytes(np.ones((16, 6, 6), np.int16))),
        ("lift.npy", array_bytes(np.full(3, None), allow_pickle=True)),
        ("lift.npy", bytes(1 << 26)),
        ("0.before.0.kernel.npy", array_bytes(np.full((16, 16, 3, 3), 32767, np.int16))),
        ("0.before.0.bias.npy", array_bytes(np.full(16, 2**31 - 1, np.int32))),
    ],
)
def test_a_model_that_is_not_right_is_refused_in_a_sentence(name, content, tmp_path):
    with pytest.raises(ModelError, match="is not a model"):
        read_bytes(tmp_path, with_entry(SAMPLE, name, content))


@given(data=st.data())
@settings(max_examples=4 * settings.default.max_examples)
def test_damaged_files_are_refused_in_a_sentence(data, tmp_path_factory):
    damaged = bytearray(SAMPLE)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(SAMPLE) - 1))] = data.draw(st.integers(0, 255))
    del damaged[data.draw(st.integers(len(SAMPLE) // 2, len(SAMPLE))) :]
    path = tmp_path_factory.mktemp("models") / "some.model"
    path.write_bytes(damaged)
    try:
        read_model(path)
    except ModelError as error:
        assert str(error).startswith(f"{path}: is not a model")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match="cannot be read"):
        read_model(tmp_path / "no.model")


def test_models_come_with_the_program():
    shipped = shipped_models()
    assert set(shipped) == {"white", "real", "small", "stable", "recurrent"}
    assert sum(path.stat().st_size for path in shipped.values()) < 1 << 20
    for path in shipped.values():
        facts = read_model(path).facts
        assert facts["licence"] == "BSD-3-Clause"
        assert facts["kind"] in ("white", "real")
