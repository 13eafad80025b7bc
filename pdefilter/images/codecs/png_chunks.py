"""The chunks of a PNG.

References
----------
Portable Network Graphics (third edition), W3C 2025, section 5.
"""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk: its type, of four letters, its body, and whether its checksum is right."""

    kind: bytes
    body: bytes
    is_sound: bool = True

    @property
    def is_valid_type(self) -> bool:
        """Whether its type is a valid one."""
        return self.kind.isascii() and self.kind.isalpha()

    @property
    def is_critical(self) -> bool:
        """Whether the pixels cannot be decoded without it: its first letter is a capital."""
        return not self.kind[0] & 0x20

    @property
    def is_safe_to_copy(self) -> bool:
        """Whether it stays valid if pixels change: its last letter is in lower case."""
        return bool(self.kind[3] & 0x20)

    def parts(self) -> tuple[bytes, ...]:
        """Write it, in parts, so that a long body is not copied."""
        checksum = zlib.crc32(self.body, zlib.crc32(self.kind))
        return struct.pack(">I", len(self.body)), self.kind, self.body, checksum.to_bytes(4)


def split_chunks(data: bytes) -> tuple[list[Chunk], bytes]:
    """Split a file into its chunks and the bytes after the last.

    An image data chunk that is cut off counts as one, which is not sound.
    """
    chunks: list[Chunk] = []
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + 8 + size
        body, checksum = data[at + 8 : end], data[end : end + 4]
        if len(checksum) < 4:
            break
        is_sound = zlib.crc32(body, zlib.crc32(kind)) == int.from_bytes(checksum)
        chunks.append(Chunk(kind, body, is_sound))
        at = end + 4
        if kind == b"IEND":
            return chunks, data[at:]
    if data[at + 4 : at + 8] == b"IDAT":
        chunks.append(Chunk(b"IDAT", data[at + 8 :], is_sound=False))
    return chunks, b""


def join_chunks(chunks: Iterable[Chunk]) -> bytes:
    """Write a file of chunks."""
    return b"".join([SIGNATURE, *(part for chunk in chunks for part in chunk.parts())])
