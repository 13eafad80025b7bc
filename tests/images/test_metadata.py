"""Metadata come through, and other libraries read them."""

import io
import struct
from fractions import Fraction

import numpy as np
import PIL.ExifTags
import PIL.Image
import PIL.ImageCms
import PIL.PngImagePlugin
import pytest
import tifffile

import pdefilter
from pdefilter.images import exif
from pdefilter.images.formats import FORMATS, of_file_name
from pdefilter.images.metadata import Resolution

ICC = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
    b'tiff:Orientation="%d"/></rdf:RDF></x:xmpmeta>'
)
LENS, MAKE, ORIENTATION = 0xA434, 0x010F, 0x0112


def camera(orientation=1, dimensions=None):
    """EXIF of a camera: maker, orientation, lens, place, and the size of the photograph."""
    tags = PIL.Image.Exif()
    tags[MAKE] = "Optics & Co"
    tags[ORIENTATION] = orientation
    tags.get_ifd(PIL.ExifTags.IFD.Exif).update({LENS: "50 mm"} | (dimensions or {}))
    tags.get_ifd(PIL.ExifTags.IFD.GPSInfo)[1] = "N"
    return tags.tobytes()


def by_pillow(path):
    """Open an image by Pillow, from memory, so that no file stays open."""
    return PIL.Image.open(io.BytesIO(path.read_bytes()))


WRITERS = {
    ".jpg": {"icc_profile": ICC, "xmp": XMP % 1, "exif": camera(), "dpi": (300, 300)},
    ".png": {"icc_profile": ICC, "exif": camera(), "dpi": (300, 300)},
    ".tif": {"icc_profile": ICC, "exif": camera(), "dpi": (300, 300)},
    ".webp": {"icc_profile": ICC, "xmp": XMP % 1, "exif": camera(), "lossless": True},
    ".avif": {"icc_profile": ICC, "xmp": XMP % 1, "exif": camera(), "quality": 100},
}


@pytest.fixture
def written(tmp_path, colour_photograph):
    """A photograph with metadata, by Pillow."""

    def write(suffix, **options):
        path = tmp_path / f"input{suffix}"
        pixels = np.ascontiguousarray(colour_photograph[:40, :60])
        PIL.Image.fromarray(pixels).save(path, **(WRITERS[suffix] | options))
        return path

    return write


def carrying(kind):
    return [known.suffixes[0] for known in FORMATS if kind in known.carries]


def convert(pdefilter_command, source, suffix, *options):
    target = source.with_name(f"output{suffix}")
    done = pdefilter_command("smooth", source, "-o", target, *options)
    assert done.returncode == 0, done.stderr
    return target, done.stderr.decode()


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("target", WRITERS)
def test_metadata_that_both_formats_carry_are_kept(pdefilter_command, written, suffix, target):
    path, messages = convert(pdefilter_command, written(suffix), target)
    back = by_pillow(path)
    assert back.info["icc_profile"] == ICC
    found = back.getexif()
    assert found[MAKE] == "Optics & Co"
    assert found.get_ifd(PIL.ExifTags.IFD.Exif)[LENS] == "50 mm"
    assert found.get_ifd(PIL.ExifTags.IFD.GPSInfo)[1] == "N"
    if "xmp" in WRITERS[suffix]:
        xmp = back.info.get("xmp") or back.info.get("XML:com.adobe.xmp", "").encode()
        assert xmp == XMP % 1
    if "dpi" in WRITERS[suffix] and target in carrying("resolution"):
        assert back.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    assert "Traceback" not in messages


@pytest.mark.parametrize("suffix", WRITERS)
def test_strip_leaves_pixels_alone(pdefilter_command, written, suffix):
    path, messages = convert(pdefilter_command, written(suffix), suffix, "--strip")
    back = by_pillow(path)
    assert messages == ""
    assert set(back.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "compression",
                              "loop", "background", "resolution"}  # fmt: skip
    assert not back.getexif().get_ifd(PIL.ExifTags.IFD.Exif)
    assert MAKE not in back.getexif()
    stripped = pdefilter.read(path).pixels
    path.unlink()
    path, _ = convert(pdefilter_command, written(suffix), suffix)
    assert np.array_equal(pdefilter.read(path).pixels, stripped)


