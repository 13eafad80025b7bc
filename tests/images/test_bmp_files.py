"""BMP of every kind, against values worked out by hand, and other readers where they are right."""

import io

import cv2
import numpy as np
import PIL.Image
import pytest
from unusual import bmp as made

from pdefilter import ImageError
from pdefilter.images.formats import named
from pdefilter.images.frames import single
from pdefilter.images.image import Image
from pdefilter.images.metadata import Metadata, Resolution
from pdefilter.images.reading import Reading

FILES = made.files()
BMP = named("bmp")


def read(data, **options):
    return BMP.decode(data, Reading(**options)).read(0)


def by_pillow(data):
    picture = PIL.Image.open(io.BytesIO(data))
    mode = {"1": "L", "P": "RGB"}.get(picture.mode, picture.mode)
    return np.asarray(picture.convert(mode))


def by_opencv(data):
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return pixels[..., [2, 1, 0, 3][: pixels.shape[2]]] if pixels.ndim == 3 else pixels


# The kinds that Pillow reads differently: it scales by repeating bits, knows only a few masks, no
# header of 16 bytes, and no offset of the pixels but the given one.
PILLOW_IS_RIGHT = [
    "os2-1.bmp", "os2-8.bmp", "os2-24.bmp", "os2-2-64.bmp", "1.bmp", "4.bmp",
    "8.bmp", "8-short.bmp", "8-grey.bmp", "8-top-down.bmp", "24.bmp", "32.bmp",
    "32-top-down-v5.bmp", "runs-8.bmp", "runs-8-moves.bmp", "icc-v5.bmp", "fields-888.bmp",
    "fields-order.bmp", "fields-order-v4.bmp",
]  # fmt: skip


@pytest.mark.parametrize("name", PILLOW_IS_RIGHT)
def test_pillow_reads_the_same(name):
    assert np.array_equal(read(FILES[name]).pixels, by_pillow(FILES[name]))


@pytest.mark.parametrize(
    ("header", "bits", "colours"), [(12, 8, 256), (16, 8, 256), (64, 8, 256), (40, 2, 4),
                                    (40, 4, 8), (12, 8, 8), (124, 1, 2)]
)  # fmt: skip
def test_palettes_of_every_header(header, bits, colours):
    palette = made.COLOURFUL[:colours]
    used = colours if header >= 40 else 0
    data = made.with_palette(bits, palette, header=header, used=used)
    expected = np.array(palette, np.uint8)[made.noise(bits) % colours]
    assert np.array_equal(read(data).pixels, expected)


