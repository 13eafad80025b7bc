"""Formats that are not read: the error names them, and what converts them."""

import io

import pytest

import pdefilter
from pdefilter import ImageError
from pdefilter.images.files import read_stream
from pdefilter.images.formats import FORMATS, START, detect_format

FILES = {
    "a FITS file.*astropy": b"SIMPLE  =                    T / conforms".ljust(2880),
    "a camera's raw file.*darktable": b"II*\0\x10\0\0\0CR\2\0" + bytes(400),
    "raw file.*a 16-bit .tif": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(400),
    "raw file.*RawTherapee": b"FUJIFILMCCD-RAW 0201FF159502X-T1",
    "raw file": b"IIRO\x08\0\0\0",
    "raw file ?": b"IIU\0\x18\0\0\0",
    "a Photoshop file": b"8BPS\0\1",
    "a PDF.*pdftoppm": b"%PDF-1.7\n",
    "an SVG drawing.*Inkscape": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "an SVG ": b'<?xml version="1.0"?>\n<!-- drawn --><svg xmlns="http://www.w3.org/2000/svg"/>',
    "a video.*ffmpeg": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
    "compressed by gzip.*gunzip": b"\x1f\x8b\x08\0",
}


@pytest.mark.parametrize("sentence", FILES)
def test_the_error_names_the_format_and_a_converter(tmp_path, sentence):
    (tmp_path / "file").write_bytes(FILES[sentence])
    with pytest.raises(ImageError, match=sentence):
        pdefilter.read(tmp_path / "file")
    # Only the start of an endless stream is read.
    assert len(read_stream(io.BytesIO(FILES[sentence] + bytes(1 << 16)))) == START


def test_no_image_is_mistaken_for_a_foreign_file():
    starts = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"GIF89a", b"BM",
              b"P5", b"P7\n", b"Pf", b"\x76\x2f\x31\x01", b"\x93NUMPY"]  # fmt: skip
    for start in starts:
        assert detect_format(start + bytes(START)) in FORMATS


def test_other_xml_is_not_an_svg():
    with pytest.raises(ImageError, match="is not an image of a known format"):
        detect_format(b'<?xml version="1.0"?><html/>')
