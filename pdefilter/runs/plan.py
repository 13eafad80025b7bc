"""Which input becomes which output: decided and checked before anything is touched."""

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from pdefilter.errors import CallError, TerminalError
from pdefilter.images.formats import FORMATS, Format, of_file_name
from pdefilter.runs.inputs import EVERY_IMAGE, STREAM, Search, Source, find, identity
from pdefilter.runs.naming import Naming, by_template, fixed_folder, inside, is_template

MOST_PROBLEMS = 20
"""So many are told; who has more has made one mistake many times."""


@dataclass(frozen=True, slots=True)
class Job:
    """One file or stream to be filtered.

    Attributes
    ----------
    index : int
        Its number among all inputs, the first being 0.
    source, target : str or None
        The files; None for standard input and standard output.
    format : Format or None
        The format to write; None for that of the input.
    """

    index: int
    source: str | None
    target: str | None
    format: Format | None

    @property
    def source_name(self) -> str:
        """What to call the input in a message."""
        return "standard input" if self.source is None else self.source

    @property
    def target_name(self) -> str:
        """What to call the output in a message."""
        return "standard output" if self.target is None else self.target

    @property
    def is_done(self) -> bool:
        """Whether the output is there, and no older than the input."""
        try:
            if self.target is None:
                return False
            made = os.stat(self.target).st_mtime_ns
            return self.source is None or made >= os.stat(self.source).st_mtime_ns
        except OSError:
            return False


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes
    ----------
    jobs : list of Job
        In the order of the inputs.
    skipped : int
        How many inputs have their outputs already.
    """

    jobs: list[Job]
    skipped: int = 0


def plan(
    inputs: Sequence[str],
    output: str | None,
    *,
    search: Search = EVERY_IMAGE,
    format_: Format | None = None,
    depth: str | None = None,
    overwrite: bool = False,
    skip_existing: bool = False,
) -> Plan:
    """Pair every input with its output.

    Parameters
    ----------
    inputs : sequence of str
        Files, folders, or ``-``.
    output : str or None
        A file, a folder, a template, or ``-``; None means standard output,
        unless that is a terminal.
    search : Search
        What is taken of folders.
    format_ : Format or None
        The format to write; by default the one that the output's name stands
        for, else the input's.
    depth : str or None
        The type of values to be written, if it is known.
    overwrite : bool
        Whether outputs may exist.
    skip_existing : bool
        Whether inputs are left out whose outputs are there and no older.

    Raises
    ------
    CallError
        If something is missing, in the way, or contradictory; with a sentence
        for each thing, twenty at most.
    TerminalError
        If the output is one.
    """
    if overwrite and skip_existing:
        raise CallError("--skip-existing: with --overwrite nothing is skipped; give one of them")
    if output is None and len(inputs) > 1 and not os.path.exists(inputs[-1]):
        raise CallError(f"{inputs[-1]}: no such file; if it is to be written, give -o {inputs[-1]}")
    problems: list[str] = []
    templated = output is not None and is_template(output)
    folder = fixed_folder(output) if output is not None and templated else output
    sources = find(inputs, search, folder, problems.append)
    refuse(problems)
    several = len(sources) > 1 or os.path.isdir(inputs[0])
    naming = _naming(sources, several, output, format_)
    jobs = list(_jobs(sources, naming, output, format_))
    for check in (
        _readable,
        partial(_holdable, depth=depth),
        _folders_there,
        _no_two_alike,
        partial(_not_in_the_way, overwrite=overwrite, replace=skip_existing),
    ):
        check(jobs, problems.append)
    refuse(problems)
    left = [job for job in jobs if not (skip_existing and job.is_done)]
    return Plan(left, len(jobs) - len(left))


def folders_of(jobs: Iterable[Job]) -> list[str]:
    """List the folders that outputs go to."""
    return list(dict.fromkeys(os.path.dirname(job.target) or "." for job in jobs if job.target))


def refuse(problems: list[str]) -> None:
    """Refuse a call if anything is wrong with it.

    Raises
    ------
    CallError
        With a sentence for each thing, twenty at most.
    """
    if len(problems) > MOST_PROBLEMS:
        rest = len(problems) - MOST_PROBLEMS
        problems = [*problems[:MOST_PROBLEMS], f"… and {rest} more like these"]
    if problems:
        raise CallError(*problems)


def _naming(
    sources: list[Source], several: bool, output: str | None, format_: Format | None
) -> Naming | None:
    """Decide how outputs are named, and look whether their folder can be there; None: a stream."""
    if output is None or output == STREAM:
        _require_standard_output(len(sources), output)
        return None
    if is_template(output):
        _require_folder(fixed_folder(output), may_be_made=True)
        naming = by_template(output)
    elif _means_folder(several, output):
        _require_folder(output, may_be_made=True)
        naming = inside(output, format_)
    else:
        _require_folder(os.path.dirname(output) or ".", may_be_made=False)
        return lambda *_: output
    if any(source.path is None for source in sources):
        raise CallError(f"-o {output}: standard input has no name to use there; give -o FILE")
    return naming


def _jobs(
    sources: list[Source], naming: Naming | None, output: str | None, format_: Format | None
) -> Iterator[Job]:
    for index, source in enumerate(sources):
        target = naming(source, index) if naming else None
        yield Job(index, source.path, target, format_ or _format_of(target, source, output))


def _format_of(target: str | None, source: Source, output: str | None) -> Format | None:
    """Find what a target's name stands for; a name taken over from the input may say nothing."""
    if target is None:
        return None
    format_ = of_file_name(target)
    if format_ is None and os.path.basename(target) != os.path.basename(source.below):
        suffixes = ", ".join(suffix for known in FORMATS for suffix in known.suffixes)
        ending = os.path.splitext(target)[1] or "(none)"
        raise CallError(
            f"-o {output}: the ending {ending} stands for no format; "
            f"take one of {suffixes}, or give --format"
        )
    return format_


