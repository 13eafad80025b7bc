"""Every format × depth × channel: written, read back, and read by another library."""

import io

import cv2
import numpy as np
import PIL.Image
import pytest
import tifffile

import pdefilter
from pdefilter import Image, ImageError
from pdefilter.images.formats import DEPTHS, FORMATS, of_file_name

RNG = np.random.default_rng(11)
CHANNELS = {1: "grey", 2: "grey with alpha", 3: "RGB", 4: "RGB with alpha"}

# WebP has no grey, BMP and AVIF no grey with alpha: these come back as RGB with equal channels.
AS_COLOUR = {("WebP", 1), ("WebP", 2), ("BMP", 2), ("AVIF", 2)}


def picture(dtype, channels, shape=(9, 13)):
    values = RNG.random((*shape, channels))
    if np.dtype(dtype).kind != "f":
        values = np.rint(values * np.iinfo(dtype).max)
    pixels = values.astype(dtype)
    if channels in (2, 4):
        pixels[0, 0, -1] = 0
    return Image(pixels[..., 0] if channels == 1 else pixels, has_alpha=channels in (2, 4))


def cases():
    for format_ in FORMATS:
        for dtype in DEPTHS.values():
            for channels in CHANNELS:
                image = picture(dtype, channels)
                try:
                    format_.require(image)
                except ImageError:
                    continue
                for suffix in format_.suffixes[:2]:
                    yield pytest.param(suffix, dtype, channels, id=f"{suffix}-{dtype}-{channels}")


def test_the_formats_promised_hold_what_was_promised():
    held = {case.id for case in cases()}
    for channels in CHANNELS:
        for kind in ("uint8", "uint16"):
            assert {
                f".png-{kind}-{channels}",
                f".tif-{kind}-{channels}",
                f".npy-{kind}-{channels}",
            } <= held
        assert {f".tif-float32-{channels}", f".npy-float32-{channels}"} <= held
        assert {f".webp-uint8-{channels}", f".bmp-uint8-{channels}"} <= held
    assert {
        ".jpg-uint8-1",
        ".jpg-uint8-3",
        ".pgm-uint16-1",
        ".ppm-uint16-3",
        ".pfm-float32-3",
    } <= held


@pytest.mark.parametrize(("suffix", "dtype", "channels"), list(cases()))
@pytest.mark.parametrize("shape", [(9, 13), (1, 1), (1, 7), (7, 1)])
def test_what_is_written_is_read_back(tmp_path, suffix, dtype, channels, shape):
    image = picture(dtype, channels, shape)
    path = tmp_path / f"image{suffix}"
    pdefilter.write(image, path)
    back = pdefilter.read(path)
    assert back.pixels.dtype == image.pixels.dtype
    assert back.has_alpha == image.has_alpha
    expected = image.pixels
    if (back.format, channels) in AS_COLOUR:
        expected = np.atleast_3d(expected)[..., [0, 0, 0, 1][: 3 + image.has_alpha]]
    if back.format == "JPEG":
        # Noise of single pixels is what JPEG is worst at: quality 95 keeps it to a few levels.
        assert np.abs(back.pixels.astype(int) - expected).mean() < 6
    elif back.format == "EXR" and image.has_alpha:
        # Colours are stored multiplied by alpha: two roundings, each of half a unit.
        np.testing.assert_allclose(back.pixels, expected, rtol=2.0**-23)
    else:
        assert back.pixels.tobytes() == expected.tobytes()
        assert back.pixels.shape == expected.shape


def by_opencv(path):
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    return pixels if pixels.ndim == 2 else pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]


def by_pillow(path):
    return np.asarray(PIL.Image.open(path))


OTHERS = {
    ".png": by_opencv,
    ".tif": lambda path: by_pillow(path) if "uint8" in str(path) else by_opencv(path),
    ".webp": by_pillow,
    ".bmp": by_pillow,
    ".pgm": by_pillow,
    ".npy": np.load,
}


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("suffix", OTHERS)
def test_other_libraries_read_what_is_written(tmp_path, suffix, channels, dtype):
    image = picture(dtype, channels)
    path = tmp_path / f"{dtype}{suffix}"
    try:
        of_file_name(path).require(image)
    except ImageError:
        pytest.skip("not held by the format")
    if (suffix, channels) in ((".webp", 1), (".bmp", 4)):
        pytest.skip("stored as RGB; Pillow drops the alpha of BMP")
    pdefilter.write(image, path)
    assert np.array_equal(OTHERS[suffix](path), image.pixels)


def test_grey_with_alpha_in_png_is_read_by_pillow(tmp_path):
    image = picture("uint8", 2)
    pdefilter.write(image, tmp_path / "image.png")
    assert np.array_equal(by_pillow(tmp_path / "image.png"), image.pixels)


