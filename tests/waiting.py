"""Waiting for other processes, on machines of any speed."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Found = TypeVar("Found")


def children(process: subprocess.Popen[bytes]) -> list[int]:
    """List the children of a process; none if it is gone."""
    try:
        text = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    except OSError:
        return []
    return [int(number) for number in text.split()]


def until(condition: Callable[[], Found], seconds: float = 60, pause: float = 0.02) -> Found:
    """Wait until a condition is true, and return its value."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(pause)
    return found
