"""JPEG 2000 of every kind of component and colour, against the values that were stored."""

import io

import imagecodecs
import numpy as np
import PIL.Image
import PIL.ImageCms
import pytest
from icc import profile
from unusual import jpeg2000 as made

from pdefilter import ImageError
from pdefilter.images.formats import named
from pdefilter.images.frames import single
from pdefilter.images.image import Image
from pdefilter.images.reading import Reading

FILES = made.files()
JPEG2000 = named("jpeg2000")


def read(data, **options):
    return JPEG2000.decode(data, Reading(**options)).read(0)


def written(image):
    return JPEG2000.encode(single(lambda: image, image.pixels.shape[:2]))


def doubled(values):
    return values.repeat(2, 0).repeat(2, 1)


def by_hand(luminance, blueness, redness, bits):
    """Convert YCbCr to RGB by the equations of IEC 61966-2-1, amendment 1, annex F."""
    y, b, r = (values.astype(float) for values in (luminance, blueness, redness))
    b, r = b - (1 << (bits - 1)), r - (1 << (bits - 1))
    rgb = np.stack([y + 1.402 * r, y - 0.344136 * b - 0.714136 * r, y + 1.772 * b], axis=-1)
    return rgb.clip(0, (1 << bits) - 1)


@pytest.mark.parametrize("name", ["icc.jp2", "icc-any.jp2", "icc-second.jp2", "icc-grey.jp2"])
def test_colours_are_not_converted_by_their_profile(name):
    grey = name == "icc-grey.jp2"
    stored = made.plane(8) if grey else made.planes(8, 3)
    icc = profile(b"GRAY" if grey else b"RGB ")
    image = read(FILES[name])
    assert image.metadata.icc == icc
    assert np.array_equal(image.pixels, stored)
    # The profile is not sRGB, to which the library would convert.
    if not grey:
        source = PIL.ImageCms.ImageCmsProfile(io.BytesIO(icc))
        target = PIL.ImageCms.createProfile("sRGB")
        seen = PIL.ImageCms.profileToProfile(PIL.Image.fromarray(stored), source, target)
        assert not np.array_equal(np.asarray(seen), stored)
    back = written(image)
    assert np.array_equal(read(back).pixels, stored)
    assert PIL.Image.open(io.BytesIO(back)).info.get("icc_profile", icc) == icc


def test_a_cmyk_profile_means_inks():
    image = read(FILES["icc-cmyk.jp2"])
    assert (image.is_cmyk, image.has_alpha) == (True, False)
    assert np.array_equal(image.pixels, made.planes(8, 4))


@pytest.mark.parametrize(("name", "bits"), [("ycc.jp2", 8), ("ycc-12.jp2", 12)])
def test_luminance_and_chroma_become_rgb(name, bits):
    image = read(FILES[name])
    stored = np.moveaxis(made.planes(bits, 3), -1, 0)
    expected = by_hand(*stored, bits)
    full = np.iinfo(image.pixels.dtype).max
    # Rounded to the stored bits, by way of 16.
    assert np.abs(image.pixels * (((1 << bits) - 1) / full) - expected).max() < 0.6


@pytest.mark.parametrize("name", ["ycc-subsampled.jp2", "subsampled.j2k", "ycc-signed.jp2"])
def test_chroma_of_fewer_pixels(name):
    chroma = [doubled(made.plane(8, seed, 2)) for seed in (1, 2)]
    image = read(FILES[name])
    assert np.abs(image.pixels - by_hand(made.plane(8), *chroma, 8)).max() < 0.51
    # Pillow rounds each product.
    if name == "ycc-subsampled.jp2":
        seen = np.asarray(PIL.Image.open(io.BytesIO(FILES[name]))).astype(int)
        assert np.abs(seen - image.pixels).max() <= 2


def test_deep_chroma_of_fewer_pixels():
    chroma = [doubled(made.plane(10, seed, 2)) for seed in (1, 2)]
    image = read(FILES["ycc-deep-subsampled.jp2"])
    assert image.bits == 10
    # The library truncates, twice for green.
    expected = by_hand(made.plane(10), *chroma, 10)
    assert np.abs(image.pixels * (1023 / 65535) - expected).max() < 2.1


def test_channel_definitions_are_followed():
    stored = made.planes(8, 4)
    assert np.array_equal(read(FILES["order.jp2"]).pixels, stored[..., 2::-1])
    image = read(FILES["alpha-first.jp2"])
    assert image.has_alpha
    assert np.array_equal(image.pixels, stored[..., [1, 2, 3, 0]])
    image = read(FILES["no-alpha.jp2"])
    assert not image.has_alpha
    assert np.array_equal(image.pixels, stored[..., :2])
    image = read(FILES["alpha-multiplied.jp2"])
    alpha = stored[..., 3:].astype(float)
    clear = alpha[..., 0] == 0
    assert np.array_equal(image.pixels[clear], stored[clear])
    divided = np.rint(stored[..., :3] * 255.0 / np.maximum(alpha, 1)).clip(0, 255)
    assert np.array_equal(image.pixels[~clear][:, :3], divided[~clear])


