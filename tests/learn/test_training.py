"""A training lowers the error, repeats, and goes on as if it had never stopped."""

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from pdefilter.learn.checkpoint import read_checkpoint, write_checkpoint  # noqa: E402
from pdefilter.learn.data import read_data  # noqa: E402
from pdefilter.learn.recipe import Recipe  # noqa: E402
from pdefilter.learn.schedule import Schedule  # noqa: E402
from pdefilter.learn.training import Record, Training  # noqa: E402
from pdefilter.networks.model import model_of  # noqa: E402
from pdefilter.networks.norms import norm_of_steps  # noqa: E402

SCHEDULE = Schedule(12, 4)


def training_of(architecture, folder, seed=0, **options):
    recipe = Recipe(**{"noise": (20.0, 30.0), "side": 32, "seed": seed, **options})
    task = read_data(recipe, [str(folder)]).task(architecture.coarsest)
    return Training(architecture, task, seed)


def advance(training, iterations, schedule=SCHEDULE):
    for _ in range(iterations):
        training.advance(schedule)
        if training.iteration % schedule.every == 0:
            training.validate()


def bits(training):
    return {name: values.tobytes() for name, values in training.weights().items()}


def test_a_few_iterations_remove_noise(architecture, photographs):
    training = training_of(architecture, photographs)
    advance(training, 50, Schedule(50, 25))
    (before,), (after,) = training.task.before().values(), training.best.figures.values()
    assert after > before + 3
    model_of(architecture, training.weights(), {})
    for name, values in training.weights().items():
        assert np.isfinite(values).all(), name
        if architecture.stable and name.endswith("kernel"):
            # A few steps have been taken since the last projection; the model's are exact.
            assert norm_of_steps(values) ** 2 < 2 * 1.15


def test_killed_and_resumed_is_unbroken_to_the_bit(architecture, photographs, tmp_path):
    unbroken = training_of(architecture, photographs)
    advance(unbroken, 12)
    broken = training_of(architecture, photographs)
    advance(broken, 7)
    write_checkpoint(tmp_path / "checkpoint", broken.state())
    resumed = training_of(architecture, photographs)
    resumed.restore(read_checkpoint(tmp_path / "checkpoint"))
    advance(resumed, 5)
    assert bits(resumed) == bits(unbroken)
    assert resumed.records == unbroken.records
    assert resumed.loss == unbroken.loss


def test_iterations_that_are_undone_leave_no_trace(architecture, photographs):
    training, other = (training_of(architecture, photographs) for _ in range(2))
    before = copy.deepcopy(training.state())
    advance(training, 5)
    training.restore(before)
    for one in (training, other):
        advance(one, 4)
    assert bits(training) == bits(other)


@pytest.mark.parametrize("source", ["white", "real", "noisy"])
def test_a_seed_repeats_and_another_does_not(small, photographs, source):
    noise = None if source == "real" else (5.0, 5.0)
    found = []
    for seed in (0, 0, 1):
        training = training_of(small, photographs, seed, source=source, noise=noise)
        advance(training, 4)
        found.append(bits(training))
    assert found[0] == found[1] != found[2]


def test_the_best_weights_are_kept(small, photographs):
    training = training_of(small, photographs)
    advance(training, 8)
    best = bits(training)
    with torch.no_grad():
        for weights in training._average.parameters():
            weights.mul_(1.5)
    training.validate()
    assert training.best.iteration == 8
    assert bits(training) == best


def test_a_training_that_gains_nothing_ends(small, photographs):
    training, schedule = training_of(small, photographs), Schedule(400, 10)
    rising = [Record(10 * n, 1.0, {"noise 25": 20 + n / 10}) for n in range(20)]
    training.records = rising
    assert not training.gains_nothing(schedule)
    flat = [Record(10 * n, 1.0, {"noise 25": rising[-1].figures["noise 25"]}) for n in range(10)]
    training.records = rising + flat
    assert training.gains_nothing(schedule)


def test_hours_become_iterations():
    # 100 validations take 100 of 3600 seconds, iterations the rest.
    assert Schedule.of_time(3600, iteration=0.5, validation=1.0) == Schedule(7000, 70)
    # One may take five percent of the time, and no more.
    assert Schedule.of_time(60, iteration=0.5, validation=1.0) == Schedule(114, 38)
