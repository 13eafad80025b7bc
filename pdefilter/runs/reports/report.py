"""The report of a run: an entry for each image, written when it is done."""

import os
import sys
from collections.abc import Sequence
from typing import IO, Protocol

from pdefilter.errors import CallError
from pdefilter.runs.inputs import STREAM, identity
from pdefilter.runs.plan import Job
from pdefilter.runs.work import Outcome


class Layout(Protocol):
    """How a report is written, as bytes that follow one another in a file."""

    def head(self) -> bytes:
        """Write what a new file begins with."""
        ...

    def begin(self) -> bytes:
        """Write what a run begins with."""
        ...

    def entry(self, outcome: Outcome) -> bytes:
        """Write the entry of an image."""
        ...


class Report:
    """A report file, opened before the first job; a context manager that closes it.

    Parameters
    ----------
    file : str
        The name of the file; ``-`` for standard output.
    layout : Layout
        How it is written.
    jobs : sequence of Job
        The plan.
    overwrite : bool
        Whether an existing report is replaced.
    append : bool
        Whether entries are added to an existing report.

    Attributes
    ----------
    error : str
        Why entries are missing; empty if none are.

    Raises
    ------
    CallError
        If the file cannot be written, or is an input or an output.
    """

    def __init__(
        self, file: str, layout: Layout, jobs: Sequence[Job], *, overwrite: bool, append: bool
    ) -> None:
        self._file, self._layout, self.error = file, layout, ""
        self._stream = _open(file, jobs, "wb" if overwrite else "ab" if append else "xb")
        is_new = not self._stream.seekable() or not self._stream.tell()
        self._write((layout.head() if is_new else b"") + layout.begin())

    def __enter__(self) -> "Report":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def write(self, outcome: Outcome) -> None:
        """Write a whole entry at once, so that a run that is killed leaves whole entries."""
        self._write(self._layout.entry(outcome))

    def _write(self, data: bytes) -> None:
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[self._stream.write(rest) :]
        except BrokenPipeError:
            raise
        except OSError as error:
            self.error = f"--report {self._file}: cannot be written ({error.strerror})"


def _open(file: str, jobs: Sequence[Job], mode: str) -> IO[bytes]:
    if file == STREAM:
        if sys.stdout is None:
            raise CallError("--report -: standard output is closed; give --report FILE")
        if any(job.target is None for job in jobs):
            raise CallError("--report -: standard output takes the image; give --report FILE")
        return open(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    known = identity(file)
    if known and any(known in map(identity, (job.source or "", job.target or "")) for job in jobs):
        raise CallError(f"--report {file}: is an input or an output; give another name")
    try:
        return open(file, mode, buffering=0)
    except FileExistsError:
        raise CallError(
            f"--report {file}: exists already; give --overwrite to replace it, or "
            "--skip-existing to add to it"
        ) from None
    except OSError as error:
        raise CallError(f"--report {file}: cannot be written ({error.strerror})") from None
