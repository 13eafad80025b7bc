"""Pairs of files to be compared: two files, or those of two folders that have the same name."""

import os
from dataclasses import dataclass

from pdefilter.errors import CallError
from pdefilter.images.formats import Format, of_file_name, split_name
from pdefilter.runs.inputs import STREAM, Search, Source, find, identity, is_searched
from pdefilter.runs.naming import inside
from pdefilter.runs.plan import refuse


@dataclass(frozen=True)
class Pair:
    """Two files.

    Attributes
    ----------
    one, other : str
        Their names.
    below : str
        The name of the first below the folder that was given.
    """

    one: str
    other: str
    below: str


@dataclass(frozen=True)
class Map:
    """The file of a map of differences, and its format."""

    file: str
    format: Format


def find_pairs(one: str, other: str, *, recursive: bool = False) -> tuple[list[Pair], list[str]]:
    """Pair two files, or the images of two folders by their names.

    Where no image of the second folder has the same name, one that differs in its ending
    alone takes its place. Of a file and a folder, the file is paired with the one of its name.

    Parameters
    ----------
    one, other : str
        Files or folders.
    recursive : bool
        Whether subfolders are searched too.

    Returns
    -------
    pairs : list of Pair
        In the order of the first folder.
    problems : list of str
        A sentence for each image that has no partner.

    Raises
    ------
    CallError
        If a file is missing, or no two images have the same name.
    """
    if one == other == STREAM:
        raise CallError("-: standard input can be read once only; name it once")
    problems: list[str] = []
    search = Search(recursive)
    firsts, seconds = (find([name], search, None, problems.append) for name in (one, other))
    refuse(problems)
    if not is_searched(one) and not is_searched(other):
        return [Pair(one, other, firsts[0].below)], []
    partners = _partners(firsts, seconds)
    pairs = [
        Pair(first.path or STREAM, partners[first.below].path or STREAM, first.below)
        for first in firsts
        if first.below in partners
    ]
    if not pairs:
        raise CallError(f"{one}: holds no image with the name of one in {other}")
    if not is_searched(one) or not is_searched(other):
        return pairs, []
    paired = {name for pair in pairs for name in (pair.one, pair.other)}
    return pairs, [
        f"{source.path}: has no partner in {folder}"
        for sources, folder in ((firsts, other), (seconds, one))
        for source in sources
        if source.path not in paired
    ]


def _partners(firsts: list[Source], seconds: list[Source]) -> dict[str, Source]:
    """Find the partner of each image: the one of its name, or the only one of its stem."""
    by_name = {second.below: second for second in seconds}
    partners = {first.below: by_name.pop(first.below) for first in firsts if first.below in by_name}
    by_stem: dict[str, list[Source]] = {}
    for second in by_name.values():
        by_stem.setdefault(split_name(second.below)[0], []).append(second)
    for first in firsts:
        stem = split_name(first.below)[0]
        if first.below not in partners and len(by_stem.get(stem, ())) == 1:
            (partners[first.below],) = by_stem.pop(stem)
    return partners


def find_maps(pairs: list[Pair], output: str, *, overwrite: bool) -> list[Map]:
    """Name the map of each pair: the output itself, or one of the pair's name in that folder.

    Raises
    ------
    CallError
        If a map cannot be written there.
    """
    in_folder = len(pairs) > 1 or is_searched(output) or output.endswith(("/", os.sep))
    if in_folder and not is_searched(output) and of_file_name(output):
        raise CallError(f"--map {output}: several maps need a folder; give --map FOLDER/")
    folder = os.path.dirname(output) or "."
    if not in_folder and not os.path.isdir(folder):
        raise CallError(f"--map {output}: there is no folder {folder}; make it first")
    naming = inside(output, None)
    problems, maps = [], []
    for index, pair in enumerate(pairs):
        file = naming(Source(pair.one, pair.below), index) if in_folder else output
        format_ = of_file_name(file)
        known = identity(file)
        if format_ is None:
            problems.append(f"--map {file}: its ending stands for no format; take .png or .tif")
        elif known and known in (identity(pair.one), identity(pair.other)):
            problems.append(f"--map {file}: is an image to compare; give another name")
        elif known and not overwrite:
            problems.append(f"--map {file}: exists already; give --overwrite to replace it")
        else:
            maps.append(Map(file, format_))
    refuse(problems)
    return maps
