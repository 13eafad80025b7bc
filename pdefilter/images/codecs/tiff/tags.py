"""The tags of TIFF: which tell how a page is stored, and which lead to places in the file.

References
----------
TIFF 6.0, Adobe 1992; TIFF Technical Notes 1 to 3; https://www.awaresystems.be/imaging/tiff/tifftags.html
"""

import tifffile

from pdefilter.images import exif

SUBFILE, OLD_SUBFILE, COLUMNS, ROWS, BITS, COMPRESSION, COLOURS, FILL_ORDER = (
    254, 255, 256, 257, 258, 259, 262, 266,
)  # fmt: skip
DESCRIPTION, PARTS, ORIENTATION, SAMPLES, ROWS_PER_STRIP, SIZES_OF_PARTS = (
    270, 273, 274, 277, 278, 279,
)  # fmt: skip
RESOLUTION = (282, 283, 296)
PLANES, PREDICTOR, PALETTE, TILE_COLUMNS, TILE_ROWS, TILES, SIZES_OF_TILES = (
    284, 317, 320, 322, 323, 324, 325,
)  # fmt: skip
SUB_DIRECTORIES, EXTRA, SAMPLE_FORMAT, JPEG_TABLES, XMP, ICC = 330, 338, 339, 347, 700, 34675
METAMORPH_PLANES, ZEISS = 33629, 34412

STRUCTURE = {
    254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 274, 277, 278, 279, 280, 281,
    284, 288, 289, 292, 293, 317, 320, 321, 322, 323, 324, 325, 326, 327, 328, 330, 338, 339,
    340, 341, 347, *range(512, 522), 529, 530, 531, 532, 559, 32995, 32996, 32997, 32998,
    *RESOLUTION, XMP, ICC, *exif.POINTERS,
}  # fmt: skip
"""What tells how pixels are stored, or what they were; the writer says anew what is needed."""

CODING = {
    258, 259, 262, 266, 277, 284, 292, 293, 317, 338, 339, 347, *range(512, 522), 529, 530, 531,
    532,
}  # fmt: skip
"""What a decoder must know beside the size of a page and where its parts are."""

CURVES = {290: 1, 291: 1, 301: 3}
"""What has an entry for every value that as many bits as a pixel's tell, for so many channels."""

CAMERA = {DESCRIPTION, 271, 272, 305, 306, 315, 33432, *range(0x9C9B, 0x9CA0)}
"""What a camera says of a photograph, which EXIF keeps in the first directory in any format."""

# Their values tell places in the file, which are others in a copy.
_LEADING = dict.fromkeys(range(33628, 33632), "MetaMorph's description of the stack") | {
    400: "global parameters",
    33424: "Kodak's directory",
    33560: "Olympus's description",
    ZEISS: "Zeiss's description of the scan",
    65024: "Kodak's directory",
    **dict.fromkeys((65426, 65432), "Hamamatsu's places in the JPEG"),
}
_OF_A_DIRECTORY = (13, 18)

_BROKEN = {
    ORIENTATION: "orientation",
    **dict.fromkeys(RESOLUTION, "resolution"),
    exif.EXIF_POINTER: "EXIF",
    exif.GPS_POINTER: "GPS position",
    exif.INTEROPERABILITY_POINTER: "EXIF",
    XMP: "XMP",
    ICC: "ICC profile",
}


def leads_to(tag: int, kind: int) -> str | None:
    """Name what a tag leads to, if that is elsewhere in its file, where a copy has nothing.

    Parameters
    ----------
    tag : int
        The tag; none that the codec follows itself.
    kind : int
        The type of its values.
    """
    return _LEADING.get(tag) or (_name(tag) if kind in _OF_A_DIRECTORY else None)


def broken_name(tag: int) -> str | None:
    """Name a tag that is broken, unless it is about pixels, which cannot be read then."""
    return _BROKEN.get(tag) or (None if tag in STRUCTURE else _name(tag))


def _name(tag: int) -> str:
    return f"tag {tifffile.TIFF.TAGS.get(tag, '') or tag}"
