"""DICOM: a series of slices, or one file, ordered by the places of the slices.

Values are those that the slope and the intercept of the file make, such as Hounsfield units: there
is no output of DICOM that could keep these, as it would claim to be an original.

References
----------
https://dicom.nema.org/medical/dicom/current/output/html/part03.html (C.7.6.2, C.7.6.16, C.11.1)
"""

import io
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdefilter.errors import ImageError
from pdefilter.images.codecs.extra import library_of
from pdefilter.images.codecs.geometry import require_perpendicular, sound_spacing
from pdefilter.images.codecs.silence import without_warnings
from pdefilter.images.folders import files_of_series, is_complete, is_series_archive
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image, Pixels
from pdefilter.images.lengths import Distances
from pdefilter.images.metadata import Metadata
from pdefilter.images.pose import Pose, pose_of
from pdefilter.images.reading import Reading
from pdefilter.images.volume import Volume
from pdefilter.warn import gathered, warn

# Of the distance of slices: scanners round places to some micrometres.
_UNEQUAL = 0.02
_COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT")
_NORMAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Slice:
    """A slice: its file, the number of its frame there, and its place.

    Attributes
    ----------
    name : str
        The name of the file.
    data : Dataset
        Its tags.
    frame : int
        The number of the frame.
    place : ndarray of shape (3,), or None
        The place of its first pixel, in mm.
    directions : ndarray of shape (2, 3)
        The unit vectors along rows and along columns: to the next row, to the next column.
    pixel : tuple of float or None
        The distances of rows and of columns in mm.
    order : tuple of int
        Its place in the order of time.
    """

    name: str
    data: Any
    frame: int
    place: NDArray[np.float64] | None
    directions: NDArray[np.float64]
    pixel: tuple[float, float] | None
    order: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Its rows and columns."""
        return int(self.data.Rows), int(self.data.Columns)

    @property
    def depth(self) -> float:
        """How far it lies along the normal of the slices."""
        assert self.place is not None
        return float(self.place @ _normal(self.directions))


def _normal(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = directions
    return np.cross(columns, rows)


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read a series as one volume, or one for each of its times; a single slice is an image."""
    if is_series_archive(data) and not is_complete(data):
        reading.report_flaw("is truncated")
    # The library warns of tags as it reads them.
    with gathered() as sentences, without_warnings():
        volumes, spacing, pose = _volumes_in(data, reading)
        first = volumes[0][0]
        rows, columns = first.shape
        is_colour = int(first.data.get("SamplesPerPixel", 1)) > 1
    for sentence in sentences:
        warn(sentence)
    depth = len(volumes[0])
    shape = (depth, rows, columns) if depth > 1 else (rows, columns)
    reading.require_shape(shape, 3 if is_colour else 1)
    metadata = Metadata(own=("tags",), pose=pose)
    unit = "mm" if spacing is not None else None

    def read(number: int) -> Image:
        with without_warnings():
            pixels = _values(volumes[number])
        if depth > 1:
            return Volume(pixels, metadata=metadata, spacing=spacing or (1.0, 1.0, 1.0), unit=unit)
        return Image(pixels[0], metadata=metadata, spacing=spacing and spacing[1:], unit=unit)

    return Frames(len(volumes), read, shape)


def _volumes_in(
    data: bytes, reading: Reading
) -> tuple[list[list[_Slice]], tuple[float, ...] | None, Pose | None]:
    """Find the slices of every volume in their order, the spacing and the pose."""
    files = files_of_series(data) if is_series_archive(data) else [("", data)]
    slices, others = list[_Slice](), list[tuple[str, str]]()
    for file in files:
        tags = _tags_of(*file)
        if {"PixelData", "Rows", "Columns"} <= set(tags.dir()):
            slices += _slices_of(file[0], tags)
        else:
            others.append((file[0], _kind_of(tags)))
    if not slices:
        raise ImageError("holds no pixels; give a series of images")
    kinds = {_kind_of(one.data) for one in slices}
    for other, kind in others:
        if not kind or kind in kinds:
            raise ImageError(f"{_in(other)}is truncated; get an intact copy")
    if others:
        warn(f"left out: {len(others)} of {len(files)} files, which hold no pixels")
    _require_one_series(slices)
    return _arranged(slices, reading)


def _tags_of(name: str, data: bytes) -> Any:
    """Read the tags of a file."""
    library = _library()
    try:
        return library.dcmread(io.BytesIO(data))
    except Exception as error:  # of anything that is broken
        raise ImageError(f"{_in(name)}is a broken DICOM; get an intact copy") from error


def _kind_of(tags: Any) -> str:
    """Name the kind of object that a file holds."""
    return str(getattr(tags.file_meta, "MediaStorageSOPClassUID", ""))


