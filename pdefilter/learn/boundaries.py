"""Pictures with the boundaries that people have drawn in them."""

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pdefilter.errors import CallError, ImageError
from pdefilter.images.files import decode_frames, read_bytes
from pdefilter.images.formats import of_file_name
from pdefilter.images.reading import MOST_PIXELS, Reading
from pdefilter.learn.pictures import Asked, Picture, read_folder, require_no_problems
from pdefilter.runs.apply import picture_of

Maps: TypeAlias = NDArray[np.bool_]
"""What people have drawn in a picture, shape (people, M, N)."""

_MATLAB = ".mat"
_DRAWN = 0.5  # of full scale


@dataclass(frozen=True, eq=False)
class Outlined:
    """A picture with its boundaries.

    Attributes
    ----------
    picture : Picture
        The picture.
    maps : ndarray of shape (people, M, N), bool
        True where somebody has drawn a boundary.
    """

    picture: Picture
    maps: Maps


@dataclass(frozen=True, eq=False)
class _Drawing:
    """A file of boundaries, drawn by one or by several people."""

    path: Path
    maps: Sequence[Maps]


def read_outlined(
    images: str, boundaries: str, asked: Asked
) -> tuple[list[Outlined], list[str], str]:
    """Read the pictures of a folder, and their boundaries from another.

    The boundaries of a picture are in the files whose names begin with its own: pictures
    with white lines on black, a file or a page for each person, or a MATLAB file as those
    of the Berkeley Segmentation Dataset.

    Returns
    -------
    outlined : list of Outlined
        The pictures, in the order of their files.
    names : list of str
        Their names, those of the first thousand.
    sha256 : str
        The hash of the names and bytes of all files.

    Raises
    ------
    CallError
        A sentence for every file that cannot be read, every picture without boundaries,
        and all boundaries of another size.
    """
    folder = read_folder(images, asked)
    drawings, sha256 = _read_drawings(boundaries)
    pictures = {PurePath(picture.name).stem: picture for picture in folder.pictures}
    owned = [(one, _owner(one, pictures)) for one in drawings]
    drawn: dict[str, list[_Drawing]] = {stem: [] for stem in pictures}
    for one, stem in owned:
        if stem is not None:
            drawn[stem].append(one)
    require_no_problems(boundaries, list(_misfits(images, boundaries, pictures, owned, drawn)))
    outlined = [
        Outlined(picture, np.stack([map_ for one in drawn[stem] for map_ in one.maps]))
        for stem, picture in pictures.items()
    ]
    both = hashlib.sha256((folder.sha256 + sha256).encode()).hexdigest()
    return outlined, folder.names(), both


def _read_drawings(folder: str) -> tuple[list[_Drawing], str]:
    """Read all boundaries of a folder; return them, and the hash of their files."""
    if not Path(folder).is_dir():
        raise CallError(f"{folder}: is not a folder; give the folder that holds the boundaries")
    problems: list[str] = []
    drawings: list[_Drawing] = []
    digest = hashlib.sha256()
    for path in sorted(Path(folder).iterdir()):
        is_matlab = path.suffix.lower() == _MATLAB
        if path.name.startswith(".") or not (is_matlab or of_file_name(path.name)):
            continue
        try:
            data = path.read_bytes() if is_matlab else read_bytes(str(path))
            digest.update(path.name.encode("utf-8", "surrogateescape") + b"\0")
            digest.update(hashlib.sha256(data).digest())
            drawings.append(_Drawing(path, _maps_in_matlab(data) if is_matlab else _maps_in(data)))
        except OSError as error:
            problems.append(f"{path}: cannot be read ({error.strerror})")
        except ImageError as error:
            problems.append(f"{path}: {error}")
    require_no_problems(folder, problems)
    return drawings, digest.hexdigest()


def _maps_in(data: bytes) -> list[Maps]:
    """Read the pages of a picture: lines are brighter than half of full scale."""
    rasters = [picture_of(image) for image in decode_frames(data, Reading(MOST_PIXELS))]
    brightest = (one.scale.fractions(one.colour).max(axis=0) for one in rasters)
    return [plane > _DRAWN for plane in brightest]


def _maps_in_matlab(data: bytes) -> list[Maps]:
    """Read what people have drawn, as the Berkeley Segmentation Dataset stores it."""
    from scipy.io import loadmat

    try:
        people = loadmat(io.BytesIO(data))["groundTruth"].ravel()
        return [np.asarray(one["Boundaries"][0, 0]) > 0 for one in people]
    except Exception:  # whatever is wrong with a file, and SciPy raises many kinds
        raise ImageError(
            "is not a MATLAB file with boundaries in groundTruth; save them as pictures"
        ) from None


def _owner(drawing: _Drawing, stems: Mapping[str, Picture]) -> str | None:
    """Find the longest of all names that the drawing's begins with."""
    return max((s for s in stems if drawing.path.stem.startswith(s)), key=len, default=None)


def _misfits(
    images: str,
    boundaries: str,
    pictures: Mapping[str, Picture],
    owned: Sequence[tuple[_Drawing, str | None]],
    drawn: Mapping[str, Sequence[_Drawing]],
) -> Iterator[str]:
    for one, stem in owned:
        if stem is None:
            yield f"{one.path}: has no image in {images}; add it, or take this one away"
            continue
        picture = pictures[stem]
        for shape in {map_.shape for map_ in one.maps} - {picture.shape}:
            yield (
                f"{one.path}: is {_size(shape)}, but {images}/{picture.name} is "
                f"{_size(picture.shape)}; give boundaries of the size of their image"
            )
    for stem, found in drawn.items():
        if not any(one.maps for one in found):
            yield (
                f"{images}/{pictures[stem].name}: has no boundaries in {boundaries}; add a file "
                f"whose name begins with {stem}, or take this one away"
            )


def _size(shape: tuple[int, ...]) -> str:
    rows, columns = shape[:2]
    return f"{columns} × {rows} pixels"
