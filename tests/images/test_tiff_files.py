"""TIFFs of unusual kinds: read as other readers do, and written for them to read the same."""

import io
import warnings
from fractions import Fraction

import imagecodecs
import numpy as np
import PIL.Image
import pytest
import tifffile
from passes import read
from unusual import tiff as unusual

import pdefilter
from pdefilter.errors import ImageError
from pdefilter.images.formats import named
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image

FILES = unusual.files()
TIFF = named("tif")
# The offsets and storage of parts, and the offsets of directories.
LAYOUT = {254, 258, 259, 262, 273, 278, 279, 284, 317, 339, 34665, 34853}


def written(images):
    return TIFF.encode(Frames(len(images), images.__getitem__))


def passed(data):
    """Read and write, ignoring warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return written(read(data))


def raw_tags(data, number=0):
    """The type, the count and the bytes of every tag, by tifffile."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        found = {}
        for tag in file.pages[number].tags.values():
            file.filehandle.seek(tag.valueoffset)
            found[tag.code] = int(tag.dtype), tag.count, file.filehandle.read(tag.valuebytecount)
    return found


def by_pillow(data, mode=None):
    seen = PIL.Image.open(io.BytesIO(data))
    pixels = np.asarray(seen.convert(mode) if mode else seen)
    return pixels * np.uint8(255) if pixels.dtype == bool else pixels


def by_libtiff(data):
    return np.asarray(imagecodecs.tiff_decode(data, asrgb=True))


@pytest.mark.parametrize("name", [n for n in FILES if n.startswith(("types", "resolution"))])
def test_every_tag_comes_back_byte_for_byte(name):
    before, data = raw_tags(FILES[name]), FILES[name]
    for _ in range(3):
        data = passed(data)
        after = raw_tags(data)
        for tag in before.keys() - LAYOUT:
            assert after[tag] == before[tag], tag
        assert after.keys() - before.keys() <= {254, 282, 283, 296, 317}


@pytest.mark.parametrize(
    ("name", "unit"), [("none", "none"), ("unsaid", "inch"), ("one", None), ("zero", None)]
)
def test_a_resolution_without_unit_has_none(name, unit):
    resolution = read(FILES[f"resolution-{name}.tif"])[0].metadata.resolution
    assert (resolution and resolution.unit) == unit


def test_a_new_resolution_replaces_the_old():
    (image,) = read(FILES["resolution-none.tif"])
    from dataclasses import replace

    from pdefilter.images.metadata import Resolution

    other = Resolution(Fraction(300), Fraction(150), "inch")
    changed = replace(image, metadata=replace(image.metadata, resolution=other))
    assert PIL.Image.open(io.BytesIO(written([changed]))).info["dpi"] == (300, 150)
    stripped = replace(image, metadata=image.metadata.stripped())
    assert raw_tags(written([stripped]))[296][2] == b"\1\0"
    assert raw_tags(written([stripped]))[282][2] == b"\1\0\0\0\1\0\0\0"


@pytest.mark.parametrize(
    ("name", "channels", "dtype"),
    [
        ("1-uint8", 1, np.uint8), ("3-uint8", 3, np.uint8), ("1-float32", 1, np.float32),
        ("4-uint16", 4, np.uint16),
    ],
)  # fmt: skip
def test_without_a_photometric_tag_black_is_zero(name, channels, dtype):
    data = FILES[f"unsaid-{name}.tif"]
    (image,) = read(data)
    assert np.array_equal(image.pixels, unusual.picture(channels, dtype))
    if name == "1-uint8":
        assert np.array_equal(image.pixels, by_libtiff(data)[..., 0])


@pytest.mark.parametrize("name", [n for n in FILES if n.startswith(("group", "tiff_ccitt"))])
def test_faxes_are_decoded_as_by_libtiff(name):
    (image,) = read(FILES[name])
    assert np.array_equal(image.pixels, by_pillow(FILES[name]))
    assert np.array_equal(image.pixels > 0, unusual.picture() > 127)


def test_each_page_of_a_fax_is_decoded_by_its_own_options():
    images = read(FILES["faxes.tif"])
    assert len(images) == 3
    for image in images:
        assert np.array_equal(image.pixels > 0, unusual.picture() > 127)


