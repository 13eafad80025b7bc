"""The PNM family, and NumPy's format, in every spelling."""

import io

import cv2
import numpy as np
import PIL.Image
import pytest
from unusual import pnm as made

from pdefilter import ImageError
from pdefilter.images.formats import detect_format, named
from pdefilter.images.reading import Reading

FILES = made.files()


def read(data, number=0, **options):
    return detect_format(data).decode(data, Reading(**options)).read(number)


def passed(data):
    return detect_format(data).encode(detect_format(data).decode(data, Reading()))


@pytest.mark.parametrize(
    ("name", "largest", "channels"),
    [
        ("plain-10.pgm", 1023, 1), ("plain.ppm", 255, 3), ("10.pgm", 1023, 1),
        ("12.ppm", 4095, 3), ("1000.pgm", 1000, 1), ("100.pgm", 100, 1), ("crlf.pgm", 255, 1),
        ("comments.pgm", 255, 1), ("bilevel.pam", 1, 1), ("bilevel-alpha.pam", 1, 2),
        ("inks.pam", 255, 4), ("own.pam", 255, 3), ("none.pam", 255, 2), ("alpha-10.pam", 1023, 4),
    ],
)  # fmt: skip
def test_values_are_scaled_from_the_largest(name, largest, channels):
    image = read(FILES[name])
    full = np.iinfo(image.pixels.dtype).max
    assert full == (255 if largest < 256 else 65535)
    expected = np.rint(made.values(largest, channels) * (full / largest))
    assert np.array_equal(image.pixels, expected)
    assert image.bits == {1023: 10, 4095: 12}.get(largest)
    assert image.has_alpha == ("alpha" in name)


@pytest.mark.parametrize("name", ["10.pgm", "12.ppm", "alpha-10.pam", "plain-10.pgm"])
def test_bits_come_back(name):
    data = passed(FILES[name])
    largest = 4095 if "12" in name else 1023
    channels = {"12.ppm": 3, "alpha-10.pam": 4}.get(name, 1)
    expected = made.values(largest, channels).ravel()
    assert data.endswith(expected.astype(">u2").tobytes())
    assert b"%d\n" % largest in data


def test_bits_of_pbm():
    expected = (1 - made.values(1)) * 255
    for name in ("packed.pbm", "plain.pbm"):
        assert np.array_equal(read(FILES[name]).pixels, expected)
        with PIL.Image.open(io.BytesIO(FILES[name])) as picture:
            assert np.array_equal(np.asarray(picture.convert("L")), expected)
    assert np.array_equal(read(FILES["two.pbm"], 1).pixels, expected)
    assert np.array_equal(read(FILES["kinds.pnm"], 2).pixels, expected)


def test_the_scale_of_pfm_is_kept_and_values_stay():
    for name, scale, channels in (("scale.pfm", b"-2.5", 1), ("scale-big.pfm", b"-1e3", 3)):
        assert np.array_equal(read(FILES[name]).pixels, made.floats(channels))
        data = passed(FILES[name])
        assert data.split(b"\n")[2] == scale
        assert np.array_equal(read(data).pixels, made.floats(channels))
    seen = cv2.imdecode(np.frombuffer(FILES["big.pfm"], np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(read(FILES["big.pfm"]).pixels, seen)
    with pytest.raises(ImageError, match="broken header"):
        read(made.pfm(b"0"))


def test_comments_and_tuple_types_stay():
    assert passed(FILES["comments.pgm"]) == FILES["comments.pgm"]
    assert b"#one\n" in passed(FILES["plain-10.pgm"]).replace(b"# ", b"#")
    data = passed(FILES["own.pam"])
    assert data.startswith(b"P7\n# a satellite\n")
    assert b"\nTUPLTYPE near infrared\nENDHDR\n" in data
    assert passed(data) == data
    assert b"TUPLTYPE CMYK\n" in passed(FILES["inks.pam"])
    assert b"TUPLTYPE GRAYSCALE_ALPHA\n" in passed(FILES["bilevel-alpha.pam"])
    assert b"# a maker\n" in passed(FILES["comment.pfm"])
    with pytest.warns(UserWarning, match="PNG carries no comments: left out"):
        named("png").encode(named("pgm").decode(FILES["comments.pgm"], Reading()))


@pytest.mark.parametrize(
    ("data", "problem", "expected"),
    [
        (b"P2 3 1 9 1 -5 3", "has 1 values that are not numbers", [28, 0, 85]),
        (b"P2 3 1 9 1 2.5 x", "has 2 values that are not numbers", [28, 0, 0]),
        (b"P1 3 1 102", "has 1 values that are not numbers", [0, 255, 255]),
        (b"P2 3 1 9 1 2 99999999", "has values above 9", [28, 57, 255]),
        (b"P2 3 1 9 1 2", "is truncated: 2 of 3 values", [28, 57, 0]),
    ],
)
def test_broken_values_are_reported(data, problem, expected):
    with pytest.raises(ImageError, match=f"{problem}.*--lenient"):
        read(data)
    with pytest.warns(UserWarning, match=problem):
        assert read(data, lenient=True).pixels.tolist() == [expected]


@pytest.mark.parametrize("data", [b"P2 3 1 0 0 0 0", b"P3 1 1 99999 0 0 0", b"P5 1 1 0 0"])
def test_an_impossible_largest_value_is_refused(data):
    with pytest.raises(ImageError, match="claims values up to"):
        read(data)


@pytest.mark.parametrize(
    "name",
    ["big.npy", "big-float.npy", "columns.npy", "bool.npy", "version-2.npy", "version-3.npy"],
)
def test_arrays_of_every_layout(name):
    expected = np.load(io.BytesIO(FILES[name]))
    image = read(FILES[name])
    assert image.pixels.dtype.isnative
    assert np.array_equal(image.pixels, expected)
    assert np.array_equal(np.load(io.BytesIO(passed(FILES[name]))), expected)


def test_arrays_that_are_not_images():
    with pytest.raises(ImageError, match="holds records of several fields"):
        read(FILES["records.npy"])
    stream = io.BytesIO()
    head = {"shape": (1, 1, 1 << 40), "fortran_order": False, "descr": "<f8"}
    np.lib.format.write_array_header_1_0(stream, head)
    with pytest.raises(ImageError, match="claims 1 × 1 pixels of 1099511627776 channels"):
        read(stream.getvalue(), lenient=True)


def test_long_floats_are_rounded_with_a_warning():
    image = read(FILES["long.npy"])
    assert np.array_equal(image.pixels, made.floats())
    assert image.pixels.dtype == np.float64
    assert image.metadata.dropped == ("digits beyond those of 64 bits",)
