"""Images that are folders: they travel through pipes and memory as tar archives."""

import io
import os

from pdefilter.errors import ImageError

DESCRIPTIONS = ("zarr.json", ".zarray", ".zattrs", ".zgroup")
"""The files of which a Zarr has at least one."""

_SUFFIX = ".zarr"
_BLOCK = 512
_END = bytes(2 * _BLOCK)
_MARK, _MARK_AT, _LONGEST_NAME = b"ustar", 257, 100


def is_folder_image(path: str) -> bool:
    """Whether a folder is an image, by its name, and not one that holds images."""
    return path.rstrip("/" + os.sep).lower().endswith(_SUFFIX) and os.path.isdir(path)


def is_archive(data: bytes) -> bool:
    """Whether data, or their start, are the archive of an image."""
    name = data[:_LONGEST_NAME].partition(b"\0")[0]
    has_mark = data[_MARK_AT : _MARK_AT + len(_MARK)] == _MARK
    return has_mark and name.decode("latin-1") in DESCRIPTIONS


def is_complete(data: bytes) -> bool:
    """Whether an archive has its end; a shorter one might lack files that nothing else names."""
    return data.endswith(_END)


def archive(folder: str) -> bytes:
    """Put the files of a folder into an archive, which depends on nothing but their content.

    Raises
    ------
    OSError
        If they cannot be read.
    ImageError
        If the folder is not an image.
    """
    import tarfile

    names = [
        os.path.relpath(os.path.join(above, name), folder)
        for above, _, files in os.walk(folder)
        for name in files
    ]
    if not any(name in DESCRIPTIONS for name in names):
        raise ImageError("is a folder without an image of Zarr; give the folder of one")
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as packed:
        # Their names at the start tell the format.
        for name in sorted(names, key=lambda name: (name not in DESCRIPTIONS, name)):
            with open(os.path.join(folder, name), "rb") as file:
                data = file.read()
            member = tarfile.TarInfo(name.replace(os.sep, "/"))
            member.size = len(data)
            packed.addfile(member, io.BytesIO(data))
    data = stream.getvalue().rstrip(b"\0")
    return data + bytes(-len(data) % _BLOCK) + _END


def unpack(data: bytes, folder: str) -> None:
    """Unpack an archive into a folder.

    Raises
    ------
    ImageError
        If it holds anything but files for this folder.
    OSError, tarfile.TarError
        If it is broken, or its files cannot be written.
    """
    import tarfile

    with tarfile.open(fileobj=io.BytesIO(data)) as packed:
        members = packed.getmembers()
        for member in members:
            parts = member.name.split("/")
            if not member.isfile() or ".." in parts or os.path.isabs(member.name):
                raise ImageError("is an archive of other things than files; get an intact copy")
        packed.extractall(folder, members, filter="data")