def _slices_of(name: str, tags: Any) -> Iterator[_Slice]:
    """List the slices in a file."""
    shared = _first(tags.get("SharedFunctionalGroupsSequence"))
    each = tags.get("PerFrameFunctionalGroupsSequence") or []
    for frame in range(max(1, int(tags.get("NumberOfFrames", 1) or 1))):
        own = each[frame] if frame < len(each) else None
        places = [group for group in (own, shared) if group is not None]
        yield _slice(name, tags, frame, places)


def _slice(name: str, tags: Any, frame: int, groups: Sequence[Any]) -> _Slice:
    def found(sequence: str, tag: str) -> list[float] | None:
        for group in groups:
            inner = _first(group.get(sequence))
            if inner is not None and inner.get(tag) is not None:
                return _numbers(inner.get(tag))
        return _numbers(tags.get(tag))

    cosines = found("PlaneOrientationSequence", "ImageOrientationPatient") or list(_NORMAL)
    place = found("PlanePositionSequence", "ImagePositionPatient")
    pixel = found("PixelMeasuresSequence", "PixelSpacing") or _numbers(
        tags.get("ImagerPixelSpacing")
    )
    if len(cosines) != 6 or (place is not None and len(place) != 3):
        raise ImageError(f"{_in(name)}has a broken place in space; get an intact copy")
    if len(groups) == 0 and int(tags.get("NumberOfFrames", 1) or 1) > 1:
        place = None  # frames of a video lie at one place
    times = ("TemporalPositionIdentifier", "AcquisitionNumber", "InstanceNumber")
    order = tuple(int(tags.get(tag, 0) or 0) for tag in times)
    along_columns, along_rows = np.array(cosines[:3]), np.array(cosines[3:])
    return _Slice(
        name,
        tags,
        frame,
        None if place is None else np.array(place),
        np.array([along_rows, along_columns]),
        (pixel[0], pixel[1]) if pixel and len(pixel) == 2 else None,
        (*order, frame),
    )


def _numbers(value: Any) -> list[float] | None:
    if value is None or value == "":
        return None
    return [float(number) for number in value]


def _first(sequence: Any) -> Any:
    return sequence[0] if sequence else None


def _in(name: str) -> str:
    return f"{name} " if name else ""


def _require_one_series(slices: Sequence[_Slice]) -> None:
    """Refuse slices of several series, sizes or directions."""
    series = Counter(str(one.data.get("SeriesInstanceUID", "")) for one in slices)
    if len(series) > 1:
        raise ImageError(f"holds {len(series)} series; put each into a folder of its own")
    first = slices[0]
    for one in slices:
        if one.shape != first.shape:
            (rows, columns), (others, other_columns) = first.shape, one.shape
            raise ImageError(
                f"has slices of different sizes: {one.name} has {other_columns} × {others} "
                f"pixels, {first.name} {columns} × {rows}; put them into folders of their own"
            )
        if not np.allclose(one.directions, first.directions, atol=1e-3):
            raise ImageError(
                f"has slices of different directions, such as {one.name} and {first.name}; put "
                "them into folders of their own"
            )


def _arranged(
    slices: Sequence[_Slice], reading: Reading
) -> tuple[list[list[_Slice]], tuple[float, ...] | None, Pose | None]:
    """Put slices into their order, volume by volume; find the spacing and the pose."""
    first = slices[0]
    if len(slices) > 1 and any(one.place is None for one in slices):
        if len({one.name for one in slices}) == 1:
            # The frames of a video are images, one after the other.
            pixel = first.pixel and sound_spacing(first.pixel, reading)
            return [[one] for one in slices], pixel and (1.0, *pixel), None
        ordered = sorted(slices, key=lambda one: one.order)
        warn("its slices have no places: they were ordered by their numbers")
        return [ordered], _spacing(first, _distance_in(first), reading), None
    by_depth: dict[float, list[_Slice]] = {}
    for one in slices:
        depth = 0.0 if one.place is None else round(one.depth, 3)
        by_depth.setdefault(depth, []).append(one)
    times = {len(group) for group in by_depth.values()}
    if len(times) > 1:
        raise ImageError(
            f"has places with {min(times)} and places with {max(times)} slices; add the missing "
            "slices, or put each time into a folder of its own"
        )
    ordered_groups = [
        sorted(by_depth[depth], key=lambda one: one.order) for depth in sorted(by_depth)
    ]
    volumes = [list(volume) for volume in zip(*ordered_groups, strict=True)]
    volume = volumes[0]
    if len(volume) == 1:
        spacing = _spacing(first, _distance_in(first), reading)
        return volumes, spacing, _pose(volume, spacing, reading)
    distance = _distance(volume, reading)
    spacing = _spacing(first, distance, reading)
    return volumes, spacing, _pose(volume, spacing, reading)