def test_components_of_different_depths():
    image = read(FILES["alpha-one-bit.jp2"])
    assert image.has_alpha
    assert np.array_equal(image.pixels[..., :3], made.planes(8, 3))
    assert np.array_equal(image.pixels[..., 3], made.plane(1, 3) * 255)
    image = read(FILES["alpha-8-of-12.jp2"])
    assert (image.bits, image.has_alpha) == (12, True)
    assert np.array_equal(np.rint(image.pixels[..., 0] * (4095 / 65535)), made.plane(12))
    assert np.array_equal(np.rint(image.pixels[..., 1] * (255 / 65535)), made.plane(8, 1))
    mixed = read(FILES["mixed.jp2"]).pixels
    assert np.array_equal(mixed[..., 0], np.rint(made.plane(5) * (255 / 31)))
    assert np.array_equal(mixed[..., 1], made.signed(8, 1).astype(int) + 128)
    assert np.array_equal(mixed[..., 2], np.rint(made.plane(6, 2) * (255 / 63)))


def test_wavelets_that_round_in_different_depths():
    smooth = np.add.outer(np.arange(12), np.arange(18)).astype(np.uint16)
    lossy = {"level": 70, "reversible": False}
    components = ((smooth * 140, 12, 1), ((smooth * 8).astype(np.uint8), 8, 1))
    image = read(made.joined(*components, **lossy))
    for at, (values, bits, _) in enumerate(components):
        alone = imagecodecs.jpeg2k_decode(made.joined((values, bits, 1), **lossy))
        found = image.pixels[..., at] * (((1 << bits) - 1) / 65535)
        # Each rounds once more, in the other depth.
        assert np.abs(found - alone).max() <= 1.01


def test_signed_values_stay():
    for name, bits in (("signed-8.j2k", 8), ("signed-12.j2k", 12)):
        image = read(FILES[name])
        assert image.pixels.dtype.kind == "i"
        assert np.array_equal(image.pixels, made.signed(bits))
        assert np.array_equal(imagecodecs.jpeg2k_decode(written(image)), made.signed(bits))


def test_palettes():
    numbers = made.plane(4)
    assert np.array_equal(read(FILES["palette.jp2"]).pixels, made.COLOURS[numbers])
    assert np.array_equal(read(FILES["palette-16.jp2"]).pixels, made.COLOURS[numbers] * 257)
    image = read(FILES["palette-alpha.jp2"])
    assert image.has_alpha
    assert np.array_equal(image.pixels[..., 3], made.plane(8, 1))
    mapping = tuple((0, 1, column) for column in range(3))
    short = made.palette(made.COLOURS[:9], 8, mapping)
    data = made.jp2(made.encoded(numbers, 4), made.enumerated(made.SRGB), short)
    with pytest.raises(ImageError, match=r"pixels beyond the 9 colours of its palette.*--lenient"):
        read(data)
    with pytest.warns(UserWarning, match="pixels beyond the 9"):
        found = read(data, lenient=True).pixels
    assert np.array_equal(found, made.COLOURS[np.minimum(numbers, 8)])


def test_bands_are_not_colours():
    image = read(FILES["bands.jp2"])
    assert (image.channels, image.has_alpha) == (5, False)
    assert np.array_equal(image.pixels, made.planes(16, 5))
    for channels in (2, 4, 5):
        bands = Image(made.planes(16, channels))
        data = written(bands)
        back = read(data)
        assert not back.has_alpha
        assert np.array_equal(back.pixels, bands.pixels)
        assert np.array_equal(imagecodecs.jpeg2k_decode(data), bands.pixels)


def test_high_throughput():
    assert np.array_equal(read(FILES["high-throughput.jph"]).pixels, made.planes(8, 3))


def test_boxes_stay():
    data = written(read(FILES["boxes.jp2"]))
    assert made.box(b"xml ", b"<a/>") in data
    assert made.box(b"uuid", made.GEO) in data
    assert read(FILES["two.jp2"]).metadata.dropped == ("further pictures",)


def test_broken_boxes_do_not_block_pixels():
    stored = made.planes(8, 3)
    assert np.array_equal(read(FILES["boxes-broken.jp2"]).pixels, stored)
    for name, what in (("icc-broken.jp2", "ICC profile"), ("resolution-broken.jp2", "resolution")):
        with pytest.warns(UserWarning, match=f"its {what} is broken: left out"):
            assert np.array_equal(read(FILES[name]).pixels, stored)


def test_unread_kinds_are_refused_by_name(capfd):
    with pytest.raises(ImageError, match=r"another kind \(CIELab\); convert it to grey or RGB"):
        read(FILES["lab.jp2"])
    deep = made.joined((made.plane(10), 10, 1), (made.plane(10, 1, 2), 10, 2))
    with pytest.raises(ImageError, match="fewer pixels than others"):
        read(deep)
    assert capfd.readouterr() == ("", "")
