"""The inputs of a call: files by name or URL, from lists, and in folders."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pdefilter.errors import CallError, FileError
from pdefilter.images.folders import is_folder_image, is_series
from pdefilter.images.formats import FORMATS, of_file_name
from pdefilter.images.urls import (
    is_url,
    last_name,
    local_name,
    require_no_secrets,
    scheme_of,
    stands_for_folder,
)

STREAM = "-"
"""The name of standard input and of standard output."""


@dataclass(frozen=True, slots=True)
class Source:
    """An image to be filtered.

    Attributes
    ----------
    path : str or None
        Its file or URL, as it is to be opened; None for standard input.
    below : str
        The part of the path that is kept in an output folder: the file's name,
        or its path below the folder that was searched.
    """

    path: str | None
    below: str


@dataclass(frozen=True)
class Search:
    """Which files are taken from folders.

    Attributes
    ----------
    recursive : bool
        Whether subfolders are searched too; links to folders are not followed.
    include, exclude : sequence of str
        Patterns as of a shell: those that contain a slash are matched with the
        path below the folder, others with the name alone. With `include` a file
        may have any ending. Subfolders that `exclude` matches are not searched.
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
        """Whether a subfolder is searched."""
        return (
            self.recursive and not name.startswith(".") and not _matches(self.exclude, name, below)
        )


EVERY_IMAGE = Search()
"""The images in a folder, without its subfolders."""


def find(
    names: Sequence[str], search: Search, output: str | None, problem: Callable[[str], None]
) -> list[Source]:
    """Find the images that names stand for, in their order; those of a folder are sorted.

    Parameters
    ----------
    names : sequence of str
        Files, folders, URLs of either or with patterns, or ``-``.
    search : Search
        Which files are taken from folders.
    output : str or None
        The folder of the outputs, which is not searched.
    problem : callable
        Takes a sentence for each name without an image.

    Raises
    ------
    CallError
        If standard input cannot be read, or a URL cannot be used.
    """
    sources: list[Source] = []
    skipped = identity(output) if output is not None else None
    known: set[str] = set()
    for given in names:
        name = local_name(given)
        if name == STREAM:
            require_standard_input()
            sources.append(Source(None, STREAM))
        elif is_url(name):
            _require_usable(name, known)
            sources += _remote_images(name, search, output, problem)
        elif is_searched(name):
            before = len(sources)
            try:
                sources += _images_in(name, "", search, skipped)
            except OSError as error:
                problem(f"{error.filename}: cannot be listed ({error.strerror})")
            else:
                if len(sources) == before:
                    problem(_no_images_in(name, search))
        elif not os.path.exists(name):
            problem(f"{name}: no such file; check the path")
        else:
            path = name.rstrip("/" + os.sep) if is_folder_image(name) else name
            sources.append(Source(path, os.path.basename(path)))
    if names.count(STREAM) > 1:
        raise CallError("-: standard input can be read once only; name it once")
    return sources


def files_in(names: Iterable[str]) -> list[str]:
    """Put the images in place of the folders that hold them, and keep all other names.

    Raises
    ------
    CallError
        If a folder holds no image, or cannot be listed.
    """
    problems: list[str] = []
    files: list[str] = []
    for name in names:
        searched = is_url(name) or is_searched(name)
        sources = find([name], EVERY_IMAGE, None, problems.append) if searched else []
        files += [source.path or STREAM for source in sources] or [name]
    if problems:
        raise CallError(*problems)
    return files


def is_searched(name: str) -> bool:
    """Whether a name is that of a folder, and not of an image that is one."""
    return os.path.isdir(name) and not is_folder_image(name)


def read_list(file: str, separator: bytes) -> list[str]:
    r"""Read names from a file, or from standard input for ``-``.

    Parameters
    ----------
    file : str
        The list.
    separator : bytes
        The end of a name: a newline, or the null byte that ``find -print0`` writes.

    Raises
    ------
    CallError
        If the list cannot be read or is empty.
    """
    option = "--files-from" if separator == b"\n" else "--files0-from"
    try:
        if file == STREAM:
            require_standard_input()
            data = sys.stdin.buffer.read()
        else:
            with open(file, "rb") as stream:
                data = stream.read()
    except OSError as error:
        raise CallError(f"{option} {file}: cannot be read ({error.strerror})") from None
    if separator == b"\n":
        # Lists that were written on Windows end their lines so.
        data = data.replace(b"\r\n", separator).removesuffix(b"\r")
    names = [os.fsdecode(name) for name in data.split(separator) if name]
    if not names:
        raise CallError(f"{option} {file}: is empty; list at least one file")
    return names


