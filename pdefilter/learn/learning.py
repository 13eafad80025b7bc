"""A run of training from its call to the model's file."""

import copy
import hashlib
import io
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from pdefilter import __version__
from pdefilter.errors import CallError, ModelError
from pdefilter.learn.checkpoint import checkpoint_of, read_checkpoint, write_checkpoint
from pdefilter.learn.curve import curve_of, write_curve
from pdefilter.learn.data import read_data
from pdefilter.learn.interruption import Interruption
from pdefilter.learn.recipe import Recipe
from pdefilter.learn.schedule import Schedule
from pdefilter.learn.training import Training
from pdefilter.learn.writing import write_file
from pdefilter.networks.architecture import ARCHITECTURES
from pdefilter.networks.model import DIGITS, model_of
from pdefilter.networks.model_file import find_file, find_model, write_model

_CHECKPOINT_EVERY = 180  # seconds
_REHEARSED = 3, 12  # iterations to warm up, and to be timed

Ending = Literal["done", "stopped early", "interrupted"]


class Observer(Protocol):
    """Watches a training."""

    def advanced(self, training: Training) -> None:
        """Take note of an iteration."""

    def validated(self, training: Training) -> None:
        """Take note of a validation."""


@dataclass(frozen=True)
class Place:
    """Where a training computes, and what it writes.

    Attributes
    ----------
    output : Path
        The model's file; the checkpoint and the curve are beside it.
    licence : str or None
        The licence of the weights.
    resume, overwrite : bool
        Whether to go on from the checkpoint, or to replace what is there.
    device : str
        ``"cpu"`` or ``"cuda"``.
    threads : int
        The number of threads.
    """

    output: Path
    licence: str | None = None
    resume: bool = False
    overwrite: bool = False
    device: str = "cpu"
    threads: int = 1


class Learning:
    """A training with its files.

    Parameters
    ----------
    recipe : Recipe
        The recipe.
    folders : sequence of str
        The folder of images, or those of degraded and of clean ones.
    place : Place
        Where it computes, and what it writes.

    Raises
    ------
    CallError
        If the call cannot be done; nothing is written then.
    """

    def __init__(self, recipe: Recipe, folders: Sequence[str], place: Place) -> None:
        self._recipe, self._place = recipe, place
        self._checkpoint = checkpoint_of(place.output)
        require_place(place)
        torch.set_num_threads(place.threads)
        state = read_checkpoint(self._checkpoint) if place.resume else None
        if state is not None:
            recipe.require_same(state["recipe"])
        self._data = read_data(recipe, folders)
        architecture = ARCHITECTURES[recipe.architecture]
        task = self._data.task(architecture.coarsest)
        self.training = Training(architecture, task, recipe.seed, _start(recipe), place.device)
        self._seconds = 0.0
        if state is None:
            self.schedule = self._scheduled()
        else:
            if state["data"] != self._data.sha256:
                raise CallError(
                    f"{folders[0]}: its images have changed since the training began; begin anew "
                    "with --overwrite instead of --resume"
                )
            self.schedule = Schedule(*state["schedule"])
            self._seconds = state["seconds"]
            self.training.restore(state["training"])
        self._since = time.monotonic()

    def _scheduled(self) -> Schedule:
        """Make the schedule; hours become iterations by timing some that are then undone."""
        if self._recipe.iterations is not None:
            return Schedule.of_iterations(self._recipe.iterations)
        assert self._recipe.hours is not None
        training, rehearsal = self.training, Schedule.of_iterations(1 << 20)
        before = copy.deepcopy(training.state())
        times = []
        for count in _REHEARSED:
            times.append(time.monotonic())
            for _ in range(count):
                training.advance(rehearsal)
        times.append(time.monotonic())
        training.validate()
        validation = time.monotonic() - times[-1]
        training.restore(before)
        iteration = (times[-1] - times[-2]) / _REHEARSED[-1]
        return Schedule.of_time(3600 * self._recipe.hours, iteration, validation)

    def run(self, observer: Observer) -> Ending:
        """Train, and write the model, unless a signal interrupts it.

        Raises
        ------
        CallError
            If a file cannot be written, or the training diverges.
        """
        self._keep()  # if this cannot be written, hours later nothing could be
        with Interruption() as interruption:
            ending = self._train(observer, interruption)
        if ending == "interrupted":
            self._keep()
            return ending
        self._save()
        self._checkpoint.unlink(missing_ok=True)
        return ending

    def _train(self, observer: Observer, interruption: Interruption) -> Ending:
        training, schedule, kept = self.training, self.schedule, time.monotonic()
        while training.iteration < schedule.iterations:
            if interruption.wanted:
                return "interrupted"
            training.advance(schedule)
            observer.advanced(training)
            is_last = training.iteration == schedule.iterations
            if is_last or training.iteration % schedule.every == 0:
                training.validate()
                observer.validated(training)
                if training.gains_nothing(schedule):
                    return "stopped early"
            if time.monotonic() - kept > _CHECKPOINT_EVERY:
                self._keep()
                kept = time.monotonic()
        return "done"

    @property
    def seconds(self) -> float:
        """How long it has trained, that before an interruption included."""
        return self._seconds + time.monotonic() - self._since

    def _keep(self) -> None:
        write_checkpoint(
            self._checkpoint,
            {
                "recipe": self._recipe.to_json(),
                "data": self._data.sha256,
                "schedule": [self.schedule.iterations, self.schedule.every],
                "seconds": self.seconds,
                "training": self.training.state(),
            },
        )
        if self.training.records:
            write_curve(curve_of(self._place.output), self.training)

    def _save(self) -> None:
        self._keep()
        architecture, output = self.training.network.architecture, self._place.output
        try:
            model = model_of(architecture, self.training.weights(), self._facts())
        except ValueError as error:
            raise CallError(f"{output}: the training has failed, as {error}") from None
        stream = io.BytesIO()
        write_model(model, stream)
        write_file(stream.getvalue(), output)

    def _facts(self) -> dict[str, Any]:
        """Describe how the weights came about."""
        recipe, training = self._recipe, self.training
        figures = {"before": training.task.before(), "after": training.best.figures}
        return {
            **training.facts(),
            "channels": recipe.channels,
            "licence": self._place.licence,
            "data": {"names": self._data.names, "sha256": self._data.sha256},
            "figures": {when: _rounded(found) for when, found in figures.items() if found},
            "start": None if recipe.start is None else _sha256(find_file(recipe.start)),
            "seed": recipe.seed,
            "iterations": training.iteration,
            "seconds": round(self.seconds),
            "version": __version__,
        }


