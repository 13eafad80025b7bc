"""The file formats: how each is recognised, what it holds, and which codec is faithful to it.

OpenCV decodes and encodes JPEG, WebP, BMP and the PNM family fastest and
notices truncated data. It has no grey PNG with alpha, and tells of a broken
PNG on standard error: imagecodecs does PNG. tifffile does TIFF in every type
of values and every layout. NumPy does its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePath
from types import ModuleType
from typing import TYPE_CHECKING

from pdefilter.errors import CallError, ImageError

if TYPE_CHECKING:
    from pdefilter.images.image import Image

ANY_NUMBER_OF_CHANNELS = range(1, 1 << 16)


@dataclass(frozen=True)
class Format:
    """A file format.

    Attributes
    ----------
    name : str
        What people call it.
    suffixes : tuple of str
        The endings of its files' names.
    starts : callable
        Whether data that begin with these bytes are of this format.
    codec : str
        The module of `pdefilter.images.codecs` that reads and writes it.
    types : tuple of str
        The types of values it stores.
    channels : container of int
        The numbers of channels it stores.
    alpha : bool
        Whether it stores alpha.
    """

    name: str
    suffixes: tuple[str, ...]
    starts: Callable[[bytes], bool]
    codec: str
    types: tuple[str, ...]
    channels: tuple[int, ...] | range
    alpha: bool

    def decode(self, data: bytes) -> "Image":
        """Read an image.

        Raises
        ------
        ImageError
            If the data are broken, or hold what is not supported.
        """
        image: Image = self._codec().decode(data, self.name)
        return image

    def encode(self, image: "Image") -> bytes:
        """Write an image.

        Raises
        ------
        ImageError
            If the format cannot hold it.
        """
        self.require(image)
        data: bytes = self._codec().encode(image, self.name)
        return data

    def _codec(self) -> ModuleType:
        return import_module(f"pdefilter.images.codecs.{self.codec}")

    def require(self, image: "Image", dtype: str | None = None) -> None:
        """Refuse an image that this format cannot hold, stored as `dtype` or as it is.

        Raises
        ------
        ImageError
            That says which formats can.
        """
        dtype = dtype or image.pixels.dtype.name
        if not self.holds_type(dtype):
            raise ImageError(self.refusal(dtype))
        if image.channels not in self.channels or (image.has_alpha and not self.alpha):
            raise ImageError(
                f"{self.name} cannot hold {image.channels} channels"
                f"{' with alpha' if image.has_alpha else ''}; write "
                + _alternatives(
                    lambda other: (
                        image.channels in other.channels
                        and (other.alpha or not image.has_alpha)
                        and other.holds_type(dtype)
                    )
                )
            )

    def refusal(self, dtype: str) -> str:
        """Say that the format cannot hold a type of values, and what would work."""
        depths = " or ".join(name for name, known in DEPTHS.items() if self.holds_type(known))
        others = _alternatives(lambda other: other.holds_type(dtype))
        return (
            f"{self.name} cannot hold {_depth(dtype)}; take the depth {depths}, or write {others}"
        )

    def holds_type(self, dtype: str) -> bool:
        """Whether the format stores values of a type."""
        return dtype in self.types


_WHOLE = ("uint8", "uint16")
_NUMBERS = (
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64",
)  # fmt: skip

FORMATS = (
    Format("PNG", (".png",), lambda b: b.startswith(b"\x89PNG\r\n\x1a\n"),
           "png", _WHOLE, (1, 2, 3, 4), alpha=True),
    Format("JPEG", (".jpg", ".jpeg", ".jpe"), lambda b: b.startswith(b"\xff\xd8\xff"),
           "opencv", ("uint8",), (1, 3), alpha=False),
    Format("TIFF", (".tif", ".tiff"),
           lambda b: b[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
           "tiff", _NUMBERS, ANY_NUMBER_OF_CHANNELS, alpha=True),
    Format("WebP", (".webp",), lambda b: b[:4] == b"RIFF" and b[8:12] == b"WEBP",
           "opencv", ("uint8",), (1, 2, 3, 4), alpha=True),
    Format("BMP", (".bmp", ".dib"), lambda b: b.startswith(b"BM"),
           "opencv", ("uint8",), (1, 2, 3, 4), alpha=True),
    Format("PBM", (".pbm",), lambda b: b[:2] in (b"P1", b"P4"),
           "opencv", (), (), alpha=False),
    Format("PGM", (".pgm",), lambda b: b[:2] in (b"P2", b"P5"),
           "opencv", _WHOLE, (1,), alpha=False),
    Format("PPM", (".ppm",), lambda b: b[:2] in (b"P3", b"P6"),
           "opencv", _WHOLE, (3,), alpha=False),
    Format("PNM", (".pnm",), lambda _: False,
           "opencv", _WHOLE, (1, 3), alpha=False),
    Format("PFM", (".pfm",), lambda b: b[:2] in (b"Pf", b"PF"),
           "opencv", ("float32",), (1, 3), alpha=False),
    Format("NPY", (".npy",), lambda b: b.startswith(b"\x93NUMPY"),
           "npy", ("bool", *_NUMBERS), ANY_NUMBER_OF_CHANNELS, alpha=True),
)  # fmt: skip

DEPTHS = {"8": "uint8", "16": "uint16", "float": "float32"}
"""The types of values by the names that users give them."""


def recognised(data: bytes) -> Format:
    """Find the format of data from how they begin.

    Raises
    ------
    ImageError
        If they are of no known format.
    """
    for candidate in FORMATS:
        if candidate.starts(data):
            return candidate
    if not data:
        raise ImageError("is empty; give an image")
    names = ", ".join(candidate.name for candidate in FORMATS)
    raise ImageError(f"is no image of a known format; convert it to one of {names}")


def named(name: str) -> Format:
    """Find a format by its name or a suffix without the dot, in any case."""
    wanted = name.lower()
    for candidate in FORMATS:
        if wanted == candidate.name.lower() or f".{wanted}" in candidate.suffixes:
            return candidate
    known = ", ".join(candidate.name.lower() for candidate in FORMATS)
    raise CallError(f"--format: {name!r} is unknown; take one of {known}")


def of_file_name(path: PurePath) -> Format | None:
    """Find the format that a file's name stands for."""
    suffix = path.suffix.lower()
    return next((candidate for candidate in FORMATS if suffix in candidate.suffixes), None)


def _alternatives(fits: Callable[[Format], bool]) -> str:
    return " or ".join(candidate.suffixes[0] for candidate in FORMATS if fits(candidate))


def _depth(dtype: str) -> str:
    depths = {value: f"{key} bits" for key, value in DEPTHS.items() if key != "float"}
    return depths.get(dtype, f"{dtype} values")
