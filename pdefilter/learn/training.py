"""The training of a network, iteration after iteration."""

import copy
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pdefilter.errors import CallError
from pdefilter.learn.network import Network
from pdefilter.learn.norms import Norms
from pdefilter.learn.optimiser import Optimiser, rate_at
from pdefilter.learn.schedule import Schedule
from pdefilter.learn.task import Task, score
from pdefilter.networks.architecture import Architecture

_NORMS_EVERY = 5  # iterations
_MEMORY = 0.999  # of the average of the weights
_LOSS_MEMORY = 0.99

# The share of the schedule, and the number of validations, in which something must be gained.
_PATIENCE, _FEWEST_VALIDATIONS = 0.25, 10


@dataclass(frozen=True)
class Record:
    """A validation.

    Attributes
    ----------
    iteration : int
        The number of iterations before it.
    loss : float
        The running mean of the loss.
    figures : mapping of float
        The figures of the task.
    """

    iteration: int
    loss: float
    figures: Mapping[str, float]


class Training:
    """A network that learns; two of the same seed, on one thread, do the same.

    Parameters
    ----------
    architecture : Architecture
        The network without its weights.
    task : Task
        What it learns to do.
    seed : int
        The seed of all that is drawn.
    start : mapping of ndarray
        Weights to begin with instead of random ones.
    device : str
        Where it computes, as PyTorch calls it.

    Attributes
    ----------
    task : Task
        What it learns to do.
    iteration : int
        The number of iterations that are done.
    loss : float
        The running mean of the loss.
    records : list of Record
        The validations.
    """

    def __init__(
        self,
        architecture: Architecture,
        task: Task,
        seed: int,
        start: Mapping[str, NDArray[np.float32]] = MappingProxyType({}),
        device: str = "cpu",
    ) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = Network(architecture)
        weights = dict(self.network.named_weights())
        for name, values in start.items():
            weights[name].data.copy_(torch.from_numpy(values))
        self.network.to(device)
        self.task = task
        self._rng = np.random.default_rng(seed)
        self._optimiser = Optimiser(self.network.parameters())
        self._norms = Norms(self.network, self._rng) if architecture.stable else None
        self._average = copy.deepcopy(self.network)
        self._best = copy.deepcopy(self.network)
        self.iteration, self.loss = 0, 0.0
        self.records: list[Record] = []

    def advance(self, schedule: Schedule) -> None:
        """Do an iteration."""
        loss = self.task.loss(self.network, self._rng)
        self.network.zero_grad()
        loss.backward()
        if self._optimiser.step(rate_at(self.iteration, schedule.iterations)):
            memory = min(_LOSS_MEMORY, self.iteration / (self.iteration + 1))
            self.loss = memory * self.loss + (1 - memory) * float(loss.detach())
        if self._norms is not None and self.iteration % _NORMS_EVERY == 0:
            self._norms.keep()
        self._add_to_average()
        self.iteration += 1

    def _add_to_average(self) -> None:
        memory = min(_MEMORY, (self.iteration + 1) / (self.iteration + 10))
        with torch.no_grad():
            pairs = zip(self._average.parameters(), self.network.parameters(), strict=True)
            for average, weights in pairs:
                average.lerp_(weights, 1 - memory)

    def validate(self) -> None:
        """Validate the average of the weights, and keep it if it is the best.

        Raises
        ------
        CallError
            If the training has diverged.
        """
        figures = self.task.figures(self._average)
        if not math.isfinite(score(figures)):
            raise CallError(
                "the training has diverged: the network's results are no numbers; give another "
                "--seed, or look for extreme values in the images"
            )
        if not self.records or score(figures) > self.best_score:
            self._best.load_state_dict(self._average.state_dict())
        self.records.append(Record(self.iteration, self.loss, figures))

    @property
    def best(self) -> Record:
        """The best validation."""
        return max(self.records, key=lambda record: score(record.figures))

    @property
    def best_score(self) -> float:
        """The mean of its figures."""
        return score(self.best.figures)

    def gains_nothing(self, schedule: Schedule) -> bool:
        """Tell whether a quarter of the schedule has passed since anything was gained."""
        validations = schedule.iterations / schedule.every
        patience = max(_FEWEST_VALIDATIONS, int(_PATIENCE * validations))
        before, since = self.records[:-patience], self.records[-patience:]
        if not before:
            return False
        scores = [max(score(record.figures) for record in records) for records in (before, since)]
        return scores[1] < scores[0] + self.task.least_gain

    def facts(self) -> dict[str, Any]:
        """Describe what the best weights have learned."""
        return self.task.facts(self._best)

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Return the best weights."""
        return {
            name: weights.detach().cpu().numpy().copy()
            for name, weights in self._best.named_weights()
        }

    def state(self) -> dict[str, Any]:
        """Return what the rest of the training depends on."""
        return {
            "network": self.network.state_dict(),
            "average": self._average.state_dict(),
            "best": self._best.state_dict(),
            "optimiser": self._optimiser.state(),
            "norms": {} if self._norms is None else self._norms.state(),
            "rng": json.dumps(self._rng.bit_generator.state),
            "iteration": self.iteration,
            "loss": self.loss,
            "records": json.dumps([asdict(record) for record in self.records]),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state."""
        self.network.load_state_dict(state["network"])
        self._average.load_state_dict(state["average"])
        self._best.load_state_dict(state["best"])
        self._optimiser.restore(state["optimiser"])
        if self._norms is not None:
            self._norms.restore(state["norms"])
        self._rng.bit_generator.state = json.loads(state["rng"])
        self.iteration, self.loss = state["iteration"], state["loss"]
        self.records = [Record(**record) for record in json.loads(state["records"])]
