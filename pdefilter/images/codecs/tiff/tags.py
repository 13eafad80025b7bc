"""The tags of TIFF: which describe how a page is stored, and which point into the file.

References
----------
TIFF 6.0, Adobe 1992; TIFF Technical Notes 1 to 3; https://www.awaresystems.be/imaging/tiff/tifftags.html
"""

import tifffile

from pdefilter.images import exif

SUBFILE, OLD_SUBFILE, COLUMNS, ROWS, BITS_PER_SAMPLE, COMPRESSION, PHOTOMETRIC = (
    254, 255, 256, 257, 258, 259, 262,
)  # fmt: skip
DESCRIPTION, STRIP_OFFSETS, ORIENTATION, SAMPLES_PER_PIXEL, ROWS_PER_STRIP, STRIP_BYTE_COUNTS = (
    270, 273, 274, 277, 278, 279,
)  # fmt: skip
RESOLUTION = (282, 283, 296)
PLANAR_CONFIGURATION, PREDICTOR, TILE_COLUMNS, TILE_ROWS, TILE_OFFSETS, TILE_BYTE_COUNTS = (
    284, 317, 322, 323, 324, 325,
)  # fmt: skip
SUB_IFDS, EXTRA_SAMPLES, SAMPLE_FORMAT, JPEG_TABLES, XMP, ICC = 330, 338, 339, 347, 700, 34675
METAMORPH_PLANES, ZEISS = 33629, 34412

STRUCTURE = {
    254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 274, 277, 278, 279, 280, 281,
    284, 288, 289, 292, 293, 317, 320, 321, 322, 323, 324, 325, 326, 327, 328, 330, 338, 339,
    340, 341, 347, *range(512, 522), 529, 530, 531, 532, 559, 32995, 32996, 32997, 32998,
    *RESOLUTION, XMP, ICC, *exif.POINTERS,
}  # fmt: skip
"""Tags about how pixels are, or were, stored; the writer makes those it needs anew."""

CODING = {
    258, 259, 262, 266, 277, 284, 292, 293, 317, 338, 339, 347, *range(512, 522), 529, 530, 531,
    532,
}  # fmt: skip
"""Tags that a decoder needs, apart from the size of a page and the offsets of its parts."""

CURVES = {290: 1, 291: 1, 301: 3}
"""Tags with one entry for every possible value, and their numbers of channels."""

CAMERA = {DESCRIPTION, 271, 272, 305, 306, 315, 33432, *range(0x9C9B, 0x9CA0)}
"""Tags about the camera, which EXIF keeps in the first directory in any format."""

# Their values are offsets in the file, which a copy would break.
_TARGETS = dict.fromkeys(range(33628, 33632), "MetaMorph's description of the stack") | {
    400: "global parameters",
    33424: "Kodak's directory",
    33560: "Olympus's description",
    ZEISS: "Zeiss's description of the scan",
    65024: "Kodak's directory",
    **dict.fromkeys((65426, 65432), "Hamamatsu's places in the JPEG"),
}
_DIRECTORY_TYPES = (13, 18)

_BROKEN = {
    ORIENTATION: "orientation",
    **dict.fromkeys(RESOLUTION, "resolution"),
    exif.EXIF_POINTER: "EXIF",
    exif.GPS_POINTER: "GPS position",
    exif.INTEROPERABILITY_POINTER: "EXIF",
    XMP: "XMP",
    ICC: "ICC profile",
}


def target_name(tag: int, kind: int) -> str | None:
    """Name the target of a tag whose value is an offset in its file, which a copy cannot keep.

    Parameters
    ----------
    tag : int
        The tag; not one that the codec follows itself.
    kind : int
        The type of its values.
    """
    return _TARGETS.get(tag) or (_name(tag) if kind in _DIRECTORY_TYPES else None)


def broken_name(tag: int) -> str | None:
    """Name a broken tag, unless it is about pixels, which then cannot be read anyway."""
    return _BROKEN.get(tag) or (None if tag in STRUCTURE else _name(tag))


def _name(tag: int) -> str:
    return f"tag {tifffile.TIFF.TAGS.get(tag, '') or tag}"
