"""An ICC profile, made by hand."""

import struct


def profile(space: bytes = b"RGB ") -> bytes:
    """Make an ICC profile of version 2 that is far from sRGB: wide primaries, gamma 1.2."""

    def place(x: float, y: float, z: float) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in (x, y, z)))

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(1.2 * 256)) + bytes(2)
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 2) + b"a\0" + bytes(79 + 3),
        b"cprt": b"text\0\0\0\0none",
        b"wtpt": place(0.9642, 1, 0.8249),
    }
    if space == b"GRAY":
        tags[b"kTRC"] = curve
    else:
        tags |= {b"rXYZ": place(0.6097, 0.3111, 0.0195), b"gXYZ": place(0.2053, 0.6257, 0.0609)}
        tags |= {b"bXYZ": place(0.1492, 0.0632, 0.7446)}
        tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, body, at = b"", b"", 128 + 4 + 12 * len(tags)
    for kind, value in tags.items():
        table += kind + struct.pack(">II", at + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    head = bytearray(128)
    head[8:12] = b"\2\x10\0\0"
    head[12:24] = b"mntr" + space + b"XYZ "
    head[36:40] = b"acsp"
    struct.pack_into(">3i", head, 68, 63190, 65536, 54061)
    whole = bytes(head) + len(tags).to_bytes(4) + table + body
    return len(whole).to_bytes(4) + whole[4:]
