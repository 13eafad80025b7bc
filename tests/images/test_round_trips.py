"""Every format × depth × channel: written, read back, and read by another library."""

import dataclasses
import io
import struct
import zlib

import cv2
import imagecodecs
import imageio.v3
import numpy as np
import OpenEXR
import PIL.Image
import pillow_heif
import pytest
import skimage.io
import tifffile
from sample_files import png_chunk

import pdefilter
from pdefilter import Image, ImageError
from pdefilter.images.formats import FORMATS, of_file_name

pytestmark = pytest.mark.one_in(3)

RNG = np.random.default_rng(11)
CHANNELS = {1: "grey", 2: "grey with alpha", 3: "RGB", 4: "RGB with alpha"}

# WebP has no grey; BMP, AVIF and HEIC have no grey with alpha: both come back as equal RGB.
AS_COLOUR = {("WebP", 1), ("WebP", 2), ("BMP", 2), ("AVIF", 2), ("HEIC", 2)}


def picture(dtype, channels, shape=(9, 13)):
    values = RNG.random((*shape, channels))
    if np.dtype(dtype).kind != "f":
        values = np.rint(values * np.iinfo(dtype).max)
    pixels = values.astype(dtype)
    if channels in (2, 4):
        pixels[0, 0, -1] = 0
    return Image(pixels[..., 0] if channels == 1 else pixels, has_alpha=channels in (2, 4))


def stored(dtype, channels, shape=(9, 13)):
    """A picture of a type, or of 9 to 15 bits scaled to 16, as readers do."""
    bits = int(dtype.removeprefix("uint")) if dtype.startswith("uint") else 8
    if bits % 8 == 0:
        return picture(dtype, channels, shape)
    image = picture("uint16", channels, shape)
    fewer = np.rint(image.pixels / (65535 / ((1 << bits) - 1)))
    pixels = np.rint(fewer * (65535 / ((1 << bits) - 1))).astype(np.uint16)
    return dataclasses.replace(image, pixels=pixels, bits=bits)


def clear_or_opaque(image):
    """A picture that GIF can hold: pixels are opaque, or fully transparent and black."""
    pixels = np.where(image.pixels[..., -1:] < 128, 0, image.pixels)
    pixels[..., -1] = np.where(pixels[..., -1] > 0, 255, 0)
    return dataclasses.replace(image, pixels=pixels)


def cases():
    for format_ in FORMATS:
        for dtype in (name for name in format_.types if name != "bool"):
            for channels in CHANNELS:
                image = stored(dtype, channels)
                try:
                    format_.require(image)
                except ImageError:
                    continue
                for suffix in format_.suffixes[:2]:
                    yield pytest.param(suffix, dtype, channels, id=f"{suffix}-{dtype}-{channels}")


def test_the_formats_hold_what_the_documentation_promises():
    names = {case.id for case in cases()}
    for channels in CHANNELS:
        for kind in ("uint8", "uint16"):
            assert {
                f".png-{kind}-{channels}",
                f".tif-{kind}-{channels}",
                f".npy-{kind}-{channels}",
            } <= names
        assert {f".tif-float32-{channels}", f".npy-float32-{channels}"} <= names
        assert {f".webp-uint8-{channels}", f".bmp-uint8-{channels}"} <= names
    assert {
        ".jpg-uint8-1",
        ".jpg-uint8-3",
        ".pgm-uint16-1",
        ".ppm-uint16-3",
        ".pfm-float32-3",
    } <= names


@pytest.mark.parametrize(("suffix", "dtype", "channels"), list(cases()))
@pytest.mark.parametrize("shape", [(9, 13), (1, 1), (1, 7), (7, 1)])
def test_output_is_read_back(tmp_path, suffix, dtype, channels, shape):
    image = stored(dtype, channels, shape)
    if suffix == ".gif" and image.has_alpha:
        image = clear_or_opaque(image)
    path = tmp_path / f"image{suffix}"
    pdefilter.write(image, path)
    back = pdefilter.read(path)
    keeps_bits = back.format in ("JPEG", "JPEG2000", "AVIF", "HEIC", "JPEGXL")
    assert back.bits == (image.bits if keeps_bits else None)
    assert back.pixels.dtype == image.pixels.dtype
    assert back.has_alpha == image.has_alpha
    expected = image.pixels
    if (back.format, channels) in AS_COLOUR:
        expected = np.atleast_3d(expected)[..., [0, 0, 0, 1][: 3 + image.has_alpha]]
    if back.format == "GIF" and back.colours < image.colours:  # its palette is grey by chance
        expected = expected[..., [0, 3][: back.channels]]
    if back.format == "JPEG":
        # Pixel noise is the worst for JPEG: quality 95 keeps it within a few levels.
        scale = 256 if image.bits else 1
        assert np.abs(back.pixels.astype(int) - expected).mean() < 6 * scale
    elif back.format == "EXR" and image.has_alpha:
        # Colours are stored premultiplied: two roundings, each of half a unit in the last
        # place, or of the smallest number, which matters the more the less alpha there is.
        unit, alpha = np.finfo(dtype), expected[..., -1:].astype(np.float64)
        assert np.array_equal(back.pixels[..., -1:], expected[..., -1:])
        np.testing.assert_allclose(
            back.pixels * alpha,
            expected * alpha,
            rtol=float(unit.eps),
            atol=float(unit.smallest_subnormal),
        )
    else:
        assert back.pixels.tobytes() == expected.tobytes()
        assert back.pixels.shape == expected.shape


