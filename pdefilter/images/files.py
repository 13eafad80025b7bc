"""Reading files and writing them so that nothing is ever lost."""

import contextlib
import os
import tempfile
from pathlib import Path
from typing import IO

from pdefilter.errors import ImageError
from pdefilter.images.formats import recognised
from pdefilter.images.image import Image


def read_image(source: Path | IO[bytes]) -> Image:
    """Read an image from a file or a stream, in whichever format its bytes are.

    Raises
    ------
    ImageError
        If there is no image in it.
    """
    try:
        data = source.read_bytes() if isinstance(source, Path) else source.read()
    except OSError as error:
        raise ImageError(f"cannot be read ({error.strerror})") from None
    return recognised(data).decode(data)


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

    Raises
    ------
    ImageError
        If it cannot be written; the target is then as it was.
    """
    temporary: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
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
