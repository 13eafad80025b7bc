"""Images that have no boxes: decoded once, into a temporary file that has."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from pdefilter.errors import FileError
from pdefilter.grid import Box
from pdefilter.images.files import temporary_folder
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image, Pixels
from pdefilter.images.metadata import Metadata
from pdefilter.images.reading import Reading
from pdefilter.images.stores.npy import BLOCKS, NpyStore
from pdefilter.warn import warn

_GIGABYTE = 10**9
_HEADERS = 1 << 12


@dataclass(frozen=True)
class DecodedStore:
    """An image that was decoded into NumPy files.

    Attributes
    ----------
    outline : Image
        The image as a single pixel.
    shape : tuple of int
        The size.
    """

    outline: Image
    shape: tuple[int, int]
    _pixels: NpyStore
    _mask: NpyStore | None
    blocks: tuple[int, int] = BLOCKS

    def read(self, box: Box) -> Image:
        """Read a box."""
        mask = None if self._mask is None else self._mask.read(box).pixels
        pixels = self._pixels.read(box).pixels
        return replace(self.outline, pixels=pixels, mask=mask, metadata=Metadata())


@contextmanager
def decoded(frames: Frames, number: int, target: str) -> Iterator[DecodedStore]:
    """Decode an image once into a temporary folder beside the target; a warning says so.

    Parameters
    ----------
    frames : Frames
        The images of a file.
    number : int
        The number of the image.
    target : str
        The file that will be made of it.

    Raises
    ------
    FileError
        If the disk has no room for it; nothing is written then.
    ImageError
        If it cannot be decoded.
    """
    folder = os.path.dirname(os.path.realpath(target))
    if number == 0 and all(frames.size) and frames.outline:
        rows, columns = frames.size
        _require_room(folder, rows * columns * frames.outline(0).pixels.nbytes)
    image = frames.read(number)
    mask = image.mask
    size = image.pixels.nbytes + (0 if mask is None else mask.nbytes)
    _require_room(folder, size)
    rows, columns = image.pixels.shape[:2]
    outline = replace(
        image,
        pixels=image.pixels[:1, :1].copy(),
        mask=None if mask is None else mask[:1, :1].copy(),
    )
    with temporary_folder(folder) as temporary:
        warn(
            f"{frames.format} has no tiles: decoded once into a temporary file of "
            f"{size / _GIGABYTE:.2g} GB beside the output"
        )
        pixels = _file(temporary, "pixels", image.pixels)
        del image  # a large image needs the memory
        of_mask = None if mask is None else _file(temporary, "mask", mask)
        del mask
        yield DecodedStore(outline, (rows, columns), pixels, of_mask)


def _file(folder: str, name: str, array: Pixels) -> NpyStore:
    path = os.path.join(folder, f"{name}.npy")
    with open(path, "wb") as file:
        np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)
    return NpyStore(path, Reading())


def _require_room(folder: str, size: int) -> None:
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return  # writing there will name the problem
    if size + _HEADERS > free:
        raise FileError(
            f"has no tiles and needs {size / _GIGABYTE:.2g} GB beside its output to be decoded "
            f"to, where {free / _GIGABYTE:.2g} GB are free; free some, or write to another disk"
        )
