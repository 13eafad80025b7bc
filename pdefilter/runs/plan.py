"""The plan: which input becomes which output, checked before any file is touched."""

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pdefilter.errors import CallError, FileError, TerminalError
from pdefilter.images.folders import is_zarr
from pdefilter.images.formats import FORMATS, Format, of_file_name, split_name
from pdefilter.images.urls import (
    is_url,
    local_name,
    require_no_secrets,
    stands_for_folder,
)
from pdefilter.runs.inputs import EVERY_IMAGE, STREAM, Search, Source, find, identity, is_searched
from pdefilter.runs.naming import Naming, by_template, fixed_folder, inside, is_template

MOST_PROBLEMS = 20
"""A call with more problems repeats a few mistakes many times."""


@dataclass(frozen=True, slots=True)
class Job:
    """One file or stream to be filtered.

    Attributes
    ----------
    index : int
        Its number among all inputs, the first being 0.
    source, target : str or None
        Names of files or URLs; None for standard input and standard output.
    format : Format or None
        The format to write; None for that of the input.
    digests : mapping or None
        The SHA-256 of the input and the output that a report names, where the job
        repeats another.
    film : str or None
        The name of the animation that shows its evolution, if there is one.
    contours : str or None
        The name of the file of its contours, if there is one.
    writes_image : bool
        Whether the result is written; else its contours alone are.
    """

    index: int
    source: str | None
    target: str | None
    format: Format | None
    digests: Mapping[str, str] | None = None
    film: str | None = None
    contours: str | None = None
    writes_image: bool = True

    @property
    def source_name(self) -> str:
        """The name of the input in messages."""
        return "standard input" if self.source is None else self.source

    @property
    def target_name(self) -> str:
        """The name of the output in messages."""
        return "standard output" if self._written is None else self._written

    @property
    def _written(self) -> str | None:
        """The file of the result, or of its contours alone; None for standard output."""
        return self.target if self.writes_image else self.contours

    @property
    def is_done(self) -> bool:
        """Whether the output exists and is as new as the input."""
        return self.is_done_by(modified)

    def is_done_by(self, modified: Callable[[str], int | None]) -> bool:
        """Tell whether it is done, by a function that finds when a file was changed."""
        made = None if self._written is None else modified(self._written)
        if made is None or self.source is None:
            return made is not None
        changed = modified(self.source)
        return changed is not None and made >= changed


@dataclass(frozen=True)
class Plan:
    """The jobs of a call.

    Attributes
    ----------
    jobs : list of Job
        In the order of the inputs.
    skipped : int
        The number of inputs whose outputs exist already.
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
    writes_images: bool = True,
) -> Plan:
    """Pair every input with its output.

    Parameters
    ----------
    inputs : sequence of str
        Files, folders, URLs of either or with patterns, or ``-``.
    output : str or None
        A file, a folder, a URL of either, a template, or ``-``. None means standard
        output, unless that is a terminal.
    search : Search
        Which files are taken from folders.
    format_ : Format or None
        The format to write; by default the one that the output's name stands
        for, else that of the input.
    depth : str or None
        The type of the values to write, if it is known.
    overwrite : bool
        Whether existing outputs are replaced.
    skip_existing : bool
        Whether inputs are skipped whose outputs exist and are as new.
    writes_images : bool
        Whether images are written at all.

    Raises
    ------
    CallError
        If files are missing or in the way, or options contradict each other;
        with a sentence for each problem, at most twenty.
    TerminalError
        If the output is a terminal.
    """
    if overwrite and skip_existing:
        raise CallError("--skip-existing: with --overwrite nothing is skipped; give one of them")
    if output is None and len(inputs) > 1 and is_missing(inputs[-1]):
        raise CallError(f"{inputs[-1]}: no such file; if it is to be written, give -o {inputs[-1]}")
    if output is not None:
        output = local_name(output)
        _require_writable(output)
    problems: list[str] = []
    templated = output is not None and is_template(output)
    folder = fixed_folder(output) if output is not None and templated else output
    sources = find(inputs, search, folder, problems.append)
    refuse(problems)
    first = local_name(inputs[0])
    several = len(sources) > 1 or is_searched(first) or stands_for_folder(first)
    naming = _naming(sources, several, output, format_) if writes_images else None
    jobs = list(_jobs(sources, naming, output, format_))
    if not writes_images:
        jobs = [replace(job, writes_image=False) for job in jobs]
    return checked(jobs, depth=depth, overwrite=overwrite, skip_existing=skip_existing)


def checked(
    jobs: list[Job],
    *,
    depth: str | None = None,
    overwrite: bool = False,
    skip_existing: bool = False,
) -> Plan:
    """Make the plan of jobs, unless files are missing or in the way.

    The parameters and errors are as of `plan`.
    """
    problems: list[str] = []
    remote = _remote_files(jobs, overwrite, skip_existing)
    for check in (
        _check_sources,
        partial(_check_formats, depth=depth),
        _check_folders,
        _check_duplicates,
        partial(_check_targets, remote=remote, overwrite=overwrite, replace=skip_existing),
    ):
        check(jobs, problems.append)
    refuse(problems)

    def changed(name: str) -> int | None:
        return remote.get(name) if is_url(name) else modified(name)

    left = [job for job in jobs if not (skip_existing and job.is_done_by(changed))]
    return Plan(left, len(jobs) - len(left))


def is_missing(name: str) -> bool:
    """Whether a file does not exist; of a URL this is seen when it is read."""
    return not is_url(name) and not os.path.exists(name)


def modified(name: str) -> int | None:
    """Find when a file was changed, in nanoseconds; None if there is none, or no answer."""
    try:
        if is_url(name):
            from pdefilter.images import remote

            return remote.modified(name)
        return os.stat(name).st_mtime_ns
    except OSError:
        return None


def folders_of(jobs: Iterable[Job]) -> list[str]:
    """List the folders of this machine's file system that outputs go to."""
    named = (file for job in jobs for file in (job.target, job.film, job.contours) if file)
    files = (file for file in named if not is_url(file))
    return list(dict.fromkeys(os.path.dirname(file.rstrip("/" + os.sep)) or "." for file in files))


