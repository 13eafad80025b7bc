"""JPEGs of cameras and phones: metadata kept or named, and read by other libraries."""

import io
from xml.etree import ElementTree

import cv2
import imagecodecs
import numpy as np
import PIL.Image
import pytest
import simplejpeg
from passes import copied
from unusual import jpeg

import pdefilter
from pdefilter import ImageError
from pdefilter.images.codecs.companions import without_companions
from pdefilter.images.formats import named
from pdefilter.images.reading import Reading

FILES = jpeg.files()
JPEG = named("jpg")


def by_pillow(data):
    return PIL.Image.open(io.BytesIO(data))


def test_the_resolution_of_cmyk_is_kept_and_readers_agree_on_its_colours():
    out, messages = copied(FILES["inks-dense.jpg"])
    assert messages == []
    file = by_pillow(out)
    assert (file.mode, file.info["dpi"]) == ("CMYK", (300, 200))
    inks = jpeg.picture(4).astype(int)
    # The tolerance allows for two passes at quality 95.
    assert np.abs(np.asarray(file) - inks).max() < 12
    for stored in (simplejpeg.decode_jpeg(out, "CMYK"), imagecodecs.jpeg8_decode(out)):
        assert np.abs(255 - stored.astype(int) - inks).max() < 12
    by_opencv = cv2.imdecode(np.frombuffer(out, np.uint8), cv2.IMREAD_COLOR).astype(int)
    expected = (255 - inks[..., :3]) * (255 - inks[..., 3:]) // 255
    assert np.abs(by_opencv[..., ::-1] - expected).max() < 12


@pytest.mark.parametrize("name", ["inks-ycck.jpg", "inks-plain.jpg", "inks-adobe-and-jfif.jpg"])
def test_inks_stored_in_every_way(name):
    image = JPEG.decode(FILES[name], Reading()).read(0)
    assert image.is_cmyk
    inks = jpeg.picture(4).astype(int)
    stored = name != "inks-plain.jpg" and "jfif" not in name
    assert np.abs(image.pixels - (255 - inks if stored else inks)).max() < 12


@pytest.mark.parametrize("name", ["rgb.jpg", "arithmetic.jpg"])
def test_colours_and_coding(name):
    image = JPEG.decode(FILES[name], Reading()).read(0)
    assert np.abs(image.pixels.astype(int) - jpeg.picture()).max() < 8
    assert np.array_equal(image.pixels, np.asarray(by_pillow(FILES[name])))


def test_lossless_jpegs_are_read_exactly():
    few = JPEG.decode(FILES["lossless-4-bits.jpg"], Reading()).read(0)
    assert np.array_equal(few.pixels, (jpeg.picture() >> 4) * 17)
    many = JPEG.decode(FILES["lossless-16-bits.jpg"], Reading()).read(0)
    assert np.array_equal(many.pixels, jpeg.picture() * np.uint16(257))


def test_exif_in_pieces_is_joined_and_a_long_one_is_cut_again():
    out, messages = copied(FILES["exif-in-pieces.jpg"])
    assert messages == []
    assert by_pillow(out).getexif()[0x010E] == "a long description " * 8
    exif = PIL.Image.Exif()
    exif[0x010E] = "long " * 30_000
    blob = exif.tobytes().removeprefix(b"Exif\0\0")
    pieces = [(0xE1, b"Exif\0\0" + blob[at : at + 60_000]) for at in range(0, len(blob), 60_000)]
    out, messages = copied(jpeg.with_segments(jpeg.jpeg(), *pieces))
    assert messages == []
    assert by_pillow(out).getexif()[0x010E] == "long " * 30_000
    assert copied(FILES["exif-twice.jpg"])[1] == ["left out: second EXIF"]


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("pictures.jpg", "2 more pictures"),
        ("gain-map.jpg", "gain map"),
        ("gain-map-iso.jpg", "gain map"),
        ("gain-map-broken-xmp.jpg", "gain map, XMP"),
        ("motion.jpg", "video of a motion photo"),
        ("trailer.jpg", "32 bytes after the picture"),
    ],
)
def test_companions_are_named_once(name, lost):
    out, messages = copied(FILES[name])
    assert messages == [f"left out: {lost}"]
    assert b"MPF\0" not in out
    assert by_pillow(out).format == "JPEG"  # an MPO would hold several pictures
    again, messages = copied(out)
    assert (again[:400], messages) == (out[:400], [])


