"""Formats that no codec reads: how to recognise them, and what converts them."""

from typing import NamedTuple

from pdefilter.images.packed import GZIP
from pdefilter.images.volume_starts import starts_nifti

_RAW = "a camera's raw file", "develop it to a 16-bit .tif by darktable, RawTherapee or dcraw first"
_VIDEO = "a video", "save its frames as .png by ffmpeg first"


class Foreign(NamedTuple):
    """A kind of file that is not read: its usual name, and what to do with it."""

    name: str
    advice: str


# Each has a signature at an offset; more particular ones come first.
_SIGNATURES = (
    (0, b"SIMPLE  =", Foreign("a FITS file", "save it as .npy by astropy first")),
    (8, b"CR\2\0", Foreign(*_RAW)),  # Canon, within TIFF
    (4, b"ftypcrx ", Foreign(*_RAW)),  # Canon, as of 2018
    (0, b"FUJIFILMCCD-RAW", Foreign(*_RAW)),
    (0, b"IIRO", Foreign(*_RAW)),  # Olympus
    (0, b"IIRS", Foreign(*_RAW)),
    (0, b"MMOR", Foreign(*_RAW)),
    (0, b"IIU\0", Foreign(*_RAW)),  # Panasonic
    (0, b"\0MRM", Foreign(*_RAW)),  # Minolta
    (0, b"FOVb", Foreign(*_RAW)),  # Sigma
    (0, b"8BPS", Foreign("a Photoshop file", "save it as .tif or .png there first")),
    (0, b"gimp xcf", Foreign("a GIMP file", "export it as .tif or .png there first")),
    (0, b"%PDF-", Foreign("a PDF", "save its pages as .png by pdftoppm first")),
    (0, b"%!PS", Foreign("a PostScript file", "save its pages as .png by Ghostscript first")),
    (0, b"<svg", Foreign("an SVG drawing", "export it as .png by Inkscape first")),
    (0, b"#?RADIANCE", Foreign("a Radiance picture", "save it as .exr or .pfm first")),
    (0, b"#?RGBE", Foreign("a Radiance picture", "save it as .exr or .pfm first")),
    (0, b"\x89HDF\r\n", Foreign("an HDF5 file", "save the array wanted as .npy by h5py first")),
    (0, b"II\xbc\1", Foreign("a JPEG XR", "save it as .tif or .png first")),
    (4, b"ftypisom", Foreign(*_VIDEO)),
    (4, b"ftypmp4", Foreign(*_VIDEO)),
    (4, b"ftypqt  ", Foreign(*_VIDEO)),
    (0, b"\x1aE\xdf\xa3", Foreign(*_VIDEO)),  # Matroska, WebM
    (0, b"PK\3\4", Foreign("a ZIP archive", "unpack it first")),
)  # fmt: skip

_GZIP = Foreign("compressed by gzip", "unpack it by gunzip first")

START = 1024
"""How many bytes at the start of a file tell its kind, even if gzip has packed it."""


def foreign(data: bytes) -> Foreign | None:
    """Recognise a file that no codec reads."""
    for at, signature, kind in _SIGNATURES:
        if data.startswith(signature, at):
            return kind
    if data.startswith(GZIP) and not starts_nifti(data):
        return _GZIP
    # An SVG may begin with an XML declaration or a document type.
    if data.startswith((b"<?xml", b"<!DOCTYPE svg")) and b"<svg" in data:
        return foreign(b"<svg")
    return None