def identity(path: str) -> tuple[int, int] | None:
    """Identify a file, whatever its names are; None if it does not exist."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _images_in(
    folder: str, below: str, search: Search, skipped: tuple[int, int] | None
) -> Iterator[Source]:
    """List the files of a folder, then those of its subfolders, each sorted by name."""
    subfolders = []
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            path = below + entry.name
            if entry.is_dir(follow_symlinks=False) and is_searched(entry.path):
                if search.enters(entry.name, path):
                    subfolders.append(entry)
            elif _is_taken(entry, path, search) and _may_be_image(entry):
                yield Source(entry.path, path)
    for entry in subfolders:
        if identity(entry.path) != skipped:
            yield from _images_in(entry.path, f"{below}{entry.name}{os.sep}", search, skipped)


def _is_taken(entry: os.DirEntry[str], below: str, search: Search) -> bool:
    """Whether an image is taken; a series of DICOM has no ending that tells."""
    if search.takes(entry.name, below):
        return True
    return search.enters(entry.name, below) and entry.is_dir() and is_series(entry.path)


def _require_usable(url: str, known: set[str]) -> None:
    """Refuse a URL that gives secrets away, or whose protocol is not among the known ones."""
    require_no_secrets("", url)
    scheme = scheme_of(url)
    if scheme not in known:
        from pdefilter.images.remote import require_protocol

        require_protocol("", url, writable=False)
        known.add(scheme)


def _remote_images(
    url: str, search: Search, output: str | None, problem: Callable[[str], None]
) -> list[Source]:
    """Find the images of a URL; whether a single one exists is seen when it is read."""
    if not stands_for_folder(url):
        return [Source(url, last_name(url))]
    from pdefilter.images import remote

    try:
        if not url.endswith("/"):
            found = [Source(match, last_name(match)) for match in remote.matches(url)]
            if not found:
                problem(f"{url}: matches no file; give another pattern")
        else:
            found = list(_remote_images_in(url, "", search, output))
            if not found:
                problem(_no_images_in(url, search))
    except FileError as error:
        problem(f"{url}: {error}")
        return []
    return found


def _remote_images_in(
    folder: str, below: str, search: Search, output: str | None
) -> Iterator[Source]:
    """List the files of a remote folder, then those of its subfolders, each sorted by name."""
    from pdefilter.images import remote

    subfolders = []
    for entry in remote.entries(folder):
        path = below + entry.name
        if entry.is_folder:
            if search.enters(entry.name, path):
                subfolders.append(entry.name)
        elif search.takes(entry.name, path):
            yield Source(folder + entry.name, path)
    for name in subfolders:
        if output is None or f"{folder}{name}" != output.rstrip("/"):
            yield from _remote_images_in(f"{folder}{name}/", f"{below}{name}/", search, output)


def _may_be_image(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file, a link to one, or a broken link, which the plan will refuse."""
    if is_folder_image(entry.path):
        return True
    if not entry.is_symlink():
        return entry.is_file()
    return os.path.isfile(entry.path) or not os.path.exists(entry.path)


def _matches(patterns: Sequence[str], name: str, below: str) -> bool:
    return any(
        fnmatchcase(below.replace(os.sep, "/") if "/" in pattern else name, pattern)
        for pattern in patterns
    )


def _no_images_in(folder: str, search: Search) -> str:
    if search.include:
        return f"{folder}: no file in this folder matches --include; give another pattern"
    suffixes = ", ".join(suffix for format_ in FORMATS for suffix in format_.suffixes)
    deeper = "" if search.recursive else "; --recursive searches its subfolders"
    return f"{folder}: this folder holds no images ({suffixes}){deeper}"


def require_standard_input() -> None:
    """Refuse to read an image from a terminal.

    Raises
    ------
    CallError
        If standard input is one.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise CallError("-: standard input is a terminal; pipe an image into it")
