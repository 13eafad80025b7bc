"""The Python API: every filter as a function of an array or an `Image`."""

import functools
import inspect
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, ForwardRef, ParamSpec, Protocol, TypeVar, cast, overload

import numpy as np
from numpy.typing import NDArray

from pdefilter import filters
from pdefilter.errors import CallError, ImageError, ParameterError
from pdefilter.filters.options.option import parameters_of
from pdefilter.images.arrays import wrap_array
from pdefilter.images.files import write_whole
from pdefilter.images.formats import DEPTHS, FORMATS, Format, named, of_file_name
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image, Pixels
from pdefilter.images.lazy_arrays import lazy_image
from pdefilter.images.lengths import AskedSpacing, Distances, distances
from pdefilter.images.preview import preview  # noqa: F401 (a notebook shows images by it)
from pdefilter.images.reading import MOST_PIXELS, Reading
from pdefilter.images.sources import Name, Source, frames_in, name_of, require_binary, write_to
from pdefilter.images.spacing import with_spacing
from pdefilter.images.volume import Volume  # noqa: F401 (users make volumes by it)
from pdefilter.lines import drawn_into
from pdefilter.operation import Operation, Unchanged
from pdefilter.runs.apply import apply, picture_of
from pdefilter.runs.estimate import Estimate
from pdefilter.runs.estimate import estimate as estimate_of
from pdefilter.runs.progress import Progress, shown
from pdefilter.runs.python_words import errors_in_python, in_python
from pdefilter.runs.resources import limited_to, warn_of_missing_engine

P = ParamSpec("P")
P_co = ParamSpec("P_co")
Picture = TypeVar("Picture", Pixels, Image)


class Function(Protocol[P_co]):
    """A filter as users call it: from an array to an array, or from an `Image` to an `Image`."""

    @overload
    def __call__(self, image: Picture, /, *args: P_co.args, **kwargs: P_co.kwargs) -> Picture: ...

    # A signature cannot add a keyword to those of another one.
    @overload
    def __call__(self, image: Picture, /, *, progress: Progress, **kwargs: Any) -> Picture: ...


_OPERATIONS: dict[Callable[..., Any], Callable[..., Operation]] = {}
"""From the function of a filter to one that makes its operation of the same options."""

_PROGRESS = """
    progress : bool or callable, optional
        True for a bar on standard error or in a notebook; or a function that is called
        with the number of steps done and that of all, or None where they cannot be
        counted, at the beginning of each phase and after its steps.
"""


def _function(filter_: Callable[P, Operation]) -> Function[P]:
    pictures = {
        known.name: known.option.levels for known in parameters_of(filter_) if known.option.picture
    }
    maps = {name.removesuffix("_map"): name for name in pictures if name.endswith("_map")}

    def operation(*args: P.args, **kwargs: P.kwargs) -> Operation:
        for name, map_name in maps.items():
            value = kwargs.get(name)
            if value is not None and not isinstance(value, str | float | int | np.generic):
                if kwargs.get(map_name) is not None:
                    raise ParameterError(map_name, f"means the same as {name}; give one of them")
                kwargs[map_name] = kwargs.pop(name)
        for name, levels in pictures.items():
            if kwargs.get(name) is not None:
                kwargs[name] = picture_of(wrap_array(kwargs[name]).image, levels)
        return filter_(*args, **kwargs)

    @functools.wraps(filter_)
    def function(image: Any, /, *args: Any, progress: Progress = None, **kwargs: Any) -> Any:
        with errors_in_python():
            return _applied(image, [operation(*args, **kwargs)], progress)

    _OPERATIONS[function] = operation
    signature = inspect.signature(filter_)
    function.__signature__ = _for_users(  # type: ignore[attr-defined]
        signature, "ndarray | Image", "ndarray | Image | None", "bool | Callable | None"
    )
    evaluated = _for_users(signature, np.ndarray | Image, np.ndarray | Image | None, Progress)
    function.__annotations__ = {
        **{parameter.name: parameter.annotation for parameter in evaluated.parameters.values()},
        "return": evaluated.return_annotation,
    }
    function.__module__ = "pdefilter"
    text = in_python(filter_.__doc__ or "")
    function.__doc__ = text.replace("\n\n    Returns\n", f"{_PROGRESS}\n    Returns\n", 1)
    return function  # type: ignore[return-value]  # of overloads that are one function


