"""The optimiser: orthogonalised momentum for matrices, Adam for the rest."""

import math
from collections.abc import Iterable
from typing import Any, Final

import torch
from torch import Tensor, nn

_RATE = 2.5e-3
_WARM_UP = 200  # iterations, or a tenth of a short training
_LAST = 0.005  # of the rate
_MOMENTUM = 0.95
_ADAM, _TINY = (0.9, 0.99), 1e-8
_LONGEST = 1.0  # of the gradient

# p(s) = a s + b s³ + c s⁵ draws every singular value in (0, 1] to about 0.7…1.2 in five steps
# (Jordan et al. 2024, "Muon: An optimizer for hidden layers").
_STEPS = 5
_A, _B, _C = 3.4445, -4.7750, 2.0315

# The root mean square of Adam's steps is about so large; a direction is scaled to it
# (Liu et al. 2025, arXiv:2502.16982).
_SIZE: Final = 0.2


def orthogonalised(gradient: Tensor) -> Tensor:
    """Bring the singular values of a matrix near to one, and keep its singular vectors.

    Parameters
    ----------
    gradient : Tensor of shape (M, N)
        Any matrix.

    Returns
    -------
    Tensor of shape (M, N)
        About U Vᵀ, where U Σ Vᵀ is the matrix.
    """
    is_tall = gradient.shape[0] > gradient.shape[1]
    x = gradient.T if is_tall else gradient
    x = x / (x.norm() + 1e-7)
    for _ in range(_STEPS):
        squared = x @ x.T
        x = _A * x + (_B * squared + _C * squared @ squared) @ x
    return x.T if is_tall else x


def rate_at(iteration: int, iterations: int) -> float:
    """Find the rate of an iteration: a warm-up, and then half a wave of the cosine."""
    warm = min(1.0, (iteration + 1) / max(1, min(_WARM_UP, iterations // 10)))
    wave = 0.5 * (1 + math.cos(math.pi * iteration / iterations))
    return _RATE * warm * (_LAST + (1 - _LAST) * wave)


class Optimiser:
    """Descend by orthogonalised momentum for weights of four axes, by Adam for others.

    A convolution's weights of shape (C, D, 3, 3) are a matrix of shape (C, 9 D). The
    orthogonalised momentum is the direction of steepest descent for a step that is
    bounded in the spectral norm, so that no singular vector of it is neglected.

    Parameters
    ----------
    parameters : iterable of Parameter
        The weights.
    """

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        self._all = list(parameters)
        self._means = [torch.zeros_like(weights) for weights in self._all]
        self._squares = [torch.zeros_like(weights) for weights in self._all if weights.ndim < 4]
        self._steps = 0

    def step(self, rate: float) -> bool:
        """Take a step down the gradients; return False if they are not finite, and stay."""
        length = nn.utils.clip_grad_norm_(self._all, _LONGEST)
        if not torch.isfinite(length):
            return False
        self._steps += 1
        squares = iter(self._squares)
        with torch.no_grad():
            for weights, mean in zip(self._all, self._means, strict=True):
                if weights.ndim == 4:
                    direction = _orthogonal_direction(weights.grad, mean)
                else:
                    direction = _adam_direction(weights.grad, mean, next(squares), self._steps)
                weights.sub_(rate * direction)
        return True

    def state(self) -> dict[str, Any]:
        """Return what the next step depends on, beside weights and gradients."""
        return {"means": self._means, "squares": self._squares, "steps": self._steps}

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state."""
        for name, tensors in (("means", self._means), ("squares", self._squares)):
            for tensor, kept in zip(tensors, state[name], strict=True):
                tensor.copy_(kept)
        self._steps = state["steps"]


def _orthogonal_direction(gradient: Tensor, mean: Tensor) -> Tensor:
    mean.lerp_(gradient, 1 - _MOMENTUM)
    ahead = torch.lerp(gradient, mean, _MOMENTUM)  # as Nesterov looks ahead
    matrix = orthogonalised(ahead.flatten(1))
    return _SIZE * max(matrix.shape) ** 0.5 * matrix.reshape(gradient.shape)


def _adam_direction(gradient: Tensor, mean: Tensor, square: Tensor, steps: int) -> Tensor:
    """Divide the mean gradient by its size (Kingma & Ba 2015, arXiv:1412.6980)."""
    of_mean, of_square = _ADAM
    mean.lerp_(gradient, 1 - of_mean)
    square.lerp_(gradient.square(), 1 - of_square)
    size = (square / (1 - of_square**steps)).sqrt() + _TINY
    return mean / (1 - of_mean**steps) / size
