"""From names to stores and sinks."""

from pdefilter.errors import ImageError
from pdefilter.grid import Grid
from pdefilter.images.files import refusal
from pdefilter.images.folders import is_folder_image, is_series
from pdefilter.images.formats import START, Format, detect_format, one_sentence
from pdefilter.images.image import Image
from pdefilter.images.reading import Reading
from pdefilter.images.stores.store import Sink, Store

WITH_BOXES = ("TIFF", "Zarr", "NPY")
"""The names of the formats that are written box by box."""


def open_store(path: str, reading: Reading, frame: int | None = None) -> Store | None:
    """Open an image to be read box by box.

    Parameters
    ----------
    path : str
        The file.
    reading : Reading
        How it is read. The limit of pixels applies to every part of the file, as an image
        that is read in boxes may have any size.
    frame : int, optional
        The number of the frame, where the file holds several.

    Returns
    -------
    Store or None
        None if the file has no boxes, or holds several images and `frame` is not given.

    Raises
    ------
    ImageError
        If the file holds no image, or a broken one.
    """
    if is_series(path):
        return None
    if is_folder_image(path):
        from pdefilter.images.stores.zarr import ZarrStore

        with one_sentence("is a broken Zarr", "get an intact copy"):
            zarr = ZarrStore(path, reading)
            zarr.require_chunks()
            return zarr if frame in (None, 0) else None
    try:
        with open(path, "rb") as file:
            start = file.read(START)
    except OSError as error:
        raise refusal("read", error) from None
    name = detect_format(start).name
    with one_sentence(f"is a broken {name}", "get an intact copy"):
        if name == "NPY":
            from pdefilter.images.stores.npy import NpyStore

            store = NpyStore(path, reading)
            return store if store.is_alone and frame in (None, 0) else None
        if name == "TIFF":
            from pdefilter.images.file_bytes import SteadyFile
            from pdefilter.images.stores.tiff import TiffStore

            tiff = TiffStore(SteadyFile.of(path), reading, frame)
            return tiff if tiff.has_boxes else None
    return None


def new_sink(
    target: str,
    outline: Image,
    grid: Grid,
    format_: Format,
    *,
    fingerprint: str,
    replace: bool,
) -> Sink:
    """Make the sink of an image that is written box by box.

    Parameters
    ----------
    target : str
        The file.
    outline : Image
        The image as a single pixel: the type to be written, channels, alpha, and metadata.
    grid : Grid
        The pixels of the image.
    format_ : Format
        The format.
    fingerprint : str
        Identifies the input, the options and the version: only what was written with the
        same one is continued.
    replace : bool
        Whether an existing target may be replaced.

    Raises
    ------
    ImageError
        If the format cannot hold the image, or has no boxes.
    """
    if format_.name not in WITH_BOXES:
        raise ImageError(
            f"{format_.name} cannot be written in boxes; write {_endings()}, or raise --memory"
        )
    outline = format_.fitting(outline)
    if format_.name == "TIFF":
        from pdefilter.images.stores.tiff_sink import TiffSink

        return TiffSink(target, outline, grid, fingerprint=fingerprint, replace=replace)
    if format_.name == "Zarr":
        from pdefilter.images.stores.zarr_sink import ZarrSink

        return ZarrSink(target, outline, grid, fingerprint=fingerprint, replace=replace)
    from pdefilter.images.stores.npy import BLOCKS, NpySink

    return NpySink(target, outline, grid, BLOCKS, fingerprint=fingerprint, replace=replace)


def _endings() -> str:
    from pdefilter.images.formats import named

    return " or ".join(named(name).suffixes[0] for name in WITH_BOXES)
