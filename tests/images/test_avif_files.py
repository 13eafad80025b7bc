"""AVIFs: animated, HDR, cropped or with premultiplied alpha, also read by other libraries."""

import io
import warnings

import imagecodecs
import numpy as np
import PIL.Image
import pytest
from passes import copied, read
from unusual import avif
from unusual.jpeg import ICC, picture

from pdefilter.images.formats import named
from pdefilter.images.frames import Frames
from pdefilter.images.reading import Reading

FILES = avif.files()
MOVING = [name for name in FILES if name.startswith("moving")]
AVIF = named("avif")


def by_pillow(data):
    """The frames and their milliseconds, as Pillow reads them."""
    with PIL.Image.open(io.BytesIO(data)) as file:
        for number in range(getattr(file, "n_frames", 1)):
            file.seek(number)
            pixels = np.asarray(file)
            yield pixels, file.info.get("duration")


@pytest.mark.parametrize("name", MOVING)
def test_frames_come_back_as_they_were(name):
    channels = {"moving-grey.avif": 1, "moving-alpha.avif": 4}.get(name, 3)
    bits = 12 if "twelve" in name else 8
    images = read(FILES[name])
    assert [image.metadata.duration for image in images] == list(avif.DURATIONS)
    for image, frame in zip(images, avif.frames(channels, bits), strict=True):
        expected = frame if bits == 8 else np.rint(frame * (65535 / 4095))
        assert np.array_equal(image.pixels, expected)
    out, messages = copied(FILES[name])
    assert messages == []
    again = read(out)
    for image, other in zip(images, again, strict=True):
        assert np.array_equal(image.pixels, other.pixels)
        assert image.metadata == other.metadata
    if bits == 8:
        for (pixels, duration), frame, expected in zip(
            by_pillow(out), avif.frames(channels), avif.DURATIONS, strict=True
        ):
            assert duration == expected
            # Pillow reads no grey from AVIF.
            assert np.array_equal(pixels if pixels.ndim == frame.ndim else pixels[..., 0], frame)


def test_loops_stay_and_bytes_are_reproducible():
    assert read(FILES["moving.avif"])[0].metadata.loops == 0
    twice = FILES["moving-twice.avif"]
    assert read(twice)[0].metadata.loops == 2
    out, _ = copied(twice)
    assert read(out)[0].metadata.loops == 2
    assert copied(out)[0] == out
    for header in (b"mvhd\1", b"tkhd\1", b"mdhd\1"):
        at = out.index(header) + 8
        assert out[at : at + 16] == bytes(16)  # no date


def test_an_animation_goes_to_and_from_other_formats(pdefilter_command, tmp_path):
    (tmp_path / "in.avif").write_bytes(FILES["moving.avif"])
    for source, target in (("in.avif", "out.webp"), ("out.webp", "out.avif")):
        done = pdefilter_command("heat-diffuse", source, "--time", "0", "-o", target)
        assert (done.returncode, done.stderr) == (0, b"")
    found = by_pillow((tmp_path / "out.avif").read_bytes())
    for (pixels, duration), frame, expected in zip(
        found, avif.frames(), avif.DURATIONS, strict=True
    ):
        assert np.array_equal(pixels, frame)
        assert duration == expected


def test_metadata_lost_by_an_animation_are_named_once():
    (image,) = read(FILES["described.avif"])
    frames = Frames(2, lambda _: image, format="AVIF")
    with warnings.catch_warnings(record=True) as messages:
        warnings.simplefilter("always")
        out = AVIF.encode(frames)
    assert "an animated AVIF carries no ICC profile, no EXIF, no XMP: left out" in [
        str(warning.message) for warning in messages
    ]
    assert len(read(out)) == 2


@pytest.mark.parametrize("name", ["hdr.avif", "hdr-alpha.avif", "hdr-grey.avif"])
def test_primaries_and_transfer_stay_and_the_matrix_is_applied(name):
    (image,) = read(FILES[name])
    assert image.metadata.own == ((9, 16),)
    full = (1 << image.bits) - 1
    by_other = imagecodecs.avif_decode(FILES[name])
    assert np.array_equal(image.pixels, np.rint(by_other * (65535 / full)))
    stored = picture(image.channels).astype(int) << (image.bits - 8)
    # The matrix loses a step or two of ten or twelve bits.
    assert np.abs(by_other.astype(int) - stored).max() <= 2
    out, messages = copied(FILES[name])
    assert messages == []
    assert np.array_equal(imagecodecs.avif_decode(out), by_other)
    at = out.index(b"colrnclx") + 8
    assert (out[at : at + 2], out[at + 2 : at + 4]) == (b"\0\x09", b"\0\x10")
    with pytest.warns(UserWarning, match="PNG carries no colour primaries and transfer"):
        named("png").encode(AVIF.decode(FILES[name], Reading()))


@pytest.mark.parametrize("name", ["limited.avif", "chroma.avif", "described.avif"])
def test_other_ranges_and_subsampling(name):
    (image,) = read(FILES[name])
    ((pixels, _),) = by_pillow(FILES[name])
    expected = np.rot90(pixels, -1) if name == "described.avif" else pixels
    # Two versions of the library round, and upsample, a step apart.
    assert np.abs(image.pixels.astype(int) - expected).max() <= 2


def test_premultiplied_alpha_is_divided_out():
    assert b"prem" in FILES["multiplied.avif"]
    (image,) = read(FILES["multiplied.avif"])
    alpha = picture(4)[..., 3:]
    assert np.array_equal(image.pixels[..., 3:], alpha)
    # Premultiplication, rounding and the matrix lose three steps, of 255 times alpha.
    lost = np.abs(image.pixels[..., :3].astype(int) - picture())
    assert (lost <= 3 * 255 / np.maximum(alpha, 1)).all()


def test_the_clean_aperture_is_cut_out():
    whole = read(avif.pillow())[0].pixels
    frames = AVIF.decode(FILES["cut.avif"], Reading())
    assert frames.size == (10, 16)
    # Centred, then moved two rows down and a column to the left.
    assert np.array_equal(frames.read(0).pixels, whole[6:16, 3:19])
    with pytest.warns(UserWarning, match="left out: clean aperture"):
        AVIF.encode(AVIF.decode(FILES["cut-in-halves.avif"], Reading()))


def test_metadata_of_a_still_stays():
    out, messages = copied(FILES["described.avif"])
    assert messages == ["left out: video of a motion photo"]
    with PIL.Image.open(io.BytesIO(out)) as file:
        assert file.info["icc_profile"] == ICC
        assert file.getexif()[0x010F] == "Optics & Co"
        assert file.getexif()[0x0112] == 1
    assert copied(out) == (out, [])
    for name, lost in (
        ("oblong-pixels.avif", "shape of its pixels"),
        ("light.avif", "light levels"),
    ):
        assert copied(FILES[name])[1] == [f"left out: {lost}"]
