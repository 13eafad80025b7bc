"""What a network learns from: patches with noise, made or found, and what they should become."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pdefilter.errors import CallError
from pdefilter.learn.degradations import degrade
from pdefilter.learn.patches import Patches, turned
from pdefilter.learn.pictures import Levels, Picture
from pdefilter.learn.planes import LUMINANCE, OPPONENTS, Planes, luminance
from pdefilter.measure.noise import noise_deviations

Patch: TypeAlias = NDArray[np.float32]
"""Shape (M, N), in grey levels of 255."""

# A tenth of the levels is drawn from all that occur, so that no level is a surprise.
_WITHIN, _ANY_LEVEL = 0.9, (1.0, 100.0)

# The noise that users or estimates tell is not exact: the deviation of its logarithm, and the
# least that is told.
_MISTAKE, _LEAST = 0.2, 0.5

# Pictures in 16 bits have less noise than this from rounding.
_FAINTEST = 0.05

# A region is twice as wide as a patch. To degrade one takes time, so that it gives two patches.
_REGION = 2
_FROM_ONE = 2

_HELD_PICTURES, _HELD_SIDE = 12, 192
_USUAL_LEVELS = 15.0, 25.0, 50.0


@dataclass(frozen=True)
class Example:
    """A patch with noise.

    Attributes
    ----------
    noisy : ndarray of shape (M, N), float32
        The patch, in grey levels of 255.
    clean : ndarray of shape (M, N), float32, or None
        What it should become; None if that is unknown.
    sigma : float
        The deviation of the noise that the network is told.
    """

    noisy: Patch
    clean: Patch | None
    sigma: float


class Examples(Protocol):
    """A source of examples."""

    def draw(self, count: int, rng: np.random.Generator) -> list[Example]:
        """Draw examples to learn from, all of one size."""

    def held(self, rng: np.random.Generator, multiple: int) -> dict[str, list[Example]]:
        """Make examples to validate by, in groups with names.

        Their sizes are multiples of a width.
        """


class White:
    """White Gaussian noise on clean pictures.

    Parameters
    ----------
    pictures, held : sequence of Picture
        Pictures to learn from, and to validate by.
    levels : tuple of float
        The lowest and the highest deviation of the noise, in grey levels.
    planes : Planes
        The planes that are shown.
    side : int
        The width of a patch.
    """

    def __init__(
        self,
        pictures: Sequence[Picture],
        held: Sequence[Picture],
        levels: tuple[float, float],
        planes: Planes,
        side: int,
    ) -> None:
        self._pictures, self._held = pictures, held
        self._levels, self._planes, self._side = levels, planes, side
        self._patches = Patches(pictures, side)

    def draw(self, count: int, rng: np.random.Generator) -> list[Example]:
        """Draw examples to learn from."""
        return [self._draw(rng) for _ in range(count)]

    def _draw(self, rng: np.random.Generator) -> Example:
        number, row, column = self._patches.draw(rng)
        colours = self._pictures[number].cut(row, column, self._side)
        plane = colours @ self._planes.draw_mixture(colours.shape[2], rng)
        (clean,) = turned([plane], rng)
        return _with_noise(clean, self._level(rng), rng)

    def _level(self, rng: np.random.Generator) -> float:
        lowest, highest = self._levels
        if lowest == highest or rng.random() < _WITHIN:
            return float(rng.uniform(lowest, highest))
        return math.exp(rng.uniform(*np.log(_ANY_LEVEL)))

    def held(self, rng: np.random.Generator, multiple: int) -> dict[str, list[Example]]:
        """Make examples to validate by: luminance at usual levels of noise."""
        lowest, highest = self._levels
        levels = [level for level in _USUAL_LEVELS if lowest <= level <= highest]
        clean = [
            picture.centre(_HELD_SIDE, multiple) @ luminance(picture.channels)
            for picture in self._held[:_HELD_PICTURES]
        ]
        return {
            f"noise {level:g}": [_with_noise(plane, level, rng) for plane in clean]
            for level in levels or sorted({lowest, highest})
        }


Regions: TypeAlias = Callable[[np.random.Generator], tuple[Levels, Levels]]
"""Draws a region of a picture, degraded and clean."""


class Degraded:
    """Any other degradation of clean pictures.

    The network is told the deviation of the difference in the region around a patch, in
    error by a fifth.

    Parameters
    ----------
    regions, held : callable
        Draw regions to learn from, and to validate by, degraded and clean.
    name : str
        What the degradation is called.
    planes : Planes
        The planes that are shown.
    side : int
        The width of a patch.
    """

    def __init__(
        self, regions: Regions, held: Sequence[Regions], name: str, planes: Planes, side: int
    ) -> None:
        self._regions, self._held, self._name = regions, held, name
        self._planes, self._side = planes, side

    def draw(self, count: int, rng: np.random.Generator) -> list[Example]:
        """Draw examples to learn from."""
        examples: list[Example] = []
        while len(examples) < count:
            region = self._regions(rng)
            examples += [self._draw(*region, rng) for _ in range(_FROM_ONE)]
        return examples[:count]

    def _draw(self, degraded: Levels, clean: Levels, rng: np.random.Generator) -> Example:
        weights = self._planes.draw(clean.shape[2], rng)
        row, column = (int(rng.integers(size - self._side + 1)) for size in clean.shape[:2])
        place = np.s_[row : row + self._side, column : column + self._side]
        planes = degraded @ weights, clean @ weights
        noisy, restored = turned([plane[place] for plane in planes], rng)
        return Example(noisy, restored, _told(*planes, rng))

    def held(self, rng: np.random.Generator, multiple: int) -> dict[str, list[Example]]:
        """Make examples to validate by: planes of held-out regions."""
        examples = []
        for regions in self._held[:_HELD_PICTURES]:
            degraded, clean = regions(rng)
            rows, columns = (size // multiple * multiple for size in clean.shape[:2])
            for weights in self._held_planes(clean.shape[2]):
                noisy, restored = (u[:rows, :columns] @ weights for u in (degraded, clean))
                examples.append(Example(noisy, restored, _told(noisy, restored, rng)))
        return {self._name: examples}

    def _held_planes(self, channels: int) -> Sequence[NDArray[np.float32]]:
        if channels == 1 or not self._planes.opponents:
            return [luminance(channels)]
        return list(OPPONENTS)


def degraded_regions(pictures: Sequence[Picture], side: int) -> Regions:
    """Degrade regions of clean pictures as cameras and files do."""
    patches = Patches(pictures, side)

    def draw(rng: np.random.Generator) -> tuple[Levels, Levels]:
        number, row, column = patches.draw(rng)
        clean = pictures[number].cut(row, column, side)
        colours = np.repeat(clean, 3, 2) if clean.shape[2] == 1 else clean
        degraded, clean = degrade(colours, rng)
        if pictures[number].channels == 1:
            return (degraded @ LUMINANCE)[..., None], clean[..., :1]
        return degraded, clean

    return draw


def paired_regions(pairs: Sequence[tuple[Picture, Picture]], side: int) -> Regions:
    """Take regions of pictures that come degraded and clean."""
    patches = Patches([clean for _, clean in pairs], side)

    def draw(rng: np.random.Generator) -> tuple[Levels, Levels]:
        number, row, column = patches.draw(rng)
        degraded, clean = (picture.cut(row, column, side) for picture in pairs[number])
        return degraded, clean

    return draw


def real(
    pictures: Sequence[Picture], held: Sequence[Picture], planes: Planes, side: int
) -> Degraded:
    """Make examples of what cameras and files do."""
    validating = [degraded_regions([picture], _HELD_SIDE) for picture in held]
    return Degraded(degraded_regions(pictures, _REGION * side), validating, "real", planes, side)


def paired(
    pairs: Sequence[tuple[Picture, Picture]],
    held: Sequence[tuple[Picture, Picture]],
    planes: Planes,
    side: int,
) -> Degraded:
    """Make examples of pairs, whatever was done to them."""
    validating = [paired_regions([pair], _HELD_SIDE) for pair in held]
    return Degraded(paired_regions(pairs, _REGION * side), validating, "pairs", planes, side)


class Noisy:
    """Pictures with white noise, without clean ones.

    Parameters
    ----------
    pictures, held : sequence of Picture
        Pictures to learn from, and to validate by.
    sigma : float or None
        The deviation of the noise in every stored channel; None to estimate it, plane by
        plane.
    planes : Planes
        The planes that are shown.
    side : int
        The width of a patch.
    """

    def __init__(
        self,
        pictures: Sequence[Picture],
        held: Sequence[Picture],
        sigma: float | None,
        planes: Planes,
        side: int,
    ) -> None:
        self._pictures, self._held, self._planes, self._side = pictures, held, planes, side
        self._patches = Patches(pictures, side)
        self._levels = [noise_of(picture, sigma) for picture in [*pictures, *held]]

    def draw(self, count: int, rng: np.random.Generator) -> list[Example]:
        """Draw examples to learn from."""
        return [self._draw(rng) for _ in range(count)]

    def _draw(self, rng: np.random.Generator) -> Example:
        number, row, column = self._patches.draw(rng)
        picture = self._pictures[number]
        weights = self._planes.draw(picture.channels, rng)
        (noisy,) = turned([picture.cut(row, column, self._side) @ weights], rng)
        return Example(noisy, None, self._levels[number][weights.tobytes()])

    def held(self, rng: np.random.Generator, multiple: int) -> dict[str, list[Example]]:
        """Make examples to validate by: luminance of held-out pictures."""
        examples = []
        levels = self._levels[len(self._pictures) :]
        for picture, found in list(zip(self._held, levels, strict=True))[:_HELD_PICTURES]:
            weights = luminance(picture.channels)
            noisy = picture.centre(_HELD_SIDE, multiple) @ weights
            examples.append(Example(noisy, None, found[weights.tobytes()]))
        return {"estimate": examples}


def noise_of(picture: Picture, sigma: float | None) -> dict[bytes, float]:
    """Find the deviation of the noise in every plane of a picture, by the plane's weights.

    Raises
    ------
    CallError
        If its luminance has none.
    """
    shown = [luminance(1)] if picture.channels == 1 else [LUMINANCE, *OPPONENTS]
    if sigma is not None:
        return {weights.tobytes(): sigma * float(np.linalg.norm(weights)) for weights in shown}
    colours = picture.cut(0, 0, max(picture.shape))
    found = noise_deviations(np.stack([colours @ weights for weights in shown]))
    if not _FAINTEST < found[0] < math.inf:
        raise CallError(
            f"{picture.name}: no noise was found in it; give its level by --noise, or take it away"
        )
    return {w.tobytes(): max(_FAINTEST, level) for w, level in zip(shown, found, strict=True)}


def _with_noise(clean: Patch, sigma: float, rng: np.random.Generator) -> Example:
    noise = rng.standard_normal(clean.shape, np.float32)
    return Example(clean + np.float32(sigma) * noise, clean, sigma)


def _told(degraded: Patch, clean: Patch, rng: np.random.Generator) -> float:
    """Find the deviation of a difference, with the mistake that an estimate would make."""
    deviation = float(np.sqrt(np.square(degraded - clean).mean()))
    return max(_LEAST, deviation) * math.exp(_MISTAKE * rng.standard_normal())
