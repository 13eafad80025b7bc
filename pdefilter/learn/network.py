"""A trained diffusion in PyTorch, which finds its weights."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, relu

from pdefilter.networks.architecture import WIDTH, Architecture

_BEYOND = (WIDTH - 2) // 2  # pixels outside of the image that a filter reaches


class Network(nn.Module):
    """An `Architecture` with its weights, on images of shape (N, 1, rows, columns).

    Rows and columns must be multiples of the width of the coarsest cells.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.weights = nn.ParameterDict(
            {
                name.replace(".", "/"): nn.Parameter(_initial(name, shape))
                for name, shape in architecture.shapes().items()
            }
        )

    def __getitem__(self, name: str) -> Tensor:
        weights: Tensor = self.weights[name.replace(".", "/")]
        return weights

    def named_weights(self) -> Iterator[tuple[str, nn.Parameter]]:
        """List the weights with their names in the architecture."""
        return ((name, self.weights[name.replace(".", "/")]) for name in self.architecture.shapes())

    def forward(self, f: Tensor, sigma: Tensor, iterations: int | None = None) -> Tensor:
        """Remove noise of deviation sigma, of shape (N, 1, 1, 1) or that of `f`."""
        return f - sigma * _lowered(self.noise(f / sigma, iterations), self._filters("lower"))

    def logits(self, f: Tensor) -> Tensor:
        """Find the logits of contours in opponent planes, of shape (N, 3, rows, columns)."""
        return _lowered(self.noise(f), self["lower"][:, None])

    def noise(self, f: Tensor, iterations: int | None = None) -> Tensor:
        """Find the state from which the noise is lowered; `f` has noise of deviation one."""
        filters = torch.cat([self._filters(name) for name in self.architecture.lifts], 1)
        x = conv2d(_mirrored(f), filters, stride=2)
        if self.architecture.recurrent:
            return self._recurred(x, iterations or self.architecture.levels[0].before)
        return self._evolved(x, 0)

    def _recurred(self, x: Tensor, iterations: int) -> Tensor:
        kernel, bias = self["0.injection.kernel"], self["0.injection.bias"]
        injected = conv2d(x, kernel, bias, padding=1)
        h = torch.zeros_like(x)
        for _ in range(iterations):
            h = self._step(h, self["0.step.kernel"], injected)
        return h

    def _evolved(self, v: Tensor, k: int) -> Tensor:
        level = self.architecture.levels[k]
        v = self._steps(v, k, "before", level.before)
        if k + 1 < len(self.architecture.levels):
            restriction = self[f"{k}.restriction"]
            stable = self.architecture.stable
            prolongation = restriction if stable else self[f"{k}.prolongation"]
            c = conv2d(v, restriction, stride=2)
            v = v + conv_transpose2d(self._evolved(c, k + 1) - c, prolongation, stride=2)
        return self._steps(v, k, "after", level.after)

    def _steps(self, v: Tensor, k: int, part: str, count: int) -> Tensor:
        for n in range(count):
            bias = self[f"{k}.{part}.{n}.bias"][:, None, None]
            v = self._step(v, self[f"{k}.{part}.{n}.kernel"], bias)
        return v

    @staticmethod
    def _step(v: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
        flux = relu(conv2d(v, kernel, padding=1) + bias)
        return v - conv_transpose2d(flux, kernel, padding=1)

    def _filters(self, name: str) -> Tensor:
        """Return filters of zero mean, so that the mean of the image has no influence."""
        filters = self[name]
        return (filters - filters.mean((1, 2), keepdim=True))[:, None]


def _initial(name: str, shape: tuple[int, ...]) -> Tensor:
    part = name.rpartition(".")[2]
    if part == "bias":
        return torch.zeros(shape)
    if len(shape) == 3:
        return 0.1 * torch.randn(shape)
    coarse, fine = shape[:2]
    variance = {
        "kernel": 0.5 / (9 * fine),
        "restriction": 1 / (4 * fine),
        "prolongation": 0.3 / coarse,
    }[part]
    return torch.randn(shape) * variance**0.5


def _mirrored(f: Tensor) -> Tensor:
    """Mirror an image beyond its border, which lies between pixels."""
    for axis in (-1, -2):
        first = f.narrow(axis, 0, _BEYOND).flip(axis)
        last = f.narrow(axis, f.shape[axis] - _BEYOND, _BEYOND).flip(axis)
        f = torch.cat([first, f, last], axis)
    return f


def _lowered(v: Tensor, filters: Tensor) -> Tensor:
    """Apply the adjoint of a mirrored convolution, which folds back what lies outside."""
    u = conv_transpose2d(v, filters, stride=2)
    for axis in (-1, -2):
        size = u.shape[axis] - 2 * _BEYOND
        first = u.narrow(axis, 0, _BEYOND).flip(axis)
        last = u.narrow(axis, size + _BEYOND, _BEYOND).flip(axis)
        inner = u.narrow(axis, _BEYOND, size)
        rest = size - 2 * _BEYOND
        u = torch.cat(
            [
                inner.narrow(axis, 0, _BEYOND) + first,
                inner.narrow(axis, _BEYOND, rest),
                inner.narrow(axis, size - _BEYOND, _BEYOND) + last,
            ],
            axis,
        )
    return u
