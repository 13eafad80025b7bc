"""Headers of volumes whose values are in another file: both as the one file that they could be."""

import os
import struct

from pdefilter.errors import ImageError
from pdefilter.images.volume_starts import NIFTI_1, starts_metaimage, starts_nifti, starts_nrrd

_LONGEST_HEADER = 1 << 20
_PAIR_OF_1, _SINGLE_1, _MAGIC_OF_1, _OFFSET_OF_1 = b"ni1\0", b"n+1\0", 344, 108
_PAIR_OF_2, _SINGLE_2, _MAGIC_OF_2, _OFFSET_OF_2 = b"ni2\0", b"n+2\0", 4, 168
_ALIGNED = 16


def with_values(path: str, data: bytes) -> bytes:
    """Add the values to a header that names another file for them; return other data as they are.

    Parameters
    ----------
    path : str
        The file.
    data : bytes
        Its content.

    Raises
    ------
    ImageError
        If that file is missing, or there are several.
    OSError
        If it cannot be read.
    """
    if len(data) > _LONGEST_HEADER:
        return data
    if starts_nrrd(data):
        return _nrrd(path, data)
    if starts_metaimage(data):
        return _metaimage(path, data)
    if starts_nifti(data):
        return _nifti(path, data)
    return data


def _nrrd(path: str, data: bytes) -> bytes:
    from pdefilter.images.codecs.nrrd import split_header

    lines, _ = split_header(data)
    kept, named = [], ""
    for line in lines:
        field, mark, value = line.partition(":")
        if mark and field.strip().lower() in ("data file", "datafile"):
            named = value.strip()
        else:
            kept.append(line)
    if not named:
        return data
    if "%" in named or named.upper().startswith("LIST"):
        raise ImageError("has its values in several files; save them in one first")
    return "\n".join(kept).encode("utf-8", "surrogateescape") + b"\n\n" + _beside(path, named)


def _metaimage(path: str, data: bytes) -> bytes:
    from pdefilter.images.codecs.metaimage import LAST, fields_of, split_header

    lines, _ = split_header(data)
    named = fields_of(lines)[LAST]
    if named == "LOCAL":
        return data
    if "%" in named or named.startswith("LIST"):
        raise ImageError("has its values in several files; save them in one first")
    header = "\n".join([*lines[:-1], f"{LAST} = LOCAL"])
    return header.encode("utf-8", "surrogateescape") + b"\n" + _beside(path, named)


def _nifti(path: str, data: bytes) -> bytes:
    """Put the header and the values of a pair into one file."""
    order = "<" if int.from_bytes(data[:4], "little") < 1 << 16 else ">"
    is_first = int.from_bytes(data[:4], "little" if order == "<" else "big") == NIFTI_1
    at = _MAGIC_OF_1 if is_first else _MAGIC_OF_2
    if data[at : at + 4] not in (_PAIR_OF_1, _PAIR_OF_2):
        return data
    stem = os.path.splitext(path)[0]
    values = _beside(path, os.path.basename(stem) + ".img")
    kind, place = ("f", _OFFSET_OF_1) if is_first else ("q", _OFFSET_OF_2)
    (skipped,) = struct.unpack_from(order + kind, data, place)
    header = bytearray(data + bytes(4 if len(data) in (348, 540) else 0))
    header += bytes(-len(header) % _ALIGNED)
    header[at : at + 4] = _SINGLE_1 if is_first else _SINGLE_2
    struct.pack_into(order + kind, header, place, len(header))
    return bytes(header) + values[max(0, int(skipped)) :]


def _beside(path: str, name: str) -> bytes:
    """Read a file beside another one."""
    try:
        with open(os.path.join(os.path.dirname(path), name), "rb") as file:
            return file.read()
    except FileNotFoundError:
        raise ImageError(
            f"has its values in the file {name}, which is missing; put it beside this one"
        ) from None