def _applied(image: Any, operations: Sequence[Operation], progress: Progress) -> Any:
    warn_of_missing_engine()
    lazy = lazy_image(image)
    if lazy is not None:
        from pdefilter.runs.large.lazily import filtered_lazily

        if len(operations) > 1:
            raise TypeError(
                "a chain needs an array in memory; call one filter after the other on a lazy one"
            )
        return filtered_lazily(lazy, operations[0])
    subject = wrap_array(image)
    with shown(progress, len(operations)):
        return subject.unwrap(apply(operations, subject.image))


def _for_users(
    signature: inspect.Signature, picture: Any, or_none: Any, progress: Any
) -> inspect.Signature:
    """Make the signature that users see: an image first, and options without their `Option`."""
    parameters = [inspect.Parameter("image", inspect.Parameter.POSITIONAL_ONLY, annotation=picture)]
    for option in signature.parameters.values():
        annotation = getattr(option.annotation, "__origin__", option.annotation)
        if isinstance(annotation, ForwardRef):
            annotation = or_none
        parameters.append(option.replace(annotation=annotation))
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters.append(inspect.Parameter("progress", keyword, default=None, annotation=progress))
    return signature.replace(parameters=parameters, return_annotation=picture)


edge = _function(filters.edge)
ridge = _function(filters.ridge)
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


def chain(image: Picture, /, *filters: Callable[..., Any], progress: Progress = None) -> Picture:
    """Filter an image by one filter after the other, without rounding between them.

    Between two filters are floats, as a file of floats would hold them; only the
    last result is rounded to the type of the image.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), Image or Volume
        The image, integers or floats.
    *filters : callable
        Filters of this package, with options as `functools.partial(filter, option=value)`.
    progress : bool or callable, optional
        As of each filter.

    Returns
    -------
    ndarray or Image
        As `image`: same shape, same type of values.

    Raises
    ------
    ParameterError
        If there are no filters, or one of them refuses its options.
    TypeError
        If something else than a filter is given.
    ImageError
        If the image cannot be filtered.

    Examples
    --------
    >>> from functools import partial
    >>> image = pdefilter.read("sample_images/noisy.png")
    >>> edges = pdefilter.chain(image, pdefilter.denoise, partial(pdefilter.edge, sigma=1))
    """
    with errors_in_python():
        if not filters:
            raise ParameterError("filters", "are missing; give at least one")
        return cast("Picture", _applied(image, [*map(_operation_of, filters)], progress))


def contours(
    image: Pixels | Image, /, *filters: Callable[..., Any], progress: Progress = None
) -> list[NDArray[np.float64]]:
    """Trace the edges of an image as lines, whose points lie between its pixels.

    Where the filter has no threshold and no hysteresis, the lines are those of edges that
    hang together with one that is clearly above the noise.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), or Image
        The image, integers or floats.
    *filters : callable
        Filters one after the other, as of `chain`; the last one is `edge` or `ridge`. By
        default it is `edge` alone.
    progress : bool or callable, optional
        As of each filter.

    Returns
    -------
    list of ndarray of shape (K, 3), float64
        For every line its points: the row and the column, in pixels from the centre of the
        first one, and the strength there, as a fraction of full scale. The first point of a
        closed line is its last one too; closed lines run clockwise, and others downwards
        from their upper end. Lines are ordered by their first points, from the top. They end
        where three or more meet.

    Raises
    ------
    ParameterError
        If the last filter does not find edges, or a filter refuses its options.
    TypeError
        If something else than a filter is given, or the image is not in memory.
    ImageError
        If the image cannot be filtered, or is a volume.

    Examples
    --------
    >>> from functools import partial
    >>> image = pdefilter.read("sample_images/coins.png")
    >>> lines = pdefilter.contours(image, partial(pdefilter.edge, method="canny", sigma=2))
    """
    with errors_in_python():
        operations = [*map(_operation_of, filters or (edge,))]
        if not operations[-1].traces:
            raise ParameterError(
                "filters", "end with one that finds no edges; let edge or ridge be last"
            )
        if lazy_image(image) is not None:
            raise TypeError("lines go through all of an image; give an array in memory")
        if wrap_array(image).image.axes > 2:
            raise ImageError("is a volume, and lines have two axes only; give one slice")
        lines: list[NDArray[np.float64]] = []
        with drawn_into(lines):
            _applied(image, operations, progress)
        return lines


