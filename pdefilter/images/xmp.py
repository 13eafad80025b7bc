"""Simple properties of an XMP packet, read and changed in place: no other byte changes.

A property is an attribute or an element whose prefix the packet binds to a namespace.

References
----------
ISO 16684-1:2019 (XMP), section 7.
"""

import re

TIFF = b"http://ns.adobe.com/tiff/1.0/"
EXIF = b"http://ns.adobe.com/exif/1.0/"

_SWAPPED_PAIRS = (
    (TIFF, b"ImageWidth", b"ImageLength"),
    (TIFF, b"XResolution", b"YResolution"),
    (EXIF, b"PixelXDimension", b"PixelYDimension"),
)


def orientation(packet: bytes) -> int | None:
    """Read the orientation of the pixels: 1 to 8, of which 1 is upright; None if not given."""
    value = _value(packet, TIFF, b"Orientation") or b""
    return int(value) if re.fullmatch(b"[1-8]", value) else None


def reset_orientation(packet: bytes, *, turned: bool) -> bytes:
    """Mark the pixels as upright; if they were turned, exchange rows and columns."""
    if _value(packet, TIFF, b"Orientation") is not None:
        packet = _with_value(packet, TIFF, b"Orientation", b"1")
    for namespace, one, other in _SWAPPED_PAIRS if turned else ():
        a, b = _value(packet, namespace, one), _value(packet, namespace, other)
        if a is not None and b is not None:
            packet = _with_value(_with_value(packet, namespace, one, b), namespace, other, a)
    return packet


def _value(packet: bytes, namespace: bytes, name: bytes) -> bytes | None:
    for pattern in _patterns(packet, namespace, name):
        if match := pattern.search(packet):
            return match[2]
    return None


def _with_value(packet: bytes, namespace: bytes, name: bytes, value: bytes) -> bytes:
    for pattern in _patterns(packet, namespace, name):
        packet = pattern.sub(lambda match: match[1] + value + match[3], packet)
    return packet


def _patterns(packet: bytes, namespace: bytes, name: bytes) -> list[re.Pattern[bytes]]:
    """List the patterns of a property: as an attribute, or as an element of text alone."""
    bound = re.findall(
        rb"""xmlns:([\w.-]+)\s*=\s*["']""" + re.escape(namespace) + rb"""["']""", packet
    )
    names = [re.escape(prefix) + b":" + name for prefix in dict.fromkeys(bound)]
    return [
        re.compile(form % ((name,) * form.count(b"%b")))
        for name in names
        for form in (
            rb"""(\s%b\s*=\s*["']\s*)([^"'<>]*?)(\s*["'])""",
            rb"""(<%b(?:\s[^<>]*)?>\s*)([^<>]*?)(\s*</%b\s*>)""",
        )
    ]
