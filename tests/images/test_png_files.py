"""PNGs that few programs write: metadata are kept or named, and never block the pixels."""

import io
import struct
import zlib
from fractions import Fraction

import numpy as np
import PIL.Image
import PIL.ImageSequence
import pytest
from passes import passed, read
from sample_files import png_chunk
from unusual import png

from pdefilter import ImageError
from pdefilter.images.formats import named
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata, Resolution

FILES = png.files()


def chunks_of(data):
    found, at = [], 8
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += 12 + size
    return found


def by_pillow(data, mode=None):
    with PIL.Image.open(io.BytesIO(data)) as file:
        file.load()
        return np.asarray(file.convert(mode) if mode else file), dict(file.info)


@pytest.mark.parametrize("passes", [1, 5])
def test_a_resolution_without_a_unit_stays_a_shape(passes):
    data, messages = passed(FILES["oblong.png"], times=passes)
    assert messages == []
    assert dict(chunks_of(data))[b"pHYs"] == struct.pack(">IIB", 4, 2, 0)


def test_the_shape_of_pixels_goes_to_the_formats_that_carry_it():
    jpeg, messages = passed(FILES["oblong.png"], "jpg")
    assert messages == []
    assert by_pillow(jpeg)[1]["jfif_density"] == (4, 2)
    assert by_pillow(jpeg)[1]["jfif_unit"] == 0
    tiff, messages = passed(FILES["oblong.png"], "tif")
    assert messages == []
    with PIL.Image.open(io.BytesIO(tiff)) as file:
        assert [file.tag_v2[tag] for tag in (282, 283, 296)] == [4, 2, 1]
    for target in ("bmp", "jp2"):
        _, messages = passed(FILES["oblong.png"], target)
        assert messages == ["left out: the resolution without a unit"]


@pytest.mark.parametrize(
    ("columns", "rows", "most", "whole"),
    [("1.5", 1, 99, (3, 2)), (4, 2, 99, (4, 2)), (300, 100, 99, (3, 1)), (1, "2.5", 9, (2, 5))],
)
def test_a_ratio_is_kept_in_whole_numbers(columns, rows, most, whole):
    resolution = Resolution(Fraction(columns), Fraction(rows), "none")
    assert resolution.rounded(most=most) == whole


def test_chunks_that_stay_valid_are_kept_byte_for_byte():
    data, messages = passed(FILES["tagged.png"], times=5)
    assert messages == []
    found = dict(chunks_of(data))
    for kind, body in png.METADATA.items():
        assert found[kind] == body, kind
    assert by_pillow(data)[1]["gamma"] == 0.45455


def test_other_chunks_are_named_except_the_date():
    data, messages = passed(FILES["lost.png"])
    assert messages == [
        "left out: suggested palette (PLTE), suggested palette (sPLT), histogram (hIST)"
    ]
    assert not {b"PLTE", b"sPLT", b"hIST", b"tIME"} & set(dict(chunks_of(data)))


def test_chunks_about_the_type_of_values_end_with_it():
    (image,) = read(FILES["tagged.png"])
    deep = Image(image.pixels * np.uint16(257), format="PNG", metadata=image.metadata)
    with pytest.warns(UserWarning) as caught:
        data = named("png").encode(Frames(1, lambda _: deep))
    assert {str(warning.message) for warning in caught} == {
        "left out: number of significant bits (sBIT)",
        "left out: background colour (bKGD)",
        "left out: calibration (pCAL)",
    }
    found = dict(chunks_of(data))
    assert b"gAMA" in found
    assert not {b"sBIT", b"bKGD", b"pCAL"} & set(found)


def test_chunks_about_rows_and_columns_turn_with_them():
    data, messages = passed(FILES["turned-tagged.png"], times=2)
    assert messages == ["left out: offset (oFFs)"]
    found = dict(chunks_of(data))
    assert found[b"sCAL"] == b"\x010.25\x000.5"
    assert found[b"pHYs"] == struct.pack(">IIB", 2, 4, 0)
    assert b"oFFs" not in found


def test_significant_bits_and_backgrounds_of_palettes_and_keys():
    data, messages = passed(FILES["palette-tagged.png"], times=3)
    found = dict(chunks_of(data))
    assert messages == []
    assert found[b"sBIT"] == bytes((4, 5, 6, 8))
    assert found[b"bKGD"] == bytes(byte for value in png.PALETTE[6:9] for byte in (0, value))
    data, _ = passed(FILES["few-tagged.png"], times=3)
    found = dict(chunks_of(data))
    assert found[b"sBIT"] == bytes((1, 8))
    assert found[b"bKGD"] == bytes((0, 170))  # 2 of 3 is 170 of 255


def test_texts_of_every_kind_stay():
    expected = [
        ("Title", "A portrait"), ("Title", "Another"), ("Author", "Grüße\x80"), ("Empty", ""),
        ("Packed", "many words " * 30), ("Nothing", ""), ("Comment", "日本"), ("Comment", "日本"),
        ("Comment", "plain"), ("Wrong", "Grüße"),
        ("Comment", "K" * 90 + ": too long"),
    ]  # fmt: skip
    (image,) = read(FILES["texts.png"])
    assert list(image.metadata.text) == expected
    once, messages = passed(FILES["texts.png"])
    assert messages == []
    assert list(read(once)[0].metadata.text) == expected
    five, _ = passed(once, times=4)
    assert five == once
    with PIL.Image.open(io.BytesIO(five)) as file:
        assert file.text["Author"] == "Grüße\x80"
    assert b"Comment\0\0\0ja\0" + "注釈".encode() + b"\0" + "日本".encode() in five
    assert b"Comment\0\0\0en\0\0plain" in five