@pytest.mark.parametrize("extra", [(2, 0), (0, 2), (0, 0), (2, 2), (1, 0)])
def test_alpha_stays_where_it_is_among_further_channels(extra):
    data = FILES[f"extra-{extra[0]}{extra[1]}.tif"]
    stored = unusual.picture(5)
    (image,) = read(data)
    assert image.has_alpha == any(extra)
    if image.has_alpha:
        alpha = 3 if extra[0] else 4
        assert np.array_equal(image.pixels[..., 4], stored[..., alpha])
        assert np.array_equal(image.pixels[..., 3], stored[..., 7 - alpha])
    with tifffile.TiffFile(io.BytesIO(passed(data))) as file:
        page = file.pages[0]
        # Premultiplied alpha is divided out.
        assert page.extrasamples == tuple(2 if kind == 1 else kind for kind in extra)
        same = slice(3, 5) if 1 in extra else slice(0, 5)
        assert np.array_equal(page.asarray()[..., same], stored[..., same])


def test_bands_stay_bands_and_alpha_is_not_inverted():
    with tifffile.TiffFile(io.BytesIO(passed(FILES["bands.tif"]))) as file:
        assert file.pages[0].photometric == tifffile.PHOTOMETRIC.MINISBLACK
        assert np.array_equal(file.pages[0].asarray(), unusual.picture(5))
    (image,) = read(FILES["white-alpha.tif"])
    stored = unusual.picture(2)
    assert np.array_equal(image.pixels[..., 0], 255 - stored[..., 0])
    assert np.array_equal(image.pixels[..., 1], stored[..., 1])


@pytest.mark.parametrize("order", "<>")
def test_planes_of_metamorph_are_pages(order):
    data = unusual.metamorph(3, order)
    images = read(data)
    expected = np.stack([np.roll(unusual.picture(1, np.uint16), shift, 0) for shift in range(3)])
    assert np.array_equal([image.pixels for image in images], expected)
    with pytest.warns(UserWarning, match="left out: MetaMorph's description of the stack"):
        again = written(images)
    with tifffile.TiffFile(io.BytesIO(again)) as file:
        assert not file.is_stk
        assert np.array_equal([page.asarray() for page in file.pages], expected)


def test_missing_planes_of_metamorph():
    # Twelve planes are claimed, but there are three.
    data = unusual.metamorph(3, claimed=12)
    with pytest.raises(ImageError, match=r"is truncated: \d of 12 planes are there"):
        read(data)
    with pytest.warns(UserWarning, match="what can be decoded was kept"):
        assert np.array_equal(read(data, lenient=True)[0].pixels, unusual.picture(1, np.uint16))


def test_a_compressed_stack_of_metamorph_is_refused():
    pixels = unusual.picture(1, np.uint16)
    entries = {33629: (unusual.RATIONAL, list(range(6))), 259: (unusual.SHORT, [5])}
    data = unusual.tiff(unusual.page(pixels, [imagecodecs.lzw_encode(pixels.tobytes())], entries))
    with pytest.raises(ImageError, match="compressed MetaMorph stack; save it as an ordinary"):
        read(data)


def test_tags_that_point_into_the_file_are_named_and_left_out():
    images = read(FILES["leading.tif"])
    with pytest.warns(UserWarning, match="left out: Zeiss's description of the scan, tag 65105"):
        tags = raw_tags(written(images))
    assert not {34412, 65105} & tags.keys()


@pytest.mark.parametrize("name", ["masks.tif", "masks-bytes.tif"])
def test_internal_masks_are_holes_and_come_back(name):
    data = FILES[name]
    for _ in range(3):
        images = read(data)
        assert len(images) == 2
        for image, pixels in zip(images, (unusual.picture(), unusual.picture()[::-1]), strict=True):
            assert np.array_equal(image.pixels, pixels)
            assert np.array_equal(image.mask, unusual.holes())
        data = passed(data)
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            kinds = [int(page.subfiletype) for page in file.pages]
            assert kinds == [0, 4, 0, 4]
            mask = file.pages[1]
            assert (mask.photometric, mask.bitspersample) == (4, 1)
            assert np.array_equal(mask.asarray(), unusual.holes())


def test_masks_and_smaller_versions_through_the_tool(pdefilter_command, tmp_path):
    (tmp_path / "in.tif").write_bytes(FILES["masks.tif"])
    left_out = b"warning: in.tif: left out: 1 smaller version\n"
    done = pdefilter_command("heat-diffuse", "in.tif", "--frame", "0", "--time", "2", "-o", "o.tif")
    assert (done.returncode, done.stderr) == (0, left_out)
    image = pdefilter.read(tmp_path / "o.tif")
    assert np.array_equal(image.mask, unusual.holes())
    assert np.array_equal(image.pixels[~image.mask], unusual.picture()[~image.mask])
    assert not np.array_equal(image.pixels[image.mask], unusual.picture()[image.mask])

    done = pdefilter_command("smooth", "in.tif", "--frame", "0", "-o", "o.png")
    assert done.returncode == 0
    assert b"PNG carries no TIFF tags (GeoTIFF, OME, ImageJ), no mask: left out" in done.stderr