@pytest.mark.parametrize("kind", made.FIELDS)
def test_bits_of_colours_are_scaled_to_eight(kind):
    bits, masks = made.FIELDS[kind]
    image = read(FILES[f"fields-{kind}.bmp"])
    words = made.noise(bits)
    assert image.has_alpha == (len(masks) == 4)
    for channel, mask in enumerate(masks):
        lowest = mask & -mask or 1
        fields = (words & np.uint64(mask)).astype(float) / lowest
        expected = np.rint(fields * 255 / max(1, mask // lowest))
        assert np.array_equal(image.pixels[..., channel], expected)
    # All bits of the second pixel are set, so that it is white in every channel.
    assert image.pixels[0, 1].tolist() == [255 * bool(mask) for mask in masks]
    wide = any(mask // (mask & -mask or 1) > 255 for mask in masks)
    assert image.metadata.dropped == (("bits of its values beyond 8",) if wide else ())


def test_a_palette_whose_first_colour_is_white():
    expected = np.where(made.noise(1) == 0, 255, 0)
    assert np.array_equal(read(FILES["1-white-first.bmp"]).pixels, expected)


def test_fifteen_bits_without_masks():
    masked = read(FILES["fields-555.bmp"]).pixels
    assert np.array_equal(read(FILES["16.bmp"]).pixels, masked)


def test_runs():
    plain = made.with_palette(8, made.COLOURFUL[:8], used=8)
    values = made.noise(8) % 8 // 4
    expected = np.array(made.COLOURFUL, np.uint8)[values]
    assert not np.array_equal(read(plain).pixels, expected)
    for name in ("runs-8.bmp", "runs-8-padded.bmp"):
        assert np.array_equal(read(FILES[name]).pixels, expected)
    for name, numbers in (("runs-8-moves.bmp", made.MOVED), ("runs-4-moves.bmp", made.HALF_MOVED)):
        expected = np.array(made.COLOURFUL, np.uint8)[np.array(numbers)]
        assert np.array_equal(read(FILES[name]).pixels, expected)


def damaged():
    palette = made.palette_of(made.COLOURFUL[:8])

    def runs(body):
        return made.bmp(body, 8, compression=1, palette=palette, used=8)

    return {
        "runs that leave a row": (runs(b"\x11\1" + b"\0\0" * 5 + b"\0\1"), "leave the picture"),
        "a move that leaves": (runs(b"\0\2\0\x09\4\1\0\1"), "leave the picture"),
        "runs that end too early": (runs(b"\x0d\1\0\0\x0d"), "is truncated"),
        "values that end too early": (runs(b"\0\x0c\1\2"), "is truncated"),
        "colours beyond the palette": (
            made.bmp(made.rows_of(made.noise(8), 8), 8, palette=palette, used=8),
            "pixels beyond the 8 colours of its palette",
        ),
        "a row that is missing": (FILES["24.bmp"][:-40], "160 of 199 bytes of pixels are there"),
        "no masks": (
            made.bmp(made.rows_of(made.noise(16), 16), 16, compression=3, masks=(0, 0, 0)),
            "does not say which bits",
        ),
    }


@pytest.mark.parametrize("name", damaged())
def test_damage_is_reported_and_the_rest_kept(name):
    data, problem = damaged()[name]
    with pytest.raises(ImageError, match=rf"{problem}.*--lenient"):
        read(data)
    with pytest.warns(UserWarning, match=problem):
        image = read(data, lenient=True)
    assert image.pixels.shape == (made.ROWS, made.COLUMNS, 3)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"bits": 0, "compression": 4}, "holds a JPEG"),
        ({"bits": 0, "compression": 5}, "holds a PNG"),
        ({"bits": 32, "compression": 11}, "holds inks"),
        ({"bits": 1, "compression": 3}, "code of fax machines"),
        ({"bits": 24, "compression": 4, "header": 64}, "runs of 24 bits"),
        ({"bits": 24, "compression": 1}, "24 bits a pixel and the compression 1"),
        ({"bits": 7}, "7 bits a pixel"),
        ({"bits": 16, "compression": 3, "masks": (0xF0F0, 0xF00, 0xF)}, "bits are not contiguous"),
    ],
)
def test_unread_kinds_are_refused_by_name(options, problem):
    with pytest.raises(ImageError, match=problem):
        read(made.bmp(bytes(400), **options))


def test_metadata_are_read():
    kept = read(FILES["icc-v5.bmp"]).metadata
    assert kept.icc == made.ICC
    assert kept.resolution == Resolution.from_per_metre(3780, 7559)
    assert read(FILES["24-suggested-palette.bmp"]).metadata.dropped == ("suggested palette",)
    linked = read(FILES["linked-icc-v5.bmp"]).metadata
    assert linked.dropped == ("ICC profile in a separate file",)
    with pytest.warns(UserWarning, match="its ICC profile is broken: left out"):
        assert read(FILES["broken-icc-v5.bmp"]).metadata.icc is None


def test_metadata_are_written_for_other_readers():
    data = BMP.encode(BMP.decode(FILES["icc-v5.bmp"], Reading()))
    with PIL.Image.open(io.BytesIO(data)) as picture:
        assert picture.info["dpi"] == pytest.approx((96.0, 192.0), abs=0.02)
    size = len(made.ICC)
    # In the header of version 5, which begins at byte 14.
    place = int.from_bytes(data[14 + 112 : 14 + 116], "little")
    assert (data[14], data[70:74], data[130:134]) == (124, b"DEBM", size.to_bytes(4, "little"))
    assert data[14 + place :] == made.ICC
    calibrated = BMP.encode(BMP.decode(FILES["calibrated-v4.bmp"], Reading()))
    assert calibrated[70:74] == bytes(4)
    assert calibrated[74:122] == made.CALIBRATION


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("icc", [None, made.ICC])
@pytest.mark.parametrize("columns", [1, 2, 3, 4])
def test_other_readers_agree_on_output(channels, icc, columns):
    pixels = np.random.default_rng(channels).integers(0, 256, (3, columns, channels), np.uint8)
    image = Image(pixels, has_alpha=channels in (2, 4), metadata=Metadata(icc=icc))
    data = BMP.encode(single(lambda: image, (3, columns)))
    expected = pixels.squeeze(2) if channels == 1 else pixels
    if channels == 2:
        expected = pixels[..., [0, 0, 0, 1]]
    found = by_opencv(data)
    if channels == 1:
        found = found if found.ndim == 2 else found[..., 0]
    assert np.array_equal(found, expected)
    assert np.array_equal(by_pillow(data), expected)
    assert np.array_equal(read(data).pixels, expected)
