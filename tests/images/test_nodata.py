"""Values that mark no data, by GDAL's tag or an image's attribute, in every type of values."""

import io
import math
from fractions import Fraction

import numpy as np
import PIL.Image
import pytest
import tifffile
from hypothesis import example, given
from hypothesis import strategies as st

import pdefilter
from pdefilter import Image, ImageError
from pdefilter.images.formats import named
from pdefilter.images.frames import Frames
from pdefilter.images.holes import holds_no_data, marker, valid_pixels
from pdefilter.images.reading import Reading

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float16", "float32", "float64"]
TIFF, TAG = named("tif"), 42113


def is_marked(value, number):
    """Whether a value, a NumPy scalar, is the one nearest to an exact number of its type."""
    if value.dtype.kind in "iu":
        return Fraction(int(value)) == number
    if not np.isfinite(value):
        return False
    largest = Fraction(float(np.finfo(value.dtype).max))
    if abs(number) > largest * Fraction(999, 1000) and abs(float(value)) == float(largest):
        # Six digits are enough for the extremes.
        return (number > 0) == (value > 0) and abs(abs(number) - largest) <= largest * Fraction(
            5, 10**6
        )
    exact = Fraction(float(value))
    with np.errstate(over="ignore"):
        below, above = (np.nextafter(value, value.dtype.type(e)) for e in (-math.inf, math.inf))
    # Numbers up to half a step beyond the largest float round to it.
    gaps = [abs(Fraction(float(other)) - exact) for other in (below, above) if np.isfinite(other)]
    gaps = gaps if len(gaps) == 2 else gaps * 2
    if number < exact:
        gaps = gaps[:1]
    elif number > exact:
        gaps = gaps[1:]
    even = int(value.view(f"u{value.dtype.itemsize}")) % 2 == 0
    distance = abs(number - exact)
    return all(distance < gap / 2 or (distance == gap / 2 and even) for gap in gaps)


def marked(values, number):
    """Which of the values mark no data."""
    return np.array([is_marked(value, number) for value in values.ravel()]).reshape(values.shape)


@st.composite
def values_of(draw, dtype):
    """A row of values of a type, its extremes and zero among them."""
    if dtype in INTEGERS:
        lowest, highest = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
        ends = [lowest, lowest + 1, 0, highest - 1, highest]
        some = st.integers(lowest, highest)
    else:
        width = 8 * np.dtype(dtype).itemsize
        ends = [float(np.finfo(dtype).min), 0.0, 0.1, -9999.0, float(np.finfo(dtype).max)]
        some = st.floats(width=width)
    with np.errstate(over="ignore"):
        return np.array([[*ends, *draw(st.lists(some, min_size=1, max_size=6))]], dtype)


@st.composite
def texts_near(draw, values):
    """A number as programs write it, near some value, and its exact value."""
    value = draw(st.sampled_from([v.item() for v in values.ravel() if np.isfinite(v)]))
    if values.dtype.kind in "iu":
        whole = str(value + draw(st.sampled_from([0, 0, 0, -1, 1, -70000])))
        ends = ["", "", ".", ".0", ",00", "e0", ".5"]
        text = whole + draw(st.sampled_from(ends))
    else:
        forms = ["{!r}", "{:.17g}", "{:.15g}", "{:.9g}", "{:g}", "{:.3f}", "{:.0f}"]
        text = draw(st.sampled_from(forms)).format(value)
    exact = Fraction(text.replace(",", "."))
    padding = st.sampled_from(["", " ", "  "])
    return draw(padding) + text + draw(padding), exact


def tiff_with(pixels, text, **options):
    stream = io.BytesIO()
    tags = [(TAG, 2, 0, text, True)]
    tifffile.imwrite(stream, pixels, metadata=None, extratags=tags, **options)
    return stream.getvalue()