def test_a_mask_option_only_protects_pixels(pdefilter_command, tmp_path):
    (tmp_path / "in.tif").write_bytes(FILES["masks.tif"])
    half = np.zeros((unusual.ROWS, unusual.COLUMNS), np.uint8)
    half[:, : unusual.COLUMNS // 2] = 255
    PIL.Image.fromarray(half).save(tmp_path / "half.png")
    options = ("--frame", "0", "--mask", "half.png", "-o", "o.tif", "--overwrite")
    done = pdefilter_command("heat-diffuse", "in.tif", "--time", "2", *options)
    assert done.returncode == 0, done.stderr
    image, before = pdefilter.read(tmp_path / "o.tif"), unusual.picture()
    assert np.array_equal(image.mask, unusual.holes())
    assert np.array_equal(image.pixels[:, half[0] == 0], before[:, half[0] == 0])
    done = pdefilter_command("inpaint", "in.tif", *options)
    assert done.returncode == 0, done.stderr
    # All holes are filled, those of the file with those of the call.
    assert pdefilter.read(tmp_path / "o.tif").mask.all()


def test_a_thumbnail_counts_if_there_is_no_other_picture():
    for kind in (1, 4):
        data = unusual.tiff(unusual.page(unusual.picture(), entries={254: (unusual.LONG, [kind])}))
        (image,) = read(data)
        assert np.array_equal(image.pixels, unusual.picture())
        assert image.mask is None


def test_the_picture_below_the_thumbnail_of_a_raw_photograph_is_read():
    small, large = unusual.picture()[::2, ::2], unusual.picture(3)
    below = unusual.page(large)
    thumbnail = unusual.page(small, entries={254: (unusual.LONG, [1])}, below={330: below})
    (image,) = read(unusual.tiff(thumbnail))
    assert np.array_equal(image.pixels, large)
    assert image.metadata.dropped == ("1 smaller version",)
    below.entries[262] = (unusual.SHORT, [32803])
    with pytest.raises(ImageError, match="holds a raw photograph; develop it"):
        read(unusual.tiff(thumbnail))


def test_tiles_stay_tiles():
    with tifffile.TiffFile(io.BytesIO(passed(FILES["tiles.tif"]))) as file:
        assert file.pages[0].tile == (16, 32)
        assert np.array_equal(file.pages[0].asarray(), unusual.picture(3))


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64", "uint32"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("tile", [(16, 16), (64, 48), None])
@pytest.mark.parametrize("order", "<>")
def test_other_libraries_read_the_output(dtype, channels, tile, order):
    pixels = unusual.picture(channels, dtype)
    for compression in (None, "zlib"):
        stream = io.BytesIO()
        tifffile.imwrite(
            stream, pixels, tile=tile, compression=compression, byteorder=order, metadata=None,
            photometric="rgb" if channels == 3 else "minisblack",
        )  # fmt: skip
        again = passed(stream.getvalue())
        with tifffile.TiffFile(io.BytesIO(again)) as file:
            assert file.pages[0].tile == tile
            assert np.array_equal(file.pages[0].asarray(), pixels)
        assert np.array_equal(imagecodecs.tiff_decode(again), pixels)


@pytest.mark.parametrize("name", [n for n in FILES if n.startswith("palette")])
def test_palettes(name):
    (image,) = read(FILES[name])
    if name == "palette-bytes.tif":  # Pillow reads the upper bytes, which are zero
        assert np.array_equal(image.pixels, by_libtiff(FILES[name])[..., :3])
    else:
        mode = "RGBA" if "alpha" in name else "RGB"
        assert np.array_equal(image.pixels, by_pillow(FILES[name], mode))
    assert image.has_alpha == ("alpha" in name)


def test_indices_beyond_a_palette_are_refused():
    entries = {262: (unusual.SHORT, [3]), 320: (unusual.SHORT, list(range(30)))}
    with pytest.raises(ImageError, match="pixels beyond the colours of its palette"):
        read(unusual.tiff(unusual.page(unusual.picture(), entries=entries)))
    entries[320] = None
    with pytest.raises(ImageError, match="palette indices but no palette"):
        read(unusual.tiff(unusual.page(unusual.picture(), entries=entries)))


@pytest.mark.parametrize("name", ["exif-broken.tif", "tags-broken.tif"])
def test_broken_metadata_are_left_out_with_a_warning(name):
    with pytest.warns(UserWarning, match="is broken: left out"):
        (image,) = read(FILES[name])
    assert np.array_equal(image.pixels, unusual.picture())
    assert read(FILES[name], strip=True)[0].pixels.shape == image.pixels.shape
    seen = PIL.Image.open(io.BytesIO(written([image]))).getexif()
    if name == "exif-broken.tif":
        assert seen.get_ifd(0x8825)[1] == "N"
        assert 0x8769 not in seen
    else:
        assert raw_tags(written([image]))[270] == raw_tags(FILES[name])[270]


def test_exif_and_gps_stay():
    seen = PIL.Image.open(io.BytesIO(passed(passed(FILES["exif.tif"])))).getexif()
    assert seen.get_ifd(0x8769) == {0x829A: Fraction(1, 250), 0xA434: "50 mm"}
    assert seen.get_ifd(0x8825)[2] == (10, 20, 30)


@pytest.mark.parametrize(
    "name", [n for n in FILES if n.startswith(("surplus", "uncounted", "bytes"))]
)
def test_surplus_uncounted_and_oddly_typed_data_are_read(name):
    (image,) = read(FILES[name])
    assert np.array_equal(image.pixels, unusual.picture(3))


@pytest.mark.parametrize("name", [n for n in FILES if n.startswith("ycbcr")])
def test_subsampled_colours_are_decoded_as_by_libtiff(name):
    (image,) = read(FILES[name])
    assert np.array_equal(image.pixels, by_libtiff(FILES[name])[..., :3])
    if "11" in name:
        # Rec. 601; libtiff rounds its tables.
        luma, _, red = np.moveaxis(unusual.picture(3).astype(float), -1, 0)
        seen = luma + 1.402 * (red - 128)
        assert np.abs(image.pixels[..., 0] - seen.clip(0, 255)).max() <= 2


def test_damage_to_a_part_is_reported_and_the_others_are_kept():
    for name in ("ycbcr-22-8.tif", "group4-0.tif", "surplus-8.tif"):
        data = bytearray(FILES[name])
        parts, _ = unusual.parts_of(FILES[name])
        at = FILES[name].index(parts[-1])
        data[at : at + len(parts[-1])] = bytes(len(parts[-1]))
        with pytest.raises(ImageError, match=r"has 1 of \d parts that cannot be decoded.*lenient"):
            read(bytes(data))
        with pytest.warns(UserWarning, match="what can be decoded was kept"):
            (image,) = read(bytes(data), lenient=True)
        rows = 16 if "surplus" in name else 0
        assert np.array_equal(image.pixels[:rows], read(FILES[name])[0].pixels[:rows])


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ({262: (unusual.SHORT, [8])}, "holds CIELab colours"),
        ({262: (unusual.SHORT, [32845])}, "holds LogLuv colours"),
        ({259: (unusual.SHORT, [9999])}, "uses a compression that is not read"),
        ({258: (unusual.SHORT, [8, 9, 10])}, "channels of 8, 9, 10 bits"),
        ({322: (unusual.LONG, [1 << 20]), 323: (unusual.LONG, [1 << 20])}, "claims tiles of"),
    ],
)
def test_unread_kinds_are_refused_by_name(entries, problem):
    with pytest.raises(ImageError, match=problem):
        read(unusual.tiff(unusual.page(unusual.picture(3), entries=entries)))


@pytest.mark.parametrize("name", FILES)
def test_after_one_pass_nothing_changes(name):
    first = data = passed(FILES[name])
    for _ in range(4):
        data = passed(data)
    assert data == first


def test_a_mask_per_channel_is_left_out_with_a_warning():
    pixels = unusual.picture(3)
    image = Image(pixels, mask=pixels > 100)
    with pytest.warns(UserWarning, match="differs from channel to channel: left out"):
        data = written([image])
    assert read(data)[0].mask is None


def test_one_image_of_a_stack_does_not_claim_the_others():
    """Otherwise its directory, after few pixels, would be read as more of them."""
    stream = io.BytesIO()
    stack = np.arange(4 * 26, dtype=np.uint8).reshape(4, 2, 13)
    tifffile.imwrite(stream, stack, imagej=True, metadata={"unit": "um"})
    images = read(stream.getvalue())
    assert len(images) == 4
    assert [image.pixels.tolist() for image in read(written(images))] == stack.tolist()
    one = written(images[:1])
    (back,) = read(one)
    assert np.array_equal(back.pixels, stack[0])
    assert b"unit=um" in raw_tags(one)[270][2]
