"""What gzip has packed, unpacked no further than it is needed."""

import zlib

GZIP = b"\x1f\x8b"
_GZIP_HEADER, _ANY_HEADER = 31, 47  # as zlib counts the kinds of its streams
_PIECE, _MOST_SURPLUS = 1 << 20, 1 << 20


def start_of(data: bytes, size: int) -> bytes:
    """Return the first bytes of data, unpacked if gzip has packed them."""
    return unpacked(data, size)[0] if data.startswith(GZIP) else data[:size]


def unpacked(data: bytes, size: int) -> tuple[bytes, bool]:
    """Unpack what gzip or zlib has packed.

    Parameters
    ----------
    data : bytes
        The packed data.
    size : int
        How many bytes are wanted.

    Returns
    -------
    bytes
        So many bytes, or as many as there are and can be unpacked.
    bool
        Whether all that was read is sound, as checksums tell.
    """
    result, rest = bytearray(), data
    while len(result) < size and (rest is data or rest.startswith(GZIP)):
        # A file of gzip may have several parts, one after the other.
        stream = zlib.decompressobj(_ANY_HEADER)
        left = size + _MOST_SURPLUS
        try:
            while not stream.eof and left:
                # The checksum is at the end, after bytes that are not wanted.
                part = stream.decompress(rest, min(_PIECE, left))
                rest = stream.unconsumed_tail
                if not part and not rest and not stream.eof:
                    return bytes(result), False
                result += part[: size - len(result)]
                left -= len(part)
        except zlib.error:
            return bytes(result), False
        rest = stream.unused_data
    return bytes(result), True


def packed(data: bytes) -> bytes:
    """Pack data, the same bytes at any time."""
    # Level 6 is the usual one of these files; higher ones hardly pack noise better.
    stream = zlib.compressobj(6, wbits=_GZIP_HEADER)
    return stream.compress(data) + stream.flush()
