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
            return _rest(file)
    return _rest(source)


def _rest(stream: IO[bytes] | io.FileIO) -> bytes:
    """Read everything, if its start is that of an image: what is none may have no end."""
    at = stream.tell() if stream.seekable() else None
    start = b""
    while len(start) < START and (more := stream.read(START - len(start))):
        start += more
    recognised(start)
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


def write_whole(data: bytes, target: Path) -> None:
    """Write a file beside its target, then give it the target's name: all or nothing.

    Where the target is a symbolic link, what it leads to is replaced.

    Raises
    ------
    ImageError
        If it cannot be written; the target is then as it was.
    """
    temporary: Path | None = None
    try:
        target = Path(os.path.realpath(target))
        descriptor, name = tempfile.mkstemp(prefix=".pdefilter-", dir=target.parent)
        temporary = Path(name)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(descriptor)
        temporary.chmod(_mode(target))
        temporary.replace(target)
    except OSError as error:
        raise ImageError(f"cannot be written ({error.strerror})") from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _mode(target: Path) -> int:
    """Find the permissions of the file to be replaced, or of any new file."""
    with contextlib.suppress(OSError):
        return target.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
