"""JPEGs of cameras and phones, and of colours and codings that few programs write."""

import base64
import io
import struct

import imagecodecs
import numpy as np
import PIL.Image
import PIL.ImageCms

XMP_START = b"http://ns.adobe.com/xap/1.0/\0"
PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" {attributes} '
    'dc:source="a &gt; b">{elements}<dc:format>image/jpeg</dc:format>'
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
_CONTAINER = (
    'xmlns:Container="http://ns.google.com/photos/1.0/container/" '
    'xmlns:Item="http://ns.google.com/photos/1.0/container/item/" '
)
_DIRECTORY = (
    '<Container:Directory><rdf:Seq><rdf:li rdf:parseType="Resource">'
    '<Container:Item Item:Semantic="Primary" Item:Mime="image/jpeg"/></rdf:li>'
    '<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="{semantic}" '
    'Item:Mime="{mime}" Item:Length="{length}"/></rdf:li></rdf:Seq></Container:Directory>'
)
GAIN_MAP = (
    PACKET.replace("{elements}", _DIRECTORY)
    .replace(
        "{attributes}",
        _CONTAINER + 'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"',
    )
    .format(semantic="GainMap", mime="image/jpeg", length=700)
    .encode()
)
MOTION = (
    PACKET.replace("{elements}", _DIRECTORY)
    .replace(
        "{attributes}",
        _CONTAINER
        + "xmlns:GCamera='http://ns.google.com/photos/1.0/camera/' GCamera:MotionPhoto='1' "
        "GCamera:MotionPhotoVersion='1' GCamera:SpecialTypeID='7'",
    )
    .format(semantic="MotionPhoto", mime="video/mp4", length=40)
    .encode()
)
PLAIN = PACKET.format(attributes="", elements="").encode()
ICC = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
# By `cjpeg -arithmetic -sample 1x1` of libjpeg-turbo: no library here writes these.
_ARITHMETIC = """
/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsI
CQoKCgoKBggLDAsKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoK
CgoKCgoKCgoKCgoKCgr/yQARCAASABgDAREAAhEBAxEB/8wACgAQEAUBEBEF/9oADAMBAAIRAxEAPwD/AOgHieiOhC3Z7Z0G
KbZylUp9DVAkR0+elgNwW89fRFGBLFD/APeVtkvYshYhpLXZCFKAVShNLJKg0mvgLa9iMn+2+1ICWaCrOq5Z8xZ8tN3qLWJ1
s99fvKGicmp7TFWxEqdRXFyKp8qnXlJ7InscBxSd41u7/wD5TJ+uK4UFAIm6flaDzZD0fPpTY5kzfqWnv2P/2Q==
"""


def picture(channels: int = 3) -> np.ndarray:
    """Ramps, which a JPEG keeps within a few levels."""
    ramp = np.add.outer(np.arange(18) * 4, np.arange(24) * 5).astype(np.uint8)
    planes = [ramp, ramp[::-1], 255 - ramp, ramp[:, ::-1]][:channels]
    return planes[0] if channels == 1 else np.dstack(planes)


def jpeg(mode: str = "RGB", **options: object) -> bytes:
    """A picture by Pillow."""
    pixels = picture({"L": 1, "RGB": 3, "CMYK": 4}[mode])
    stream = io.BytesIO()
    file = PIL.Image.frombytes(mode, pixels.shape[1::-1], pixels.tobytes())
    file.save(stream, "JPEG", quality=95, subsampling=0, **options)
    return stream.getvalue()


def with_segments(data: bytes, *segments: tuple[int, bytes]) -> bytes:
    """Insert segments after the first one."""
    at = 4 + int.from_bytes(data[4:6])
    added = (struct.pack(">BBH", 0xFF, kind, len(body) + 2) + body for kind, body in segments)
    return data[:at] + b"".join(added) + data[at:]


def exif_in_pieces(size: int = 60) -> tuple[bytes, list[tuple[int, bytes]]]:
    """EXIF, and the segments that it is split into."""
    tags = PIL.Image.Exif()
    tags[0x010F], tags[0x010E] = "Optics & Co", "a long description " * 8
    whole = tags.tobytes().removeprefix(b"Exif\0\0")
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    return whole, [(0xE1, b"Exif\0\0" + piece) for piece in pieces]