def _distance(volume: Sequence[_Slice], reading: Reading) -> float:
    """Find the distance of neighbouring slices, which must be one.

    Raises
    ------
    ImageError
        If it differs, unless the call gives the distance to use.
    """
    steps = np.diff([one.depth for one in volume])
    usual = float(np.median(steps))
    for number, step in enumerate(steps):
        if abs(step - usual) <= _UNEQUAL * usual or isinstance(reading.spacing, Distances):
            continue
        before, after = volume[number].name, volume[number + 1].name
        times = step / usual
        if round(times) > 1 and abs(times - round(times)) <= _UNEQUAL * round(times):
            raise ImageError(
                f"lacks {round(times) - 1} of its slices, between {before} and {after}; add the "
                "missing files"
            )
        raise ImageError(
            f"has slices at unequal distances, such as {step:.4g} mm between {before} and {after} "
            f"but mostly {usual:.4g} mm; give the distances to use by --spacing"
        )
    return float(np.mean(steps))


def _distance_in(one: _Slice) -> float:
    """Find the distance of slices that a file names."""
    for tag in ("SpacingBetweenSlices", "SliceThickness"):
        value = one.data.get(tag)
        if value not in (None, "") and float(value) > 0:
            return float(value)
    return 1.0


def _spacing(one: _Slice, distance: float, reading: Reading) -> tuple[float, ...] | None:
    if one.pixel is None:
        return None
    return sound_spacing((round(distance, 6), *one.pixel), reading)


def _pose(
    volume: Sequence[_Slice], spacing: tuple[float, ...] | None, reading: Reading
) -> Pose | None:
    first, last = volume[0], volume[-1]
    if spacing is None or first.place is None or last.place is None:
        return None
    step = _normal(first.directions) * spacing[0]
    if len(volume) > 1:
        step = (last.place - first.place) / (len(volume) - 1)
    rows, columns = first.directions * np.array(spacing[1:])[:, None]
    parts = pose_of(np.column_stack([columns, rows, step, first.place]))
    if parts is None:
        return None
    require_perpendicular(parts[1], reading)
    return parts[1].mirrored


def _values(slices: Sequence[_Slice]) -> Pixels:
    """Decode slices, and apply slope and intercept; shape (S, M, N) or (S, M, N, 3)."""
    stored: dict[str, Pixels] = {}
    scaled = []
    for one in slices:
        if one.name not in stored:
            stored = {one.name: _decoded(one)}
        pixels = stored[one.name]
        if int(one.data.get("NumberOfFrames", 1) or 1) > 1:
            pixels = pixels[one.frame]
        scaled.append((pixels, *_rescale(one)))
    factors = {(slope, intercept) for _, slope, intercept in scaled}
    if factors == {(1.0, 0.0)}:
        return np.stack([pixels for pixels, _, _ in scaled])
    if all(float(number).is_integer() for pair in factors for number in pair):
        whole = [
            pixels.astype(np.int64) * int(slope) + int(intercept)
            for pixels, slope, intercept in scaled
        ]
        lowest, highest = min(v.min() for v in whole), max(v.max() for v in whole)
        fits = np.iinfo(np.int16).min <= lowest and highest <= np.iinfo(np.int16).max
        return np.stack([v.astype(np.int16 if fits else np.int32) for v in whole])
    return np.stack(
        [
            (pixels * np.float64(slope) + intercept).astype(np.float32)
            for pixels, slope, intercept in scaled
        ]
    )


def _decoded(one: _Slice) -> Pixels:
    try:
        pixels: Pixels = np.asarray(one.data.pixel_array)
    except Exception as error:  # of any decoder
        syntax = getattr(one.data.file_meta, "TransferSyntaxUID", None)
        how = f" ({syntax.name})" if syntax is not None else ""
        raise ImageError(
            f"{_in(one.name)}holds pixels that cannot be decoded{how}; get an intact copy, or "
            "decompress it by gdcmconv first"
        ) from error
    return pixels


def _rescale(one: _Slice) -> tuple[float, float]:
    slope, intercept = one.data.get("RescaleSlope"), one.data.get("RescaleIntercept")
    if slope in (None, ""):
        return 1.0, 0.0
    factor, offset = float(slope), float(intercept or 0)
    if not (math.isfinite(factor) and math.isfinite(offset) and factor):
        return 1.0, 0.0
    return factor, offset


def _library() -> ModuleType:
    return library_of("pydicom", "DICOM")
