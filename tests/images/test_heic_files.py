"""HEICs of phones: turned upright once, with every bit and their metadata."""

import io

import numpy as np
import PIL.Image
import PIL.ImageOps
import pillow_heif
import pytest
from passes import copied
from unusual import heic
from unusual.jpeg import ICC, PLAIN, picture

import pdefilter
from pdefilter import ImageError
from pdefilter.images.formats import named
from pdefilter.images.frames import Frames
from pdefilter.images.reading import Reading

FILES = heic.files()
HEIC = named("heic")


def by_libheif(data):
    """The pictures as libheif decodes them; its encoder (x265) and decoder (libde265) differ."""
    return pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False, hdr_to_16bit=False)


@pytest.mark.parametrize("name", FILES)
def test_all_bits_come_back(name):
    out, _ = copied(FILES[name])
    before, after = by_libheif(FILES[name]), by_libheif(out)
    assert len(after) == len(before)
    for one, other in zip(before, after, strict=True):
        assert (one.mode.replace("a", "A"), one.size) == (other.mode, other.size)
        if not one.premultiplied_alpha:
            assert np.array_equal(np.asarray(one), np.asarray(other))


def test_premultiplied_alpha_is_divided_out():
    image = HEIC.decode(FILES["multiplied.heic"], Reading()).read(0)
    multiplied, alpha = picture(4)[..., :3].astype(float), picture(4)[..., 3:]
    clear = np.broadcast_to((alpha > 40) & (multiplied <= alpha), multiplied.shape)
    expected = multiplied / np.maximum(alpha, 1) * 255
    assert clear.any()
    assert np.abs(image.pixels[..., :3] - expected)[clear].max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_once(orientation):
    data = heic.heic(exif=heic.camera(orientation))
    image = HEIC.decode(data, Reading()).read(0)
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    upright = PIL.Image.fromarray(picture())
    upright.getexif()[0x0112] = orientation
    assert np.array_equal(image.pixels, np.asarray(PIL.ImageOps.exif_transpose(upright)))
    out, messages = copied(data)
    assert messages == []
    assert np.array_equal(np.asarray(by_libheif(out)), image.pixels)
    found = PIL.Image.Exif()
    found.load(by_libheif(out).info["exif"])
    assert (found[0x010F], found[0x0112]) == ("Optics & Co", 1)


def test_metadata_go_to_and_from_other_formats(pdefilter_command, tmp_path):
    (tmp_path / "in.heic").write_bytes(heic.heic(exif=heic.camera(1), icc_profile=ICC, xmp=PLAIN))
    for source, target in (("in.heic", "out.jpg"), ("out.jpg", "out.heic")):
        done = pdefilter_command("heat-diffuse", source, "--time", "0", "-o", target)
        assert (done.returncode, done.stderr) == (0, b"")
    with PIL.Image.open(tmp_path / "out.jpg") as file:
        assert (file.info["icc_profile"], file.info["xmp"]) == (ICC, PLAIN)
        assert file.getexif()[0x010F] == "Optics & Co"
    info = by_libheif((tmp_path / "out.heic").read_bytes()).info
    assert (info["icc_profile"], info["xmp"]) == (ICC, PLAIN)
    exif = PIL.Image.Exif()
    exif.load(info["exif"])
    assert exif[0x010F] == "Optics & Co"


def test_colour_primaries_and_light_levels_stay():
    out, messages = copied(FILES["pq.heic"])
    assert messages == []
    info = by_libheif(out).info
    before = by_libheif(FILES["pq.heic"]).info
    assert info["content_light_level"] == before["content_light_level"]
    colours = info["nclx_profile"]
    assert (colours["color_primaries"], colours["transfer_characteristics"]) == (9, 16)
    assert by_libheif(copied(FILES["oblong-pixels.heic"])[0]).info["pixel_aspect_ratio"] == (4, 3)


def test_the_video_of_a_motion_photo_is_named():
    out, messages = copied(FILES["turned.heic"])
    assert messages == ["left out: video of a motion photo"]
    assert b"GCamera:MotionPhoto=" not in out
    assert copied(out) == (out, [])


def test_several_pictures_are_frames(tmp_path):
    (tmp_path / "i.heic").write_bytes(FILES["several.heic"])
    images = list(pdefilter.read_frames(tmp_path / "i.heic"))
    assert len(images) == 3
    for number, image in enumerate(images):
        assert np.array_equal(image.pixels, np.roll(picture(), number, 0))


def test_ten_and_twelve_bits_of_every_kind():
    for bits in (10, 12):
        for channels, mode in ((1, "L"), (3, "RGB"), (4, "RGBA")):
            image = HEIC.decode(heic.heic(mode, bits), Reading()).read(0)
            assert image.bits == bits
            stored = picture(channels).astype(int) << (bits - 8)
            assert np.array_equal(image.pixels, np.rint(stored * (65535 / ((1 << bits) - 1))))
            data = HEIC.encode(Frames(1, lambda _, image=image: image))
            assert np.array_equal(np.asarray(by_libheif(data)), stored)


def test_animations_are_refused_or_named():
    data = heic.heic()
    track = b"\0\0\0\x0cmoov" + bytes(4)
    assert copied(data + track)[1] == ["left out: animation"]
    head = data[: int.from_bytes(data[:4])]
    with pytest.raises(ImageError, match=r"is an animation; save its frames as \.png by ffmpeg"):
        HEIC.decode(head + track, Reading())
