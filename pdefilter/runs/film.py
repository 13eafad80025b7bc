"""Films: the states of an evolution as the frames of an animation."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from pdefilter.display import ITERATIONS
from pdefilter.errors import CallError, FileError, ImageError
from pdefilter.images.files import refusal
from pdefilter.images.holes import valid_pixels
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata
from pdefilter.images.tones import Tones, can_be_shown
from pdefilter.runs.beside import named_beside
from pdefilter.runs.chain import Chain
from pdefilter.runs.plan import Job
from pdefilter.warn import warn

if TYPE_CHECKING:
    from pdefilter.images.animations import Animation

DEFAULT_COUNT = 24

# The image and the result are shown for a second, the states between them for a tenth.
_MILLISECONDS, _MILLISECONDS_AT_ENDS = Fraction(100), Fraction(1000)

# Solvers converge by a factor an iteration: their states are taken at iterations that grow by a
# factor too, such that so many iterations fill the film.
_MOST_ITERATIONS = 10_000

# A step may end at a time by a rounding error before it.
_ROUNDING = 1e-9

_LABEL_SHARE, _LEAST_LABEL = 1 / 16, 11


@dataclass(frozen=True)
class Cut:
    """Which states of an evolution become frames.

    Attributes
    ----------
    every : float or None
        The time between two frames, or the iterations.
    count : int or None
        The number of frames, the image and the result included; by default at most 24.
    labels : bool
        Whether the time is written on each frame.
    """

    every: float | None = None
    count: int | None = None
    labels: bool = False

    def choose(self, times: Mapping[int, float]) -> list[int]:
        """Choose the first state at or after each of the times, but not the last state."""
        end = [*times.values()][-1]
        interval = self.every or end / ((self.count or DEFAULT_COUNT) - 1)
        passed = [int(time / interval * (1 + _ROUNDING)) for time in times.values()]
        pairs = zip([*times][:-1], pairwise([0, *passed[:-1]]), strict=True)
        return [number for number, (before, now) in pairs if now > before]

    def iterations(self) -> Collection[int]:
        """List the iterations of a solver that are shown; they grow by a factor."""
        between = (self.count or DEFAULT_COUNT) - 2
        factor = _MOST_ITERATIONS ** (1 / max(1, between))
        shown = [1]
        while len(shown) < between:
            shown.append(max(shown[-1] + 1, round(shown[-1] * factor)))
        return frozenset(shown[:between])


class Film:
    """A screen whose pictures are the frames of an animation.

    Parameters
    ----------
    target : Animation
        The animation.
    cut : Cut
        Which states are taken.
    """

    def __init__(self, target: "Animation", cut: Cut) -> None:
        self._target, self._cut = target, cut
        self._beginning: Image | None = None
        self._tones: Tones | None = None
        self._transparent = False
        self._unit, self._end = ITERATIONS, 0.0
        self._iterations = cut.iterations()

    def choose(self, times: Mapping[int, float], unit: str) -> Collection[int]:
        """Choose states, and warn if there are fewer than were asked for."""
        self._unit, self._end = unit, [*times.values()][-1]
        chosen = self._cut.choose(times)
        count = len(chosen) + 2
        if self._cut.count is not None and count < self._cut.count:
            warn(
                f"the evolution has only {count} different frames, fewer than the {self._cut.count}"
                " asked for; take shorter steps, or the scheme explicit"
            )
        return chosen

    def wants(self, iteration: int) -> bool:
        """Tell whether this iteration of a solver is shown."""
        self._end = iteration
        every = self._cut.every
        if every is None:
            return iteration in self._iterations
        return iteration // every > (iteration - 1) // every

    def show(self, time: float, image: Image) -> None:
        """Append a frame; the one of time 0 waits, for its label needs the unit of time."""
        if not time:
            self._beginning = image
            _require_shown(image)
            return
        self._begin()
        self._add(time, image, _MILLISECONDS)

    def end(self, result: Image) -> None:
        """Append the result."""
        self._begin()
        self._add(self._end, result, _MILLISECONDS_AT_ENDS)

    def _begin(self) -> None:
        if self._beginning is not None:
            image, self._beginning = self._beginning, None
            self._add(0.0, image, _MILLISECONDS_AT_ENDS)

    def _add(self, time: float, image: Image, duration: Fraction) -> None:
        if self._tones is None:
            self._tones = Tones.of(image)
            self._transparent = image.has_alpha or valid_pixels(image) is not None
        drawn = self._tones.draw(image, transparent=self._transparent)
        if self._cut.labels:
            drawn = _labelled(drawn, self._label(time))
        metadata = Metadata(icc=image.metadata.icc, duration=duration, loops=0)
        try:
            self._target.add(replace(drawn, metadata=metadata))
        except OSError as error:
            raise refusal("written", error) from None

    def _label(self, time: float) -> str:
        if self._unit == ITERATIONS:
            return f"iteration {time:.0f}"
        digits = max(0, 2 - math.floor(math.log10(self._end or 1)))
        return f"t = {time:.{digits}f} {self._unit}"


def _require_shown(image: Image) -> None:
    if not can_be_shown(image):
        kind = "inks" if image.is_cmyk else f"{image.colours} bands"
        raise ImageError(f"has {kind}, which frames cannot show; convert it to grey or RGB")


@contextmanager
def filmed(target: str | None, cut: Cut, *, replace: bool) -> Iterator[Film | None]:
    """Open a film for the block; the animation is complete where the block succeeds.

    Parameters
    ----------
    target : str or None
        The animation; None for none.
    cut : Cut
        Which states are taken.
    replace : bool
        Whether an existing animation may be replaced.

    Raises
    ------
    ImageError
        If it cannot be written.
    """
    if target is None:
        yield None
        return
    from pdefilter.images.animations import animation

    try:
        with animation(target, replace=replace) as opened:
            yield Film(opened, cut)
    except FileError as error:
        raise ImageError(f"its frames {target}: {error}") from None


def with_films(
    jobs: Sequence[Job], chain: Chain, target: str | None, cut: Cut, *, overwrite: bool
) -> list[Job]:
    """Give every job the name of its film, and check these before any file is touched.

    Parameters
    ----------
    jobs : sequence of Job
        A plan.
    chain : Chain
        The filters.
    target : str or None
        The name of the film, or a template of names; None for no films.
    cut : Cut
        Which states are taken.
    overwrite : bool
        Whether existing films are replaced.

    Raises
    ------
    CallError
        If the options contradict each other or the filter, or a file is in the way.
    """
    if target is None:
        for name, value in (("every", cut.every), ("count", cut.count), ("labels", cut.labels)):
            if value:
                raise CallError(f"--{name}: belongs to frames; give --frames FILE too")
        return list(jobs)
    if cut.every is not None and cut.count is not None:
        raise CallError("--count: contradicts --every; give one of them")
    if cut.every is not None and not 0 < cut.every < math.inf:
        raise CallError(f"--every: {cut.every:g} is not above 0; give a time, or iterations")
    if not chain.operations[-1].evolves:
        raise CallError(
            "--frames: this filter makes its result at once, without states that frames could "
            "show; leave --frames out"
        )
    from pdefilter.images.animations import require_animation

    films = named_beside(
        jobs,
        "--frames",
        target,
        partial(require_animation, "--frames", overwrite=overwrite),
        example="frames/{stem}.webp",
        noun="film",
    )
    return [replace(job, film=film) for job, film in zip(jobs, films, strict=True)]


def _labelled(drawn: Image, label: str) -> Image:
    """Write a label into the lower left corner, in white on black."""
    from PIL import Image as Pillow
    from PIL import ImageDraw, ImageFont

    rows, columns = drawn.pixels.shape[:2]
    size = max(_LEAST_LABEL, round(min(rows, columns) * _LABEL_SHARE))
    font = ImageFont.load_default(size)
    # The font has no raised 2.
    text, raised, small = (
        label.rstrip("²"),
        "2" * label.endswith("²"),
        ImageFont.load_default(size * 0.6),
    )
    left, top, right, bottom = font.getbbox(text)
    margin, after = size // 3, small.getlength(raised)
    width, height = math.ceil(right - left + after), math.ceil(bottom - top)
    picture = Pillow.new("L", (width + 2 * margin, height + 2 * margin))
    draw = ImageDraw.Draw(picture)
    draw.text((margin - left, margin - top), text, 255, font)
    draw.text((margin + right - left, margin - top), raised, 255, small)
    letters = np.asarray(picture)[:rows, :columns, None]
    pixels = drawn.pixels.copy()
    height, width = letters.shape[:2]
    corner = pixels[rows - height :, :width]
    corner[...] = letters
    if drawn.has_alpha:
        corner[..., -1] = 255
    return replace(drawn, pixels=pixels)