def several(*others: bytes, first: bytes | None = None) -> bytes:
    """A picture with others after it, and their index."""
    count = 1 + len(others)
    entries = struct.pack("<HHII", 0xB001, 4, 1, count)
    index = b"MPF\0II*\0" + struct.pack("<IH", 8, 1) + entries + bytes(4)
    return b"".join([with_segments(first or jpeg(), (0xE2, index)), *others])


def files() -> dict[str, bytes]:
    """Make the files."""
    inks = picture(4)
    video = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0\0\0\x10mdat" + bytes(8)
    pieces = [
        (0xE2, b"ICC_PROFILE\0" + bytes((number, 2)) + part)
        for number, part in ((1, ICC[:200]), (2, ICC[200:]))
    ]
    gain_map = with_segments(jpeg("L"), (0xE1, XMP_START + GAIN_MAP))
    return {
        "inks-dense.jpg": jpeg("CMYK", dpi=(300, 200)),
        "inks-adobe-and-jfif.jpg": jpeg("CMYK", dpi=(300, 300)).replace(
            b"\xff\xd8", b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\1\0\x48\0\x48\0\0", 1
        ),
        "inks-ycck.jpg": bytes(
            imagecodecs.jpeg8_encode(inks, 95, colorspace="CMYK", outcolorspace="YCCK")
        ),
        "inks-plain.jpg": bytes(
            imagecodecs.jpeg8_encode(inks, 95, colorspace="CMYK", outcolorspace="CMYK")
        ).replace(b"\xff\xee\0\x0eAdobe", b"\xff\xee\0\x0eOther"),
        "rgb.jpg": bytes(
            imagecodecs.jpeg8_encode(picture(), 95, colorspace="RGB", outcolorspace="RGB")
        ),
        "arithmetic.jpg": base64.b64decode(_ARITHMETIC),
        "lossless-4-bits.jpg": bytes(
            imagecodecs.jpeg8_encode(picture() >> 4, lossless=True, bitspersample=4)
        ),
        "lossless-16-bits.jpg": bytes(
            imagecodecs.jpeg8_encode(picture() * np.uint16(257), lossless=True, bitspersample=16)
        ),
        "exif-in-pieces.jpg": with_segments(jpeg(), *exif_in_pieces()[1]),
        "exif-twice.jpg": with_segments(
            jpeg(), (0xE1, b"Exif\0\0" + exif_in_pieces()[0]), *exif_in_pieces(9999)[1]
        ),
        "pictures.jpg": several(jpeg("L"), jpeg()),
        "gain-map.jpg": several(
            gain_map, first=with_segments(jpeg(), (0xE1, XMP_START + GAIN_MAP))
        ),
        "gain-map-iso.jpg": with_segments(jpeg(), (0xE2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0")),
        "gain-map-broken-xmp.jpg": with_segments(jpeg(), (0xE1, XMP_START + GAIN_MAP[:-60])),
        "motion.jpg": with_segments(jpeg(), (0xE1, XMP_START + MOTION)) + video,
        "trailer.jpg": jpeg() + b"SEFH trailer of a telephone SEFT",
        "padded.jpg": jpeg() + bytes(64),
        "xmp-no-xml.jpg": with_segments(jpeg(), (0xE1, XMP_START + b"\xff<no XML\0")),
        "profile-of-pieces.jpg": with_segments(jpeg(), *pieces[::-1]),
        "profile-without-a-piece.jpg": with_segments(jpeg(), pieces[1]),
        "profile-twice.jpg": with_segments(jpeg(icc_profile=ICC), pieces[0]),
        "comments.jpg": with_segments(
            jpeg(), (0xFE, b"one"), (0xFE, b"Gr\xfc\xdfe\0"), (0xFE, b""), (0xFE, b"two")
        ),
        "junk-between.jpg": jpeg().replace(b"\xff\xdb", b"\0\1\2junk\xff\xdb", 1),
        "no-adobe.jpg": with_segments(jpeg(), (0xEE, b"Other")),
    }
