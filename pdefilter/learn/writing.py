"""Files of a training, whole or not at all."""

from pathlib import Path

from pdefilter.errors import CallError, ImageError
from pdefilter.images.files import write_whole


def write_file(data: bytes, path: Path) -> None:
    """Write a file beside its target, then give it the target's name.

    Raises
    ------
    CallError
        If it cannot be written; the target then stays as it was.
    """
    try:
        write_whole(data, path)
    except ImageError as error:
        raise CallError(f"{path}: {error}") from None
