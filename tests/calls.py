"""Many calls of the command line, each in a process of its own that need not start.

Run as a script it has all libraries imported, as ``warm.py`` has, but it limits what a call may
take, and sees that no process with threads is copied.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from warm import become, import_libraries

STARTS = ("error: ", "warning: ", "pdefilter: ")
"""The beginnings of lines on standard error; the last is that of what is no complaint."""

_SECONDS_OF_COMPUTING = 5


@dataclass(frozen=True)
class Done:
    """A call, how it ended, and what it said."""

    words: list[str]
    engine: str
    status: int
    said: str

    @property
    def is_answer(self) -> bool:
        """Whether it ended as every call should: in images, or in sentences that say why not."""
        lines = self.said.splitlines()
        told = all(line.startswith(STARTS) for line in lines)
        return told and (self.status == 0 or (self.status in (1, 2) and bool(lines)))


def run_calls(
    calls: Iterable[tuple[list[str], str]], folder: Path, seconds: int, band: int | None = None
) -> list[Done]:
    """Run calls one after the other, each a list of words and an engine.

    Parameters
    ----------
    calls : iterable of (list of str, str)
        The words of each, and its engine.
    folder : Path
        Where they run.
    seconds : int
        What each may take. Of a worker that computes for five, nobody says that it waits: it is
        ended, and that is told as of any worker that dies.
    band : int, optional
        The floats in a band of rows, so that threads have to do with small images too.
    """
    calls = list(calls)
    order = {"calls": calls, "seconds": seconds, "band": band}
    served = subprocess.run(
        [sys.executable, __file__],
        input=json.dumps(order).encode(),
        cwd=folder,
        stdout=subprocess.PIPE,
        check=True,
    )
    answers = [json.loads(line) for line in served.stdout.splitlines()]
    return [Done(*call, *answer) for call, answer in zip(calls, answers, strict=True)]


def _serve() -> None:
    import_libraries()
    from pdefilter.cli.main import main
    from pdefilter.kernels import bands

    order = json.load(sys.stdin)
    bands._BAND_FLOATS = order["band"] or bands._BAND_FLOATS
    for words, engine in order["calls"]:
        pid = os.fork()
        if not pid:
            _call(main, words, engine, order["seconds"])
        _, status = os.waitpid(pid, 0)
        said = Path("said").read_text(errors="replace")
        print(json.dumps((os.waitstatus_to_exitcode(status), said)), flush=True)


def _call(main, words, engine, seconds) -> None:
    """Be the executable."""
    import resource
    import signal

    nothing, said = os.open(os.devnull, os.O_RDWR), os.open("said", os.O_CREAT | os.O_RDWR)
    os.ftruncate(said, 0)
    become(words, [nothing, os.dup(nothing), said])
    os.environ["PDEFILTER_ENGINE"] = engine
    if sys.platform == "linux":
        os.register_at_fork(before=_require_one_thread)
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS_OF_COMPUTING, 2 * _SECONDS_OF_COMPUTING))
    signal.alarm(seconds)
    try:
        main()
    except BaseException:
        import traceback

        traceback.print_exc()
    os._exit(70)


def _require_one_thread() -> None:
    """Say what a copy would lack."""
    if (count := len(list(Path("/proc/self/task").iterdir()))) > 1:
        print(f"a process of {count} threads is copied", file=sys.stderr)


if __name__ == "__main__":
    _serve()
