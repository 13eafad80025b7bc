"""The Python API: every filter as a function of an array or an `Image`."""

import functools
import inspect
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ForwardRef, ParamSpec, Protocol, TypeVar

import numpy as np

from pdefilter import filters
from pdefilter.errors import ImageError, ParameterError
from pdefilter.filters.options.option import parameters_of
from pdefilter.images.arrays import wrap_array
from pdefilter.images.files import read_frames as frames_of
from pdefilter.images.files import write_whole
from pdefilter.images.formats import FORMATS, of_file_name
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image, Pixels
from pdefilter.images.preview import preview_png  # noqa: F401 (a notebook shows images by it)
from pdefilter.images.reading import MOST_PIXELS, Reading
from pdefilter.operation import Operation
from pdefilter.runs.apply import apply, picture_of
from pdefilter.runs.estimate import Estimate
from pdefilter.runs.estimate import estimate as estimate_of
from pdefilter.runs.resources import warn_of_missing_engine

P = ParamSpec("P")
P_co = ParamSpec("P_co")
Picture = TypeVar("Picture", Pixels, Image)


class Function(Protocol[P_co]):
    """A filter as users call it: from an array to an array, or from an `Image` to an `Image`."""

    def __call__(self, image: Picture, /, *args: P_co.args, **kwargs: P_co.kwargs) -> Picture:
        """Filter `image`."""
        ...


def _function(filter_: Callable[P, Operation]) -> Function[P]:
    pictures = {
        known.name: known.option.levels for known in parameters_of(filter_) if known.option.picture
    }
    maps = {name.removesuffix("_map"): name for name in pictures if name.endswith("_map")}

    @functools.wraps(filter_)
    def function(image: Any, /, *args: P.args, **kwargs: P.kwargs) -> Any:
        warn_of_missing_engine()
        for name, map_name in maps.items():
            value = kwargs.get(name)
            if value is not None and not isinstance(value, str | float | int | np.generic):
                if kwargs.get(map_name) is not None:
                    raise ParameterError(map_name, f"means the same as {name}; give one of them")
                kwargs[map_name] = kwargs.pop(name)
        for name, levels in pictures.items():
            if kwargs.get(name) is not None:
                kwargs[name] = picture_of(wrap_array(kwargs[name]).image, levels)
        subject = wrap_array(image)
        result = apply([filter_(*args, **kwargs)], subject.image)
        return subject.unwrap(result)

    signature = inspect.signature(filter_)
    function.__signature__ = _for_users(signature, "ndarray | Image", "ndarray | Image | None")  # type: ignore[attr-defined]
    evaluated = _for_users(signature, np.ndarray | Image, np.ndarray | Image | None)
    function.__annotations__ = {
        **{parameter.name: parameter.annotation for parameter in evaluated.parameters.values()},
        "return": evaluated.return_annotation,
    }
    function.__module__ = "pdefilter"
    return function


def _for_users(signature: inspect.Signature, picture: Any, or_none: Any) -> inspect.Signature:
    """Make the signature that users see: an image first, and options without their `Option`."""
    parameters = [inspect.Parameter("image", inspect.Parameter.POSITIONAL_ONLY, annotation=picture)]
    for option in signature.parameters.values():
        annotation = getattr(option.annotation, "__origin__", option.annotation)
        if isinstance(annotation, ForwardRef):
            annotation = or_none
        parameters.append(option.replace(annotation=annotation))
    return signature.replace(parameters=parameters, return_annotation=picture)


edge = _function(filters.edge)
smooth = _function(filters.smooth)
convolve = _function(filters.convolve)
sharpen = _function(filters.sharpen)
heat_diffuse = _function(filters.heat_diffuse)
anisotropic = _function(filters.anisotropic)
denoise = _function(filters.denoise)
shock = _function(filters.shock)
wave = _function(filters.wave)
inpaint = _function(filters.inpaint)
poisson = _function(filters.poisson)


def estimate(image: Pixels | Image, /) -> Estimate:
    """Estimate the noise of an image, and the contrast and the time that `anisotropic` chooses.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), or Image
        The image.

    Returns
    -------
    Estimate
        The noise, the contrast and the time.

    Raises
    ------
    ImageError
        If the image cannot be filtered.
    """
    warn_of_missing_engine()
    return estimate_of(wrap_array(image).image)


def read(
    path: str | os.PathLike[str],
    *,
    frame: int | None = None,
    lenient: bool = False,
    max_pixels: int = MOST_PIXELS,
) -> Image:
    """Read an image file. The format is recognised from the bytes, not from the name.

    Parameters
    ----------
    path : path-like
        The file.
    frame : int, optional
        The number of the page or frame, counted from 0; required if there are several.
    lenient : bool
        Whether to keep what can be decoded of a damaged file, with a warning.
    max_pixels : int
        The largest number of pixels that the image may have.

    Returns
    -------
    Image
        The pixels, of shape (M, N) or (M, N, C), whether they have alpha, and the
        metadata of the file.

    Raises
    ------
    ImageError
        If the file does not contain an image, or contains several; where there is no
        such file, it is a `FileNotFoundError` too.
    """
    try:
        frames = frames_of(Path(path), Reading(max_pixels, lenient), frame)
        if frames.count > 1:
            raise ImageError(
                f"has {frames.count} frames; pass the number of one, or call read_frames"
            )
        return frames.read(0)
    except ImageError as error:
        raise type(error)(f"{path}: {error}") from None


def read_frames(
    path: str | os.PathLike[str], *, lenient: bool = False, max_pixels: int = MOST_PIXELS
) -> Iterator[Image]:
    """Read the pages or frames of an image file, one after the other.

    Parameters
    ----------
    path : path-like
        The file.
    lenient : bool
        Whether to keep what can be decoded of a damaged file, with a warning.
    max_pixels : int
        The largest number of pixels of a frame; all together may have 32 times as many.

    Yields
    ------
    Image
        As `read` returns it.

    Raises
    ------
    ImageError
        If the file does not contain an image, or contains too many; where there is no
        such file, it is a `FileNotFoundError` too.
    """
    try:
        yield from frames_of(Path(path), Reading(max_pixels, lenient))
    except ImageError as error:
        raise type(error)(f"{path}: {error}") from None


def write(
    image: Pixels | Image | Sequence[Pixels | Image],
    path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
) -> None:
    """Write an image file, completely or not at all, in the format of its file name.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), or Image, or a list or tuple of these
        The image, or the pages or frames. The last channel of an array with two or
        four channels is alpha.
    path : path-like
        The file.
    overwrite : bool
        Whether an existing file may be replaced.

    Raises
    ------
    ImageError
        If the format is unknown or cannot hold the image, or if the file
        exists or cannot be written.
    """
    target = Path(path)
    format_ = of_file_name(target)
    several = image if isinstance(image, list | tuple) else [image]
    images = [wrap_array(one).image for one in several]
    try:
        if format_ is None:
            names = ", ".join(known.name for known in FORMATS)
            raise ImageError(f"the ending {target.suffix!r} stands for no format ({names})")
        if target.exists() and not overwrite:
            raise ImageError("exists already; pass overwrite=True to replace it")
        if not images:
            raise ImageError("there is no image to write; give at least one")
        data = format_.encode(Frames(len(images), images.__getitem__))
        write_whole(data, target, replace=overwrite)
    except ImageError as error:
        raise type(error)(f"{path}: {error}") from None
