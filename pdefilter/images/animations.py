"""Animations written frame by frame, as the frames come: no more than one is in memory."""

import importlib.util
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from fractions import Fraction
from io import FileIO
from typing import Any, Protocol

import numpy as np

from pdefilter.errors import CallError
from pdefilter.images.codecs import gif, png, webp
from pdefilter.images.codecs.png_chunks import SIGNATURE
from pdefilter.images.files import folder_beside, opened_beside, write_whole
from pdefilter.images.formats import named
from pdefilter.images.frames import single
from pdefilter.images.image import Image, Pixels

FRAMES_PER_SECOND = 10
"""A video shows every frame as long as one of these, or as several."""

_NUMBERED = re.compile(r"\d{4,}\.png")


class Animation(Protocol):
    """A file that frames are appended to: 8 bits, grey or RGB, perhaps with alpha, all of a size.

    The metadata of a frame hold its duration, in milliseconds.
    """

    def add(self, frame: Image) -> None:
        """Append a frame."""
        ...

    def close(self) -> None:
        """Write what follows the last frame."""
        ...


@contextmanager
def animation(target: str, *, replace: bool) -> Iterator[Animation]:
    """Write an animation beside its target, and give it the target's name: all or nothing.

    Parameters
    ----------
    target : str
        A file whose ending stands for one of `SUFFIXES`, or a folder, whose name ends with a
        slash, for numbered PNG files.
    replace : bool
        Whether it may replace an existing one.

    Raises
    ------
    FileError
        If it cannot be written; the target then stays as it was.
    """
    with suppress(OSError):  # what is opened in the folder names the problem with it
        os.makedirs(os.path.dirname(target.rstrip("/" + os.sep)) or ".", exist_ok=True)
    if is_folder(target):
        with folder_beside(target, replace=replace) as folder:
            yield _Folder(folder)
        return
    with opened_beside(target, replace=replace) as file:
        opened = _KINDS[os.path.splitext(target)[1].lower()](file)
        yield opened
        opened.close()


def require_animation(name: str, target: str, *, overwrite: bool) -> None:
    """Refuse a target that no animation can be written to, before anything is done.

    Parameters
    ----------
    name : str
        The option that names it.
    target : str
        The file or folder.
    overwrite : bool
        Whether an existing one may be replaced.

    Raises
    ------
    CallError
        If it is of an unknown kind, needs a library that is missing, or is in the way.
    """
    ending = os.path.splitext(target)[1].lower()
    if is_folder(target):
        _require_folder(name, target, overwrite=overwrite)
        return
    if ending not in _KINDS:
        raise CallError(
            f"{name} {target}: the ending {ending or '(none)'} stands for no animation; take one "
            f"of {', '.join(SUFFIXES)}, or a folder, whose name ends with /"
        )
    if ending == ".mp4" and importlib.util.find_spec("av") is None:
        raise CallError(
            f"{name} {target}: needs PyAV; pip install 'pdefilter[video]', or write .webp"
        )
    if os.path.isdir(target):
        raise CallError(f"{name} {target}: is a folder; give a file name, or a name ending in /")
    if os.path.exists(target) and not overwrite:
        raise CallError(f"{name} {target}: exists already; give --overwrite to replace it")


def is_folder(target: str) -> bool:
    """Tell whether a name stands for a folder of numbered frames."""
    return target.endswith(("/", os.sep))


def _require_folder(name: str, target: str, *, overwrite: bool) -> None:
    if os.path.lexists(target.rstrip("/" + os.sep)) and not os.path.isdir(target):
        raise CallError(f"{name} {target}: is a file where a folder is needed")
    held = os.listdir(target) if os.path.isdir(target) else []
    if not all(map(_NUMBERED.fullmatch, held)):
        raise CallError(f"{name} {target}: holds other files than frames; give a new folder")
    if held and not overwrite:
        raise CallError(f"{name} {target}: holds frames already; give --overwrite to replace them")


