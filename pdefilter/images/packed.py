"""What gzip has packed, unpacked no further than it is needed."""

import zlib

GZIP = b"\x1f\x8b"
_GZIP_HEADER, _ANY_HEADER = 31, 47  # as zlib counts the kinds of its streams
_PIECE, _MOST_SURPLUS = 1 << 16, 1 << 20
_CHECKSUM, _CHECKSUM_OF_ZLIB = 8, 4


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
    result, at = bytearray(), 0
    while len(result) < size and (at == 0 or data.startswith(GZIP, at)):
        # A file of gzip may have several parts, one after the other.
        stream, surplus = zlib.decompressobj(_ANY_HEADER), 0
        try:
            while not stream.eof and surplus < _MOST_SURPLUS:
                piece = stream.unconsumed_tail
                if not piece:
                    if at == len(data):
                        return bytes(result), False
                    # The checksum comes apart, so that what is before it is kept.
                    end = len(data) - (_CHECKSUM if data.startswith(GZIP) else _CHECKSUM_OF_ZLIB)
                    end = min(at + _PIECE, end) if at < end else len(data)
                    piece, at = data[at:end], end
                part = stream.decompress(piece, min(_PIECE, size - len(result)) or _PIECE)
                surplus += max(0, len(result) + len(part) - size)
                result += part[: size - len(result)]
        except zlib.error:
            return bytes(result), False
        at -= len(stream.unused_data)
    return bytes(result), True


def packed(data: bytes) -> bytes:
    """Pack data, the same bytes at any time."""
    # Level 6 is the usual one of these files; higher ones hardly pack noise better.
    stream = zlib.compressobj(6, wbits=_GZIP_HEADER)
    return stream.compress(data) + stream.flush()
