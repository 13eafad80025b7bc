"""A run that is repeated from its report: the same filters and options on the same files."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pdefilter import __version__
from pdefilter.errors import CallError
from pdefilter.images.formats import Format, of_file_name
from pdefilter.runs.inputs import STREAM, require_standard_input
from pdefilter.runs.plan import Job, is_missing, require_folder, require_standard_output

_NEEDED: Mapping[str, type] = {
    "index": int,
    "input": str,
    "output": str,
    "filters": list,
    "options": dict,
    "version": str,
    "sha256": dict,
}


@dataclass(frozen=True)
class Repeat:
    """What a report says of a run.

    Attributes
    ----------
    stages : list of (str, mapping)
        The name of each filter and its parameters. They are not checked.
    options : mapping
        The common options on which the outputs depend. They are not checked.
    lines : list of mapping
        The line of each output, in the order of the run.
    """

    stages: list[tuple[str, Mapping[str, Any]]]
    options: Mapping[str, Any]
    lines: list[Mapping[str, Any]]

    @property
    def other_version(self) -> str | None:
        """The version of the program that made the report, if it is not this one."""
        versions = {line["version"] for line in self.lines} - {__version__}
        return min(versions, default=None)

    def jobs(self, output: str | None, format_: Format | None) -> list[Job]:
        """List the jobs, with the outputs of the report or those below another folder.

        Contours have the names of the report.

        Parameters
        ----------
        output : str or None
            The folder, or the file of a single image; None for the names of the report.
        format_ : Format or None
            The format to write; by default the one that the output's name stands for, else
            that of the input.

        Raises
        ------
        CallError
            If inputs are missing, or outputs have no names there.
        """
        jobs = []
        targets = self._targets(output)
        for index, (line, target) in enumerate(zip(self.lines, targets, strict=True)):
            source = None if line["input"] == STREAM else line["input"]
            if source is None:
                require_standard_input()
            elif is_missing(source):
                raise CallError(
                    f"{source}: no such file; repeat the report in the folder where it was made"
                )
            known = format_ or (None if target is None else of_file_name(target))
            lines = line.get("contours")
            jobs.append(Job(index, source, target, known, line["sha256"], contours=lines))
        return jobs

    def _targets(self, output: str | None) -> list[str | None]:
        names = [line["output"] for line in self.lines]
        if output is None:
            targets = [None if name == STREAM else name for name in names]
        elif len(names) == 1 and not (output.endswith(("/", os.sep)) or os.path.isdir(output)):
            targets = [None if output == STREAM else output]
        elif STREAM in (output, *names):
            raise CallError(f"-o {output}: standard output has no name there; give another")
        else:
            require_folder(output, may_be_made=True)
            paths = [os.path.abspath(name) for name in names]
            common = os.path.commonpath([os.path.dirname(path) for path in paths])
            targets = [os.path.join(output, os.path.relpath(path, common)) for path in paths]
        if None in targets:
            require_standard_output(len(targets), output)
        return targets


def read_report(file: str) -> Repeat:
    """Read a report of lines of JSON.

    Where several lines are about one output, the last one counts.

    Raises
    ------
    CallError
        If it is not a report, or one of several runs with different options.
    """
    lines: dict[str, Mapping[str, Any]] = {}
    first = None
    for number, line in _lines_of(file):
        place = f"--from-report {file}: line {number}"
        _require_entries(place, line)
        kind = ([(stage["filter"], stage["parameters"]) for stage in line["filters"]],
                line["options"])  # fmt: skip
        if first is not None and kind != first:
            raise CallError(
                f"{place} has other filters or options than those before; repeat runs one by one, "
                "each from a report of its own"
            )
        first = kind
        lines[line["output"]] = line
    if first is None:
        raise CallError(f"--from-report {file}: is empty; give a report of --report")
    return Repeat(*first, sorted(lines.values(), key=lambda line: line["index"]))


def _lines_of(file: str) -> Iterator[tuple[int, Any]]:
    try:
        with open(file, "rb") as stream:
            for number, line in enumerate(stream, 1):
                try:
                    yield number, json.loads(line)
                except (ValueError, RecursionError):
                    raise CallError(
                        f"--from-report {file}: line {number} is not JSON; give a report of "
                        "--report whose name does not end in .html"
                    ) from None
    except OSError as error:
        raise CallError(f"--from-report {file}: cannot be read ({error.strerror})") from None


def _require_entries(place: str, line: Any) -> None:
    """Refuse a line that lacks an entry, or where it is of another type."""
    if not isinstance(line, dict):
        raise CallError(f"{place} is not an image of a report; give a report of --report")
    for name, kind in _NEEDED.items():
        if name not in line:
            raise CallError(
                f"{place} has no {name}; make the report again by --report, as this version "
                "writes all that a repetition needs"
            )
        if type(line[name]) is not kind:
            raise CallError(f"{place}: {name} is {line[name]!r}; correct it")
    for name in ("input", "output"):
        _require_name(f"{place}: {name}", line[name])
    if "contours" in line:
        _require_name(f"{place}: contours", line["contours"])
    if not line["filters"]:
        raise CallError(f"{place} has no filters; correct it")
    for stage in line["filters"]:
        is_stage = isinstance(stage, dict) and isinstance(stage.get("filter"), str)
        if not is_stage or not isinstance(stage.get("parameters"), dict):
            raise CallError(f"{place}: {stage!r} is not a filter with its parameters; correct it")
    if not all(isinstance(digest, str) for digest in line["sha256"].values()):
        raise CallError(f"{place}: sha256 is {line['sha256']!r}; correct it")


def _require_name(place: str, name: Any) -> None:
    try:
        is_name = isinstance(name, str) and bool(name) and b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        is_name = False
    if not is_name:
        raise CallError(f"{place} is {name!r}, not the name of a file; correct it")