def by_opencv(path):
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    return pixels if pixels.ndim == 2 else pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]


def by_opencv_as_stored(path):
    """It reads the first channel of a PAM as blue, which the format calls red."""
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


def by_pillow(path):
    with PIL.Image.open(path) as file:
        if file.mode == "P":
            file = file.convert("RGBA" if file.has_transparency_data else "RGB")
        return np.asarray(file)


def by_imageio(path):
    return imageio.v3.imread(path)


def by_skimage(path):
    return skimage.io.imread(path)


def by_pillow_heif(path):
    return np.asarray(pillow_heif.open_heif(path))


def by_imagecodecs(path):
    return imagecodecs.imread(path)


# Readers that do not use the library that wrote the file.
OTHERS = {
    ".png": [by_opencv, by_skimage, by_pillow],
    ".tif": [by_opencv, by_pillow],
    ".webp": [by_pillow, by_opencv],
    ".gif": [by_pillow, by_imageio],
    ".bmp": [by_pillow, by_imageio],
    ".pgm": [by_pillow, by_opencv],
    ".ppm": [by_opencv, by_pillow],
    ".pam": [by_opencv_as_stored],
    ".pfm": [by_opencv],
    ".jp2": [by_opencv, by_pillow],
    ".avif": [by_pillow],
    ".npy": [np.load],
    # HEIC and JPEG XL have only one library each, used here directly.
    ".heic": [by_pillow_heif],
    ".jxl": [by_imagecodecs],
}

# Cases that the other readers cannot read, or read differently.
DIFFERENT = {
    (".webp", 1, by_pillow): "stored as RGB",
    (".webp", 1, by_opencv): "stored as RGB",
    (".bmp", 4, by_pillow): "Pillow drops the alpha of BMP",
    (".bmp", 4, by_imageio): "imageio drops the alpha of BMP",
    (".gif", 4, by_imageio): "imageio drops the alpha of GIF",
    (".tif", 4, by_opencv): "OpenCV multiplies alpha into 8 bits",
}
EIGHT_BITS_ONLY = {by_pillow, by_skimage}


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(
    ("suffix", "reader"), [(suffix, reader) for suffix in OTHERS for reader in OTHERS[suffix]]
)
def test_other_libraries_read_the_output(tmp_path, suffix, reader, channels, dtype):
    image = picture(dtype, channels)
    if suffix == ".gif" and image.has_alpha:
        image = clear_or_opaque(image)
    path = tmp_path / f"{dtype}{suffix}"
    try:
        of_file_name(path).require(image)
    except ImageError:
        pytest.skip("not held by the format")
    if (suffix, channels, reader) in DIFFERENT:
        pytest.skip(DIFFERENT[suffix, channels, reader])
    if dtype != "uint8" and reader in EIGHT_BITS_ONLY and (channels > 1 or suffix == ".pfm"):
        pytest.skip("Pillow, by which scikit-image reads, knows colour of 8 bits only")
    pdefilter.write(image, path)
    found = reader(path)
    if found.shape != image.pixels.shape:
        assert suffix == ".gif"  # some read its greys as equal colours
        found = found.reshape(*image.pixels.shape, -1)[..., 0]
    assert np.array_equal(found, image.pixels)


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
    pdefilter.write(pdefilter.read(path), path, overwrite=True)
    with tifffile.TiffFile(path) as file:  # without a description of separate planes
        assert file.series[0].shape == pixels.shape
        assert not file.pages[0].is_shaped
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


def test_pnm_values_are_scaled_from_their_largest(tmp_path):
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


