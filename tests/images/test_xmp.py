"""The orientation in XMP is applied once, however the packet is written."""

import io
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pdefilter
from pdefilter import Image
from pdefilter.images import xmp
from pdefilter.images.formats import named
from pdefilter.images.frames import single
from pdefilter.images.metadata import Metadata
from pdefilter.images.reading import Reading

TIFF, EXIF = xmp.TIFF.decode(), xmp.EXIF.decode()
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def packet(properties, *, elements, prefix="tiff", quote='"', gap=""):
    """Write a packet with properties of two namespaces, in one of the forms that XMP allows."""
    names = {TIFF: prefix, EXIF: "exif"}
    bound = " ".join(f"xmlns:{short}={quote}{name}{quote}" for name, short in names.items())
    pairs = [(f"{names[space]}:{name}", value) for (space, name), value in properties.items()]
    inner = attributes = ""
    if elements:
        inner = "".join(f"<{name}>{gap}{value}{gap}</{name}>" for name, value in pairs)
    else:
        attributes = " ".join(f"{name}{gap}={gap}{quote}{value}{quote}" for name, value in pairs)
    return (
        f'<?xpacket begin="\ufeff"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">'
        f"<rdf:Description {bound} {attributes}>{inner}</rdf:Description></rdf:RDF></x:xmpmeta>"
        f'<?xpacket end="w"?>'
    ).encode()


def properties_of(packet):
    """Read the properties by an XML parser."""
    (description,) = ElementTree.fromstring(packet).iter(f"{{{RDF}}}Description")
    pairs = [*description.attrib.items(), *((child.tag, child.text) for child in description)]
    return {tuple(name[1:].split("}")): value.strip() for name, value in pairs}


@given(
    orientation=st.integers(1, 8),
    sides=st.tuples(st.integers(1, 9999), st.integers(1, 9999)),
    elements=st.booleans(),
    prefix=st.sampled_from(["tiff", "t", "tiff-1.0"]),
    quote=st.sampled_from("\"'"),
    gap=st.sampled_from(["", " ", "\n  "]),
)
def test_every_form_of_a_packet(orientation, sides, elements, prefix, quote, gap):
    properties = {(TIFF, "Orientation"): str(orientation), (EXIF, "PixelXDimension"): str(sides[0]),
            (EXIF, "PixelYDimension"): str(sides[1]), (EXIF, "Flash"): "6"}  # fmt: skip
    one = packet(properties, elements=elements, prefix=prefix, quote=quote, gap=gap)
    assert properties_of(one) == properties
    assert xmp.orientation(one) == orientation
    for turned in (False, True):
        changed = xmp.reset_orientation(one, turned=turned)
        assert xmp.orientation(changed) == 1
        across, down = reversed(sides) if turned else sides
        assert properties_of(changed) == properties | {
            (TIFF, "Orientation"): "1",
            (EXIF, "PixelXDimension"): str(across),
            (EXIF, "PixelYDimension"): str(down),
        }


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_other_bytes_have_no_orientation(blob):
    assert xmp.orientation(blob) is None
    assert xmp.reset_orientation(blob, turned=True) == blob


def test_a_text_about_orientation_is_not_a_property():
    assert (
        xmp.orientation(b"<a xmlns:tiff='http://example.org/'>tiff:Orientation=\"6\"</a>") is None
    )


@pytest.mark.parametrize("format_", ["jpg", "png", "webp", "tif", "jp2", "gif"])
@pytest.mark.parametrize("orientation", [3, 6])
def test_pixels_are_turned_once(format_, orientation):
    """Five passes turn them once, as Pillow does by the same number in EXIF."""
    rows, columns = np.mgrid[:8, :16].astype(np.uint8) * 8
    stored = rows + columns
    blob = packet({(TIFF, "Orientation"): str(orientation)}, elements=False)
    image = Image(stored, metadata=Metadata(xmp=blob))
    codec = named(format_)
    data = codec.encode(single(lambda: image, stored.shape))
    for _ in range(5):
        read = codec.decode(data, Reading()).read(0)
        assert re.search(b'Orientation\\s*=\\s*"1"', read.metadata.xmp)
        data = codec.encode(single(lambda read=read: read, read.pixels.shape[:2]))
    by_exif = PIL.Image.Exif()
    by_exif[0x0112] = orientation
    stream = io.BytesIO()
    PIL.Image.fromarray(stored).save(stream, "PNG", exif=by_exif)
    expected = np.asarray(PIL.ImageOps.exif_transpose(PIL.Image.open(stream)))
    grey = read.pixels if read.pixels.ndim == 2 else read.pixels[..., 0]
    # JPEG rounds coefficients five times; neighbours differ by 8, opposite ends by 176.
    np.testing.assert_allclose(grey, expected, atol=8 if format_ == "jpg" else 0)


def test_exif_takes_precedence_over_xmp(tmp_path):
    stored = np.arange(128, dtype=np.uint8).reshape(8, 16)
    exif = PIL.Image.Exif()
    exif[0x0112] = 1
    blob = packet({(TIFF, "Orientation"): "6"}, elements=True)
    PIL.Image.fromarray(stored).save(tmp_path / "i.webp", exif=exif, xmp=blob, lossless=True)
    read = pdefilter.read(tmp_path / "i.webp")
    assert read.pixels.shape[:2] == stored.shape
    assert xmp.orientation(read.metadata.xmp) == 1
