"""Reading files and writing them so that nothing is ever lost."""

import contextlib
import io
import os
import tempfile
from pathlib import Path
from typing import IO

from pdefilter.errors import ImageError
from pdefilter.images.formats import START, recognised
from pdefilter.images.frames import Frames
from pdefilter.images.reading import Reading

_PREFIX = ".pdefilter-"


def read_frames(source: Path | IO[bytes], reading: Reading, frame: int | None = None) -> Frames:
    """Read the images of a file or a stream, in whichever format its bytes are.

    Parameters
    ----------
    source : Path or binary stream
        The file.
    reading : Reading
        What may be read.
    frame : int, optional
        The number of the only one wanted.

    Raises
    ------
    ImageError
        If there is no image in it, or there are too many.
    """
    try:
        data = _bytes(source)
    except OSError as error:
        raise ImageError(f"cannot be read ({error.strerror})") from None
    frames = recognised(data).decode(data, reading)
    if frame is not None:
        return frames.one(frame)
    reading.require_frames(frames.count, *frames.size)
    return frames


def _bytes(source: Path | IO[bytes]) -> bytes:
    if isinstance(source, Path):
        with source.open("rb", buffering=0) as file:
            return read_stream(file)
    return read_stream(source)


def read_stream(stream: IO[bytes] | io.FileIO) -> bytes:
    """Read everything, or, if it does not begin as an image does, its start: it may have no end."""
    at = stream.tell() if stream.seekable() else None
    start = b""
    while len(start) < START and (more := stream.read(START - len(start))):
        start += more
    try:
        recognised(start)
    except ImageError:
        return start
    if at is None:
        return start + stream.read()
    stream.seek(at)
    return stream.read()


def write_stream(data: bytes, stream: IO[bytes]) -> None:
    """Write to a stream at once, so that nothing is left to fail when it is closed.

    Raises
    ------
    BrokenPipeError
        If nobody reads it any more.
    ImageError
        If it cannot be written.
    """
    try:
        with open(stream.fileno(), "wb", buffering=0, closefd=False) as raw:
            rest = memoryview(data)
            while rest:
                rest = rest[raw.write(rest) or 0 :]
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ImageError(f"cannot be written ({error.strerror})") from None


def write_whole(data: bytes, target: Path, *, replace: bool = True) -> None:
    """Write a file beside its target, then give it the target's name: all or nothing.

    Where the target is a symbolic link, what it leads to is replaced.

    Parameters
    ----------
    data : bytes
        What the file is to hold.
    target : Path
        The file.
    replace : bool
        Whether it may be there.

    Raises
    ------
    ImageError
        If it cannot be written; the target is then as it was.
    """
    temporary: Path | None = None
    try:
        target = Path(os.path.realpath(target))
        descriptor, temporary = _new_file(target.parent)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(descriptor)
            temporary.chmod(_mode(target))
            if os.name == "nt":
                file.close()  # Windows renames no open file
            _rename(temporary, target, replace)
    except OSError as error:
        raise ImageError(f"cannot be written ({error.strerror})") from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def remove_leftovers(folder: str | Path) -> None:
    """Remove what writers that were killed have left in a folder, and nothing of those alive."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError), open(entry.path, "rb") as file:
                    _lock(file.fileno(), wait=False)
                    os.unlink(entry.path)


def _new_file(folder: Path) -> tuple[int, Path]:
    """Make a file that `remove_leftovers` leaves alone while it is open."""
    while True:
        descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=folder)
        with contextlib.suppress(OSError):  # where nothing can be locked, nothing is removed
            _lock(descriptor, wait=True)
        if os.fstat(descriptor).st_nlink:
            return descriptor, Path(name)
        os.close(descriptor)  # it was taken for a leftover before it was locked


def _lock(descriptor: int, *, wait: bool) -> None:
    """Lock a file until it is closed, if only by the death of who holds it.

    Raises
    ------
    OSError
        If somebody else holds it, or it cannot be locked.
    """
    if os.name != "nt":  # Windows removes no file that is open
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def _rename(temporary: Path, target: Path, replace: bool) -> None:
    if replace:
        temporary.replace(target)
        return
    try:
        target.hardlink_to(temporary)  # unlike renaming, fails where something is
    except FileExistsError:
        raise ImageError("exists already; give --overwrite to replace it") from None
    except OSError:
        # The file system has no hard links.
        temporary.replace(target)


def _mode(target: Path) -> int:
    """Find the permissions of the file to be replaced, or of any new file."""
    with contextlib.suppress(OSError):
        return target.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