def _operation_of(filter_: Callable[..., Any]) -> Operation:
    function, args, options = filter_, (), {}
    if isinstance(filter_, functools.partial):
        function, args, options = filter_.func, filter_.args, filter_.keywords
    make = _OPERATIONS.get(function)
    if make is None:
        raise TypeError(
            f"{filter_!r} is not a filter; give one of this package, with options as "
            "functools.partial(filter, option=value)"
        )
    return make(*args, **options)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let all filters of this process compute on so many threads within a block.

    The number does not change any result. By default there is one thread for every
    core that the process may use.

    Parameters
    ----------
    count : int
        The number of threads, at least 1.

    Raises
    ------
    ParameterError
        If it is not a whole number above 0.

    Examples
    --------
    >>> image = pdefilter.read("sample_images/coins.png")
    >>> with pdefilter.threads(1):
    ...     smooth = pdefilter.smooth(image)
    """
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise ParameterError("count", f"{count!r} is not a whole number above 0")
    with limited_to(int(count)):
        yield


def estimate(image: Pixels | Image, /) -> Estimate:
    """Estimate the noise of an image, and the contrast and the time that `anisotropic` chooses.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), Image or Volume
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
    with errors_in_python():
        return estimate_of(wrap_array(image).image)


def read(
    source: Source,
    *,
    frame: int | None = None,
    lenient: bool = False,
    max_pixels: int = MOST_PIXELS,
    volume: bool = False,
    spacing: Sequence[float] | str | None = None,
) -> Image:
    """Read an image or a volume. The format is recognised from the bytes, not from the name.

    Parameters
    ----------
    source : path-like, bytes, or binary file
        The file; or its content; or a file that is open for reading in binary mode,
        which is read from where it stands and stays open.
    frame : int, optional
        The number of the page or frame, counted from 0; required if there are several.
    lenient : bool
        Whether to keep what can be decoded of a damaged file, with a warning.
    max_pixels : int
        The largest number of pixels that the image may have.
    volume : bool
        Whether the pages of the file, or the first axis of an array of NumPy, are the
        slices of a volume. Files of volumes, and stacks of OME and ImageJ, are volumes
        anyway.
    spacing : sequence of float or str, optional
        The distances of neighbouring slices, rows and columns, instead of those of the
        file; in words with a unit, such as "3,1,1mm", or "0.5mm" for all axes. Of an
        image those of the file count for "file" only.

    Returns
    -------
    Image or Volume
        The pixels, of shape (M, N) or (M, N, C), of a volume (S, M, N) or (S, M, N, C),
        whether they have alpha, and the metadata of the file.

    Raises
    ------
    ImageError
        If the file does not contain an image, or contains several. It is an `OSError`
        too if the file cannot be read, and a `FileNotFoundError` if it is not there.
    """
    with _about(source):
        reading = _reading(max_pixels, lenient, volume, spacing)
        frames = frames_in(source, reading, frame)
        if frames.count > 1:
            raise ImageError(
                f"has {frames.count} frames; pass the number of one, or call read_frames"
            )
        return with_spacing(frames.read(0), reading.spacing)


