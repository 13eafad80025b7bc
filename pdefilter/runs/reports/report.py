"""The report of a run: an entry for each image, written when it is done."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Protocol

from pdefilter.errors import CallError
from pdefilter.runs.inputs import STREAM, identity
from pdefilter.runs.plan import Job
from pdefilter.runs.work import Outcome

# A report is searched from its end in blocks of this size.
_BLOCK = 1 << 20


class Layout(Protocol):
    """How a report is written, as bytes that follow one another in a file."""

    @property
    def starts(self) -> tuple[bytes, ...]:
        """The bytes that a head, a beginning and an entry start with."""
        ...

    @property
    def end(self) -> bytes:
        """The bytes that each of them ends with."""
        ...

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
        mode = "wb" if overwrite else "ab" if append else "xb"
        self._stream = _open(file, layout, jobs, mode)
        is_new = not self._stream.seekable() or not self._stream.tell()
        self._write((layout.head() if is_new else b"") + layout.begin())

    def __enter__(self) -> "Report":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def write(self, outcome: Outcome) -> None:
        """Write a whole entry at once."""
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


def _cut_unfinished(file: str, layout: Layout) -> None:
    """Cut off what a killed run may have left unfinished at the end of a report.

    A system that ends a process ends its writing too, between two pages of memory.
    """
    # Where this is not allowed, adding may be; if not, that says so.
    with suppress(OSError), open(file, "r+b") as stream:
        at = stream.seek(0, os.SEEK_END)
        found, data = -1, b""
        while at > 0 and found < 0:
            start = max(at - _BLOCK, 0)
            stream.seek(start)
            # An end may lie across two blocks.
            data = stream.read(at - start) + data[: len(layout.end) - 1]
            found, at = data.rfind(layout.end), start
        whole = at + found + len(layout.end) if found >= 0 else 0
        stream.seek(whole)
        rest = stream.read(max(map(len, layout.starts)))
        if rest and any(known[: len(rest)] == rest[: len(known)] for known in layout.starts):
            stream.truncate(whole)


def _open(file: str, layout: Layout, jobs: Sequence[Job], mode: str) -> IO[bytes]:
    if file == STREAM:
        if sys.stdout is None:
            raise CallError("--report -: standard output is closed; give --report FILE")
        if any(job.target is None for job in jobs):
            raise CallError("--report -: standard output takes the image; give --report FILE")
        return open(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    known = identity(file)
    if known and any(known in map(identity, (job.source or "", job.target or "")) for job in jobs):
        raise CallError(f"--report {file}: is an input or an output; give another name")
    if mode == "ab" and os.path.isfile(file):
        _cut_unfinished(file, layout)
    try:
        return open(file, mode, buffering=0)
    except FileExistsError:
        raise CallError(
            f"--report {file}: exists already; give --overwrite to replace it, or "
            "--skip-existing to add to it"
        ) from None
    except OSError as error:
        raise CallError(f"--report {file}: cannot be written ({error.strerror})") from None
