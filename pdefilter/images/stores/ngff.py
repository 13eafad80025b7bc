"""The attributes of Zarr that describe images, read and written: OME-Zarr (NGFF) 0.4 and 0.5.

References
----------
https://ngff.openmicroscopy.org/0.4, https://ngff.openmicroscopy.org/0.5 (Moore et al. 2023,
doi:10.1007/s00418-023-02209-1)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Self

import numpy as np

from pdefilter.errors import ImageError
from pdefilter.images.image import Image
from pdefilter.images.metadata import Resolution
from pdefilter.warn import warn

_PER_CENTIMETRE: dict[str, Fraction | int] = {
    "nanometer": 10_000_000, "micrometer": 10_000, "millimeter": 10, "centimeter": 1,
    "meter": Fraction(1, 100), "inch": Fraction(100, 254),
}  # fmt: skip
_OTHER_AXES = {
    "t": {"name": "t", "type": "time"},
    "c": {"name": "c", "type": "channel"},
}
_UNIT, _ALPHA = "micrometer", "alpha"
_NGFF_UNITS = {
    "nm": "nanometer", "µm": "micrometer", "mm": "millimeter", "cm": "centimeter", "m": "meter",
    "inch": "inch",
}  # fmt: skip
_XARRAY_AXES = "_ARRAY_DIMENSIONS"
# They are about the levels of the input, and are made anew.
_ABOUT_LEVELS = ("axes", "datasets", "coordinateTransformations", "version")


@dataclass(frozen=True, slots=True)
class Placement:
    """The size and the place of pixels, for rows and columns, or for slices first.

    Attributes
    ----------
    sides : tuple of float
        The height and width of a pixel; of a volume the distance of slices first.
    origin : tuple of float
        The place of the centre of the first pixel.
    unit : str
        The unit of length; empty if there is none.
    """

    sides: tuple[float, ...] = (1.0, 1.0)
    origin: tuple[float, ...] = (0.0, 0.0)
    unit: str = ""

    @classmethod
    def of(cls, resolution: Resolution | None) -> Self:
        """Find the size of pixels of a resolution, in micrometres."""
        if resolution is None:
            return cls()
        if resolution.unit == "none":
            if resolution.columns != resolution.rows:
                warn("left out: the resolution without a unit")
            return cls()
        unit = _PER_CENTIMETRE[_UNIT] * (Fraction(254, 100) if resolution.unit == "inch" else 1)
        return cls((float(unit / resolution.rows), float(unit / resolution.columns)), unit=_UNIT)

    @property
    def resolution(self) -> Resolution | None:
        """The pixels per unit of length; None if there is no unit."""
        unit = _PER_CENTIMETRE.get(self.unit)
        if unit is None or min(self.sides) <= 0:
            return None
        rows, columns = (Fraction(unit) / Fraction(str(side)) for side in self.sides[-2:])
        return Resolution(columns, rows, "cm")

    @property
    def in_plane(self) -> "Placement":
        """The same without slices."""
        return Placement(self.sides[-2:], self.origin[-2:], self.unit)


@dataclass(frozen=True, slots=True)
class StoredZarr:
    """How an image was stored, for the writer to keep.

    Attributes
    ----------
    version : str
        The version of NGFF, "0.4" or "0.5".
    chunk : tuple of int
        The rows and columns of a chunk; of a volume all sizes of a chunk.
    levels : int
        The number of smaller levels.
    placement : Placement
        The size and the place of pixels.
    axes : tuple of str
        The names of the axes of an array that holds volumes.
    """

    version: str
    chunk: tuple[int, ...]
    levels: int
    placement: Placement
    axes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Described:
    """An image as the attributes of its group describe it.

    Attributes
    ----------
    path : str
        The path of the array of full resolution.
    axes : tuple of str
        The names of its axes.
    placement : Placement
        The size and the place of pixels.
    has_alpha : bool
        Whether the last channel is named so.
    levels : int
        The number of smaller levels.
    version : str
        The version of NGFF.
    """

    path: str
    axes: tuple[str, ...]
    placement: Placement
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
        _placement(image, first, axes),
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
    placement = _placement_of(image)
    unit = {"unit": placement.unit} if placement.unit else {}
    inner["multiscales"] = [{
        **more,
        "axes": [
            _OTHER_AXES.get(name, {"name": name, "type": "space", **unit}) for name in axes
        ],
        "datasets": [_dataset(level, axes, placement) for level in range(levels + 1)],
    }]  # fmt: skip
    if image.has_alpha and not _names_alpha(inner):
        inner["omero"] = {"channels": _channels(image)}
    if version == "0.4":
        inner["multiscales"][0]["version"] = version
        return inner
    return outer | {"ome": inner | {"version": version}}


def _dataset(level: int, axes: Sequence[str], placement: Placement) -> dict[str, Any]:
    """Place a level: the centre of its first pixel lies between the centres of those it is of."""
    by = 1 << level
    scale = [side * by for side in placement.sides]
    moved = [
        at + side * (by - 1) / 2 for at, side in zip(placement.origin, placement.sides, strict=True)
    ]
    others = len(axes) - len(placement.sides)
    transformations: list[dict[str, Any]] = [{"type": "scale", "scale": [1.0] * others + scale}]
    if any(moved):
        transformations.append({"type": "translation", "translation": [0.0] * others + moved})
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


def _placement(
    image: Mapping[str, Any], dataset: Mapping[str, Any], axes: tuple[str, ...]
) -> Placement:
    """Read the placement of a level: its own transformations, then those of all levels."""
    places = [axes.index(name) for name in ("z", "y", "x") if name in axes]
    found = Placement((1.0,) * len(places), (0.0,) * len(places))
    for transformation in (*_transformations(dataset), *_transformations(image)):
        kind = transformation["type"]
        if kind in ("scale", "translation") and kind in transformation and len(places) >= 2:
            by = [float(transformation[kind][place]) for place in places]
            if kind == "scale":
                found = replace(
                    found,
                    sides=tuple(side * n for side, n in zip(found.sides, by, strict=True)),
                    origin=tuple(at * n for at, n in zip(found.origin, by, strict=True)),
                )
            else:
                origin = tuple(at + n for at, n in zip(found.origin, by, strict=True))
                found = replace(found, origin=origin)
    units = {str(image["axes"][place].get("unit", "")) for place in places[-2:]}
    return replace(found, unit=units.pop() if len(units) == 1 else "")


def _transformations(described: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return described.get("coordinateTransformations") or ()


def _placement_of(image: Image) -> Placement:
    """Keep the placement that was stored if the resolution, or the spacing, is still the same."""
    stored, resolution = image.metadata.stored, image.metadata.resolution
    if image.axes > 2:
        unit = _NGFF_UNITS.get(image.unit or "", "")
        placement = Placement(image.spacing or (1.0,) * 3, (0.0,) * 3, unit)
        if isinstance(stored, StoredZarr):
            before = stored.placement
            if (before.sides, before.unit) == (placement.sides, placement.unit):
                return before
        return placement
    if isinstance(stored, StoredZarr) and resolution == stored.placement.resolution:
        return stored.placement
    return Placement.of(resolution)
