"""Images that are being written: beside their targets, with a journal of what is kept."""

import dataclasses
import errno
import hashlib
import json
import os
import shutil
import stat
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from io import FileIO
from typing import Any, Self

import numpy as np

from pdefilter.errors import FileError, ImageError
from pdefilter.grid import Box, Grid
from pdefilter.images import files
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata
from pdefilter.images.stores.store import Encoded

# `remove_leftovers` does not know it: the next run continues here.
_PREFIX = ".unfinished-"
_JOURNAL, _IMAGE = "journal", "image"
_BUSY = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)


def unfinished_folder(target: str) -> str:
    """Name the folder of an unfinished image: the same for every run with this target."""
    folder, name = os.path.split(os.path.realpath(target))
    return os.path.join(folder, _PREFIX + hashlib.sha256(os.fsencode(name)).hexdigest()[:16])


class UnfinishedSink(ABC):
    """The common part of all sinks: the folder, its lock, the journal, and the name at the end.

    The folder is beside the target. It holds the image, a file or a folder, and the journal:
    a line for the fingerprint, then one for every box, written after the box. A box counts if
    its bytes still have the checksum that the journal names; after a power cut they may not.

    Parameters
    ----------
    target : str
        The file or folder to be written.
    outline : Image
        The image as a single pixel.
    grid : Grid
        The pixels of the image.
    blocks : tuple of int
        The size that boxes are multiples of.
    fingerprint : str
        Identifies what is written: an unfinished image of another fingerprint is dropped.
    replace : bool
        Whether an existing target may be replaced.
    """

    def __init__(
        self,
        target: str,
        outline: Image,
        grid: Grid,
        blocks: tuple[int, int],
        *,
        fingerprint: str,
        replace: bool,
    ) -> None:
        self.grid, self.blocks = grid, blocks
        self.outline = outline
        self._target, self._replace = os.path.realpath(target), replace
        self._folder = unfinished_folder(target)
        self._fingerprint = fingerprint
        self._kept: dict[Box, list[int]] = {}
        self._journal: FileIO | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what only the process that keeps boxes needs."""
        outline = dataclasses.replace(self.outline, metadata=Metadata())
        return self.__dict__ | {"outline": outline, "_journal": None, "_kept": {}}

    @property
    def kept(self) -> frozenset[Box]:
        """The boxes that are kept."""
        return frozenset(self._kept)

    def encode(self, box: Box, image: Image) -> Encoded:
        """Encode a box, in any thread or process.

        Raises
        ------
        ValueError
            If the box does not fit the blocks, or the image the box or the outline.
        """
        fits = all(
            start % block == 0 and (stop % block == 0 or stop == size) and start < stop <= size
            for start, stop, block, size in zip(
                box.start, box.stop, self.blocks, self.grid.shape, strict=True
            )
        )
        if not fits:
            raise ValueError(f"{box} is not made of whole blocks of {self.blocks}")
        expected = *box.shape, *self.outline.pixels.shape[2:]
        if (image.pixels.shape, image.pixels.dtype) != (expected, self.outline.pixels.dtype):
            raise ValueError(f"{image!r} is not the part {box} of {self.outline!r}")
        return Encoded(box, tuple(self._pieces(box, image)))

    def keep(self, encoded: Encoded) -> None:
        """Keep an encoded box.

        Raises
        ------
        FileError
            If it cannot be written, as on a full disk.
        """
        assert self._journal is not None, "a sink is used in a `with` block"
        box = encoded.box
        if box in self._kept:
            return
        with _refusing():
            places = self._store(encoded)
            checksum = _checksum(encoded.pieces)
            self._note([box.start, box.stop, places, checksum])
        self._kept[box] = places

    def __enter__(self) -> Self:
        with _refusing():
            if not self._replace and os.path.lexists(self._target):
                raise FileError("exists already; give --overwrite to replace it")
            self._journal = self._locked_journal()
            try:
                self._resume()
            except BaseException:
                self._close()
                raise
        return self

    def __exit__(self, *error: object) -> None:
        """Give the complete image its name; after an error keep the boxes for the next run."""
        is_done = False
        try:
            if error[0] is None:
                self._require_complete()
                with _refusing():
                    self._complete()
                    self._rename()
                is_done = True
        finally:
            if os.name == "nt":
                self._close()  # Windows cannot remove an open file
            if is_done or not self._kept:
                shutil.rmtree(self._folder, ignore_errors=True)
            self._close()

    @property
    def _image(self) -> str:
        return os.path.join(self._folder, _IMAGE)

    @abstractmethod
    def _layout(self) -> Sequence[object]:
        """List everything that the bytes of the unfinished image depend on."""

    @abstractmethod
    def _begin(self) -> None:
        """Begin an empty image."""

    @abstractmethod
    def _continue(self) -> None:
        """Continue an image whose kept boxes are known."""

    @abstractmethod
    def _pieces(self, box: Box, image: Image) -> Iterable[bytes]:
        """Encode the pieces of a box."""

    @abstractmethod
    def _store(self, encoded: Encoded) -> list[int]:
        """Write the pieces of a box, and return numbers that find them again."""

    @abstractmethod
    def _stored_bytes(self, box: Box, places: list[int]) -> Iterable[bytes]:
        """Read the pieces of a box again."""

    @abstractmethod
    def _complete(self) -> None:
        """Write what follows the boxes, to the disk."""

    def _rename(self) -> None:
        if self._replace:
            with suppress(FileNotFoundError):
                os.chmod(self._image, stat.S_IMODE(os.stat(self._target).st_mode))
        files.rename(self._image, self._target, self._replace)

    def _locked_journal(self) -> FileIO:
        """Open the journal, and lock it against a second run until this process ends."""
        path = os.path.join(self._folder, _JOURNAL)
        while True:
            with suppress(FileExistsError):
                os.mkdir(self._folder)
            try:
                journal = open(path, "ab+", buffering=0)  # noqa: SIM115
            except FileNotFoundError:
                continue  # another run has just ended, and removed the folder
            try:
                files.lock(journal.fileno(), wait=False)
            except OSError as error:
                if error.errno in _BUSY:
                    journal.close()
                    raise FileError(
                        "is being written by another run; wait for its end, or give another output"
                    ) from None
                # The file system has no locks.
            if os.name == "nt" or os.fstat(journal.fileno()).st_nlink:
                return journal
            journal.close()

    def _resume(self) -> None:
        """Read what an earlier run has kept, or begin anew."""
        assert self._journal is not None
        identity = _digest([self._fingerprint, *self._layout()])
        self._journal.seek(0)
        lines = self._journal.read().split(b"\n")
        del lines[-1]  # what follows the last newline is torn
        self._kept = {}
        if lines and _parsed(lines[0]) == identity and os.path.lexists(self._image):
            self._kept = dict(self._intact(lines[1:]))
        if self._kept:
            self._journal.truncate(sum(len(line) + 1 for line in lines))
            self._continue()
        else:
            self._journal.truncate(0)
            self._remove_image()
            self._begin()
            self._note(identity)

    def _remove_image(self) -> None:
        if os.path.isdir(self._image):
            shutil.rmtree(self._image)
        else:
            with suppress(FileNotFoundError):
                os.unlink(self._image)

    def _intact(self, lines: Iterable[bytes]) -> Iterator[tuple[Box, list[int]]]:
        for line in lines:
            with suppress(OSError, ValueError, TypeError, EOFError):
                start, stop, places, checksum = _parsed(line)
                box = Box(tuple(start), tuple(stop))
                if _checksum(self._stored_bytes(box, places)) == checksum:
                    yield box, places

    def _note(self, record: object) -> None:
        assert self._journal is not None
        line = json.dumps(record).encode() + b"\n"
        if self._journal.write(line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _require_complete(self) -> None:
        shape = [-(-n // b) for n, b in zip(self.grid.shape, self.blocks, strict=True)]
        covered = np.zeros(shape, bool)
        for box in self._kept:
            covered[tuple(
                slice(start // block, -(-stop // block))
                for start, stop, block in zip(box.start, box.stop, self.blocks, strict=True)
            )] = True  # fmt: skip
        if not covered.all():
            missing = covered.size - np.count_nonzero(covered)
            raise ImageError(
                f"is incomplete: {missing} of {covered.size} blocks were not written; run again"
            )

    def _close(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise files.refusal("written", error) from None


def write_all(file: FileIO, data: bytes | memoryview) -> None:
    """Write to a file without a buffer, which may take less than it is given at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _checksum(pieces: Iterable[bytes]) -> int:
    checksum = 0
    for piece in pieces:
        checksum = zlib.crc32(piece, checksum)
    return checksum


def _digest(facts: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()


def _parsed(line: bytes) -> Any:
    """Read a line of the journal; None if it is damaged."""
    try:
        return json.loads(line)
    except ValueError:
        return None