def read_frames(
    source: Source,
    *,
    lenient: bool = False,
    max_pixels: int = MOST_PIXELS,
    volume: bool = False,
    spacing: Sequence[float] | str | None = None,
) -> Iterator[Image]:
    """Read the pages or frames of an image file, or its volumes, one after the other.

    Parameters
    ----------
    source : path-like, bytes, or binary file
        As of `read`.
    lenient : bool
        Whether to keep what can be decoded of a damaged file, with a warning.
    max_pixels : int
        The largest number of pixels of a frame; all together may have 32 times as many.
    volume, spacing
        As of `read`.

    Yields
    ------
    Image or Volume
        As `read` returns it.

    Raises
    ------
    ImageError
        If the file does not contain an image, or contains too many; as of `read`.
    """
    with _about(source):
        reading = _reading(max_pixels, lenient, volume, spacing)
        for image in frames_in(source, reading):
            yield with_spacing(image, reading.spacing)


def _reading(
    most_pixels: int,
    lenient: bool,
    volume: bool,
    spacing: Sequence[float] | str | None,
) -> Reading:
    asked: AskedSpacing = None
    if isinstance(spacing, str):
        try:
            asked = distances(spacing)
        except ValueError as error:
            raise ParameterError("spacing", str(error)) from None
    elif spacing is not None:
        asked = Distances(tuple(map(float, spacing)))
    return Reading(most_pixels, lenient, as_volume=volume, spacing=asked)


def write(
    image: Pixels | Image | Sequence[Pixels | Image],
    target: Name | IO[bytes],
    *,
    format: str | None = None,  # noqa: A002
    depth: str | None = None,
    overwrite: bool = False,
) -> None:
    """Write an image file, completely or not at all.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), Image, Volume, or a list or tuple of these
        The image or volume, or the pages or frames. The last channel of an array with two or
        four channels is alpha.
    target : path-like or binary file
        The file; or one that is open for writing in binary mode, and stays open.
    format : str, optional
        The name of a format, such as "png". By default that of the file name's ending;
        required for a file that is open.
    depth : {"8", "16", "float"}, optional
        The type of the values to write; by default that of the image. Integers stand
        for fractions of full scale, and floats for themselves.
    overwrite : bool
        Whether an existing file may be replaced.

    Raises
    ------
    ImageError
        If the format is unknown or cannot hold the image, or if the file exists. It is
        an `OSError` too if the file cannot be written.
    ParameterError
        If `format` or `depth` is unknown, or the format of an open file is not given.
    """
    dtype = _dtype_of(depth)
    several = image if isinstance(image, list | tuple) else [image]
    images = [wrap_array(one).image for one in several]
    with _about(target):
        format_ = _format_of(target, format)
        if isinstance(target, str | os.PathLike) and Path(target).exists() and not overwrite:
            raise ImageError("exists already; pass overwrite=True to replace it")
        if not images:
            raise ImageError("there is no image to write; give at least one")
        if dtype is not None:
            images = [apply([Unchanged()], one, np.dtype(dtype)) for one in images]
        data = format_.encode(Frames(len(images), images.__getitem__, images[0].shape))
        if isinstance(target, str | os.PathLike):
            write_whole(data, Path(target), replace=overwrite)
        else:
            write_to(data, require_binary(target))


def _dtype_of(depth: str | None) -> str | None:
    if depth is not None and depth not in DEPTHS:
        known = ", ".join(map(repr, DEPTHS))
        raise ParameterError("depth", f"{depth!r} is unknown; take one of {known}")
    return None if depth is None else DEPTHS[depth]


def _format_of(target: Name | IO[bytes], name: str | None) -> Format:
    known = ", ".join(format_.name for format_ in FORMATS)
    if name is not None:
        try:
            return named(name)
        except CallError:
            raise ParameterError("format", f"{name!r} is unknown; take one of {known}") from None
    if not isinstance(target, str | os.PathLike):
        raise ParameterError("format", f"is missing for a file that is open; give one of {known}")
    found = of_file_name(Path(target))
    if found is None:
        raise ImageError(f"the ending {Path(target).suffix!r} stands for no format ({known})")
    return found


@contextmanager
def _about(place: Source) -> Iterator[None]:
    """Let errors about images begin with the file, and speak the words of Python."""
    with errors_in_python():
        try:
            yield
        except ImageError as error:
            raise type(error)(f"{name_of(place)}: {error}") from None
