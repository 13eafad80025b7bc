"""WebPs that few programs write."""

import io

import numpy as np
import PIL.Image
import pytest
from passes import passed, read
from sample_files import _smooth
from unusual import webp

from pdefilter import ImageError

FILES = webp.files()


def test_a_background_and_unknown_chunks_stay():
    data, messages = passed(FILES["background.webp"], times=5)
    assert messages == []
    with PIL.Image.open(io.BytesIO(data)) as file:
        assert file.info["background"] == (1, 2, 3, 4)
    data, messages = passed(FILES["unknown.webp"], times=5)
    assert messages == ["left out: content credentials, data after its end"]
    assert webp.chunk(b"ABCD", b"odd") in data
    assert b"C2PA" not in data
    _, messages = passed(FILES["unknown.webp"], "png")
    assert messages[0].startswith("PNG carries no background colour and other chunks: left out")


def test_an_animation_of_one_frame_stays_one():
    data, _ = passed(FILES["single-frame.webp"], times=3)
    (image,) = read(data)
    assert (image.metadata.duration, image.metadata.loops) == (70, 0)


def test_colours_under_alpha_zero_are_exact():
    data, _ = passed(FILES["hidden.webp"], times=3)
    expected = _smooth(4)
    expected[:5, :, 3] = 0
    assert np.array_equal(read(data)[0].pixels, expected)


def test_broken_and_second_exif():
    data, messages = passed(FILES["broken-exif.webp"])
    assert messages == ["its EXIF is broken: left out"]
    assert read(data)[0].metadata.xmp == b"<x/>"
    _, messages = passed(FILES["broken-exif.webp"], strip=True)
    assert messages == []
    data, messages = passed(FILES["two-exifs.webp"])
    assert messages == ["left out: second EXIF"]
    assert read(data)[0].metadata.exif.startswith(b"II*\0")


@pytest.mark.parametrize("lossless", [False, True])
def test_the_rest_of_a_truncated_webp_is_kept(colour_photograph, lossless):
    stream = io.BytesIO()
    PIL.Image.fromarray(colour_photograph).save(stream, "WEBP", lossless=lossless)
    data = stream.getvalue()
    (whole,) = read(data)
    cut = data[: len(data) * 8 // 10]
    with pytest.raises(ImageError, match=r"is truncated: .* --lenient"):
        read(cut)
    with pytest.warns(UserWarning, match="what can be decoded was kept"):
        (part,) = read(cut, lenient=True)
    half = len(whole.pixels) // 2
    assert np.array_equal(part.pixels[:half], whole.pixels[:half])
    assert not np.array_equal(part.pixels, whole.pixels)


def test_the_frames_before_the_end_of_a_truncated_animation_are_kept():
    data = FILES["background.webp"]
    whole = read(data)
    with pytest.warns(UserWarning, match="what can be decoded was kept"):
        part = read(data[: len(data) * 8 // 10], lenient=True)
    assert len(part) >= 3
    for one, other in zip(part[:-1], whole, strict=False):
        assert np.array_equal(one.pixels, other.pixels)