def refuse(problems: list[str]) -> None:
    """Refuse a call that has problems.

    Raises
    ------
    CallError
        With a sentence for each problem, at most twenty.
    """
    if len(problems) > MOST_PROBLEMS:
        rest = len(problems) - MOST_PROBLEMS
        problems = [*problems[:MOST_PROBLEMS], f"… and {rest} more like these"]
    if problems:
        raise CallError(*problems)


def _naming(
    sources: list[Source], several: bool, output: str | None, format_: Format | None
) -> Naming | None:
    """Decide how outputs are named, and check their folder; None for standard output."""
    if output is None or output == STREAM:
        require_standard_output(len(sources), output)
        return None
    if is_template(output):
        require_folder(fixed_folder(output), may_be_made=True)
        naming = by_template(output, format_)
    elif _means_folder(several, output):
        require_folder(output, may_be_made=True)
        naming = inside(output, format_)
    else:
        folder = output if is_url(output) else os.path.dirname(output) or "."
        require_folder(folder, may_be_made=False)
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
    """Find the format of a target by its name; a name kept from the input may have any ending."""
    if target is None:
        return None
    format_ = of_file_name(target)
    if format_ is None and os.path.basename(target) != os.path.basename(source.below):
        suffixes = ", ".join(suffix for known in FORMATS for suffix in known.suffixes)
        ending = split_name(target)[1] or "(none)"
        raise CallError(
            f"-o {output}: the ending {ending} stands for no format; "
            f"take one of {suffixes}, or give --format"
        )
    return format_


def require_standard_output(count: int, output: str | None) -> None:
    """Refuse several images for standard output, and a terminal.

    Raises
    ------
    CallError
        If there are several images.
    TerminalError
        If standard output is a terminal.
    """
    if count != 1:
        raise CallError(f"{count} inputs need a folder to go to; give -o FOLDER/")
    if sys.stdout is None or sys.stdout.isatty():
        name = "-o -: standard output" if output else "standard output"
        raise TerminalError(f"{name} is a terminal")


def _means_folder(several: bool, output: str) -> bool:
    exists = is_searched(output)
    ends_in_slash = output.endswith(("/", os.sep))
    if several and not exists and not ends_in_slash and of_file_name(output):
        raise CallError(
            f"-o {output}: several inputs need a folder to go to; give -o FOLDER/, or a template "
            "such as -o 'FOLDER/{stem}.png'"
        )
    return several or ends_in_slash or exists


def require_folder(folder: str, *, may_be_made: bool) -> None:
    """Refuse an output folder that is a file, or that is missing and may not be made.

    Raises
    ------
    CallError
        With what to do.
    """
    if is_url(folder):
        return  # object storage has no folders, and elsewhere they are made
    folder = folder.rstrip("/" + os.sep) or os.sep
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise CallError(f"-o {folder}: is a file where a folder is needed")
    if not may_be_made and not os.path.isdir(folder):
        raise CallError(f"-o: there is no folder {folder}; make it first")


