"""Reading files and writing them so that nothing is ever lost."""

import contextlib
import io
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pdefilter.errors import FileError, ImageError, MissingFileError
from pdefilter.images.detached import with_values
from pdefilter.images.folders import (
    archive,
    archive_of_series,
    is_archive,
    is_folder_image,
    is_series,
    unpack,
)
from pdefilter.images.formats import START, detect_format
from pdefilter.images.frames import Frames
from pdefilter.images.reading import Reading
from pdefilter.images.urls import is_url

_PREFIX = ".pdefilter-"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def read_frames(
    source: str | Path | IO[bytes], reading: Reading, frame: int | None = None
) -> Frames:
    """Read the images of a file or a stream, in whichever format its bytes are.

    Parameters
    ----------
    source : str, Path or binary stream
        The file; as a string, it may be a URL.
    reading : Reading
        The limits of reading.
    frame : int, optional
        The number of the only frame to read; of the slice, where a volume is read by slices.

    Raises
    ------
    ImageError
        If the file holds no image, or too many.
    """
    return decode_frames(read_bytes(source), reading, frame)


def read_bytes(source: str | Path | IO[bytes]) -> bytes:
    """Read a file, a URL or a stream; only its start if it is not an image.

    Raises
    ------
    ImageError
        If it cannot be read.
    """
    if isinstance(source, str) and is_url(source):
        from pdefilter.images import remote

        return remote.read(source)
    try:
        if isinstance(source, str | Path):
            if is_folder_image(os.fspath(source)):
                path = os.fspath(source)
                return archive_of_series(path) if is_series(path) else archive(path)
            with open(source, "rb", buffering=0) as file:
                return with_values(os.fspath(source), read_stream(file))
        return read_stream(source)
    except OSError as error:
        raise refusal("read", error) from None


