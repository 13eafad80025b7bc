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
    there = _bytes(data, first, wanted, encoding)[:wanted]
    if len(there) < wanted:
        reading.report_flaw(f"is truncated: {len(there)} of {wanted} bytes of pixels are there")
        there = there.ljust(wanted, b"\0")
    return np.frombuffer(there, dtype).astype(dtype.newbyteorder("="), copy=False)


def _bytes(data: bytes, first: int, wanted: int, encoding: str) -> bytes:
    if encoding == PLAIN:
        return data[first : first + wanted]
    if encoding == GZIP:
        return unpacked(data[first:], wanted)
    if encoding == HEX:
        return bytes.fromhex(data[first:].decode("ascii", "replace"))
    result, stream, rest = bytearray(), bz2.BZ2Decompressor(), data[first:]
    try:
        while not stream.eof and len(result) < wanted:
            part = stream.decompress(rest, wanted - len(result))
            rest = b""
            if not part and stream.needs_input:
                break
            result += part
    except (OSError, ValueError):
        pass  # what came before the damage is kept
    return bytes(result)


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
