"""Fixtures that tests share: samples, photographs, and the installed executable."""

import os
import random
import signal
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from support import SAMPLES
from warm import standing_in

# No deadline: a first call imports its libraries, and machines are shared.
settings.register_profile("pdefilter", deadline=None, max_examples=16, derandomize=True)
settings.register_profile("few", deadline=None, max_examples=8, derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=240)
settings.load_profile("pdefilter")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-call", action="store_true", help="try all cases instead of a share")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave a share of the cases of long tables out, always the same ones."""
    if config.getoption("every_call"):
        return
    left_out = []
    for item in items:
        share = item.get_closest_marker("one_in")
        if share is not None and zlib.crc32(item.nodeid.encode()) % share.args[0]:
            left_out.append(item)
    if left_out:
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def share_of(request: pytest.FixtureRequest) -> Callable[[list, int], list]:
    """Choose a number of calls, always the same ones; all of them with --every-call."""

    def share(calls: list, count: int) -> list:
        if request.config.getoption("every_call"):
            return calls
        return random.Random(count).sample(calls, min(count, len(calls)))

    return share


@pytest.fixture(scope="session", autouse=True)
def programs_can_be_interrupted() -> None:
    """Let no program that a test starts ignore signals, as it would behind nohup.

    A program inherits ignored signals, but not handlers.
    """
    for kind in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(kind) == signal.SIG_IGN:
            signal.signal(kind, lambda *_: None)


@pytest.fixture(scope="session")
def samples() -> list[Path]:
    return sorted(path for path in SAMPLES.iterdir() if path.suffix in (".png", ".jpg", ".tif"))


@pytest.fixture(scope="session")
def photograph() -> np.ndarray:
    """A grey photograph, uint8."""
    import pdefilter

    return pdefilter.read(SAMPLES / "coins.png").pixels


@pytest.fixture(scope="session")
def colour_photograph() -> np.ndarray:
    """A colour photograph, uint8."""
    import pdefilter

    return pdefilter.read(SAMPLES / "portrait.png").pixels


@pytest.fixture(scope="session")
def executable() -> Path:
    """The script that pip installed."""
    return Path(sys.executable).parent / "pdefilter"


@pytest.fixture(scope="session")
def warm_executable(executable: Path) -> Iterator[Path]:
    """The script that pip installed, or where processes can be copied one that need not start."""
    if not hasattr(os, "fork"):
        yield executable
    else:
        with standing_in() as path:
            yield path


@pytest.fixture
def pdefilter_command(
    executable: Path, warm_executable: Path, tmp_path: Path
) -> Callable[..., "subprocess.CompletedProcess[bytes]"]:
    """Run the executable in an empty folder."""

    def run(
        *arguments: object, stdin: bytes = b"", **options: object
    ) -> "subprocess.CompletedProcess[bytes]":
        program = warm_executable if {"cwd", "env"}.issuperset(options) else executable
        return subprocess.run(
            [program, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            check=False,
            timeout=120,
            **{"cwd": tmp_path, **options},
        )

    return run


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"NO FULL DISK WAS TRIED: a tmpfs cannot be mounted here ({mounted.stderr!r})")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)