def require_place(place: Place) -> None:
    """Refuse a place where nothing can be computed or written.

    Raises
    ------
    CallError
        If there is no such device or folder, or files would be lost.
    """
    if place.device == "cuda" and not torch.cuda.is_available():
        raise CallError(
            "--device: PyTorch finds no graphics card for cuda; install its driver, or give cpu"
        )
    folder = place.output.parent
    if not folder.is_dir():
        raise CallError(f"{folder}: no such folder; make it")
    if place.output.is_dir():
        raise CallError(f"{place.output}: is a folder; give the name of a file")
    if place.overwrite or place.resume:
        return
    if place.output.exists():
        raise CallError(f"{place.output}: exists already; give --overwrite to replace it")
    if checkpoint_of(place.output).exists():
        raise CallError(
            f"{checkpoint_of(place.output)}: a training was interrupted here; give --resume to go "
            "on with it, or --overwrite to begin anew"
        )
    if curve_of(place.output).exists():
        raise CallError(f"{curve_of(place.output)}: exists already; give --overwrite to replace it")


def _start(recipe: Recipe) -> dict[str, NDArray[np.float32]]:
    if recipe.start is None:
        return {}
    try:
        model = find_model(recipe.start)
    except ModelError as error:
        raise CallError(f"--start: {error}") from None
    if model.architecture != ARCHITECTURES[recipe.architecture]:
        raise CallError(
            f"--start: {recipe.start} is not of the architecture {recipe.architecture}; give its "
            "own by --architecture"
        )
    return {
        name: np.ldexp(weights, -_shift(name, model.shifts)).astype(np.float32)
        for name, weights in model.weights.items()
    }


def _shift(name: str, shifts: Mapping[str, int]) -> int:
    """Find the power of two that a model's whole numbers count in."""
    if name.endswith(".bias"):
        return shifts[name.removesuffix("bias") + "kernel"] + DIGITS
    return shifts[name]


def _rounded(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in figures.items()}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
