"""The name of an ICC profile, as ICC.1:2022 stores it, and version 2 before it."""

import struct

_TAG_TABLE = 128
_ENTRY = struct.Struct(">4sII")


def name_of_profile(profile: bytes) -> str | None:
    """Read the description of an ICC profile; None if it has none, or is broken."""
    try:
        (count,) = struct.unpack_from(">I", profile, _TAG_TABLE)
        for at in range(min(count, 1000)):
            tag, offset, size = _ENTRY.unpack_from(profile, _TAG_TABLE + 4 + at * _ENTRY.size)
            if tag == b"desc":
                return _text(profile[offset : offset + size]) or None
    except (struct.error, UnicodeDecodeError):
        pass
    return None


def _text(tag: bytes) -> str:
    if tag[:4] == b"mluc":  # in several languages, of which the first is taken
        size, offset = struct.unpack_from(">II", tag, 20)
        text = tag[offset : offset + size].decode("utf-16-be")
    else:
        (size,) = struct.unpack_from(">I", tag, 8)
        text = tag[12 : 12 + size].decode("latin-1")
    return text.rstrip("\0").strip()