def test_a_second_picture_and_padding():
    assert copied(jpeg.several(jpeg.jpeg("L")))[1] == ["left out: second picture"]
    assert copied(FILES["padded.jpg"])[1] == []


@pytest.mark.parametrize("packet", [jpeg.GAIN_MAP, jpeg.MOTION])
def test_xmp_about_companions_is_removed(packet):
    rest, named_ = without_companions(packet)
    assert len(named_) == 1
    assert without_companions(rest) == (rest, ())
    for word in (b"Semantic", b"hdrgm:Version", b"GCamera:Motion"):
        assert word not in rest
    spaces = {"dc": "http://purl.org/dc/elements/1.1/"}
    root = ElementTree.fromstring(rest)
    assert root.find(".//dc:format", spaces).text == "image/jpeg"
    (description,) = (e for e in root.iter() if e.tag.endswith("Description"))
    assert description.get("{http://purl.org/dc/elements/1.1/}source") == "a > b"
    camera = "{http://ns.google.com/photos/1.0/camera/}SpecialTypeID"
    assert description.get(camera) == ("7" if b"GCamera" in packet else None)


def test_other_xmp_stays_byte_for_byte():
    assert without_companions(jpeg.PLAIN) == (jpeg.PLAIN, ())
    for packet in (jpeg.PLAIN, b"\xff<no XML\0", b""):
        data = jpeg.with_segments(jpeg.jpeg(), (0xE1, jpeg.XMP_START + packet))
        out, messages = copied(data)
        assert messages == []
        assert jpeg.XMP_START + packet in out


def test_profiles_in_pieces():
    for name in ("profile-of-pieces.jpg", "profile-twice.jpg"):
        out, messages = copied(FILES[name])
        assert messages == []
        assert by_pillow(out).info["icc_profile"] == jpeg.ICC
    out, messages = copied(FILES["profile-without-a-piece.jpg"])
    assert messages == ["its ICC profile is broken: left out"]
    assert "icc_profile" not in by_pillow(out).info
    assert copied(FILES["profile-without-a-piece.jpg"], strip=True)[1] == []


def test_comments_come_back_byte_for_byte():
    out, messages = copied(FILES["comments.jpg"])
    assert messages == []
    found = [body for kind, body in segments(out) if kind == 0xFE]
    assert sorted(found) == sorted([b"one", b"Gr\xfc\xdfe\0", b"", b"two"])
    assert [body for body in found if body in (b"one", b"", b"two")] == [b"one", b"", b"two"]


def segments(data):
    at = 2
    while data[at + 1] != 0xDA:
        size = int.from_bytes(data[at + 2 : at + 4])
        yield data[at + 1], data[at + 4 : at + 2 + size]
        at += 2 + size


def test_junk_between_segments_does_not_block_pixels():
    out, messages = copied(FILES["junk-between.jpg"])
    assert messages == ["its metadata is broken: left out"]
    assert np.abs(np.asarray(by_pillow(out)).astype(int) - jpeg.picture()).max() < 8


def test_unread_kinds_are_refused_in_our_words(tmp_path):
    refused = {
        "is a JPEG-LS": bytes(imagecodecs.jpegls_encode(jpeg.picture(1))),
        "uses a compression of JPEG": jpeg.jpeg().replace(b"\xff\xc0", b"\xff\xc5"),
        "is truncated": jpeg.jpeg()[:-40],
        "holds 2 components": jpeg.jpeg("L").replace(
            b"\xff\xc0\0\x0b\x08\0\x12\0\x18\1", b"\xff\xc0\0\x0b\x08\0\x12\0\x18\2"
        ),
    }
    for sentence, data in refused.items():
        (tmp_path / "i.jpg").write_bytes(data)
        with pytest.raises(ImageError, match=f"^[^()]*{sentence}[^()]*$"):
            pdefilter.read(tmp_path / "i.jpg")