def _require_standard_output(count: int, output: str | None) -> None:
    if count != 1:
        raise CallError(f"{count} inputs need a folder to go to; give -o FOLDER/")
    if sys.stdout is None or sys.stdout.isatty():
        said = "-o -: standard output" if output else "standard output"
        raise TerminalError(f"{said} is a terminal")


def _means_folder(several: bool, output: str) -> bool:
    there = os.path.isdir(output)
    ends_so = output.endswith(("/", os.sep))
    if several and not there and not ends_so and of_file_name(output):
        raise CallError(
            f"-o {output}: several inputs need a folder to go to; give -o FOLDER/, or a template "
            "such as -o 'FOLDER/{stem}.png'"
        )
    return several or ends_so or there


def _require_folder(folder: str, *, may_be_made: bool) -> None:
    folder = folder.rstrip("/" + os.sep) or os.sep
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise CallError(f"-o {folder}: is a file where a folder is needed")
    existing = folder
    if may_be_made and not os.path.exists(folder):
        existing = os.path.dirname(folder) or "."
    if not os.path.isdir(existing):
        raise CallError(f"-o: there is no folder {existing}; make it first")


Tell = Callable[[str], None]


def _readable(jobs: list[Job], problem: Tell) -> None:
    for job in jobs:
        if job.source is None or os.access(job.source, os.R_OK):
            continue
        if os.path.exists(job.source):
            problem(f"{job.source}: cannot be read; check its permissions")
        else:
            problem(f"{job.source}: leads nowhere; remove it, or leave it out by --exclude")


def _holdable(jobs: list[Job], problem: Tell, depth: str | None) -> None:
    for format_ in dict.fromkeys(job.format for job in jobs if job.format is not None):
        if not format_.types:
            problem(f"-o: {format_.name} holds no grey; write .pgm")
        elif depth is not None and not format_.holds_type(depth):
            problem(f"--depth: {format_.refusal(depth)}")


def _folders_there(jobs: list[Job], problem: Tell) -> None:
    """Name what is no folder, or takes no files, where outputs are to go."""
    for folder in folders_of(jobs):
        existing = folder
        while not os.path.lexists(existing):
            existing = os.path.dirname(existing) or "."
        if not os.path.isdir(existing):
            problem(f"-o {folder}: {existing} is a file where a folder is needed")
        elif not os.access(existing, os.W_OK | os.X_OK):
            problem(f"-o: the folder {existing} cannot be written to; check its permissions")


def _no_two_alike(jobs: list[Job], problem: Tell) -> None:
    real_folders: dict[str, str] = {}
    takers: dict[str, Job] = {}
    for job in jobs:
        if job.target is None:
            continue
        folder, name = os.path.split(job.target)
        if folder not in real_folders:
            real_folders[folder] = os.path.realpath(folder)
        first = takers.setdefault(os.path.join(real_folders[folder], name), job)
        if first is not job:
            problem(
                f"{first.source} and {job.source} would both become {job.target}; name the "
                "outputs by a template such as -o 'out/{parent}/{stem}{suffix}'"
            )


def _not_in_the_way(jobs: list[Job], problem: Tell, overwrite: bool, replace: bool) -> None:
    """Name outputs that are there and may not be replaced, or are inputs themselves."""
    there: dict[tuple[int, int], Job] = {}
    for job in jobs:
        if job.source is not None and (file := identity(job.source)):
            there[file] = job
    for job in jobs:
        if job.target is None:
            continue
        try:
            status = os.stat(job.target)
        except OSError:
            continue  # nothing is there
        reader = there.get((status.st_dev, status.st_ino))
        said = f"-o {job.target}:"
        if stat.S_ISDIR(status.st_mode):
            problem(f"{said} is a folder; give a file name, or a folder ending in /")
        elif not stat.S_ISREG(status.st_mode):
            problem(f"{said} is no ordinary file; write to standard output instead")
        elif reader is not None and reader.index != job.index:
            problem(
                f"{said} is an input too, the output of {job.source_name}; write to another "
                "folder, or leave it out by --exclude"
            )
        elif reader is not None and not overwrite:
            problem(f"{said} is the input itself; give --overwrite to replace it")
        elif not overwrite and not replace:
            problem(f"{said} exists already; give --overwrite to replace it")
