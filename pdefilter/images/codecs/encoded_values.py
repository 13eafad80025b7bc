"""Values after a header: plain, packed or as text, read no further than the header claims."""

import bz2

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.image import Pixels
from pdefilter.images.packed import unpacked
from pdefilter.images.reading import Reading

PLAIN, GZIP, BZIP2, TEXT, HEX = "raw", "gzip", "bzip2", "text", "hex"


def values_in(
    data: bytes, first: int, count: int, dtype: np.dtype, encoding: str, reading: Reading
) -> Pixels:
    """Read so many values, in the byte order of the processor.

    Parameters
    ----------
    data : bytes
        The file.
    first : int
        Where its values begin.
    count : int
        How many there are.
    dtype : dtype
        Their type, in the byte order of the file.
    encoding : {"raw", "gzip", "bzip2", "text", "hex"}
        How they are stored.
    reading : Reading
        Whether missing values are zeros.

    Raises
    ------
    ImageError
        If values are missing, unless reading is lenient.
    """
    if encoding == TEXT:
        return _numbers(data[first:].split()[:count], count, dtype, reading)
    wanted = count * dtype.itemsize
    there, is_sound = _bytes(data, first, wanted, encoding)
    there = whole_bytes(there[:wanted], wanted, reading, is_sound=is_sound)
    return np.frombuffer(there, dtype).astype(dtype.newbyteorder("="), copy=False)


def whole_bytes(there: bytes, wanted: int, reading: Reading, *, is_sound: bool) -> bytes:
    """Report bytes of pixels that are missing, and pad them with zeros; report a bad checksum.

    Raises
    ------
    ImageError
        Unless reading is lenient.
    """
    if len(there) < wanted:
        reading.report_flaw(f"is truncated: {len(there)} of {wanted} bytes of pixels are there")
    elif not is_sound:
        reading.report_flaw("has a bad checksum, or ends before it")
    return there.ljust(wanted, b"\0")


def _bytes(data: bytes, first: int, wanted: int, encoding: str) -> tuple[bytes, bool]:
    """Find the bytes that are wanted, and whether all that was read is sound."""
    if encoding == PLAIN:
        return data[first : first + wanted], True
    if encoding == GZIP:
        return unpacked(data[first:], wanted)
    if encoding == HEX:
        return _from_hex(data[first:]), True
    result, stream, rest = bytearray(), bz2.BZ2Decompressor(), data[first:]
    try:
        while not stream.eof and len(result) < wanted:
            part = stream.decompress(rest, wanted - len(result))
            rest = b""
            if not part and stream.needs_input:
                break
            result += part
    except (OSError, ValueError):
        return bytes(result), False
    return bytes(result), True


def _from_hex(text: bytes) -> bytes:
    try:
        return bytes.fromhex(text.decode("ascii", "replace"))
    except ValueError:
        raise ImageError("has values that are not hexadecimal; get an intact copy") from None


def _numbers(words: list[bytes], count: int, dtype: np.dtype, reading: Reading) -> Pixels:
    native = dtype.newbyteorder("=")
    try:
        if native.kind == "f":
            found = np.array([float(word) for word in words], native)
        else:
            found = np.array([int(word) for word in words], native)
    except (OverflowError, ValueError):
        raise ImageError(
            "has values that are not numbers of its type; get an intact copy"
        ) from None
    if len(found) < count:
        reading.report_flaw(f"is truncated: {len(found)} of {count} values are there")
        found = np.concatenate([found, np.zeros(count - len(found), native)])
    return found
