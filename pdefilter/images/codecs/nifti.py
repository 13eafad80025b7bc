"""NIfTI: a header of fixed size, extensions, and values whose fastest axis is that of columns.

Stored values are filtered, not the physical ones that slope and intercept make of them: filters
commute with both, and so the type of the values, the slope and the intercept stay as they are.

References
----------
https://nifti.nimh.nih.gov/nifti-1, https://nifti.nimh.nih.gov/nifti-2
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdefilter.errors import ImageError
from pdefilter.images.codecs.encoded_values import whole_bytes
from pdefilter.images.codecs.extra import library_of
from pdefilter.images.codecs.geometry import geometry_in, require_perpendicular, sound_spacing
from pdefilter.images.frames import Frames
from pdefilter.images.image import Image, Pixels
from pdefilter.images.lengths import Distances
from pdefilter.images.metadata import Metadata
from pdefilter.images.packed import GZIP, packed, start_of, unpacked
from pdefilter.images.pose import Pose, pose_of
from pdefilter.images.reading import Reading
from pdefilter.images.values import natural_scale
from pdefilter.images.volume import Volume
from pdefilter.images.volume_starts import NIFTI_1, NIFTI_2
from pdefilter.units import MILLIMETRES
from pdefilter.warn import warn

_UNITS = {1: "m", 2: "mm", 3: "µm"}
_RGB, _RGBA, _VECTOR = 128, 2304, 1007
_CHANNELS = {_RGB: 3, _RGBA: 4}
_ALPHA = b"alpha last"
_LONGEST_OF_1 = (1 << 15) - 1
_NO_EXTENSIONS = bytes(4)
_LARGEST_HEADER = 1 << 24
# Both say the same where programs computed one from the other.
_SAME = 1e-3


@dataclass(frozen=True, slots=True)
class _Layout:
    """What a header says about the values.

    Attributes
    ----------
    shape : tuple of int
        Slices, rows and columns.
    volumes, channels : int
        The numbers of volumes, and of the channels of each.
    dtype : dtype
        The type of values, in the byte order of the file.
    are_colours : bool
        Whether channels lie side by side, as colours do.
    has_alpha : bool
        Whether the last channel is opacity.
    first : int
        The place of the first value.
    """

    shape: tuple[int, int, int]
    volumes: int
    channels: int
    dtype: np.dtype
    are_colours: bool
    has_alpha: bool
    first: int

    @property
    def bytes_of_values(self) -> int:
        """The number of bytes of all values."""
        return math.prod(self.shape) * self.volumes * self.channels * self.dtype.itemsize


def decode(data: bytes, name: str, reading: Reading) -> Frames:
    """Read the volumes of a file; one of a single slice is an image."""
    header = _header(start_of(data, NIFTI_2))
    layout = _layout(header)
    reading.require_shape(layout.shape, layout.channels)
    size = layout.first + layout.bytes_of_values
    whole, is_sound = unpacked(data, size) if data.startswith(GZIP) else (data[:size], True)
    values_there = whole_bytes(
        whole[layout.first :], layout.bytes_of_values, reading, is_sound=is_sound
    )
    spacing, unit, pose = _geometry(header, layout.shape, reading)
    metadata = Metadata(
        own=(bytes(header.binaryblock), whole[header.sizeof_hdr : layout.first]),
        pose=pose,
        rescale=_rescale(header),
    )
    values = np.frombuffer(values_there, layout.dtype)

    def image_of(pixels: Pixels) -> Image:
        kind, distances = (Volume, spacing)
        if layout.shape[0] == 1:
            kind, pixels, distances = Image, pixels[0], spacing[1:]  # type: ignore[assignment]
        return kind(
            pixels, has_alpha=layout.has_alpha, metadata=metadata, spacing=distances, unit=unit
        )

    def outline(_: int) -> Image:
        channels = (layout.channels,) if layout.channels > 1 else ()
        return image_of(np.zeros((1, 1, 1, *channels), layout.dtype.newbyteorder("=")))

    shape = layout.shape if layout.shape[0] > 1 else layout.shape[1:]
    return Frames(
        layout.volumes,
        lambda number: _native(image_of(_pixels(values, layout, number))),
        shape,
        outline=lambda number: _native(outline(number)),
    )


def _native(image: Image) -> Image:
    """Shorten floats that NumPy computes with more than 64 bits of."""
    if image.pixels.dtype.itemsize <= 8:
        return image
    dropped = ("digits beyond those of 64 bits",)
    with np.errstate(all="ignore"):
        shorter = image.pixels.astype(np.float64)
    return replace(image, pixels=shorter, metadata=replace(image.metadata, dropped=dropped))


def _header(start: bytes) -> Any:
    library = _library()
    sizes = {NIFTI_1: library.Nifti1Header, NIFTI_2: library.Nifti2Header}
    for order, mark in (("little", "<"), ("big", ">")):
        size = int.from_bytes(start[:4], order)  # type: ignore[arg-type]
        if size in sizes and len(start) >= size:
            return sizes[size](start[:size], endianness=mark, check=False)
    raise ImageError("has a broken header; get an intact copy")


def _layout(header: Any) -> _Layout:
    """Read what a header says about the values."""
    if not bytes(header["magic"]).startswith(b"n+"):
        raise ImageError("has its values in another file, with the ending .img; give that path too")
    dims = [int(size) for size in header["dim"]]
    if not 1 <= dims[0] <= 7:
        raise ImageError("has a broken header; get an intact copy")
    columns, rows, slices, volumes, channels, *others = (
        dims[axis] if axis <= dims[0] else 1 for axis in range(1, 8)
    )
    code = int(header["datatype"])
    are_colours = code in _CHANNELS
    dtype = np.dtype(np.uint8) if are_colours else _type_of(header)
    name = bytes(header["intent_name"]).rstrip(b"\0")
    is_vector = int(header["intent_code"]) == _VECTOR and not are_colours
    others = [*others, *([] if is_vector else [channels])]
    if min([columns, rows, slices, volumes, *others, channels]) < 1:
        raise ImageError(
            f"claims {' × '.join(map(str, dims[1 : dims[0] + 1]))} pixels; get an intact copy"
        )
    offset = float(header["vox_offset"])
    if not header.sizeof_hdr <= offset <= _LARGEST_HEADER:
        raise ImageError("has a broken header; get an intact copy")
    return _Layout(
        (slices, rows, columns),
        volumes * math.prod(others),
        _CHANNELS.get(code, channels if is_vector else 1),
        dtype,
        are_colours,
        code == _RGBA or (is_vector and name == _ALPHA),
        int(offset),
    )


def _type_of(header: Any) -> np.dtype:
    try:
        dtype: np.dtype = header.get_data_dtype()
    except Exception:  # of any unknown code
        raise ImageError("holds values of an unknown type; save it as floats first") from None
    if dtype.kind not in "iuf":
        raise ImageError("holds complex numbers; save their magnitude first")
    return dtype


def _pixels(values: NDArray[Any], layout: _Layout, number: int) -> Pixels:
    """Find the values of a volume, shape (S, M, N) or (S, M, N, C)."""
    if layout.are_colours:
        pixels = values.reshape(layout.volumes, *layout.shape, layout.channels)[number]
    elif layout.channels > 1:
        of_channels = values.reshape(layout.channels, layout.volumes, *layout.shape)
        pixels = np.moveaxis(of_channels[:, number], 0, -1)
    else:
        pixels = values.reshape(layout.volumes, *layout.shape)[number]
    return np.ascontiguousarray(pixels, layout.dtype.newbyteorder("="))


def _geometry(
    header: Any, shape: tuple[int, ...], reading: Reading
) -> tuple[tuple[float, ...], str | None, Pose | None]:
    """Read the spacing, its unit and the pose."""
    unit = _UNITS.get(int(header["xyzt_units"]) & 7)
    pixdim = tuple(_shortest(size) for size in header["pixdim"][3:0:-1])
    spacing = tuple(
        1.0 if size == 1 and distance == 0 else distance
        for distance, size in zip(pixdim, shape, strict=True)
    )
    found = None
    if int(header["sform_code"]) > 0 or int(header["qform_code"]) > 0:
        try:
            found = pose_of(header.get_best_affine())
        except Exception:  # whatever the library finds broken
            found = None
        if found is None:
            reading.report_broken("orientation in space")
    if found is None:
        return sound_spacing(spacing, reading), unit, None
    require_perpendicular(found[1], reading)
    if not np.allclose(spacing, found[0], rtol=_SAME, atol=0):
        spacing = found[0]
    return sound_spacing(spacing, reading), unit, _in_millimetres(found[1], unit)


def _in_millimetres(pose: Pose, unit: str | None) -> Pose:
    factor = MILLIMETRES[unit or "mm"]
    if factor == 1:
        return pose
    first, second, third = (number * factor for number in pose.origin)
    return Pose(pose.directions, (first, second, third))


def _shortest(number: Any) -> float:
    """Read a float of 32 bits as the shortest decimal that stands for it, such as 0.7."""
    return float(str(number))


def _rescale(header: Any) -> tuple[float, float] | None:
    slope, intercept = float(header["scl_slope"]), float(header["scl_inter"])
    is_sound = math.isfinite(slope) and math.isfinite(intercept) and slope != 0
    return (slope, intercept) if is_sound and (slope, intercept) != (1.0, 0.0) else None


def encode(images: Frames, name: str) -> bytes:
    """Write volumes, or images of one slice, one after the other; the name says if they are packed.

    The header of an input of this format is kept, but for what has changed.
    """
    stored = [images.read(number) for number in range(images.count)]
    first = stored[0]
    for image in stored:
        if (image.pixels.shape, image.pixels.dtype) != (first.pixels.shape, first.pixels.dtype):
            raise ImageError("holds volumes of different sizes; write each to a file of its own")
    header, extensions = _header_for(first, len(stored))
    values = _values(stored)
    order = header.endianness
    data = b"".join(
        [
            bytes(header.binaryblock),
            extensions,
            values.astype(values.dtype.newbyteorder(order), copy=False).tobytes(),
        ]
    )
    return packed(data) if name.endswith("gz") else data


def _values(images: Sequence[Image]) -> Pixels:
    """Arrange the values of all images as the file stores them."""
    if images[0].channels == 1 or _code_of(images[0]) in _CHANNELS:
        return np.stack([image.pixels for image in images])
    return np.stack([np.moveaxis(image.pixels, -1, 0) for image in images], axis=1)


def _code_of(image: Image) -> int | None:
    """Find the code of values that are colours side by side."""
    if image.pixels.dtype != np.uint8:
        return None
    return {(3, False): _RGB, (4, True): _RGBA}.get((image.channels, image.has_alpha))


def _header_for(image: Image, volumes: int) -> tuple[Any, bytes]:
    """Make the header of an image, one of so many, and the extensions after it."""
    own = image.metadata.own if (image.format or "").startswith("NIfTI") else ()
    library, extensions = _library(), _NO_EXTENSIONS
    *slices, rows, columns = image.shape
    shape = columns, rows, *(slices or [1]), volumes, image.channels
    if own:
        block, extensions = own
        header = _header(block)
    else:
        is_long = max(shape) > _LONGEST_OF_1
        header = library.Nifti2Header() if is_long else library.Nifti1Header()
        header["scl_slope"], header["scl_inter"] = 1, 0
    before = header.copy()
    _set_values(header, image, shape)
    if own:
        _keep_physical(header, before, image)
    _set_geometry(header, image, is_new=not own)
    header["vox_offset"] = header.sizeof_hdr + len(extensions)
    return header, extensions


def _set_values(header: Any, image: Image, shape: tuple[int, ...]) -> None:
    """Set the type and the numbers of values."""
    code = _code_of(image)
    if code is None:
        header.set_data_dtype(image.pixels.dtype)
    else:
        header["datatype"], header["bitpix"] = code, 8 * _CHANNELS[code]
    dims = list(shape if code is None else shape[:-1])
    is_vector = code is None and image.channels > 1
    if is_vector:
        header["intent_code"] = _VECTOR
        header["intent_name"] = _ALPHA if image.has_alpha else b""
    while len(dims) > 2 and dims[-1] == 1:
        dims.pop()
    count = int(header["dim"][0])
    before = [int(size) for size in header["dim"][1 : count + 1]] if 0 < count <= 7 else []
    while len(before) > 2 and before[-1] == 1:
        before.pop()
    if before == dims or (math.prod(before[3:]) == math.prod(dims[3:]) and before[:3] == dims[:3]):
        return
    header["dim"] = [len(dims), *dims, *[1] * (7 - len(dims))]


def _keep_physical(header: Any, before: Any, image: Image) -> None:
    """Let new values of another type stand for the same physical ones."""
    old = before.get_data_dtype()
    if old.names or old == image.pixels.dtype.newbyteorder(old.byteorder):
        return
    if old.kind == "f" and image.pixels.dtype.kind == "f":
        return
    if image.full_scale == "range":
        warn("its slope of values is left out, as full scale was the range of each volume")
        header["scl_slope"], header["scl_inter"] = 1, 0
        return
    full = image.full_scale or natural_scale(old).full
    slope, intercept = _rescale(before) or (1.0, 0.0)
    header["scl_slope"] = slope * full / natural_scale(image.pixels.dtype).full
    header["scl_inter"] = intercept


def _set_geometry(header: Any, image: Image, *, is_new: bool) -> None:
    """Set the spacing and the pose where they are not those of the header already."""
    spacing, unit = geometry_in(image, ("mm", "µm", "m"))
    shape = image.shape if image.axes > 2 else (1, *image.shape)
    pose = image.metadata.pose
    if not is_new:
        if image.spacing is None:
            return
        try:
            there, unit_there, _ = _geometry(header, shape, Reading(spacing=Distances((1.0,))))
            are_same = unit == unit_there and np.allclose(
                spacing[3 - image.axes :], there[3 - image.axes :], rtol=_SAME, atol=0
            )
        except ImageError:
            are_same = False
        if are_same:
            return
    header["pixdim"][1:4] = spacing[::-1]
    code = next((code for code, known in _UNITS.items() if known == unit), 0)
    header["xyzt_units"] = (int(header["xyzt_units"]) & ~7) | code
    if pose is None:
        return
    factor = MILLIMETRES[unit or "mm"]
    affine = pose.affine(spacing)
    affine[:3, 3] /= factor
    codes = [int(header["qform_code"]), int(header["sform_code"])]
    if is_new or not any(codes):
        codes = [1, 1]
    header.set_sform(affine, codes[1] or codes[0])
    if codes[0]:
        header.set_qform(affine, codes[0], strip_shears=True)


def _library() -> ModuleType:
    return library_of("nibabel", "NIfTI")
