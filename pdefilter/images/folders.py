"""Images that are folders, Zarr and DICOM: they travel through pipes and memory as archives."""

import io
import os

from pdefilter.errors import ImageError
from pdefilter.images.volume_starts import starts_dicom

DESCRIPTIONS = ("zarr.json", ".zarray", ".zattrs", ".zgroup")
"""The files of which a Zarr has at least one."""

_SUFFIX = ".zarr"
_DICOM = (".dcm", ".ima")
_TEXTS = (".txt", ".md", ".xml", ".json", ".csv", ".log")
_NEEDED = 132
_OF_SERIES = "series.dicom"
"""The first name in the archive of a series."""
_END = bytes(1024)
_MARK, _MARK_AT, _LONGEST_NAME = b"ustar", 257, 100


def is_folder_image(path: str) -> bool:
    """Whether a folder is an image or a series of DICOM, and not one that holds images."""
    return is_zarr(path) or is_series(path)


def is_zarr(path: str) -> bool:
    """Whether a folder is a Zarr, by its name."""
    return path.rstrip("/" + os.sep).lower().endswith(_SUFFIX) and os.path.isdir(path)


def is_series(path: str) -> bool:
    """Whether a folder is a series of DICOM: it holds no other files but texts."""
    try:
        names = _names_in(path)
    except OSError:
        return False
    return bool(names) and all(_is_dicom(os.path.join(path, name)) for name in names)


def _names_in(folder: str) -> list[str]:
    """List the files of a folder that may be slices."""
    with os.scandir(folder) as entries:
        return sorted(
            entry.name
            for entry in entries
            if entry.is_file()
            and not entry.name.startswith(".")
            and entry.name.upper() != "DICOMDIR"
            and not entry.name.lower().endswith(_TEXTS)
        )


def _is_dicom(file: str) -> bool:
    if file.lower().endswith(_DICOM):
        return True
    try:
        with open(file, "rb") as opened:
            return starts_dicom(opened.read(_NEEDED))
    except OSError:
        return False


def is_archive(data: bytes) -> bool:
    """Whether data, or their start, are the archive of an image."""
    name = data[:_LONGEST_NAME].partition(b"\0")[0]
    has_mark = data[_MARK_AT : _MARK_AT + len(_MARK)] == _MARK
    return has_mark and name.decode("latin-1") in DESCRIPTIONS


def is_series_archive(data: bytes) -> bool:
    """Whether data, or their start, are the archive of a series of DICOM."""
    has_mark = data[_MARK_AT : _MARK_AT + len(_MARK)] == _MARK
    return has_mark and data[:_LONGEST_NAME].partition(b"\0")[0] == _OF_SERIES.encode()


def archive_of_series(folder: str) -> bytes:
    """Put the files of a series into an archive, which depends on nothing but their content.

    Raises
    ------
    OSError
        If they cannot be read.
    """
    stream = io.BytesIO()
    import tarfile

    with tarfile.open(fileobj=stream, mode="w") as packed:
        packed.addfile(tarfile.TarInfo(_OF_SERIES))
        for name in _names_in(folder):
            with open(os.path.join(folder, name), "rb") as file:
                data = file.read()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            packed.addfile(member, io.BytesIO(data))
        end = packed.offset
    return stream.getvalue()[:end] + _END


def files_of_series(data: bytes) -> list[tuple[str, bytes]]:
    """List the files in the archive of a series: their names and contents.

    Raises
    ------
    tarfile.TarError
        If it is broken.
    """
    import tarfile

    with tarfile.open(fileobj=io.BytesIO(data)) as packed:
        opened = ((member.name, packed.extractfile(member)) for member in packed.getmembers())
        return [(name, file.read()) for name, file in opened if file and name != _OF_SERIES]


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
        end = packed.offset
    return stream.getvalue()[:end] + _END


def folder_size(folder: str) -> int:
    """Count the bytes of all files in a folder."""
    files = (os.path.join(above, name) for above, _, names in os.walk(folder) for name in names)
    return sum(os.path.getsize(file) for file in files)


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