def test_unknown_chunks_keep_their_side_of_the_pixels():
    data, messages = passed(FILES["trailing.png"], times=2)
    assert messages == ["left out: data after its end"]
    kinds = [kind for kind, _ in chunks_of(data)]
    assert kinds.index(b"abCe") > kinds.index(b"IDAT") > kinds.index(b"tEXt")


@pytest.mark.parametrize("name", png.BROKEN)
def test_broken_metadata_are_left_out_and_the_rest_stays(name):
    data, messages = passed(FILES[f"broken-{name}.png"])
    assert len(messages) == 1
    assert messages[0].startswith("its ")
    assert messages[0].endswith(" is broken: left out")
    assert read(data)[0].metadata.text == (("Title", "A portrait"),)
    assert np.array_equal(by_pillow(data)[0], png.values(2, 8))
    _, messages = passed(FILES[f"broken-{name}.png"], strip=True)
    assert messages == []


def test_damaged_pixels_are_an_error_or_salvaged():
    body = png.packed(png.values(2, 8), 8)
    head = png.SIGNATURE + png.header(2, 8)
    data = head + png.corrupted(png_chunk(b"IDAT", body)) + png.END
    with pytest.raises(ImageError, match=r"^has pixels that are damaged; .* --lenient"):
        read(data)
    with pytest.warns(UserWarning, match="what can be decoded was kept"):
        (image,) = read(data, lenient=True)
    assert np.array_equal(image.pixels, png.values(2, 8))
    needed = png.still(png_chunk(b"ABCD", b"?"))
    with pytest.raises(ImageError, match="a chunk ABCD that is unknown, although its picture"):
        read(needed)


@pytest.mark.parametrize("interlaced", [0, 1])
@pytest.mark.parametrize(
    ("colour_type", "bits"),
    [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8),
     (4, 8), (4, 16), (6, 8), (6, 16)],
)  # fmt: skip
def test_every_type_of_values_is_exact(colour_type, bits, interlaced):
    samples = png.values(colour_type, bits) % 16
    colours = [png_chunk(b"PLTE", png.PALETTE[: 3 << min(bits, 4)])] if colour_type == 3 else []
    data = png.still(*colours, colour_type=colour_type, bits=bits, interlaced=interlaced,
                     samples=samples)  # fmt: skip
    pixels = read(data)[0].pixels
    if colour_type == 3:
        table = np.frombuffer(png.PALETTE, np.uint8).reshape(-1, 3)
        expected = table[samples[..., 0]]
    else:
        expected = samples * (255 // ((1 << bits) - 1) if bits < 8 else 1)
    assert np.array_equal(np.squeeze(expected), pixels)


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_a_transparent_grey_is_matched_at_its_stored_depth(bits):
    samples = png.values(0, bits)
    samples[0, 0] = 1
    # At 16 bits, another grey has the same upper byte.
    samples[0, 1] = 0
    key = png_chunk(b"tRNS", b"\0\1")
    (image,) = read(png.still(key, colour_type=0, bits=bits, samples=samples))
    full = 65535 if bits == 16 else 255
    assert np.array_equal(image.pixels[..., 1], np.where(samples[..., 0] == 1, 0, full))


def test_a_hidden_picture_is_named_and_the_animation_shown():
    for name, count in (("hidden-default.png", 2), ("hidden-single.png", 1)):
        data, messages = passed(FILES[name], times=3)
        assert messages == ["left out: default image"]
        images = read(data)
        assert len(images) == count
        assert np.array_equal(images[0].pixels, png.values(2, 8))
        assert images[0].metadata.duration == 70


def test_fractional_and_long_durations_stay():
    data, _ = passed(FILES["odd-times.png"], times=5)
    controls = [body[20:24] for kind, body in chunks_of(data) if kind == b"fcTL"]
    assert controls == [struct.pack(">HH", 1, 30)] * 2
    long = Metadata(duration=Fraction(70_001_500))
    image = Image(np.zeros((2, 2), np.uint8), metadata=long)
    data = named("png").encode(Frames(1, lambda _: image))
    # So long a time has no fractions of a second, as its numbers have 16 bits.
    assert read(data)[0].metadata.duration == 65_535_000


def test_an_animation_with_missing_frames_is_refused():
    whole = png.animated(hidden=False, count=2)
    data = whole.replace(
        png_chunk(b"acTL", struct.pack(">II", 2, 3)), png_chunk(b"acTL", struct.pack(">II", 3, 3))
    )
    with pytest.raises(ImageError, match="has 2 frames, but claims 3"):
        read(data)


def test_a_broken_exif_does_not_turn_a_picture_twice():
    entries = struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) + struct.pack(">HHII", 0x8769, 4, 1, 9999)
    blob = b"MM\0*" + struct.pack(">IH", 8, 2) + entries + bytes(4)
    data = png.still(png_chunk(b"eXIf", blob))
    shapes = [read(passed(data, times=times)[0])[0].pixels.shape for times in (1, 2, 3)]
    assert shapes == [(13, 9, 3)] * 3


def test_a_profile_keeps_its_name():
    body = b"Display P3\0\0" + zlib.compress(b"profile")
    data, _ = passed(png.still(png_chunk(b"iCCP", body)), times=2)
    assert dict(chunks_of(data))[b"iCCP"] == body
