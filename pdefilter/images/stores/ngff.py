"""What the attributes of Zarr say about images: OME-Zarr (NGFF) 0.4 and 0.5, and their writing.

References
----------
https://ngff.openmicroscopy.org/0.4, https://ngff.openmicroscopy.org/0.5 (Moore et al. 2023,
doi:10.1007/s00418-023-02209-1)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.image import Image
from pdefilter.images.metadata import Resolution
from pdefilter.warn import warn

_PER_CENTIMETRE: dict[str, Fraction | int] = {
    "nanometer": 10_000_000, "micrometer": 10_000, "millimeter": 10, "centimeter": 1,
    "meter": Fraction(1, 100), "inch": Fraction(100, 254),
}  # fmt: skip
_UNIT, _ALPHA = "micrometer", "alpha"
_XARRAY_AXES = "_ARRAY_DIMENSIONS"
# They are about the levels of the input, and are made anew.
_ABOUT_LEVELS = ("axes", "datasets", "coordinateTransformations", "version")


@dataclass(frozen=True, slots=True)
class StoredZarr:
    """How an image was stored, for the writer to keep.

    Attributes
    ----------
    version : str
        The version of NGFF, "0.4" or "0.5".
    chunk : tuple of int
        The rows and columns of a chunk.
    levels : int
        The number of smaller levels.
    """

    version: str
    chunk: tuple[int, int]
    levels: int


@dataclass(frozen=True, slots=True)
class Described:
    """An image as the attributes of its group describe it.

    Attributes
    ----------
    path : str
        The path of the array of full resolution.
    axes : tuple of str
        The names of its axes.
    resolution : Resolution or None
        The pixels per unit of length.
    has_alpha : bool
        Whether the last channel is named so.
    levels : int
        The number of smaller levels.
    version : str
        The version of NGFF.
    """

    path: str
    axes: tuple[str, ...]
    resolution: Resolution | None
    has_alpha: bool
    levels: int
    version: str


def described(attributes: Mapping[str, Any]) -> Described:
    """Read the attributes of a group.

    Raises
    ------
    ImageError
        If they describe no image.
    LookupError, TypeError, ValueError
        If they are broken.
    """
    inner = attributes.get("ome", attributes)
    if "multiscales" not in inner:
        raise ImageError(
            "is a group of Zarr that is not itself an image; give the path of an image in it, "
            "such as scan.zarr/0"
        )
    image = inner["multiscales"][0]
    first = image["datasets"][0]
    axes = tuple(axis["name"] for axis in image["axes"])
    return Described(
        first["path"],
        axes,
        _resolution(image["axes"], _scale(first, len(axes))),
        _names_alpha(inner),
        len(image["datasets"]) - 1,
        "0.5" if "ome" in attributes else "0.4",
    )


def kept_of(attributes: Mapping[str, Any], image: Image) -> dict[str, Any]:
    """Pick the attributes that say more than `attributes_of` makes of the image anyway."""
    kept = {name: value for name, value in attributes.items() if name != _XARRAY_AXES}
    inner = dict(kept.pop("ome", {})) if "ome" in kept else kept
    inner.pop("version", None)
    more = {
        name: value
        for name, value in (inner.pop("multiscales", None) or [{}])[0].items()
        if name not in _ABOUT_LEVELS
    }
    if more:
        inner["multiscales"] = [more]
    if inner.get("omero") == {"channels": _channels(image)}:
        del inner["omero"]
    return kept | {"ome": inner} if "ome" in attributes and inner else kept


def attributes_of(
    kept: Mapping[str, Any], version: str, axes: Sequence[str], levels: int, image: Image
) -> dict[str, Any]:
    """Make the attributes of a group that holds an image and smaller levels of it.

    Parameters
    ----------
    kept : mapping
        The attributes of the input that `kept_of` picks.
    version : str
        The version of NGFF.
    axes : sequence of str
        The names of the axes.
    levels : int
        The number of smaller levels.
    image : Image
        The image, or its outline.
    """
    outer = dict(kept)
    inner = dict(outer.pop("ome", {})) if version == "0.5" else outer
    (more,) = inner.get("multiscales") or [{}]
    sides = _sides(image.metadata.resolution)
    unit = {"unit": _UNIT} if sides else {}
    inner["multiscales"] = [{
        **more,
        "axes": [
            {"name": "c", "type": "channel"} if name == "c" else
            {"name": name, "type": "space", **unit}
            for name in axes
        ],
        "datasets": [_dataset(level, axes, sides) for level in range(levels + 1)],
    }]  # fmt: skip
    if image.has_alpha and not _names_alpha(inner):
        inner["omero"] = {"channels": _channels(image)}
    if version == "0.4":
        inner["multiscales"][0]["version"] = version
        return inner
    return outer | {"ome": inner | {"version": version}}


def _dataset(level: int, axes: Sequence[str], sides: Mapping[str, float]) -> dict[str, Any]:
    """Place a level: the centre of its first pixel lies between the centres of those it is of."""
    own = [float(sides.get(name, 1)) for name in axes]
    grows = [1.0 if name == "c" else float(1 << level) for name in axes]
    transformations: list[dict[str, Any]] = [
        {"type": "scale", "scale": [side * by for side, by in zip(own, grows, strict=True)]}
    ]
    if level:
        moved = [side * (by - 1) / 2 for side, by in zip(own, grows, strict=True)]
        transformations.append({"type": "translation", "translation": moved})
    return {"path": str(level), "coordinateTransformations": transformations}


def _names_alpha(inner: Mapping[str, Any]) -> bool:
    """Whether the last channel is named alpha, as OMERO names channels."""
    channels = (inner.get("omero") or {}).get("channels") or [{}]
    return str(channels[-1].get("label", "")).lower() == _ALPHA


def _channels(image: Image) -> list[dict[str, Any]]:
    kind = image.pixels.dtype
    full = int(np.iinfo(kind).max) if kind.kind in "ui" else 1
    window = {"start": 0, "end": full, "min": 0, "max": full}
    names = [*map(str, range(image.colours)), _ALPHA]
    return [{"label": name, "color": "FFFFFF", "window": window} for name in names]


def _scale(dataset: Mapping[str, Any], axes: int) -> list[float]:
    for transformation in dataset.get("coordinateTransformations") or ():
        if transformation["type"] == "scale":
            return [float(side) for side in transformation["scale"]]
    return [1.0] * axes


def _resolution(axes: Sequence[Mapping[str, Any]], scale: Sequence[float]) -> Resolution | None:
    """Read a resolution; None if rows or columns have no unit of length."""
    densities = {}
    for axis, side in zip(axes, scale, strict=True):
        unit = _PER_CENTIMETRE.get(axis.get("unit", ""))
        if axis["name"] in ("y", "x") and unit is not None and side > 0:
            densities[axis["name"]] = Fraction(unit) / Fraction(str(side))
    return Resolution(densities["x"], densities["y"], "cm") if len(densities) == 2 else None


def _sides(resolution: Resolution | None) -> dict[str, float]:
    """Find the sides of a pixel in micrometres; empty if they are unknown."""
    if resolution is None:
        return {}
    if resolution.unit == "none":
        if resolution.columns != resolution.rows:
            warn("left out: the resolution without a unit")
        return {}
    unit = _PER_CENTIMETRE[_UNIT] * (Fraction(254, 100) if resolution.unit == "inch" else 1)
    return {"y": float(unit / resolution.rows), "x": float(unit / resolution.columns)}
