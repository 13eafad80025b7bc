"""Where images come from and go to in Python: paths, bytes and binary files."""

import io
import os
from pathlib import Path
from typing import IO, TypeAlias

from pdefilter.errors import FileError
from pdefilter.images.files import decode_frames, read_frames
from pdefilter.images.frames import Frames
from pdefilter.images.reading import Reading

Name: TypeAlias = str | os.PathLike[str]
Source: TypeAlias = Name | bytes | bytearray | memoryview | IO[bytes]


def frames_in(source: Source, reading: Reading, frame: int | None = None) -> Frames:
    """Read the images of a file, or of its bytes; see `pdefilter.images.files.read_frames`."""
    if isinstance(source, bytes | bytearray | memoryview):
        return decode_frames(bytes(source), reading, frame)
    if isinstance(source, str | os.PathLike):
        return read_frames(Path(source), reading, frame)
    return read_frames(require_binary(source), reading, frame)


def name_of(place: Source) -> str:
    """Name a file, or what stands for one, at the beginning of an error."""
    if isinstance(place, bytes | bytearray | memoryview):
        return "bytes"
    if isinstance(place, str | os.PathLike):
        return str(place)
    return str(getattr(place, "name", "file"))


def require_binary(file: IO[bytes]) -> IO[bytes]:
    """Refuse what is not a file, and a file that was opened as text.

    Raises
    ------
    TypeError
        If it is one of these.
    """
    if isinstance(file, io.TextIOBase):
        raise TypeError(f"{name_of(file)} was opened as text; open it in binary mode")
    if not (hasattr(file, "read") or hasattr(file, "write")):
        kind = type(file).__name__
        raise TypeError(f"{kind} is neither a path nor a file; give a path, bytes or a binary file")
    return file


def write_to(data: bytes, file: IO[bytes]) -> None:
    """Write everything to a file that is open, which stays open.

    Raises
    ------
    FileError
        If it cannot be written.
    """
    try:
        rest = memoryview(data)
        while rest:
            # Few files take less than everything, and some do not say how much they took.
            rest = rest[file.write(rest) or len(rest) :]
    except OSError as error:
        raise FileError(f"cannot be written ({error.strerror or error})") from None
