"""What gzip has packed, unpacked no further than it is needed."""

import zlib

GZIP = b"\x1f\x8b"
_GZIP_HEADER, _ANY_HEADER = 31, 47  # as zlib counts the kinds of its streams
_PIECE = 1 << 20


def start_of(data: bytes, size: int) -> bytes:
    """Return the first bytes of data, unpacked if gzip has packed them."""
    return unpacked(data, size) if data.startswith(GZIP) else data[:size]


def unpacked(data: bytes, size: int) -> bytes:
    """Unpack so many bytes, or as many as there are and can be unpacked, of gzip or of zlib."""
    result, rest = bytearray(), data
    while len(result) < size and (rest is data or rest.startswith(GZIP)):
        # A file of gzip may have several parts, one after the other.
        stream = zlib.decompressobj(_ANY_HEADER)
        while not stream.eof and len(result) < size:
            try:
                part = stream.decompress(rest, min(_PIECE, size - len(result)))
            except zlib.error:
                return bytes(result)
            rest = stream.unconsumed_tail
            if not part and not rest:
                break
            result += part
        rest = stream.unused_data
    return bytes(result)


def packed(data: bytes) -> bytes:
    """Pack data, the same bytes at any time."""
    # Level 6 is the usual one of these files; higher ones hardly pack noise better.
    stream = zlib.compressobj(6, wbits=_GZIP_HEADER)
    return stream.compress(data) + stream.flush()
