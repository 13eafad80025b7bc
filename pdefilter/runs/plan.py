"""Which input becomes which output: decided and checked before anything is touched."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pdefilter.errors import CallError
from pdefilter.images.formats import FORMATS, Format, of_file_name

STREAM = "-"
"""The name of standard input and of standard output."""


@dataclass(frozen=True)
class Job:
    """One image to be filtered.

    Attributes
    ----------
    source, target : Path or None
        The files; None for standard input and standard output.
    format : Format or None
        The format to write; None for that of the input.
    """

    source: Path | None
    target: Path | None
    format: Format | None

    @property
    def source_name(self) -> str:
        """What to call the input in a message."""
        return str(self.source) if self.source else "standard input"

    @property
    def target_name(self) -> str:
        """What to call the output in a message."""
        return str(self.target) if self.target else "standard output"


def plan(
    inputs: Sequence[str],
    output: str | None,
    *,
    overwrite: bool,
    format_: Format | None,
    depth: str | None,
) -> list[Job]:
    """Pair every input with its output.

    Parameters
    ----------
    inputs : sequence of str
        Files, folders (for the images right inside them), or ``-``.
    output : str or None
        A file, a folder, or ``-``; None means standard output, unless that is
        a terminal.
    overwrite : bool
        Whether outputs may exist.
    format_ : Format or None
        The format to write; by default the one that the output's name stands
        for, else the input's.
    depth : str or None
        The type of values to be written, if it is known.

    Raises
    ------
    CallError
        If something is missing, in the way, or contradictory.
    """
    if output is None and len(inputs) > 1 and not Path(inputs[-1]).exists():
        raise CallError(f"{inputs[-1]}: no such file; if it is to be written, give -o {inputs[-1]}")
    sources = _sources(inputs)
    if output is None or output == STREAM:
        _require_standard_output(sources, output)
        targets: list[Path | None] = [None]
    elif _means_folder(inputs, output):
        _require_folder(Path(output), may_be_made=True)
        targets = _inside(Path(output), sources, format_)
    else:
        _require_folder(Path(output).parent, may_be_made=False)
        targets = [Path(output)]
    jobs = [
        Job(source, target, format_ or _format_of(target, source))
        for source, target in zip(sources, targets, strict=True)
    ]
    for job in jobs:
        _require_writable(job, overwrite, depth)
    return jobs


def _sources(inputs: Sequence[str]) -> list[Path | None]:
    found: list[Path | None] = []
    for name in inputs:
        path = Path(name)
        if name == STREAM:
            if None in found:
                raise CallError("-: standard input can be read once only; name it once")
            if sys.stdin is None or sys.stdin.isatty():
                raise CallError("-: standard input is a terminal; pipe an image into it")
            found.append(None)
        elif path.is_dir():
            found += _images_in(path)
        elif not path.exists():
            raise CallError(f"{name}: no such file; check the path")
        elif not os.access(path, os.R_OK):
            raise CallError(f"{name}: cannot be read; check its permissions")
        else:
            found.append(path)
    return found


def _images_in(folder: Path) -> list[Path]:
    try:
        files = sorted(path for path in folder.iterdir() if of_file_name(path) and path.is_file())
    except OSError as error:
        raise CallError(f"{folder}: cannot be listed ({error.strerror})") from None
    images = [path for path in files if not path.name.startswith(".")]
    if not images:
        suffixes = ", ".join(suffix for format_ in FORMATS for suffix in format_.suffixes)
        raise CallError(f"{folder}: this folder holds no images ({suffixes})")
    return images


def _require_standard_output(sources: list[Path | None], output: str | None) -> None:
    if len(sources) != 1:
        raise CallError(f"{len(sources)} inputs need a folder to go to; give -o FOLDER/")
    if sys.stdout is None or sys.stdout.isatty():
        said = "-o -: standard output" if output else "standard output"
        raise CallError(f"{said} is a terminal; give -o FILE, or pipe it into another program")


def _means_folder(inputs: Sequence[str], output: str) -> bool:
    several = len(inputs) > 1 or Path(inputs[0]).is_dir()
    if (
        several
        and not Path(output).is_dir()
        and of_file_name(Path(output))
        and output[-1] not in "/\\"
    ):
        raise CallError(f"-o {output}: several inputs need a folder to go to; give -o FOLDER/")
    return several or output.endswith(("/", os.sep)) or Path(output).is_dir()


def _inside(
    folder: Path, sources: Sequence[Path | None], format_: Format | None
) -> list[Path | None]:
    targets: dict[Path, Path] = {}
    for source in sources:
        if source is None:
            raise CallError(f"-o {folder}: standard input has no name to use there; give -o FILE")
        target = folder / source.name
        if format_ is not None and of_file_name(source) != format_:
            target = target.with_suffix(format_.suffixes[0])
        if target in targets:
            raise CallError(f"{targets[target]} and {source} would both become {target}")
        targets[target] = source
    return list(targets)


def _format_of(target: Path | None, source: Path | None) -> Format | None:
    """Find what a target's name stands for; a name taken over from the input may say nothing."""
    if target is None:
        return None
    format_ = of_file_name(target)
    if format_ is None and (source is None or source.name != target.name):
        suffixes = ", ".join(suffix for known in FORMATS for suffix in known.suffixes)
        raise CallError(
            f"-o {target}: the ending {target.suffix or '(none)'} stands for no format; "
            f"take one of {suffixes}, or give --format"
        )
    return format_


def _require_writable(job: Job, overwrite: bool, depth: str | None) -> None:
    if job.format is not None:
        if not job.format.types:
            raise CallError(f"-o {job.target}: {job.format.name} holds no grey; write .pgm")
        if depth is not None and not job.format.holds_type(depth):
            raise CallError(f"--depth: {job.format.refusal(depth)}")
    target = job.target
    if target is None:
        return
    if target.is_dir():
        raise CallError(f"-o {target}: is a folder; give a file name, or a folder ending in /")
    if target.exists() and not target.is_file():
        raise CallError(f"-o {target}: is no ordinary file; write to standard output instead")
    if target.exists() and not overwrite:
        same = job.source is not None and target.samefile(job.source)
        what = "is the input itself" if same else "exists already"
        raise CallError(f"-o {target}: {what}; give --overwrite to replace it")


def _require_folder(folder: Path, *, may_be_made: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise CallError(f"-o {folder}: is a file where a folder is needed")
    existing = folder.parent if may_be_made and not folder.exists() else folder
    if not existing.is_dir():
        raise CallError(f"-o: there is no folder {existing}; make it first")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise CallError(f"-o: the folder {existing} cannot be written to; check its permissions")
