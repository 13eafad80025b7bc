"""The file formats: how each is recognised, what it holds, and which codec is faithful to it.

This table alone decides; `pdefilter info --formats` and the README show it.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import PurePath
from types import ModuleType
from typing import TYPE_CHECKING

from pdefilter.errors import CallError, ImageError, PdefilterError
from pdefilter.images import foreign
from pdefilter.images.folders import is_archive, is_series_archive
from pdefilter.images.packed import GZIP
from pdefilter.images.volume_starts import starts_dicom, starts_metaimage, starts_nifti, starts_nrrd
from pdefilter.warn import warn

if TYPE_CHECKING:
    from pdefilter.images.frames import Frames
    from pdefilter.images.image import Image
    from pdefilter.images.reading import Reading

ANY_NUMBER_OF_CHANNELS = range(1, 1 << 16)


@dataclass(frozen=True)
class Format:
    """A file format.

    Attributes
    ----------
    name : str
        Its usual name.
    suffixes : tuple of str
        The endings of its files' names.
    matches : callable
        Whether data that begin with the given bytes are of this format.
    codec : str
        The module of `pdefilter.images.codecs` that reads and writes it.
    types : tuple of str
        The types of values it stores; ``uint12`` means 12 bits.
    colours : container of int
        The numbers of colour channels it stores, CMYK aside.
    alpha : bool
        Whether it stores alpha.
    cmyk : bool
        Whether it stores CMYK.
    several : bool
        Whether it stores several pages or frames.
    carries : tuple of str
        The fields of `Metadata` that it stores.
    own : str
        The metadata that no other format stores.
    masks : bool
        Whether it stores a mask of the pixels that belong to the picture.
    volumes : bool
        Whether it stores volumes.
    distances : bool
        Whether it stores the distances of slices, rows and columns.
    twin : str
        The name of the format that differs from it in its compression only.
    unwritten : str
        Why a format that stores no types of values is not written, and what to write instead.
    library : str
        The library that its codec uses.
    why : str
        Why that library.
    """

    name: str
    suffixes: tuple[str, ...]
    matches: Callable[[bytes], bool]
    codec: str
    types: tuple[str, ...]
    colours: tuple[int, ...] | range
    alpha: bool
    library: str
    why: str
    cmyk: bool = False
    several: bool = False
    carries: tuple[str, ...] = ()
    own: str = ""
    masks: bool = False
    volumes: bool = False
    distances: bool = False
    twin: str = ""
    unwritten: str = "cannot hold grey; write .pgm"

    def __reduce__(self) -> "tuple[Callable[[str], Format], tuple[str]]":
        """Pickle by name."""
        return named, (self.name,)

    def decode(self, data: bytes, reading: "Reading") -> "Frames":
        """Read the images in a file's bytes, turned upright.

        Raises
        ------
        ImageError
            If the data are broken or unsupported; raised here, or when an image is read.
        """
        from pdefilter.images.upright import upright

        broken, advice = f"is a broken {self.name}", "get an intact copy"
        with one_sentence(broken, advice):
            frames: Frames = self._codec().decode(data, self.name, reading)

        def sound(read: Callable[[int], "Image"]) -> Callable[[int], "Image"]:
            def sound_read(number: int) -> "Image":
                with one_sentence(broken, advice):
                    return upright(replace(read(number), format=self.name))

            return sound_read

        frames = replace(
            frames,
            read=sound(frames.read),
            outline=frames.outline and sound(frames.outline),
            format=self.name,
        )
        if reading.as_volume and not frames.are_volumes:
            from pdefilter.images.stacks import as_volume

            return as_volume(frames, reading)
        return frames

    def encode(self, images: "Frames") -> bytes:
        """Write images.

        Raises
        ------
        ImageError
            If the format, or its codec, cannot store them.
        """
        self._require_written()
        self.require_count(images.count, are_volumes=images.are_volumes)
        with one_sentence(f"cannot be stored as {self.name}", "write another format"):
            data: bytes = self._codec().encode(images.mapped(self.fitting), self.name)
        return data

    def fitting(self, image: "Image") -> "Image":
        """Return an image that this format can hold; warn of what it does not carry.

        Raises
        ------
        ImageError
            If the format cannot hold it.
        """
        self.require(image)
        self._warn_of_losses(image)
        return image

    def require(self, image: "Image", dtype: str | None = None) -> None:
        """Refuse an image that this format cannot hold, stored as `dtype` or as it is.

        Raises
        ------
        ImageError
            Its message names formats that can.
        """
        dtype = dtype or image.depth
        self._require_written()
        if image.axes > 2 and not self.volumes:
            others = _alternatives(
                lambda other: other.volumes and other.holds_type(dtype), of_volumes=True
            )
            raise ImageError(f"{self.name} cannot hold a volume; write {others}")
        if not self.holds_type(dtype):
            raise ImageError(self.refusal(dtype))
        if not self._holds_channels(image):
            others = _alternatives(
                lambda other: other._holds_channels(image) and other.holds_type(dtype)
            )
            raise ImageError(f"{self.name} cannot hold {_channels(image)}; write {others}")

    def _require_written(self) -> None:
        if not self.types:
            raise ImageError(f"{self.name} {self.unwritten}")

    def require_count(self, count: int, *, are_volumes: bool = False) -> None:
        """Refuse several images if the format holds only one; volumes have times in any format.

        Raises
        ------
        ImageError
            Its message names formats that can.
        """
        if count > 1 and not self.several and not (are_volumes and self.volumes):
            others = _alternatives(lambda other: other.several)
            raise ImageError(
                f"has {count} frames, but {self.name} holds one; pick one by --frame, or write "
                f"{others}"
            )

    def refusal(self, dtype: str) -> str:
        """Say that the format cannot hold a type of values, and what to do instead."""
        depths = " or ".join(name for name, known in DEPTHS.items() if self.holds_type(known))
        others = _alternatives(lambda other: other.holds_type(dtype))
        depth = f"take the depth {depths}, or " if depths else ""
        return f"{self.name} cannot hold {_depth(dtype)}; {depth}write {others}"

    def holds_type(self, dtype: str) -> bool:
        """Whether the format stores values of a type."""
        return dtype in self.types or (dtype in _BETWEEN and "uint16" in self.types)

    def _holds_channels(self, image: "Image") -> bool:
        if image.is_cmyk:
            return self.cmyk and (self.alpha or not image.has_alpha)
        return image.colours in self.colours and (self.alpha or not image.has_alpha)

    def _warn_of_losses(self, image: "Image") -> None:
        from pdefilter.images.metadata import KINDS

        metadata = image.metadata
        lost = [
            kind
            for name, kind in KINDS.items()
            if getattr(metadata, name) not in (None, ()) and name not in self.carries
        ]
        if image.axes > 2 and not self.distances and _has_distances(image):
            lost.append("spacing")
        if metadata.own and image.format not in (self.name, self.twin):
            lost.append(named(image.format or "").own)
        if image.mask is not None and not self.masks:
            lost.append("mask")
        if lost:
            warn(f"{self.name} carries no {', no '.join(lost)}: left out")
        if metadata.dropped:
            warn(f"left out: {', '.join(metadata.dropped)}")

    def _codec(self) -> ModuleType:
        return import_module(f"pdefilter.images.codecs.{self.codec}")


@contextmanager
def one_sentence(problem: str, advice: str) -> Iterator[None]:
    """Turn whatever a codec raises into one sentence."""
    try:
        yield
    except (PdefilterError, MemoryError):
        raise
    except Exception as error:
        # A library's own message is for programmers, who find it as the cause.
        raise ImageError(f"{problem}; {advice}") from error


_BETWEEN = tuple(f"uint{bits}" for bits in range(9, 16))
_WHOLE = ("uint8", "uint16")
_NUMBERS = (
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64",
)  # fmt: skip
_OF_NIFTI = tuple(name for name in _NUMBERS if name != "float16")
_PHOTOGRAPHIC = ("icc", "exif", "xmp")

_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}


def _brands(data: bytes) -> set[bytes]:
    """List the brands of an ISO base media file (HEIC, AVIF)."""
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4]), len(data))
    return {data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))}


FORMATS = (
    Format("PNG", (".png", ".apng"), lambda b: b.startswith(b"\x89PNG\r\n\x1a\n"),
           "png", _WHOLE, (1, 3), alpha=True, several=True,
           carries=(*_PHOTOGRAPHIC, "resolution", "text", "duration"),
           own="gamma and other chunks",
           library="imagecodecs",
           why="Pillow reads 16-bit colour as 8 bits, OpenCV has no grey with alpha"),
    Format("JPEG", (".jpg", ".jpeg", ".jpe"), lambda b: b.startswith(b"\xff\xd8\xff"),
           "jpeg", ("uint8", "uint12"), (1, 3), alpha=False, cmyk=True,
           carries=(*_PHOTOGRAPHIC, "resolution", "text"),
           own="IPTC and other segments",
           library="simplejpeg, 12 bits imagecodecs",
           why="the one that reports what libjpeg repairs"),
    Format("TIFF", (".tif", ".tiff"),
           lambda b: b[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
           "tiff", _NUMBERS, ANY_NUMBER_OF_CHANNELS, alpha=True, cmyk=True, several=True,
           carries=(*_PHOTOGRAPHIC, "resolution"),
           own="TIFF tags (GeoTIFF, OME, ImageJ)", masks=True, volumes=True, distances=True,
           library="tifffile; faxes and YCbCr libtiff",
           why="every type of values, layout and compression, and every tag"),
    Format("WebP", (".webp",), lambda b: b[:4] == b"RIFF" and b[8:12] == b"WEBP",
           "webp", ("uint8",), (1, 3), alpha=True, several=True,
           carries=(*_PHOTOGRAPHIC, "duration"),
           own="background colour and other chunks",
           library="imagecodecs",
           why="lossless six times as fast as OpenCV; Pillow changes frames that look alike"),
    Format("GIF", (".gif",), lambda b: b[:6] in (b"GIF87a", b"GIF89a"),
           "gif", ("uint8",), (1, 3), alpha=True, several=True,
           carries=("icc", "xmp", "resolution", "text", "duration"),
           own="background colour",
           library="imagecodecs",
           why="Pillow joins frames that look alike"),
    Format("BMP", (".bmp", ".dib"), lambda b: b.startswith(b"BM"),
           "bmp", ("uint8",), (1, 3), alpha=True, carries=("icc", "resolution"),
           own="calibrated colours",
           library="NumPy", why="OpenCV and Pillow get some of its kinds wrong"),
    Format("PBM", (".pbm",), lambda b: b[:2] in (b"P1", b"P4"),
           "pnm", (), (), alpha=False, own="comments",
           library="NumPy", why="a header and numbers"),
    Format("PGM", (".pgm",), lambda b: b[:2] in (b"P2", b"P5"),
           "pnm", _WHOLE, (1,), alpha=False, several=True, own="comments",
           library="NumPy", why="a header and numbers"),
    Format("PPM", (".ppm",), lambda b: b[:2] in (b"P3", b"P6"),
           "pnm", _WHOLE, (3,), alpha=False, several=True, own="comments",
           library="NumPy", why="a header and numbers"),
    Format("PNM", (".pnm",), lambda _: False,
           "pnm", _WHOLE, (1, 3), alpha=False, several=True,
           library="NumPy", why="a header and numbers"),
    Format("PAM", (".pam",), lambda b: b[:3] == b"P7\n",
           "pnm", _WHOLE, ANY_NUMBER_OF_CHANNELS, alpha=True, several=True,
           own="comments and tuple types",
           library="NumPy", why="a header and numbers"),
    Format("PFM", (".pfm",), lambda b: b[:2] in (b"Pf", b"PF"),
           "pnm", ("float32",), (1, 3), alpha=False, several=True, own="scale and comments",
           library="NumPy", why="a header and numbers"),
    Format("EXR", (".exr",), lambda b: b[:4] == b"\x76\x2f\x31\x01",
           "exr", ("float16", "float32"), ANY_NUMBER_OF_CHANNELS, alpha=True,
           several=True,
           own="header attributes (display window, camera)",
           library="OpenEXR", why="its own; OpenCV and imagecodecs have none"),
    Format("JPEG2000", (".jp2", ".j2k", ".j2c", ".jpc", ".jpx"),
           lambda b: b[4:12] == b"jP  \r\n\x87\n" or b[:4] == b"\xff\x4f\xff\x51",
           "jpeg2000", (*_WHOLE, "int8", "int16"), ANY_NUMBER_OF_CHANNELS, alpha=True, cmyk=True,
           carries=(*_PHOTOGRAPHIC, "resolution"),
           own="XML and other boxes (GeoJP2)",
           library="imagecodecs", why="up to 16 bits, with or without alpha"),
    Format("AVIF", (".avif",), lambda b: bool(_brands(b) & {b"avif", b"avis"}),
           "avif", ("uint8", "uint10", "uint12"), (1, 3), alpha=True, several=True,
           carries=(*_PHOTOGRAPHIC, "duration"), own="colour primaries and transfer",
           library="OpenCV, metadata Pillow", why="10 and 12 bits with metadata"),
    Format("HEIC", (".heic", ".heif"), lambda b: bool(_brands(b) & _HEIC),
           "heic", ("uint8", "uint10", "uint12"), (1, 3), alpha=True, several=True,
           carries=_PHOTOGRAPHIC, own="colour primaries and light levels",
           library="pillow-heif", why="the one that reads and writes it, without loss"),
    Format("JPEGXL", (".jxl",),
           lambda b: b[:2] == b"\xff\x0a" or b[:12] == b"\0\0\0\x0cJXL \r\n\x87\n",
           "jpegxl", ("uint8", "uint16", "float32"), (1, 3), alpha=True,
           carries=("exif", "xmp"), own="enumerated colour space",
           library="imagecodecs", why="up to 16 bits and floats, without loss"),
    Format("NPY", (".npy",), lambda b: b.startswith(b"\x93NUMPY"),
           "npy", ("bool", *_NUMBERS), ANY_NUMBER_OF_CHANNELS, alpha=True, several=True,
           volumes=True,
           library="NumPy", why="its own"),
    Format("NIfTI", (".nii",), lambda b: starts_nifti(b) and not b.startswith(GZIP),
           "nifti", _OF_NIFTI, ANY_NUMBER_OF_CHANNELS, alpha=True, several=True,
           carries=("pose", "rescale"), own="header fields and extensions",
           volumes=True, distances=True, twin="NIfTI-gz",
           library="nibabel (an extra)", why="its two versions, orientations and units"),
    Format("NIfTI-gz", (".nii.gz",), lambda b: b.startswith(GZIP) and starts_nifti(b),
           "nifti", _OF_NIFTI, ANY_NUMBER_OF_CHANNELS, alpha=True, several=True,
           carries=("pose", "rescale"), own="header fields and extensions",
           volumes=True, distances=True, twin="NIfTI",
           library="nibabel (an extra)", why="the same, packed by gzip"),
    Format("NRRD", (".nrrd", ".nhdr"), starts_nrrd,
           "nrrd", _OF_NIFTI, ANY_NUMBER_OF_CHANNELS, alpha=True, several=True,
           carries=("pose",), own="header fields and keys", volumes=True, distances=True,
           library="NumPy", why="lines of text and numbers"),
    Format("MetaImage", (".mha", ".mhd"), starts_metaimage,
           "metaimage", _OF_NIFTI, ANY_NUMBER_OF_CHANNELS, alpha=True, several=True,
           carries=("pose",), own="header fields", volumes=True, distances=True,
           library="NumPy", why="lines of text and numbers"),
    Format("DICOM", (".dcm",), lambda b: starts_dicom(b) or is_series_archive(b),
           "dicom", (), ANY_NUMBER_OF_CHANNELS, alpha=False, several=True,
           own="tags of patient and scan", volumes=True, distances=True,
           unwritten="is not written, as it would claim to be an original; write .nii.gz or .nrrd",
           library="pydicom (an extra)", why="a folder of slices, ordered by their places"),
    Format("Zarr", (".zarr",), is_archive,
           "zarr", ("bool", *_NUMBERS), ANY_NUMBER_OF_CHANNELS, alpha=True,
           carries=("resolution",), own="attributes", volumes=True, distances=True,
           library="zarr (an extra)", why="its own; a folder of chunks, OME-Zarr too"),
)  # fmt: skip

_BY_SUFFIX = {suffix: known for known in FORMATS for suffix in known.suffixes}

DEPTHS = {"8": "uint8", "16": "uint16", "float": "float32"}
"""The types of values, by the names of ``--depth``."""

START = foreign.START
"""How many bytes at the start of a file tell its format."""


def detect_format(data: bytes) -> Format:
    """Detect the format of data by their first bytes.

    Raises
    ------
    ImageError
        If the format is unknown, or not read.
    """
    if (kind := foreign.foreign(data)) is not None:
        raise ImageError(f"is {kind.name}, which is not read; {kind.advice}")
    for candidate in FORMATS:
        if candidate.matches(data):
            return candidate
    if not data:
        raise ImageError("is empty; give an image")
    names = ", ".join(candidate.name for candidate in FORMATS)
    raise ImageError(f"is not an image of a known format; convert it to one of {names}")


def named(name: str) -> Format:
    """Find a format by its name or a suffix without the dot, in any case."""
    wanted = name.lower()
    for candidate in FORMATS:
        if wanted == candidate.name.lower() or f".{wanted}" in candidate.suffixes:
            return candidate
    known = ", ".join(candidate.name.lower() for candidate in FORMATS)
    raise CallError(f"--format: {name!r} is unknown; take one of {known}")


def of_file_name(path: str | PurePath) -> Format | None:
    """Find the format that a file name stands for."""
    return _BY_SUFFIX.get(split_name(os.fspath(path))[1].lower())


def split_name(path: str) -> tuple[str, str]:
    """Split the ending off a file name, which may have two parts, as in ``.nii.gz``."""
    stem, suffix = os.path.splitext(path)
    if suffix.lower() == ".gz":
        inner, before = os.path.splitext(stem)
        if f"{before}{suffix}".lower() in _BY_SUFFIX:
            return inner, before + suffix
    return stem, suffix


def _alternatives(fits: Callable[[Format], bool], *, of_volumes: bool = False) -> str:
    """Name the formats that fit; those of scanned bodies for volumes alone."""
    written = (candidate for candidate in FORMATS if candidate.types)
    known = (one for one in written if of_volumes or "pose" not in one.carries)
    return " or ".join(candidate.suffixes[0] for candidate in known if fits(candidate))


def _has_distances(image: "Image") -> bool:
    return image.unit is not None or image.spacing not in (None, (1.0,) * image.axes)


def _channels(image: "Image") -> str:
    if image.is_cmyk:
        return "the four inks of CMYK"
    return f"{image.channels} channels{' with alpha' if image.has_alpha else ''}"


def _depth(dtype: str) -> str:
    if dtype in ("uint8", "uint16", *_BETWEEN):
        return f"{dtype.removeprefix('uint')} bits"
    return f"{dtype} values"