AddProblem = Callable[[str], None]


def _check_sources(jobs: list[Job], problem: AddProblem) -> None:
    for job in jobs:
        if job.source is None or is_url(job.source) or os.access(job.source, os.R_OK):
            continue
        if os.path.exists(job.source):
            problem(f"{job.source}: cannot be read; check its permissions")
        else:
            problem(f"{job.source}: is a broken link; remove it, or skip it by --exclude")


def _check_formats(jobs: list[Job], problem: AddProblem, depth: str | None) -> None:
    for format_ in dict.fromkeys(job.format for job in jobs if job.format is not None):
        if not format_.types:
            problem(f"-o: {format_.name} {format_.unwritten}")
        elif depth is not None and not format_.holds_type(depth):
            problem(f"--depth: {format_.refusal(depth)}")


def _check_folders(jobs: list[Job], problem: AddProblem) -> None:
    """Name output folders that are files, or that cannot be written to."""
    for folder in folders_of(jobs):
        existing = folder
        while not os.path.lexists(existing):
            existing = os.path.dirname(existing) or "."
        if not os.path.isdir(existing):
            problem(f"-o {folder}: {existing} is a file where a folder is needed")
        elif not os.access(existing, os.W_OK | os.X_OK):
            problem(f"-o: the folder {existing} cannot be written to; check its permissions")


def _check_duplicates(jobs: list[Job], problem: AddProblem) -> None:
    real_folders: dict[str, str] = {}
    owners: dict[str, Job] = {}
    for job in jobs:
        if job.target is None:
            continue
        folder, name = os.path.split(job.target)
        if folder not in real_folders:
            real_folders[folder] = folder if is_url(folder) else os.path.realpath(folder)
        first = owners.setdefault(os.path.join(real_folders[folder], name), job)
        if first is not job:
            problem(
                f"{first.source} and {job.source} would both become {job.target}; name the "
                "outputs by a template such as -o 'out/{parent}/{stem}{suffix}'"
            )


def _check_targets(
    jobs: list[Job],
    problem: AddProblem,
    remote: Mapping[str, int],
    overwrite: bool,
    replace: bool,
) -> None:
    """Name outputs that exist and may not be replaced, or that are inputs."""
    readers: dict[object, Job] = {}
    for job in jobs:
        if job.source is not None:
            readers[job.source if is_url(job.source) else identity(job.source)] = job
    readers.pop(None, None)
    for job in jobs:
        if job.target is None:
            continue
        target = f"-o {job.target}:"
        if is_url(job.target):
            reader, exists = readers.get(job.target), job.target in remote
        else:
            try:
                status = os.stat(job.target)
            except OSError:
                continue  # it does not exist yet
            reader, exists = readers.get((status.st_dev, status.st_ino)), True
            is_image = is_zarr(job.target)
            if stat.S_ISDIR(status.st_mode) and not is_image:
                problem(f"{target} is a folder; give a file name, or a folder ending in /")
                continue
            if not stat.S_ISREG(status.st_mode) and not is_image:
                problem(f"{target} is not an ordinary file; write to standard output instead")
                continue
        if reader is not None and reader.index != job.index:
            problem(
                f"{target} is an input too, the output of {job.source_name}; write to another "
                "folder, or skip it by --exclude"
            )
        elif reader is not None and not overwrite:
            problem(f"{target} is the input itself; give --overwrite to replace it")
        elif exists and not overwrite and not replace:
            problem(f"{target} exists already; give --overwrite to replace it")


def _require_writable(output: str) -> None:
    """Refuse an output that is a URL which cannot be written, or which gives secrets away."""
    if is_url(output):
        from pdefilter.images.remote import require_protocol

        require_no_secrets("-o ", output)
        require_protocol("-o ", output.partition("{")[0], writable=True)


def _remote_files(jobs: list[Job], overwrite: bool, with_sources: bool) -> Mapping[str, int]:
    """Find when the files that are URLs were changed, of those that exist and matter."""
    names = [] if overwrite else [job.target for job in jobs]
    if with_sources:
        names += [job.source for job in jobs]
    urls = {name for name in names if name is not None and is_url(name)}
    if not urls:
        return {}
    from pdefilter.images import remote

    try:
        return remote.modified_of(urls)
    except FileError as error:
        raise CallError(str(error)) from None