def decode_frames(data: bytes, reading: Reading, frame: int | None = None) -> Frames:
    """Read the images in a file's bytes; parameters and errors are those of `read_frames`."""
    frames = detect_format(data).decode(data, reading)
    if frame is not None:
        are_slices = reading.by_slices and frames.are_volumes
        return frames.one_slice(frame) if are_slices else frames.one(frame)
    reading.require_frames(frames.count, frames.size)
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

    The archive of an image that is a folder becomes that folder.

    Where the target is a symbolic link, the file it points to is replaced.

    Parameters
    ----------
    data : bytes
        The content of the file.
    target : str or Path
        The file; as a string, it may be a URL.
    replace : bool
        Whether an existing file may be replaced.

    Raises
    ------
    FileError
        If it cannot be written; the target then stays as it was.
    """
    if isinstance(target, str) and is_url(target):
        from pdefilter.images import remote

        if is_archive(data):
            raise FileError("is an image of many files, which a URL cannot take; write .tif")
        remote.write(data, target, replace=replace)
        return
    if is_archive(data):
        with folder_beside(os.fspath(target), replace=replace) as folder:
            unpack(data, folder)
        return
    with opened_beside(target, replace=replace) as file:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]


def write_into_place(data: bytes, target: str, *, replace: bool = True) -> None:
    """Write a file as `write_whole` does, into a folder that is made if it is missing."""
    if not is_url(target):
        with contextlib.suppress(OSError):  # write_whole names the problem with the folder
            os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
    write_whole(data, target, replace=replace)


@contextlib.contextmanager
def opened_beside(target: str | Path, *, replace: bool = True) -> Iterator[io.FileIO]:
    """Open a file beside the target, and give it the target's name where the block succeeds.

    The parameters and errors are those of `write_whole`. The file has no buffer.
    """
    temporary = ""
    try:
        if os.path.islink(target):
            target = os.path.realpath(target)
        descriptor, temporary = _new_file(os.path.dirname(target))
        with io.FileIO(descriptor, "wb") as file:
            if replace:
                with contextlib.suppress(FileNotFoundError):
                    os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
            yield file
            os.fsync(descriptor)
            if os.name == "nt":
                file.close()  # Windows cannot rename an open file
            rename(temporary, target, replace)
    except OSError as error:
        raise refusal("written", error) from None
    finally:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


@contextlib.contextmanager
def folder_beside(target: str, *, replace: bool = True) -> Iterator[str]:
    """Make a folder beside the target, and give it the target's name where the block succeeds.

    Parameters
    ----------
    target : str
        The folder.
    replace : bool
        Whether an existing folder may be replaced, with all that it holds.

    Raises
    ------
    FileError
        If it cannot be written; the target then stays as it was.
    """
    target = os.path.realpath(target)
    with temporary_folder(os.path.dirname(target)) as temporary:
        yield temporary
        rename_folder(temporary, target, replace)


@contextlib.contextmanager
def temporary_folder(above: str) -> Iterator[str]:
    """Make a folder in another, and remove it at the end, if it still has its name.

    If the process is killed, `remove_leftovers` removes it.

    Raises
    ------
    FileError
        If it, or what the block writes, cannot be written.
    """
    temporary = os.path.join(above, _PREFIX + secrets.token_hex(8))
    descriptor = None
    try:
        os.mkdir(temporary)
        if os.name != "nt":
            descriptor = os.open(temporary, os.O_RDONLY)
            with contextlib.suppress(OSError):
                lock(descriptor, wait=True)
        yield temporary
    except OSError as error:
        raise refusal("written", error) from None
    finally:
        if descriptor is not None:
            os.close(descriptor)
        shutil.rmtree(temporary, ignore_errors=True)


def remove_leftovers(folder: str | Path) -> None:
    """Remove what killed writers left in a folder, but not what running ones write."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(_PREFIX):
                continue
            if entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError), open(entry.path, "rb") as file:
                    lock(file.fileno(), wait=False)
                    os.unlink(entry.path)
            elif entry.is_dir(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    _remove_folder(entry.path)


def refusal(done: str, error: OSError) -> FileError:
    """Make the error of a file that cannot be read or written."""
    if isinstance(error, FileError):
        return error  # which says more
    kind = MissingFileError if isinstance(error, FileNotFoundError) else FileError
    return kind(f"cannot be {done} ({error.strerror})")


def _new_file(folder: str) -> tuple[int, str]:
    """Create a file that `remove_leftovers` leaves alone while it is open."""
    while True:
        name = os.path.join(folder, _PREFIX + secrets.token_hex(8))
        descriptor = os.open(name, _NEW, 0o666)
        with contextlib.suppress(OSError):  # without locks, nothing is removed
            lock(descriptor, wait=True)
        if os.fstat(descriptor).st_nlink:
            return descriptor, name
        os.close(descriptor)  # it was removed as a leftover before it was locked


def _remove_folder(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        lock(descriptor, wait=False)
        shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(descriptor)


def lock(descriptor: int, *, wait: bool) -> None:
    """Lock a file until it is closed, if only by the death of its process.

    Raises
    ------
    OSError
        If another process holds the lock, or it cannot be locked.
    """
    if os.name != "nt":  # Windows cannot remove an open file
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def rename(temporary: str, target: str | Path, replace: bool) -> None:
    """Give a file the name of its target, which may exist only if it is replaced.

    Raises
    ------
    OSError
        If it cannot be renamed.
    """
    if replace:
        os.replace(temporary, target)
        return
    try:
        os.link(temporary, target)  # unlike renaming, fails if the target exists
    except FileExistsError:
        raise FileError("exists already; give --overwrite to replace it") from None
    except OSError:
        # The file system has no hard links.
        os.replace(temporary, target)


def rename_folder(temporary: str, target: str, replace: bool) -> None:
    """Give a folder the name of its target, which may hold files only if it is replaced.

    Raises
    ------
    OSError
        If it cannot be renamed.
    """
    if not (os.path.isdir(target) and os.listdir(target)):
        os.rename(temporary, target)
        return
    if not replace:
        raise FileError("exists already; give --overwrite to replace it")
    # For a moment the old folder has another name: two folders cannot change names at once.
    old = temporary + "-old"
    os.rename(target, old)
    os.rename(temporary, target)
    shutil.rmtree(old, ignore_errors=True)