def test_inks_come_back_as_inks(pdefilter_command, tmp_path, colour_photograph):
    inks = PIL.Image.fromarray(colour_photograph).convert("CMYK")
    for name in ("in.jpg", "in.tif"):
        inks.save(tmp_path / name, quality=95)
        read = pdefilter.read(tmp_path / name)
        assert (read.is_cmyk, read.has_alpha, read.channels) == (True, False, 4)
        assert np.abs(read.pixels.astype(int) - np.asarray(inks)).mean() < 2
        for out in ("out.jpg", "out.tif"):
            done = pdefilter_command("heat-diffuse", name, "--time", "0", "-o", out, "--overwrite")
            assert (done.returncode, done.stderr) == (0, b"")
            with PIL.Image.open(tmp_path / out) as back:
                assert back.mode == "CMYK"
                assert np.abs(np.asarray(back).astype(int) - np.asarray(inks)).mean() < 3
        done = pdefilter_command("smooth", name, "-o", "out.png")
        assert done.returncode == 1
        assert b"PNG cannot hold the four inks of CMYK; write .jpg or .tif" in done.stderr


def test_colours_of_a_jpeg_stored_in_other_ways(tmp_path, colour_photograph):
    for space in ("YCCK", "CMYK"):
        inks = 255 - np.dstack([colour_photograph, np.full(colour_photograph.shape[:2], 255, "u1")])
        data = imagecodecs.jpeg8_encode(
            255 - inks, 95, colorspace="CMYK", outcolorspace=space, subsampling="444"
        )
        (tmp_path / "i.jpg").write_bytes(data)
        read = pdefilter.read(tmp_path / "i.jpg")
        assert np.abs(read.pixels.astype(int) - inks).mean() < 2
    data = imagecodecs.jpeg8_encode(colour_photograph, 95, colorspace="RGB", outcolorspace="RGB")
    (tmp_path / "i.jpg").write_bytes(data)
    read = pdefilter.read(tmp_path / "i.jpg")
    assert np.abs(read.pixels.astype(int) - colour_photograph).mean() < 2


def test_twelve_bits_stay_twelve_bits(pdefilter_command, tmp_path):
    ramp = np.tile(np.linspace(0, 4095, 64).astype(np.uint16), (32, 1))
    (tmp_path / "in.jpg").write_bytes(imagecodecs.jpeg8_encode(ramp, 98, bitspersample=12))
    done = pdefilter_command("heat-diffuse", "in.jpg", "--time", "0", "-o", "out.jpg")
    assert (done.returncode, done.stderr) == (0, b"")
    back = imagecodecs.jpeg8_decode((tmp_path / "out.jpg").read_bytes())
    assert back.dtype == np.uint16
    assert np.abs(back.astype(int) - ramp).max() < 16
    done = pdefilter_command("smooth", "in.jpg", "--depth", "16", "-o", "out2.jpg")
    assert done.returncode == 2
    assert b"JPEG cannot hold 16 bits" in done.stderr


def test_spectral_bands_are_not_colours_with_alpha(tmp_path):
    bands = Image(picture("uint8", 4).pixels, has_alpha=False)
    for suffix in (".png", ".webp", ".jpg", ".bmp"):
        with pytest.raises(ImageError, match=r"cannot hold 4 channels; write \.tif"):
            pdefilter.write(bands, tmp_path / f"i{suffix}")
    for suffix in (".tif", ".pam", ".exr"):
        image = bands
        if suffix == ".exr":
            image = Image(bands.pixels.astype(np.float32))
        pdefilter.write(image, tmp_path / f"i{suffix}")
        back = pdefilter.read(tmp_path / f"i{suffix}")
        assert not back.has_alpha
        assert np.array_equal(back.pixels, bands.pixels)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp", ".bmp", ".pam", ".jp2"])