def tag_of(data):
    """The bytes of the tag; tifffile strips spaces."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        tag = file.pages.first.tags[TAG]
        file.filehandle.seek(tag.valueoffset)
        return file.filehandle.read(tag.count)


def read_tiff(data):
    return TIFF.decode(data, Reading()).read(0)


def valid(image):
    found = valid_pixels(image)
    return np.ones(image.pixels.shape[:2], bool) if found is None else found


@pytest.mark.parametrize("dtype", INTEGERS + FLOATS)
@given(data=st.data())
def test_a_tag_marks_the_values_nearest_to_its_number(dtype, data):
    values = data.draw(values_of(dtype))
    text, exact = data.draw(texts_near(values))
    stored = tiff_with(values, text)
    image = read_tiff(stored)
    expected = marked(values, exact) | ~np.isfinite(values)
    assert np.array_equal(~valid(image), expected), (text, values, image.nodata)
    written = TIFF.encode(Frames(1, lambda _: image))
    assert tag_of(written) == tag_of(stored)


@pytest.mark.parametrize("dtype", ["bool", *INTEGERS, *FLOATS])
@given(data=st.data(), nodata=st.one_of(st.floats(), st.integers(-(2**65), 2**65)))
@example(data=None, nodata=math.nan)
@example(data=None, nodata=-math.inf)
@example(data=None, nodata=0.5)
def test_any_number_may_mark_no_data(dtype, data, nodata):
    if dtype == "bool":
        values = np.array([[False, True]])
    else:
        values = data.draw(values_of(dtype)) if data else np.array([[0, 1]], dtype)
    found = holds_no_data(values, nodata)
    if not math.isfinite(nodata):
        as_it_is = np.isnan(values) if math.isnan(nodata) else values == nodata
        assert np.array_equal(found, as_it_is)
    elif dtype == "bool":
        assert found.tolist() == [[nodata == 0, nodata == 1]]
    else:
        assert np.array_equal(found, marked(values, Fraction(nodata)))
        one = marker(nodata, values.dtype)
        assert one is None or is_marked(one, Fraction(nodata))


@pytest.mark.parametrize(
    ("dtype", "text", "hole"),
    [
        # Numbers that programs are known to write.
        ("float32", "-3.4028234663852886e+38", -3.4028234663852886e38),
        ("float32", "-3.4028235e+38", -3.4028234663852886e38),
        ("float32", "-3.40282e+38", -3.4028234663852886e38),
        ("float32", "-3.40282e+38", -3.40282e38),
        ("float32", "-9999.9", -9999.9),
        ("float64", "-1.7976931348623157e+308", -1.7976931348623157e308),
        ("float64", "-1.79769e+308", -1.7976931348623157e308),
        ("float64", "-1.79769313486232e+308", -1.7976931348623157e308),
        ("int16", "-32768.0", -32768),
        ("uint8", "255.0", 255),
        ("uint16", " 65535 ", 65535),
        ("int64", "9223372036854775807", 2**63 - 1),
        ("int64", "9007199254740993", 2**53 + 1),
        ("uint64", "18446744073709551615.0", 2**64 - 1),
        ("int16", "-9999\0 and more", -9999),
        # No pixel can equal a number outside its type, or a fraction.
        ("uint8", "-9999", None),
        ("uint8", "256", None),
        ("uint8", "1.5", None),
        ("int16", "nan", None),
        ("int16", "inf", None),
        ("int16", "-1e400", None),
        ("uint64", "18446744073709551616", None),
        ("int64", "9007199254740992.5", None),
        ("float32", "1.5e300", None),
        ("float32", "nan", None),
        ("uint8", "", None),
    ],
)
def test_numbers_as_programs_write_them(dtype, text, hole):
    values = np.array([[0, 1, 100]], dtype)
    expected = np.zeros(3, bool)
    if hole is not None:
        values[0, 1], expected[1] = hole, True
    assert np.array_equal(~valid(read_tiff(tiff_with(values, text)))[0], expected)


@pytest.mark.parametrize("text", ["foo", "1_0", "-9999 m", "--1", "0x10", "1e", "²"])
def test_a_tag_without_a_number_marks_nothing_and_is_reported(text):
    data = tiff_with(np.array([[0, 1, 10]], np.int16), text.encode("latin-1"))
    with pytest.warns(UserWarning, match="is not a number: no pixel is a hole"):
        image = read_tiff(data)
    assert valid(image).all()
    assert tag_of(TIFF.encode(Frames(1, lambda _: image))) == tag_of(data)


def stored_otherwise(values, text, **options):
    data = tiff_with(values, text, **options)
    image = read_tiff(data)
    again = read_tiff(TIFF.encode(Frames(1, lambda _: image)))
    assert np.array_equal(image.pixels, again.pixels)
    assert np.array_equal(valid(image), valid(again))
    return image


def test_where_reading_changes_values_it_changes_the_mark_too():
    values = np.array([[0, 1, 7, 255]], np.uint8)
    for mark in values[0]:
        image = stored_otherwise(values, str(mark), photometric="miniswhite")
        assert np.array_equal(~valid(image), values == mark)
    light = np.array([[0.25, 0.1, 7]], np.float32)
    image = stored_otherwise(light, "0.1", photometric="miniswhite")
    assert np.array_equal(~valid(image), [[False, True, False]])

    bits = values > 5
    for mark in (0, 1):
        image = stored_otherwise(bits, str(mark), photometric="minisblack")
        assert image.pixels.max() == 255
        assert np.array_equal(~valid(image), bits == mark)
    image = stored_otherwise(bits, "255", photometric="minisblack")
    assert valid(image).all()

    twelve = np.array([[0, 1, 2000, 4095]], np.uint16)
    for mark in (*twelve[0], 32016, 65535):
        image = stored_otherwise(twelve, str(mark), bitspersample=12, rowsperstrip=1)
        assert image.bits == 12
        assert np.array_equal(~valid(image), twelve == mark)


def test_a_palette_index_is_not_a_colour():
    picture = PIL.Image.fromarray(np.array([[0, 1, 2]], np.uint8), "P")
    picture.putpalette([2, 2, 2, 0, 0, 0, 1, 1, 1])
    stream = io.BytesIO()
    picture.save(stream, "TIFF", tiffinfo={TAG: "1"})
    image = read_tiff(stream.getvalue())
    assert image.pixels[0, :, 0].tolist() == [2, 0, 1]
    assert valid(image).all()
    written = TIFF.encode(Frames(1, lambda _: image))
    assert valid(read_tiff(written)).all()


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("there", [1, 3])
@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize(("text", "fill"), [("-32768.0", -32768), ("foo", 0), ("99999", 0)])
def test_absent_parts_hold_no_data(compression, there, lenient, text, fill):
    tile = np.full((16, 16), 7, np.int16)
    stream = io.BytesIO()
    tiles = iter([tile if number < there else None for number in range(4)])
    tifffile.imwrite(
        stream, tiles, shape=(32, 32), dtype=np.int16, tile=(16, 16), compression=compression,
        metadata=None, photometric="minisblack", extratags=[(TAG, 2, 0, text, True)],
    )  # fmt: skip
    if text == "foo":
        with pytest.warns(UserWarning, match="not a number"):
            image = TIFF.decode(stream.getvalue(), Reading(lenient=lenient)).read(0)
    else:
        image = TIFF.decode(stream.getvalue(), Reading(lenient=lenient)).read(0)
    expected = np.full((32, 32), fill)
    expected[:16, : 16 * min(there, 2)] = expected[16:, : 16 * max(there - 2, 0)] = 7
    assert np.array_equal(image.pixels, expected)
    assert np.array_equal(valid(image), image.pixels != -32768)


def test_an_absent_picture_is_not_the_header():
    # One uncompressed strip at offset 0, where the header of the file is.
    data = bytearray(tiff_with(np.ones((4, 8), np.uint8), "200"))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        for tag in (273, 279):
            place = file.pages.first.tags[tag].valueoffset
            data[place : place + 4] = bytes(4)
    assert (read_tiff(bytes(data)).pixels == 200).all()


def test_alpha_is_never_marked():
    pixels = np.random.default_rng(0).integers(0, 200, (9, 8, 4), np.uint8)
    pixels[..., 3], pixels[2, 3, 1] = 255, 255
    holes = ~valid(Image(pixels, has_alpha=True, nodata=255))
    assert holes[2, 3]
    assert holes.sum() == 1


def test_zeros_beside_a_mark_that_no_pixel_has_are_filtered():
    picture = np.random.default_rng(0).integers(0, 256, (20, 30), np.uint8)
    picture[3:9, 4:9] = 0
    for nodata in (-9999.0, 256.0, 0.5, math.nan, math.inf):
        result = pdefilter.heat_diffuse(Image(picture, nodata=nodata), time=2)
        assert np.array_equal(result.pixels, pdefilter.heat_diffuse(picture, time=2))


def deeper(pixels, nodata, dtype):
    from pdefilter.images.holes import with_holes

    image = Image(pixels, nodata=nodata)
    return with_holes(np.zeros(pixels.shape, dtype), image, valid(image))


def test_another_depth_keeps_marks_or_refuses():
    lowest = float(np.finfo(np.float32).min)
    of_64 = np.array([[1, lowest, -9999.0]])
    assert deeper(of_64, lowest, np.float32)[0, 1] == np.float32(lowest)
    assert deeper(of_64, -9999.0, np.float32)[0, 2] == -9999
    assert deeper(of_64.astype(np.float32), lowest, np.float64)[0, 1] == lowest
    for pixels, nodata, dtype in [
        (np.array([[1, -1e300]]), -1e300, np.float32),
        (np.array([[1, -0.1]], np.float32), -0.1, np.float64),  # no longer the nearest to it
        (np.array([[1, -9999]], np.float32), -9999.0, np.uint8),
        (np.array([[1, -9999]], np.int16), -9999.0, np.float32),
    ]:
        with pytest.raises(ImageError, match="a value that another depth cannot store"):
            deeper(pixels, nodata, dtype)
