"""What a run in boxes must know to continue where it was interrupted."""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from typing import IO, Any, Self

import numpy as np

from pdefilter.errors import FileError
from pdefilter.images.files import lock, refusal
from pdefilter.images.stores.unfinished import unfinished_folder

_NAME, _LOCK = "run.json", "lock"
_ENDING = "-run"


@dataclass
class Notes:
    """The folder of a run in boxes, beside its output.

    It holds what was measured, the size of the boxes, and the image between two filters,
    until the output is complete.

    Attributes
    ----------
    folder : str
        The folder.
    run : str
        A name for all runs that continue one another.
    stages : list of dict
        For each filter that was begun, its numbers and the size of its boxes.
    lock : file
        Keeps a second run out until it is closed.
    """

    folder: str
    fingerprint: str
    run: str
    stages: list[dict[str, Any]]
    lock: IO[bytes]

    @classmethod
    def of(cls, target: str, fingerprint: str) -> Self:
        """Open the notes of an earlier run with the same fingerprint, or begin new ones.

        Raises
        ------
        FileError
            If they cannot be written, or another run is writing them.
        """
        folder = folder_of(target)
        try:
            lock = _locked(folder)
            with suppress(FileNotFoundError, ValueError), open(os.path.join(folder, _NAME)) as file:
                found = json.load(file)
                if found.get("fingerprint") == fingerprint:
                    return cls(folder, **found, lock=lock)
            for name in os.listdir(folder):
                if name != _LOCK:
                    os.unlink(os.path.join(folder, name))
            new = cls(folder, fingerprint, secrets.token_hex(8), [], lock)
            new._write()
        except OSError as error:
            raise refusal("written", error) from None
        return new

    def note(self, stage: int, **values: Any) -> None:
        """Note what is known of a filter."""
        if stage == len(self.stages):
            self.stages.append({})
        self.stages[stage].update(values)
        try:
            self._write()
        except OSError as error:
            raise refusal("written", error) from None

    def of_stage(self, stage: int) -> Mapping[str, Any]:
        """Return what an earlier run noted of a filter."""
        return self.stages[stage] if stage < len(self.stages) else {}

    def path(self, name: str) -> str:
        """Name a file of the run."""
        return os.path.join(self.folder, name)

    def close(self, *, is_done: bool) -> None:
        """Let other runs in; remove the folder if the output is done, or nothing else is."""
        files = {_NAME, _LOCK}
        if is_done or not (files < {*os.listdir(self.folder)} or os.path.exists(self._unfinished)):
            shutil.rmtree(self.folder, ignore_errors=True)
        self.lock.close()

    @property
    def _unfinished(self) -> str:
        """The folder of the output's sink, which exists while boxes are kept."""
        return self.folder.removesuffix(_ENDING)

    def _write(self) -> None:
        values = {"fingerprint": self.fingerprint, "run": self.run, "stages": self.stages}
        path = self.path(_NAME)
        with open(f"{path}.new", "w") as file:
            json.dump(values, file)
        os.replace(f"{path}.new", path)


def folder_of(target: str) -> str:
    """Name the folder of a run beside its output."""
    return unfinished_folder(target) + _ENDING


def is_unfinished(target: str) -> bool:
    """Whether a run in boxes with this output was interrupted, and will continue."""
    return os.path.isdir(folder_of(target))


def _locked(folder: str) -> IO[bytes]:
    """Make the folder, and lock it until the file that is returned is closed.

    Raises
    ------
    FileError
        If another run has locked it.
    """
    while True:
        os.makedirs(folder, exist_ok=True)
        try:
            file = open(os.path.join(folder, _LOCK), "ab")  # noqa: SIM115
        except FileNotFoundError:
            continue  # another run has just ended, and removed the folder
        try:
            lock(file.fileno(), wait=False)
        except BlockingIOError:
            file.close()
            raise FileError(
                "is being written by another run; wait for its end, or give another output"
            ) from None
        except OSError:
            return file  # the file system has no locks
        if os.name == "nt" or os.fstat(file.fileno()).st_nlink:
            return file
        file.close()


def fingerprint(*values: Any) -> str:
    """Make a word that differs where any of the values does, in any process."""
    digest = hashlib.sha256()
    _add(digest, values)
    return digest.hexdigest()


def _add(digest: Any, value: Any) -> None:
    if isinstance(value, np.ndarray):
        _add(digest, (value.shape, value.dtype.str))
        digest.update(np.ascontiguousarray(value))
    elif isinstance(value, Mapping):
        _add(digest, [(key, value[key]) for key in sorted(value)])
    elif isinstance(value, list | tuple):
        digest.update(f"{type(value).__name__} {len(value)}:".encode())
        for one in value:
            _add(digest, one)
    elif is_dataclass(value) and not isinstance(value, type):
        pairs = [(field.name, getattr(value, field.name)) for field in fields(value)]
        _add(digest, [type(value).__name__, *pairs])
    else:
        digest.update(f"{value!r};".encode())
