"""Which images a call is about: files by their names, from lists, and what folders hold."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pdefilter.errors import CallError
from pdefilter.images.formats import FORMATS, of_file_name

STREAM = "-"
"""The name of standard input and of standard output."""


@dataclass(frozen=True, slots=True)
class Source:
    """An image to be filtered.

    Attributes
    ----------
    path : str or None
        Its file, as it is to be opened; None for standard input.
    below : str
        What of the path is kept in an output folder: the file's name, or its
        path below the folder that it was found in.
    """

    path: str | None
    below: str


@dataclass(frozen=True)
class Search:
    """What is taken of folders.

    Attributes
    ----------
    recursive : bool
        Whether the folders within are searched too; links to folders are not
        followed.
    include, exclude : sequence of str
        Patterns as of a shell, for the path below the folder where they
        contain a slash, else for the name alone. If any is to be included,
        the file's ending is not asked for; what is excluded is not entered.
    """

    recursive: bool = False
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()

    def takes(self, name: str, below: str) -> bool:
        """Whether a file is taken."""
        if name.startswith(".") or _matches(self.exclude, name, below):
            return False
        if self.include:
            return _matches(self.include, name, below)
        return of_file_name(name) is not None

    def enters(self, name: str, below: str) -> bool:
        """Whether a folder within is searched."""
        return (
            self.recursive and not name.startswith(".") and not _matches(self.exclude, name, below)
        )


EVERY_IMAGE = Search()
"""The images right inside a folder."""


def find(
    names: Sequence[str], search: Search, output: str | None, problem: Callable[[str], None]
) -> list[Source]:
    """Find the images that some names stand for, in their order, those of a folder sorted.

    Parameters
    ----------
    names : sequence of str
        Files, folders, or ``-``.
    search : Search
        What is taken of folders.
    output : str or None
        A folder that is not entered, as outputs go there.
    problem : callable
        Takes a sentence for each name that stands for no image.
    """
    found: list[Source] = []
    spared = identity(output) if output is not None else None
    for name in names:
        if name == STREAM:
            _require_standard_input()
            found.append(Source(None, STREAM))
        elif os.path.isdir(name):
            before = len(found)
            try:
                found += _images_in(name, "", search, spared)
            except OSError as error:
                problem(f"{error.filename}: cannot be listed ({error.strerror})")
            else:
                if len(found) == before:
                    problem(_holds_none(name, search))
        elif not os.path.exists(name):
            problem(f"{name}: no such file; check the path")
        else:
            found.append(Source(name, os.path.basename(name)))
    if names.count(STREAM) > 1:
        raise CallError("-: standard input can be read once only; name it once")
    return found


def listed(file: str, separator: bytes) -> list[str]:
    r"""Read names from a file, or from standard input for ``-``.

    Parameters
    ----------
    file : str
        The list.
    separator : bytes
        What ends a name: a newline, or the null byte that ``find -print0`` writes.

    Raises
    ------
    CallError
        If it cannot be read or holds no names.
    """
    option = "--files-from" if separator == b"\n" else "--files0-from"
    try:
        if file == STREAM:
            _require_standard_input()
            data = sys.stdin.buffer.read()
        else:
            with open(file, "rb") as stream:
                data = stream.read()
    except OSError as error:
        raise CallError(f"{option} {file}: cannot be read ({error.strerror})") from None
    names = [os.fsdecode(name) for name in data.split(separator) if name]
    if not names:
        raise CallError(f"{option} {file}: holds no names; list at least one file")
    return names


def identity(path: str) -> tuple[int, int] | None:
    """Tell one file from all others, whatever names it has; None for no file."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _images_in(
    folder: str, below: str, search: Search, spared: tuple[int, int] | None
) -> Iterator[Source]:
    """Go through a folder's files, then through the folders within, each sorted by name."""
    within = []
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            path = below + entry.name
            if entry.is_dir(follow_symlinks=False):
                if search.enters(entry.name, path):
                    within.append(entry)
            elif search.takes(entry.name, path) and _may_be_image(entry):
                yield Source(entry.path, path)
    for entry in within:
        if identity(entry.path) != spared:
            yield from _images_in(entry.path, f"{below}{entry.name}{os.sep}", search, spared)


def _may_be_image(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file, or leads to one, or nowhere: that the plan will tell."""
    if not entry.is_symlink():
        return entry.is_file()
    return os.path.isfile(entry.path) or not os.path.exists(entry.path)


def _matches(patterns: Sequence[str], name: str, below: str) -> bool:
    return any(
        fnmatchcase(below.replace(os.sep, "/") if "/" in pattern else name, pattern)
        for pattern in patterns
    )


def _holds_none(folder: str, search: Search) -> str:
    if search.include:
        return f"{folder}: this folder holds no file that --include takes"
    suffixes = ", ".join(suffix for format_ in FORMATS for suffix in format_.suffixes)
    deeper = "" if search.recursive else "; --recursive searches the folders within"
    return f"{folder}: this folder holds no images ({suffixes}){deeper}"


def _require_standard_input() -> None:
    if sys.stdin is None or sys.stdin.isatty():
        raise CallError("-: standard input is a terminal; pipe an image into it")
