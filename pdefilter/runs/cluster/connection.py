"""The connection to the workers of Dask, which ends without a word of theirs to the user.

https://distributed.dask.org
"""

import json
import logging
import time
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, TypeVar

from pdefilter.errors import CallError
from pdefilter.warn import warn

Result = TypeVar("Result")

LOCAL = "local"
"""The name of a cluster on this machine, which lives as long as the run."""

SECONDS_TO_CONNECT = 5
"""A scheduler that has not answered by then is not there."""

_SECONDS_BETWEEN_COUNTS = 1.0

_SECONDS_OF_PATIENCE = 10.0
"""A worker that has died is started again in this time."""


class Connection:
    """A connection to a scheduler; a context manager that ends it.

    Parameters
    ----------
    address : str
        The address of a scheduler, the name of a scheduler file, or ``local``.
    workers, threads, memory : int
        For a local cluster: its workers, and the threads and the bytes of each.

    Attributes
    ----------
    address : str
        As given.
    workers, threads : int
        The workers that there were lately, and the threads of all of them.

    Raises
    ------
    CallError
        When it is entered: if Dask is not installed, the scheduler does not answer, or
        the versions of the workers differ from those here.
    """

    def __init__(self, address: str, *, workers: int, threads: int, memory: int) -> None:
        self.address = address
        self.workers = self.threads = 0
        self._local = {"n_workers": workers, "threads_per_worker": threads, "memory_limit": memory}
        self._stack = ExitStack()
        self._client: Any = None
        self._executor: Executor | None = None
        self._counted = self._without_workers = 0.0

    def __enter__(self) -> "Connection":
        try:
            self._silence()
            self._client = self._connected()
            _require_same_versions(self.address, self._client.get_versions(packages=["pdefilter"]))
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def submit(self, function: Callable[..., Result], /, *arguments: object) -> "Future[Result]":
        """Begin to compute a function of arguments, all of them picklable, in any worker."""
        if self._executor is None:
            self._executor = self._client.get_executor(pure=False)
        future: Future[Result] = self._executor.submit(function, *arguments)
        return future

    def start(self, key: str, function: Callable[..., object], /, *arguments: object) -> Any:
        """Begin as `submit` does, and return a future of Dask, which may be an argument too.

        It raises errors of many names if the connection is closed.
        """
        return self._client.submit(function, *arguments, key=key)

    def cancel(self, futures: list[Any]) -> None:
        """Stop what has not ended."""
        with suppress(Exception):  # the scheduler may be gone
            self._client.cancel(futures, force=True)

    def count(self) -> None:
        """Count the workers and their threads, now and then; warn if there are none for long."""
        waited = time.monotonic() - self._counted
        if waited < _SECONDS_BETWEEN_COUNTS:
            return
        with suppress(Exception):  # that the scheduler is gone shows in the jobs
            threads = self._client.nthreads()
            self.workers, self.threads = len(threads), sum(threads.values())
        before = self._without_workers
        self._without_workers = 0.0 if self.workers else before + min(waited, 2.0)
        if before < _SECONDS_OF_PATIENCE <= self._without_workers:
            warn(f"--cluster {self.address}: has no workers; the images wait for one")
        self._counted = time.monotonic()

    def _silence(self) -> None:
        """Keep all that Dask says away from the user until the connection ends."""
        before = logging.root.manager.disable
        logging.disable()
        self._stack.callback(logging.disable, before)
        self._stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", module=r"(distributed|dask|tornado)\b")

    def _connected(self) -> Any:
        try:
            from distributed import Client, LocalCluster
        except ImportError:
            raise CallError("--cluster: needs Dask; pip install 'pdefilter[large]'") from None
        if self.address == LOCAL:
            address = self._stack.enter_context(
                LocalCluster(
                    **self._local,
                    host="127.0.0.1",
                    dashboard_address=None,
                    worker_dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                )
            )
        else:
            address = _address_of(self.address)
        try:
            client = Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
        except (OSError, ValueError, TypeError):
            raise CallError(
                f"--cluster {self.address}: no scheduler answers there within "
                f"{SECONDS_TO_CONNECT} s; check the address, and that dask scheduler runs"
            ) from None
        self._stack.callback(client.close, 2)
        return client


def _address_of(name: str) -> str:
    """Return the address of a scheduler, from its file where that is given."""
    if "://" in name:
        return name
    try:
        return str(json.loads(Path(name).read_bytes())["address"])
    except OSError:
        raise CallError(
            f"--cluster {name}: is neither an address such as tcp://host:8786, nor a scheduler "
            f"file, nor {LOCAL}"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise CallError(
            f"--cluster {name}: is not a scheduler file; dask scheduler --scheduler-file writes one"
        ) from None


def _require_same_versions(address: str, found: Mapping[str, Any]) -> None:
    """Refuse workers whose results or messages may differ from those here."""
    ours = _versions(found["client"])
    for worker, its in found["workers"].items():
        for package, version in _versions(its).items():
            if version != ours[package]:
                raise CallError(
                    f"--cluster {address}: the worker {worker} has {package} {version}, and this "
                    f"machine has {ours[package]}; install the same version"
                )


def _versions(found: Mapping[str, Any]) -> dict[str, str]:
    packages = found["packages"]
    return {
        "pdefilter": packages["pdefilter"] or "from a folder",
        "Python": ".".join(packages["python"].split(".")[:2]),
        "NumPy": (packages["numpy"] or "none").partition(".")[0],
    }
