"""Reading files and writing them so that nothing is ever lost."""

import contextlib
import io
import os
import secrets
import stat
from pathlib import Path
from typing import IO

from pdefilter.errors import ImageError, MissingFileError
from pdefilter.images.formats import START, detect_format
from pdefilter.images.frames import Frames
from pdefilter.images.reading import Reading

_PREFIX = ".pdefilter-"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def read_frames(source: Path | IO[bytes], reading: Reading, frame: int | None = None) -> Frames:
    """Read the images of a file or a stream, in whichever format its bytes are.

    Parameters
    ----------
    source : Path or binary stream
        The file.
    reading : Reading
        The limits of reading.
    frame : int, optional
        The number of the only frame to read.

    Raises
    ------
    ImageError
        If the file holds no image, or too many.
    """
    return decode_frames(read_bytes(source), reading, frame)


def read_bytes(source: str | Path | IO[bytes]) -> bytes:
    """Read a file or a stream; only its start if it is not an image.

    Raises
    ------
    ImageError
        If it cannot be read.
    """
    try:
        if isinstance(source, str | Path):
            with open(source, "rb", buffering=0) as file:
                return read_stream(file)
        return read_stream(source)
    except OSError as error:
        raise _refusal("read", error) from None


def decode_frames(data: bytes, reading: Reading, frame: int | None = None) -> Frames:
    """Read the images in a file's bytes; parameters and errors are those of `read_frames`."""
    frames = detect_format(data).decode(data, reading)
    if frame is not None:
        return frames.one(frame)
    reading.require_frames(frames.count, *frames.size)
    return frames


def read_stream(stream: IO[bytes] | io.FileIO) -> bytes:
    """Read everything, but only the start of data that are not an image: they may be endless."""
    at = stream.tell() if stream.seekable() else None
    start = b""
    while len(start) < START and (more := stream.read(START - len(start))):
        start += more
    try:
        detect_format(start)
    except ImageError:
        return start
    if at is None:
        return start + stream.read()
    stream.seek(at)
    return stream.read()


def write_stream(data: bytes, stream: IO[bytes]) -> None:
    """Write to a stream without a buffer, so that nothing is left to fail when it is closed.

    Raises
    ------
    BrokenPipeError
        If the reader has closed the stream.
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


def write_whole(data: bytes, target: str | Path, *, replace: bool = True) -> None:
    """Write a file beside its target, then give it the target's name: all or nothing.

    Where the target is a symbolic link, the file it points to is replaced.

    Parameters
    ----------
    data : bytes
        The content of the file.
    target : str or Path
        The file.
    replace : bool
        Whether an existing file may be replaced.

    Raises
    ------
    ImageError
        If it cannot be written; the target then stays as it was.
    """
    temporary = ""
    try:
        if os.path.islink(target):
            target = os.path.realpath(target)
        descriptor, temporary = _new_file(os.path.dirname(target))
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            if replace:
                with contextlib.suppress(FileNotFoundError):
                    os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(descriptor)
            if os.name == "nt":
                file.close()  # Windows cannot rename an open file
            _rename(temporary, target, replace)
    except OSError as error:
        raise _refusal("written", error) from None
    finally:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def remove_leftovers(folder: str | Path) -> None:
    """Remove the temporary files of killed writers from a folder, but not those of running ones."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError), open(entry.path, "rb") as file:
                    _lock(file.fileno(), wait=False)
                    os.unlink(entry.path)


def _refusal(done: str, error: OSError) -> ImageError:
    kind = MissingFileError if isinstance(error, FileNotFoundError) else ImageError
    return kind(f"cannot be {done} ({error.strerror})")


def _new_file(folder: str) -> tuple[int, str]:
    """Create a file that `remove_leftovers` leaves alone while it is open."""
    while True:
        name = os.path.join(folder, _PREFIX + secrets.token_hex(8))
        descriptor = os.open(name, _NEW, 0o666)
        with contextlib.suppress(OSError):  # without locks, nothing is removed
            _lock(descriptor, wait=True)
        if os.fstat(descriptor).st_nlink:
            return descriptor, name
        os.close(descriptor)  # it was removed as a leftover before it was locked


def _lock(descriptor: int, *, wait: bool) -> None:
    """Lock a file until it is closed, if only by the death of its process.

    Raises
    ------
    OSError
        If another process holds the lock, or it cannot be locked.
    """
    if os.name != "nt":  # Windows cannot remove an open file
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def _rename(temporary: str, target: str | Path, replace: bool) -> None:
    if replace:
        os.replace(temporary, target)
        return
    try:
        os.link(temporary, target)  # unlike renaming, fails if the target exists
    except FileExistsError:
        raise ImageError("exists already; give --overwrite to replace it") from None
    except OSError:
        # The file system has no hard links.
        os.replace(temporary, target)
