"""What XMP says of pictures and videos that lie in the same file, and go when only one is kept.

Nothing else of a packet changes by a byte.

References
----------
Android's "Ultra HDR image format" and "Motion photo format"; ISO 21496-1.
"""

import re
from dataclasses import dataclass, field
from xml.parsers import expat

GAIN_MAP, VIDEO = "gain map", "video of a motion photo"

_DIRECTORY = "http://ns.google.com/photos/1.0/container/"
_CAMERA = "http://ns.google.com/photos/1.0/camera/"
_GAIN_MAPS = (
    "http://ns.adobe.com/hdr-gain-map/1.0/",
    "http://ns.apple.com/HDRGainMap/1.0/",
)
_MEANT = re.compile(
    "|".join(
        (
            re.escape(_DIRECTORY) + "Directory",
            re.escape(_CAMERA) + "(?:MicroVideo|MotionPhoto).*",
            *(re.escape(space) + ".*" for space in _GAIN_MAPS),
        )
    )
)
_TAG = re.compile(rb"""<(?:[^<>"']|"[^"]*"|'[^']*')*>""")
_ATTRIBUTE = re.compile(rb"""\s+([^\s="'<>/]+)\s*=\s*("[^"]*"|'[^']*')""")


def without_companions(xmp: bytes | None) -> tuple[bytes | None, tuple[str, ...]]:
    """Take out of a packet, if there is one, what it says of companions, and name those.

    None is left of a packet that speaks of some, but cannot be taken apart.
    """
    if xmp is None:
        return None, ()
    spaces = (_DIRECTORY, _CAMERA, *_GAIN_MAPS)
    if not any(space.encode() in xmp for space in spaces):
        return xmp, ()
    named = _named(xmp)
    try:
        rest = _without(xmp)
        if rest != xmp:
            expat.ParserCreate().Parse(rest.strip(b"\0"), True)  # what is left is XML still
    except (UnicodeDecodeError, expat.ExpatError):
        return None, (*named, "XMP")
    return rest, named if rest != xmp else ()


def _named(xmp: bytes) -> tuple[str, ...]:
    gain = b"GainMap" in xmp or b"hdr-gain-map" in xmp
    return (GAIN_MAP,) * gain + (VIDEO,) * (b"MotionPhoto" in xmp or b"MicroVideo" in xmp)


@dataclass
class _Element:
    """An element that is open: where it begins, and what its prefixes stand for."""

    start: int
    spaces: dict[str, str] = field(default_factory=dict)
    goes: bool = False

    def meant(self, name: str) -> bool:
        prefix, _, local = name.rpartition(":")
        return bool(prefix) and bool(_MEANT.fullmatch(self.spaces.get(prefix, "") + local))


def _without(xmp: bytes) -> bytes:
    """Cut out elements and attributes.

    Raises
    ------
    ExpatError
        If this is no XML.
    """
    cuts: list[tuple[int, int]] = []
    inside: list[_Element] = []
    parser = expat.ParserCreate()

    def begin(name: str, attributes: dict[str, str]) -> None:
        outer = inside[-1] if inside else _Element(0)
        declared = {
            key.removeprefix("xmlns:"): said
            for key, said in attributes.items()
            if key.startswith("xmlns:")
        }
        here = _Element(parser.CurrentByteIndex, outer.spaces | declared)
        here.goes = here.meant(name)
        inside.append(here)
        tag = _TAG.match(xmp, here.start)
        if tag is not None:
            cuts.extend(
                found.span()
                for found in _ATTRIBUTE.finditer(xmp, *tag.span())
                if here.meant(found[1].decode())
            )

    def end(_: str) -> None:
        here = inside.pop()
        if here.goes:
            # An element that is empty ends where it begins.
            tag = _TAG.match(xmp, parser.CurrentByteIndex)
            cuts.append((here.start, tag.end() if tag else here.start))

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.Parse(xmp.rstrip(b"\0"), True)
    kept = bytearray()
    at = 0
    for start, stop in sorted(cuts):
        kept += xmp[at:start] if start > at else b""
        at = max(at, stop)
    return bytes(kept) + xmp[at:]
