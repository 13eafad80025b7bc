"""JPEG XLs of every depth and colour: exact, turned upright once, with their metadata."""

import imagecodecs
import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest
from passes import copied
from unusual import jpegxl
from unusual.jpeg import PLAIN, picture

from pdefilter import Image, ImageError
from pdefilter.images.codecs.boxes import boxes
from pdefilter.images.codecs.jpegxl_header import Header, header
from pdefilter.images.formats import named
from pdefilter.images.frames import Frames
from pdefilter.images.metadata import Metadata
from pdefilter.images.reading import Reading

FILES = jpegxl.files()
STILL = [name for name in FILES if name != "moving.jxl"]
JXL = named("jxl")


def read(data):
    return JXL.decode(data, Reading()).read(0)


def write(image):
    return JXL.encode(Frames(1, lambda _: image))


def codestream(data):
    return data if data.startswith(b"\xff\x0a") else dict(boxes(data))[b"jxlc"]


def meaning(data) -> Header:
    return header(codestream(data))


@pytest.mark.parametrize("name", STILL)
def test_pixels_are_those_of_libjxl(name):
    out, _ = copied(FILES[name])
    before, after = (imagecodecs.jpegxl_decode(data) for data in (FILES[name], out))
    if name == "four-bits.jxl":
        before = before * np.uint8(17)
    # Lossy pictures are dithered in the last digit by position, before they are turned.
    tolerance = int(name == "turned-jpeg.jxl")
    assert before.shape == after.shape
    assert np.abs(before.astype(np.float64) - after).max() <= tolerance
    assert meaning(out).orientation == 1


def test_the_orientation_comes_from_the_codestream_and_not_the_exif():
    upright = PIL.Image.fromarray(picture())
    upright.getexif()[0x0112] = 6
    expected = np.asarray(PIL.ImageOps.exif_transpose(upright))
    assert meaning(FILES["p3.jxl"]).orientation == 6
    assert np.array_equal(read(FILES["p3.jxl"]).pixels, expected)
    image = read(FILES["described.jxl"])
    assert np.array_equal(image.pixels, picture())
    tags = PIL.Image.Exif()
    tags.load(image.metadata.exif)
    assert (tags[0x010F], tags[0x0112]) == ("Optics & Co", 1)


@pytest.mark.parametrize("name", ["p3.jxl", "pq.jxl", "linear.jxl"])
def test_the_colour_space_stays(name):
    before = meaning(FILES[name])
    assert not before.is_srgb
    out, messages = copied(FILES[name])
    after = meaning(out)
    assert messages == []
    assert (after.colours, after.tones) == (before.colours, before.tones)
    with pytest.warns(UserWarning, match="PNG carries no enumerated colour space: left out"):
        named("png").encode(Frames(1, lambda _: read(FILES[name])))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_integers_are_srgb_and_floats_are_linear(dtype, channels):
    pixels = np.zeros((5, 7, channels), dtype)
    image = Image(pixels[..., 0] if channels == 1 else pixels, has_alpha=channels in (2, 4))
    found = meaning(write(image))
    assert (found.is_srgb, found.is_linear) == (dtype != np.float32, dtype == np.float32)
    assert (found.rows, found.columns, found.extra) == (5, 7, (0,) if image.has_alpha else ())


def test_sizes_and_ratios_are_read():
    for shape in [(1, 1), (8, 8), (16, 24), (10, 12), (27, 48), (300, 600), (9, 5000)]:
        found = meaning(write(Image(np.zeros(shape, np.uint8))))
        assert (found.rows, found.columns) == shape


@pytest.mark.parametrize("name", ["described.jxl", "pieces.jxl", "turned-jpeg.jxl"])
def test_boxes_are_kept(name):
    out, messages = copied(FILES[name])
    assert messages == []
    found = dict(boxes(out))
    assert found[b"Exif"][:4] == bytes(4)
    exif = PIL.Image.Exif()
    exif.load(found[b"Exif"][4:])
    assert exif[0x010F] == "Optics & Co"
    assert found.get(b"xml ") == (PLAIN if name == "described.jxl" else None)


def test_exif_and_xmp_go_to_and_from_other_formats(pdefilter_command, tmp_path):
    (tmp_path / "in.jxl").write_bytes(FILES["described.jxl"])
    for source, target in (("in.jxl", "out.png"), ("out.png", "out.jxl")):
        done = pdefilter_command("heat-diffuse", source, "--time", "0", "-o", target)
        assert (done.returncode, done.stderr) == (0, b"")
    with PIL.Image.open(tmp_path / "out.png") as file:
        assert file.getexif()[0x010F] == "Optics & Co"
    found = dict(boxes((tmp_path / "out.jxl").read_bytes()))
    assert found[b"xml "] == PLAIN
    assert b"Optics & Co" in found[b"Exif"]


@pytest.mark.parametrize(
    ("name", "messages"),
    [
        ("profile.jxl", ["left out: ICC profile"]),
        ("profile-lossy.jxl", ["left out: ICC profile"]),
        ("motion.jxl", ["left out: JUMBF boxes, gain map, video of a motion photo"]),
        ("twice.jxl", ["left out: second EXIF"]),
        ("broken-exif.jxl", ["its XMP is broken: left out", "its EXIF is broken: left out"]),
    ],
)
def test_losses_are_named_once(name, messages):
    out, actual = copied(FILES[name])
    assert actual == messages
    assert copied(out) == (out, [])


def test_bits_and_halves():
    ten = read(FILES["ten-bits.jxl"])
    assert ten.bits == 10
    stored = picture().astype(int) << 2
    assert np.array_equal(ten.pixels, np.rint(stored * (65535 / 1023)))
    assert np.array_equal(imagecodecs.jpegxl_decode(write(ten)), stored)
    halves = read(FILES["halves.jxl"])
    assert np.array_equal(halves.pixels, (picture() / 255).astype(np.float16).astype(np.float32))


def test_all_floats_stay():
    pixels = np.array([[np.nan, np.inf, -0.0], [1e-42, -3.5, 1e30]], np.float32)
    assert read(write(Image(pixels))).pixels.tobytes() == pixels.tobytes()


def test_unread_kinds_are_refused_by_name():
    with pytest.raises(ImageError, match=r"is an animation; convert it to an animated \.png"):
        read(FILES["moving.jxl"])
    image = Image(picture(), metadata=Metadata(icc=b"profile"))
    with pytest.warns(UserWarning, match="JPEGXL carries no ICC profile: left out"):
        write(image)