class _Gif:
    def __init__(self, file: FileIO) -> None:
        self._file, self._losses = file, [gif.Loss()]
        self._is_empty = True

    def add(self, frame: Image) -> None:
        frame = _on_white(frame)
        if self._is_empty:
            _write(self._file, gif.opening(frame))
            self._is_empty = False
        data, loss = gif.frame(frame)
        _write(self._file, data)
        self._losses = [max(loss, *self._losses, key=lambda loss: loss.levels)]

    def close(self) -> None:
        _write(self._file, gif.CLOSING)
        gif.warn_of(self._losses)


class _Png:
    def __init__(self, file: FileIO) -> None:
        self._file, self._count = file, 0
        self._first: Image | None = None
        self._announced_at = 0

    def add(self, frame: Image) -> None:
        if self._first is None:
            self._first = replace(frame, pixels=frame.pixels[:1, :1])
            _write(self._file, SIGNATURE)
            self._write_chunks(*png.opening(frame))
            self._announced_at = self._file.tell()
            self._write_chunks(png.announcement(frame, 1))
        self._write_chunks(*png.frame(frame, self._count))
        self._count += 1

    def close(self) -> None:
        assert self._first is not None
        self._write_chunks(*png.closing(self._first))
        self._file.seek(self._announced_at)
        self._write_chunks(png.announcement(self._first, self._count))

    def _write_chunks(self, *chunks: Any) -> None:
        for chunk in chunks:
            _write(self._file, b"".join(chunk.parts()))


class _Webp:
    def __init__(self, file: FileIO) -> None:
        self._file = file

    def add(self, frame: Image) -> None:
        if not self._file.tell():
            _write(self._file, webp.opening(frame))
        _write(self._file, webp.frame(frame))

    def close(self) -> None:
        size = webp.size_field(self._file.tell())
        self._file.seek(4)
        _write(self._file, size)


class _Video:
    """H.264 in MP4, whose lossy compression no eye sees; on one thread it has the same bits."""

    def __init__(self, file: FileIO) -> None:
        import av

        self._container = av.open(file, "w", format="mp4")
        self._stream: Any = None

    def add(self, frame: Image) -> None:
        import av

        pixels = _even(_on_white(frame).pixels)
        if self._stream is None:
            options = {"crf": "16", "threads": "1"}
            self._stream = self._container.add_stream(
                "libx264", rate=FRAMES_PER_SECOND, options=options
            )
            self._stream.height, self._stream.width = pixels.shape[:2]
            self._stream.pix_fmt = "yuv420p"
        drawn = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        seconds = (frame.metadata.duration or Fraction(0)) / 1000
        for _ in range(max(1, round(seconds * FRAMES_PER_SECOND))):
            drawn.pts = None
            self._container.mux(self._stream.encode(drawn))

    def close(self) -> None:
        self._container.mux(self._stream.encode())
        self._container.close()


class _Folder:
    def __init__(self, folder: str) -> None:
        self._folder, self._count = folder, 0

    def add(self, frame: Image) -> None:
        data = named("png").encode(single(frame.still, frame.pixels.shape[:2]))
        write_whole(data, os.path.join(self._folder, f"{self._count:04}.png"))
        self._count += 1

    def close(self) -> None:
        pass


_KINDS: Mapping[str, Callable[[FileIO], Animation]] = {
    ".gif": _Gif,
    ".webp": _Webp,
    ".png": _Png,
    ".apng": _Png,
    ".mp4": _Video,
}

SUFFIXES = tuple(_KINDS)
"""The endings of animations that can be written frame by frame."""


def _write(file: FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _on_white(frame: Image) -> Image:
    """Put a frame on a white ground, where its opacity cannot be stored."""
    if not frame.has_alpha:
        return frame
    alpha = frame.pixels[..., -1:] / 255
    colours = np.rint(frame.pixels[..., :-1] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return replace(frame, pixels=colours, has_alpha=False)


def _even(pixels: Pixels) -> Pixels:
    """Make three channels, and repeat the last row or column where their number is odd."""
    rows, columns = pixels.shape[:2]
    colours = np.broadcast_to(pixels.reshape(rows, columns, -1), (rows, columns, 3))
    return np.pad(colours, ((0, rows % 2), (0, columns % 2), (0, 0)), mode="edge")