def test_metadata_that_cannot_be_carried_are_named(pdefilter_command, written):
    _, messages = convert(pdefilter_command, written(".jpg"), ".bmp")
    assert messages.count("\n") == 1
    assert "BMP carries no EXIF, no XMP: left out" in messages
    _, messages = convert(pdefilter_command, written(".jpg"), ".ppm", "--strip")
    assert messages == ""


# The sides of the first row and column of stored pixels, from EXIF 2.32, table 6.
UPRIGHT = {
    1: lambda stored: stored,
    2: np.fliplr,
    3: lambda stored: np.rot90(stored, 2),
    4: np.flipud,
    5: lambda stored: np.swapaxes(stored, 0, 1),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.swapaxes(np.rot90(stored, 2), 0, 1),
    8: np.rot90,
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("suffix", WRITERS)
def test_orientation_is_applied_once_and_reset(tmp_path, written, suffix, orientation):
    options = {"exif": camera(orientation, {0xA002: 60, 0xA003: 40})}
    if "xmp" in WRITERS[suffix]:
        options["xmp"] = XMP % orientation
    stored = pdefilter.read(written(suffix)).pixels
    source = written(suffix, **options)
    turned = pdefilter.read(source)
    assert np.array_equal(turned.pixels, UPRIGHT[orientation](stored))

    target, again = tmp_path / f"output{suffix}", tmp_path / f"again{suffix}"
    pdefilter.write(turned, target)
    back = by_pillow(target)
    tags = back.getexif()
    assert tags.get(ORIENTATION, 1) == 1
    inner = tags.get_ifd(PIL.ExifTags.IFD.Exif)
    sizes = (60, 40) if orientation < 5 else (40, 60)
    assert (inner[0xA002], inner[0xA003]) == sizes
    assert back.size == sizes
    if "xmp" in WRITERS[suffix]:
        assert back.info["xmp"] == XMP % 1
    pdefilter.write(pdefilter.read(target), again)
    assert by_pillow(again).size == sizes


def test_resolution_turns_with_the_pixels(pdefilter_command, written):
    source = written(".jpg", exif=camera(6), dpi=(300, 150))
    target, _ = convert(pdefilter_command, source, ".png")
    assert by_pillow(target).info["dpi"] == pytest.approx((150, 300), abs=0.02)


@pytest.mark.parametrize("order", "<>")
def test_exif_of_either_byte_order_and_a_maker_note_stay_byte_for_byte(order):
    note = bytes(range(200))
    inner = {
        0x927C: exif.Entry(7, note),
        0x829A: exif.Entry(5, struct.pack(f"{order}II", 1, 250)),
    }
    blob = exif.unparse(
        order,
        {
            ORIENTATION: exif.Entry(3, struct.pack(f"{order}H", 6)),
            exif.EXIF_POINTER: exif.Entry(4, bytes(4), inner),
        },
    )
    assert exif.orientation(blob) == 6
    changed = exif.reset_orientation(blob, turned=False)
    assert exif.orientation(changed) == 1
    different = [at for at, (a, b) in enumerate(zip(blob, changed, strict=True)) if a != b]
    assert len(different) == 1
    other = "<" if order == ">" else ">"
    _, directory = exif.parse(blob)
    moved = exif.unparse(other, exif.in_byte_order(order, other, directory))
    tags = PIL.Image.Exif()
    tags.load(moved)
    photograph = tags.get_ifd(PIL.ExifTags.IFD.Exif)
    assert photograph[0x829A] == Fraction(1, 250)
    assert photograph[0x927C] == note


def test_broken_exif_is_kept_as_it_was(pdefilter_command, written):
    source = written(".png", exif=b"II*\0\xff\xff\xff\xff")
    target, _ = convert(pdefilter_command, source, ".png")
    assert b"eXIfII*\0\xff\xff\xff\xff" in target.read_bytes()


def test_png_text_and_gamma(pdefilter_command, written):
    text = PIL.PngImagePlugin.PngInfo()
    text.add_text("Title", "A portrait")
    text.add_text("Author", "Grüße", zip=True)
    text.add_itxt("Comment", "日本", "ja", "注釈")
    text.add(b"gAMA", struct.pack(">I", 45455))
    text.add(b"tIME", bytes(7))
    target, messages = convert(pdefilter_command, written(".png", pnginfo=text), ".png")
    back = by_pillow(target)
    assert messages == ""
    assert back.text == {"Title": "A portrait", "Author": "Grüße", "Comment": "日本"}
    assert back.info["gamma"] == 0.45455
    assert b"tIME" not in target.read_bytes()


def test_a_comment_goes_from_jpeg_to_png_and_gif(pdefilter_command, tmp_path, photograph):
    PIL.Image.fromarray(photograph).save(tmp_path / "input.jpg", comment="Coins, 1963")
    for suffix in (".png", ".gif", ".jpg"):
        target, _ = convert(pdefilter_command, tmp_path / "input.jpg", suffix)
        back = by_pillow(target)
        comment = back.info.get("comment") or back.info.get("Comment").encode()
        assert comment == b"Coins, 1963"


def test_a_large_profile_and_other_segments_of_a_jpeg(pdefilter_command, written):
    large = ICC + np.random.default_rng(0).bytes(200_000)
    source = written(".jpg", icc_profile=large)
    data = source.read_bytes()
    captions = b"Photoshop 3.0\0" + b"8BIM\4\4\0\0\0\0\0\0"
    source.write_bytes(
        data[:2] + b"\xff\xed" + (len(captions) + 2).to_bytes(2) + captions + data[2:]
    )
    target, _ = convert(pdefilter_command, source, ".jpg")
    back = by_pillow(target)
    assert back.info["icc_profile"] == large
    assert captions in target.read_bytes()
    assert by_pillow(convert(pdefilter_command, source, ".png")[0]).info["icc_profile"] == large


def test_tags_of_a_geotiff(pdefilter_command, tmp_path, photograph):
    scale, tie = (0.5, 0.5, 0.0), (0.0, 0.0, 0.0, 440720.0, 100000.0, 0.0)
    keys = (1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 32611)
    for order in "<>":
        for big in (False, True):
            tifffile.imwrite(
                tmp_path / "geo.tif",
                photograph,
                byteorder=order,
                bigtiff=big,
                metadata=None,
                extratags=[
                    (33550, 12, 3, scale, True),
                    (33922, 12, 6, tie, True),
                    (34735, 3, len(keys), keys, True),
                    (42113, 2, 6, b"-9999\0", True),
                    (65000, 4, 2, (7, 8), True),
                ],
            )
            target = tmp_path / "out.tif"
            done = pdefilter_command("smooth", tmp_path / "geo.tif", "-o", target, "--overwrite")
            assert (done.returncode, done.stderr) == (0, b"")
            with tifffile.TiffFile(target) as file:
                assert (file.byteorder, file.is_bigtiff) == (order, big)
                tags = file.pages[0].tags
                assert tags[33550].value == scale
                assert tags[33922].value == tie
                assert tags[34735].value == keys
                assert tags[42113].value == "-9999"
                assert tags[65000].value == (7, 8)
                assert file.geotiff_metadata["ProjectedCSTypeGeoKey"] == 32611
                if not big:
                    assert by_pillow(target).tag_v2[33550] == scale


def test_camera_tags_of_tiffs_of_every_layout(pdefilter_command, written, tmp_path):
    """The directory of a pointer is kept, between byte orders and widths."""
    source = written(".jpg", exif=camera())
    tiff, _ = convert(pdefilter_command, source, ".tif")
    assert by_pillow(tiff).getexif().get_ifd(PIL.ExifTags.IFD.Exif)[LENS] == "50 mm"
    with tifffile.TiffFile(tiff) as file:
        assert file.pages[0].tags[34665].value["LensModel"] == "50 mm"
        assert file.pages[0].tags[34853].value["GPSLatitudeRef"] == "N"
    back, _ = convert(pdefilter_command, tiff.rename(tmp_path / "middle.tif"), ".jpg")
    found = by_pillow(back).getexif()
    assert found[MAKE] == "Optics & Co"
    assert found.get_ifd(PIL.ExifTags.IFD.Exif)[LENS] == "50 mm"


@pytest.mark.parametrize(
    ("columns", "rows"), [(2835, 2835), (11811, 11811), (3937, 7874), (1000, 1000), (1, 3)]
)
def test_a_resolution_in_metres_comes_back(columns, rows):
    assert Resolution.from_per_metre(columns, rows).per_metre() == (columns, rows)


def test_whole_numbers_per_inch_survive_metres():
    for density in (72, 96, 150, 300, 600, 1200, 2400):
        inch = Resolution(Fraction(density), Fraction(density), "inch")
        assert Resolution.from_per_metre(*(inch.per_metre() or ())) == inch


def test_other_resolutions(pdefilter_command, tmp_path, photograph):
    PIL.Image.fromarray(photograph).save(tmp_path / "input.bmp", dpi=(300, 200))
    for suffix in (".bmp", ".png", ".jpg", ".tif"):
        target, _ = convert(pdefilter_command, tmp_path / "input.bmp", suffix)
        assert by_pillow(target).info["dpi"] == pytest.approx((300, 200), abs=0.02)
    jp2, _ = convert(pdefilter_command, tmp_path / "input.bmp", ".jp2")
    assert by_pillow(jp2).info["dpi"] == pytest.approx((300, 200), abs=0.02)


def test_metadata_of_jpeg_2000(pdefilter_command, written):
    target, messages = convert(pdefilter_command, written(".jpg"), ".jp2")
    assert messages == ""
    back, messages = convert(pdefilter_command, target, ".jpg")
    assert messages == ""
    found = by_pillow(back)
    assert (found.info["icc_profile"], found.info["xmp"]) == (ICC, XMP % 1)
    assert found.getexif()[MAKE] == "Optics & Co"
    assert found.info["dpi"] == (300, 300)


def test_every_format_that_carries_metadata_has_a_test():
    """Each kind has a test above; a format that gains a kind needs one too."""
    claimed = {(known.name, kind) for known in FORMATS for kind in known.carries}
    tried = {
        *((of_file_name(io_name(s)).name, k) for s in WRITERS for k in ("icc", "exif", "xmp")),
        *(("JPEG2000", k) for k in ("icc", "exif", "xmp", "resolution")),
        *((name, "resolution") for name in ("PNG", "JPEG", "TIFF", "BMP")),
        *((name, "text") for name in ("PNG", "JPEG", "GIF")),
        # tests/images/test_heic_files.py
        *(("HEIC", k) for k in ("icc", "exif", "xmp")),
        # tests/images/test_jpegxl_files.py
        *(("JPEGXL", k) for k in ("exif", "xmp")),
        # tests/images/test_avif_files.py
        ("AVIF", "duration"),
        # tests/images/test_frames.py, tests/images/test_gif_files.py
        *((name, "duration") for name in ("PNG", "WebP", "GIF")),
        *(("GIF", kind) for kind in ("icc", "xmp", "resolution")),
        # tests/images/test_bmp_files.py
        ("BMP", "icc"),
        # tests/images/test_zarr_files.py
        ("Zarr", "resolution"),
        # tests/images/test_nifti_files.py
        *((name, "pose") for name in ("NIfTI", "NIfTI-gz", "NRRD", "MetaImage")),
        *((name, "rescale") for name in ("NIfTI", "NIfTI-gz")),
    }
    assert claimed == tried


def io_name(suffix):
    from pathlib import Path

    return Path(f"x{suffix}")


def test_xmp_in_a_gif(tmp_path, photograph):
    image = pdefilter.Image(photograph, metadata=pdefilter.images.metadata.Metadata(xmp=XMP % 1))
    pdefilter.write(image, tmp_path / "i.gif")
    # Pillow skips the packet like any block, and reads the picture after it.
    assert np.array_equal(np.asarray(by_pillow(tmp_path / "i.gif").convert("L")), photograph)
    assert pdefilter.read(tmp_path / "i.gif").metadata.xmp == XMP % 1
