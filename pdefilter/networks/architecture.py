"""What a trained diffusion is made of: its grids, their channels and their steps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

WIDTH: Final = 6
"""The width of the filters between the image and the finest grid, in px."""

LANES: Final = 16
"""Channels come in multiples of so many, as the engine computes so many at once."""

PLANES: Final = 3
"""The opponent planes in which contours are found."""

_MOST_CHANNELS = 256
_MOST_GRIDS = 6
_MOST_STEPS = 64

# A cell of the finest grid is two pixels wide.
_FINEST = 2

# What a pixel takes from cells, and a cell from pixels, beyond the cell.
_FILTERS = 2 * (WIDTH - _FINEST) // 2


@dataclass(frozen=True)
class Level:
    """One grid.

    Attributes
    ----------
    channels : int
        The number of features in a cell.
    before, after : int
        The number of steps before and after the correction from the next coarser grid.
    """

    channels: int
    before: int
    after: int


@dataclass(frozen=True)
class Architecture:
    """A trained diffusion, without its weights.

    The state v of a grid evolves by explicit steps v ← v − Kᵀρ(Kv + b) of
    v_t = −Kᵀρ(Kv + b), where K is a convolution of width 3 and ρ(s) = max(0, s). The
    first state is E f/σ on cells of two pixels, and the result is u = f − σ Dᵀv. A
    coarser grid, on which R v evolves to c, corrects v by Q(c − R v), as a full
    approximation scheme does (Brandt 1977, doi:10.2307/2006422).

    Attributes
    ----------
    levels : tuple of Level
        The grids, the finest first; the cells of each are twice as wide as those before.
    stable : bool
        Whether no step enlarges differences: ‖K‖² ≤ 2, Q = Rᵀ and ‖R‖ ≤ 1.
    recurrent : bool
        Whether all steps, on one grid, share their weights, and start at zero:
        h ← h − Kᵀρ(K h + W x + b), x = E f/σ, for any number of steps.
    contours : bool
        Whether it finds contours instead of noise: the first state is Σ E f/s of three
        opponent planes, and Dᵀv, whose filters may have means, is the logit of a contour.
    """

    levels: tuple[Level, ...]
    stable: bool = False
    recurrent: bool = False
    contours: bool = False

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises
        ------
        ValueError
            If a number is out of range, or a recurrent network has several grids.
        """
        if not 1 <= len(self.levels) <= _MOST_GRIDS:
            raise ValueError(f"has {len(self.levels)} grids; give 1 to {_MOST_GRIDS}")
        for level in self.levels:
            if level.channels % LANES or not LANES <= level.channels <= _MOST_CHANNELS:
                raise ValueError(
                    f"has {level.channels} channels; give a multiple of {LANES} up to "
                    f"{_MOST_CHANNELS}"
                )
            if min(level.before, level.after) < 0 or level.before + level.after > _MOST_STEPS:
                raise ValueError(f"has more steps than {_MOST_STEPS}, or fewer than none")
        if self.recurrent and (len(self.levels) > 1 or self.levels[0].before < 1):
            raise ValueError("a recurrent network has one grid, with one step at least")
        if self.contours and (self.recurrent or self.stable):
            raise ValueError("a network for contours is neither recurrent nor stable")

    @property
    def coarsest(self) -> int:
        """The width of a cell of the coarsest grid, in px: places of the grids repeat so."""
        return 1 << len(self.levels)

    def reach_of(self, iterations: int | None = None) -> int:
        """Return how far around a cell of the coarsest grid, in px, its pixels depend on the image.

        Parameters
        ----------
        iterations : int, optional
            The number of steps of a recurrent network.
        """
        if self.recurrent:
            # What drives the steps is a convolution, which reaches one cell.
            steps = iterations or self.levels[0].before
            return _FILTERS + (2 * steps + 1) * _FINEST
        before = sum(2 * level.before * (_FINEST << k) for k, level in enumerate(self.levels))
        return before + self.reach_after(len(self.levels) - 1)

    def reach_after(self, k: int) -> int:
        """Return how far, in px, pixels depend on the state of a grid before its last steps."""
        steps = sum(
            2 * level.after * (_FINEST << j) for j, level in enumerate(self.levels[: k + 1])
        )
        corrections = sum(_FINEST << (j + 1) for j in range(k))
        return _FILTERS + steps + corrections

    @property
    def lifts(self) -> tuple[str, ...]:
        """Name the filters that lift the planes of an image."""
        return tuple(f"lift.{k}" for k in range(PLANES)) if self.contours else ("lift",)

    def steps(self) -> Iterator[tuple[int, str]]:
        """List the steps: the number of their grid, and the name of their weights."""
        for k, level in enumerate(self.levels):
            if self.recurrent:
                yield k, f"{k}.step"
                return
            for n in range(level.before):
                yield k, f"{k}.before.{n}"
            for n in range(level.after):
                yield k, f"{k}.after.{n}"

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name the weights, with their shapes."""
        first = self.levels[0].channels
        filters = dict.fromkeys((*self.lifts, "lower"), (first, WIDTH, WIDTH))
        shapes: dict[str, tuple[int, ...]] = {**filters}
        for k, name in self.steps():
            channels = self.levels[k].channels
            shapes[f"{name}.kernel"] = (channels, channels, 3, 3)
            if not self.recurrent:
                shapes[f"{name}.bias"] = (channels,)
        if self.recurrent:
            shapes["0.injection.kernel"] = (first, first, 3, 3)
            shapes["0.injection.bias"] = (first,)
        for k, (fine, coarse) in enumerate(zip(self.levels, self.levels[1:], strict=False)):
            shape = (coarse.channels, fine.channels, 2, 2)
            shapes[f"{k}.restriction"] = shape
            if not self.stable:
                shapes[f"{k}.prolongation"] = shape
        return shapes

    @property
    def multiplications(self) -> float:
        """The number of multiplications a pixel."""
        found = (len(self.lifts) + 1) * self.levels[0].channels * WIDTH**2 / _FINEST**2
        for k, level in enumerate(self.levels):
            cells = _FINEST ** (-2 * (k + 1))
            found += 2 * 9 * level.channels**2 * (level.before + level.after) * cells
        for k, (fine, coarse) in enumerate(zip(self.levels, self.levels[1:], strict=False)):
            found += 2 * 4 * fine.channels * coarse.channels * _FINEST ** (-2 * (k + 2))
        return found


ARCHITECTURES: Final[Mapping[str, Architecture]] = MappingProxyType(
    {
        "multigrid": Architecture((Level(32, 2, 3), Level(48, 2, 2), Level(64, 2, 0))),
        "small": Architecture((Level(16, 1, 2), Level(32, 1, 2), Level(48, 2, 0))),
        "stable": Architecture((Level(32, 1, 1), Level(48, 1, 1), Level(64, 2, 0)), stable=True),
        "recurrent": Architecture((Level(32, 8, 0),), stable=True, recurrent=True),
        "contours": Architecture(
            (Level(16, 1, 2), Level(32, 2, 2), Level(48, 2, 2), Level(64, 2, 2), Level(64, 2, 0)),
            contours=True,
        ),
    }
)
"""The architectures by name."""
