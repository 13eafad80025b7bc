"""XMP about companions, pictures and videos in the same file: removed, as they are not kept.

No other byte of the packet changes.

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
_ABOUT_COMPANIONS = re.compile(
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
    """Remove from a packet, if there is one, everything about companions, and name them.

    A packet that mentions some, but cannot be parsed, is dropped.
    """
    if xmp is None:
        return None, ()
    namespaces = (_DIRECTORY, _CAMERA, *_GAIN_MAPS)
    if not any(space.encode() in xmp for space in namespaces):
        return xmp, ()
    names = _names_in(xmp)
    try:
        rest = _without(xmp)
        if rest != xmp:
            expat.ParserCreate().Parse(rest.strip(b"\0"), True)  # the rest is still XML
    except (UnicodeDecodeError, expat.ExpatError):
        return None, (*names, "XMP")
    return rest, names if rest != xmp else ()


def _names_in(xmp: bytes) -> tuple[str, ...]:
    gain = b"GainMap" in xmp or b"hdr-gain-map" in xmp
    return (GAIN_MAP,) * gain + (VIDEO,) * (b"MotionPhoto" in xmp or b"MicroVideo" in xmp)


@dataclass
class _Element:
    """An open element: its offset, the namespaces of its prefixes, whether it is removed."""

    start: int
    namespaces: dict[str, str] = field(default_factory=dict)
    is_removed: bool = False

    def concerns(self, name: str) -> bool:
        prefix, _, local = name.rpartition(":")
        return bool(prefix) and bool(
            _ABOUT_COMPANIONS.fullmatch(self.namespaces.get(prefix, "") + local)
        )


def _without(xmp: bytes) -> bytes:
    """Cut out elements and attributes about companions.

    Raises
    ------
    ExpatError
        If the packet is not XML.
    """
    cuts: list[tuple[int, int]] = []
    open_elements: list[_Element] = []
    parser = expat.ParserCreate()

    def begin(name: str, attributes: dict[str, str]) -> None:
        outer = open_elements[-1] if open_elements else _Element(0)
        declared = {
            key.removeprefix("xmlns:"): namespace
            for key, namespace in attributes.items()
            if key.startswith("xmlns:")
        }
        here = _Element(parser.CurrentByteIndex, outer.namespaces | declared)
        here.is_removed = here.concerns(name)
        open_elements.append(here)
        tag = _TAG.match(xmp, here.start)
        if tag is not None:
            cuts.extend(
                attribute.span()
                for attribute in _ATTRIBUTE.finditer(xmp, *tag.span())
                if here.concerns(attribute[1].decode())
            )

    def end(_: str) -> None:
        here = open_elements.pop()
        if here.is_removed:
            # An empty element ends where it begins.
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
