"""The report: a line of JSON for each image, written when it is done."""

import json
import os
import sys
from collections.abc import Sequence
from typing import IO

from pdefilter.errors import CallError
from pdefilter.runs.chain import Chain
from pdefilter.runs.inputs import STREAM, identity
from pdefilter.runs.plan import Job
from pdefilter.runs.resources import name_engine
from pdefilter.runs.work import Outcome


class Report:
    """A report file, opened before the first job; a context manager that closes it.

    Parameters
    ----------
    file : str
        The name of the file; ``-`` for standard output.
    jobs : sequence of Job
        The plan.
    chain : Chain
        The filters, with their pictures as names of files.
    overwrite : bool
        Whether an existing report is replaced.
    append : bool
        Whether lines are added to an existing report.

    Attributes
    ----------
    error : str
        Why lines are missing; empty if none are.

    Raises
    ------
    CallError
        If the file cannot be written, or is an input or an output.
    """

    def __init__(
        self, file: str, jobs: Sequence[Job], chain: Chain, *, overwrite: bool, append: bool
    ) -> None:
        self._file, self.error = file, ""
        self._filters = [
            {"filter": stage.name, "parameters": dict(stage.parameters)} for stage in chain.stages
        ]
        self._stream = _open(file, jobs, "wb" if overwrite else "ab" if append else "xb")

    def __enter__(self) -> "Report":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def write(self, outcome: Outcome) -> None:
        """Write a whole line at once, so that a run that is killed leaves whole lines."""
        job = outcome.job
        stages = outcome.chosen or [[] for _ in self._filters]
        line = {
            "index": job.index,
            "input": job.source or STREAM,
            "output": job.target or STREAM,
            "status": "failed" if outcome.error else "skipped" if outcome.skipped else "done",
            **outcome.image,
            "filters": [
                {**filter_, "chosen": chosen}
                for filter_, chosen in zip(self._filters, stages, strict=True)
            ],
            "engine": name_engine(),
            "threads": outcome.threads,
            "seconds": {phase: round(taken, 6) for phase, taken in outcome.seconds.items()},
            "warnings": outcome.warnings,
            "error": outcome.error,
        }
        try:
            self._stream.write(json.dumps(line).encode() + b"\n")
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