def test_opaque_alpha_is_kept(tmp_path, suffix):
    image = picture("uint8", 4)
    image.pixels[..., 3] = 255
    pdefilter.write(image, tmp_path / f"i{suffix}")
    back = pdefilter.read(tmp_path / f"i{suffix}")
    assert back.has_alpha
    assert np.array_equal(back.pixels, image.pixels)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_pngs_of_few_bits(tmp_path, photograph, bits):
    few = photograph >> (8 - bits)
    options = [cv2.IMWRITE_PNG_BILEVEL, 1] if bits == 1 else []
    if bits == 1:
        _, data = cv2.imencode(".png", few * 255, options)
        (tmp_path / "i.png").write_bytes(data)
    else:
        picture = PIL.Image.fromarray(few, "P")
        picture.putpalette([v * 255 // ((1 << bits) - 1) for v in range(1 << bits) for _ in "rgb"])
        picture.save(tmp_path / "i.png", bits=bits)
    read = pdefilter.read(tmp_path / "i.png").pixels
    grey = read if read.ndim == 2 else read[..., 0]
    assert np.array_equal(grey, few * (255 // ((1 << bits) - 1)))


@pytest.mark.parametrize("bits", [4, 10, 12])
def test_tiffs_of_odd_bits_are_scaled(tmp_path, bits):
    full = (1 << bits) - 1
    values = RNG.integers(0, full + 1, (8, 16)).astype(np.uint16 if bits > 8 else np.uint8)
    packed = imagecodecs.packints_encode(values, bits)
    page = tifffile.TiffWriter(tmp_path / "i.tif")
    page.write(
        iter([packed]), shape=values.shape, dtype=values.dtype,
        bitspersample=bits, rowsperstrip=8, metadata=None,
    )  # fmt: skip
    page.close()
    read = pdefilter.read(tmp_path / "i.tif").pixels
    assert np.array_equal(read, np.rint(values * (np.iinfo(read.dtype).max / full)))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int16", "uint32"])
@pytest.mark.parametrize("predictor", [False, True])
def test_tiffs_of_every_type(tmp_path, dtype, predictor):
    pixels = (RNG.random((9, 13)) * 1000).astype(dtype)
    tifffile.imwrite(tmp_path / "i.tif", pixels, compression="zlib", predictor=predictor)
    read = pdefilter.read(tmp_path / "i.tif").pixels
    assert read.dtype == dtype
    assert np.array_equal(read, pixels)


def test_associated_alpha_is_divided_out_in_every_format_that_has_it(tmp_path):
    straight = picture("float32", 4).pixels
    straight[..., 3] = np.maximum(straight[..., 3], 0.1)
    multiplied = straight.copy()
    multiplied[..., :3] *= straight[..., 3:]
    tifffile.imwrite(tmp_path / "i.tif", multiplied, photometric="rgb", extrasamples=["assocalpha"])
    header = {"type": OpenEXR.scanlineimage}
    channels = {name: multiplied[..., at].copy() for at, name in enumerate("RGBA")}
    OpenEXR.File(header, channels).write(str(tmp_path / "i.exr"))
    for name in ("i.tif", "i.exr"):
        read = pdefilter.read(tmp_path / name)
        assert read.has_alpha
        np.testing.assert_allclose(read.pixels, straight, rtol=2.0**-22)
    pdefilter.write(Image(straight, has_alpha=True), tmp_path / "o.exr")
    written = OpenEXR.File(str(tmp_path / "o.exr"), separate_channels=True).channels()
    for at, name in enumerate("RGBA"):
        np.testing.assert_allclose(written[name].pixels, multiplied[..., at], rtol=2.0**-23)


def test_attributes_and_channels_of_an_exr_stay(pdefilter_command, tmp_path):
    header = {
        "type": OpenEXR.scanlineimage,
        "compression": OpenEXR.ZIP_COMPRESSION,
        "owner": "a painter",
        "pixelAspectRatio": 2.0,
    }
    planes = {name: RNG.random((6, 7)).astype(np.float16) for name in ("Z", "left.R", "mask")}
    OpenEXR.File(header, dict(planes)).write(str(tmp_path / "in.exr"))
    done = pdefilter_command("heat-diffuse", "in.exr", "--time", "0", "-o", "out.exr")
    assert (done.returncode, done.stderr) == (0, b"")
    back = OpenEXR.File(str(tmp_path / "out.exr"), separate_channels=True)
    assert back.header()["owner"] == "a painter"
    assert back.header()["pixelAspectRatio"] == 2.0
    for name, plane in planes.items():
        assert np.array_equal(back.channels()[name].pixels, plane)


def test_avif_warns_that_it_drops_opaque_alpha(tmp_path):
    image = picture("uint8", 4)
    image.pixels[..., 3] = 255
    with pytest.warns(UserWarning, match="AVIF stores no alpha that is opaque everywhere"):
        pdefilter.write(image, tmp_path / "i.avif")
    assert np.array_equal(pdefilter.read(tmp_path / "i.avif").pixels, image.pixels[..., :3])


def test_an_interlaced_png(tmp_path, colour_photograph):
    """Adam7, by hand, as no library here writes it: seven smaller pictures, unfiltered."""
    pixels = colour_photograph[:21, :13]
    raw = b"".join(
        b"\0" + line.tobytes()
        for row, column, down, right in (
            (0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
            (1, 0, 2, 1),
        )
        for line in pixels[row::down, column::right]
    )  # fmt: skip
    header = struct.pack(">IIBBBBB", 13, 21, 8, 2, 0, 0, 1)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*part) for part in parts)
    (tmp_path / "i.png").write_bytes(data)
    assert np.array_equal(by_pillow(tmp_path / "i.png"), pixels)
    assert np.array_equal(pdefilter.read(tmp_path / "i.png").pixels, pixels)
    (tmp_path / "i.png").write_bytes(data[:-12])
    with pytest.warns(UserWarning, match="is truncated"):
        salvaged = pdefilter.read(tmp_path / "i.png", lenient=True)
    assert np.array_equal(salvaged.pixels, pixels)
