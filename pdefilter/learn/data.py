"""From folders to examples."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from pdefilter.errors import CallError
from pdefilter.learn.boundaries import read_outlined
from pdefilter.learn.contours import Contours
from pdefilter.learn.denoising import Denoising
from pdefilter.learn.examples import Examples, Noisy, White, paired, real
from pdefilter.learn.pictures import Asked, Folder, read_folder, read_pairs
from pdefilter.learn.planes import MANY_OPPONENTS, NO_OPPONENTS, SOME_OPPONENTS, Planes
from pdefilter.learn.recipe import Recipe
from pdefilter.learn.task import Task

Item = TypeVar("Item")

# One picture of twelve validates, and at least one.
_FIRST_HELD, _HELD_OF = 5, 12

# Pictures with boundaries may be smaller than patches, which are then smaller too.
_LEAST_OUTLINED = 64

# To be resized, regions of this kind are larger than patches.
_REAL_SIDE = 2


@dataclass(frozen=True)
class Data:
    """What a network learns from.

    Attributes
    ----------
    task : callable
        Makes what is learned, for a network whose coarsest cells have this width.
    names : list of str
        The pictures, the first thousand of them by name.
    sha256 : str
        The hash of the names and bytes of all files.
    """

    task: Callable[[int], Task]
    names: list[str]
    sha256: str


def read_data(recipe: Recipe, folders: Sequence[str]) -> Data:
    """Read the pictures that a recipe learns from.

    Parameters
    ----------
    recipe : Recipe
        The recipe.
    folders : sequence of str
        The folder, those of degraded and of clean pictures, or those of pictures and of
        boundaries.

    Raises
    ------
    CallError
        A sentence for every picture that cannot be learned from.
    """
    if recipe.source == "edges":
        asked = Asked(_LEAST_OUTLINED, full_scale=recipe.full_scale)
        outlined, names, sha256 = read_outlined(folders[0], folders[1], asked)
        return Data(partial(Contours, recipe, *_split(folders[0], outlined)), names, sha256)
    least = recipe.side * (_REAL_SIDE if recipe.source == "real" else 1)
    asked = Asked(least, recipe.reduce, recipe.full_scale)
    if recipe.source == "pairs":
        noisy, clean = read_pairs(folders[0], folders[1], asked)
        pairs = list(zip(noisy.pictures, clean.pictures, strict=True))
        learned, held = _split(folders[0], pairs)
        sha256 = hashlib.sha256((noisy.sha256 + clean.sha256).encode()).hexdigest()
        examples: Examples = paired(learned, held, _planes(recipe, MANY_OPPONENTS), recipe.side)
        return Data(partial(Denoising, recipe, examples), noisy.names(), sha256)
    folder = read_folder(folders[0], asked)
    examples = _examples(recipe, folders[0], folder)
    return Data(partial(Denoising, recipe, examples), folder.names(), folder.sha256)


def _examples(recipe: Recipe, name: str, folder: Folder) -> Examples:
    learned, held = _split(name, folder.pictures)
    if recipe.source == "real":
        return real(learned, held, _planes(recipe, MANY_OPPONENTS), recipe.side)
    if recipe.source == "noisy":
        sigma = None if recipe.noise is None else recipe.noise[0]
        return Noisy(learned, held, sigma, _planes(recipe, MANY_OPPONENTS), recipe.side)
    assert recipe.noise is not None
    planes = _planes(recipe, SOME_OPPONENTS)
    return White(learned, held, recipe.noise, planes, recipe.side)


def _planes(recipe: Recipe, colours: Planes) -> Planes:
    return colours if recipe.channels == "rgb" else NO_OPPONENTS


def _split(folder: str, items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """Split items into those to learn from and those to validate by."""
    if len(items) < 2:
        raise CallError(
            f"{folder}: holds one image, but one is needed to learn from and one to validate by; "
            "add images"
        )
    held = set(range(_FIRST_HELD, len(items), _HELD_OF)) or {len(items) - 1}
    return (
        [item for number, item in enumerate(items) if number not in held],
        [item for number, item in enumerate(items) if number in held],
    )