def test_jpeg_is_close_on_a_photograph(tmp_path, colour_photograph):
    path = tmp_path / "image.jpg"
    pdefilter.write(colour_photograph, path)
    for back in (pdefilter.read(path).pixels, by_pillow(path)):
        assert np.abs(back.astype(int) - colour_photograph).mean() < 2


def write_pillow(path, image, **options):
    image.save(path, **options)
    return pdefilter.read(path)


def test_palettes_and_single_bits_are_resolved(tmp_path, colour_photograph):
    colour = PIL.Image.fromarray(colour_photograph)
    palette = colour.quantize(16)
    read = write_pillow(tmp_path / "palette.png", palette)
    assert np.array_equal(read.pixels, np.asarray(palette.convert("RGB")))
    read = write_pillow(tmp_path / "transparent.png", palette, transparency=3)
    assert read.has_alpha
    single = colour.convert("1")
    for suffix in ("png", "tif", "pbm"):
        read = write_pillow(tmp_path / f"bits.{suffix}", single)
        assert np.array_equal(read.pixels, np.asarray(single) * np.uint8(255))
    read = write_pillow(tmp_path / "palette.tif", palette)
    assert np.array_equal(read.pixels, np.asarray(palette.convert("RGB")))


def test_a_photograph_taken_sideways_is_turned_upright(tmp_path, colour_photograph):
    sideways = PIL.Image.fromarray(np.ascontiguousarray(np.rot90(colour_photograph[:100])))
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    read = write_pillow(tmp_path / "sideways.jpg", sideways, exif=exif, quality=95)
    assert read.pixels.shape == colour_photograph[:100].shape
    assert np.abs(read.pixels.astype(int) - colour_photograph[:100]).mean() < 3


@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "packbits", "zstd"])
@pytest.mark.parametrize("options", [{}, {"tile": (16, 16)}, {"bigtiff": True}, {"byteorder": ">"}])
def test_tiffs_of_every_make_are_read(tmp_path, compression, options):
    pixels = picture("uint16", 3, (40, 30)).pixels
    tifffile.imwrite(
        tmp_path / "i.tif", pixels, photometric="rgb", compression=compression, **options
    )
    assert np.array_equal(pdefilter.read(tmp_path / "i.tif").pixels, pixels)


def test_tiff_layouts_and_alpha(tmp_path):
    pixels = picture("uint16", 3).pixels
    path = tmp_path / "i.tif"
    tifffile.imwrite(path, np.moveaxis(pixels, -1, 0), photometric="rgb", planarconfig="separate")
    assert np.array_equal(pdefilter.read(path).pixels, pixels)
    tifffile.imwrite(path, pixels[..., 0], photometric="miniswhite")
    assert np.array_equal(pdefilter.read(path).pixels, 65535 - pixels[..., 0])

    four = picture("uint8", 4).pixels
    tifffile.imwrite(path, four, photometric="rgb", extrasamples=["unspecified"])
    assert not pdefilter.read(path).has_alpha
    alpha = four[..., 3:].astype(float)
    multiplied = np.rint(np.concatenate([four[..., :3] * (alpha / 255), alpha], axis=2))
    tifffile.imwrite(
        path, multiplied.astype(np.uint8), photometric="rgb", extrasamples=["assocalpha"]
    )
    read = pdefilter.read(path)
    assert read.has_alpha
    clear = four[..., 3] > 128
    assert np.abs(read.pixels.astype(int) - four)[clear].max() <= 1

    tifffile.imwrite(path, np.zeros((3, 9, 9), np.uint8), photometric="minisblack")
    with pytest.raises(ImageError, match="3 frames"):
        pdefilter.read(path)


def test_pnm_values_are_spread_from_their_largest(tmp_path):
    path = tmp_path / "i.pgm"
    path.write_bytes(b"P5\n# ten bits\n3 1\n1023\n" + np.array([0, 512, 1023], ">u2").tobytes())
    assert pdefilter.read(path).pixels.tolist() == [[0, 32800, 65535]]
    path.write_bytes(b"P5\n8 1\n7\n" + bytes(range(8)))
    eighths = [[0, 36, 73, 109, 146, 182, 219, 255]]
    assert pdefilter.read(path).pixels.tolist() == eighths
    path.write_bytes(b"P2\n8 1\n7\n0 1 2 3 4 5 6 7\n")
    assert pdefilter.read(path).pixels.tolist() == eighths


def test_a_bmp_whose_fourth_byte_is_padding_is_opaque(tmp_path):
    path = tmp_path / "i.bmp"
    pixels = picture("uint8", 3).pixels
    buffer = io.BytesIO()
    PIL.Image.fromarray(np.dstack([pixels, np.zeros(pixels.shape[:2], np.uint8)]), "RGBA").save(
        buffer, "BMP"
    )
    path.write_bytes(buffer.getvalue())
    read = pdefilter.read(path)
    assert not read.has_alpha
    assert np.array_equal(read.pixels, pixels)
