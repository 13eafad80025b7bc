"""The facts about an image file: what it stores, and how noisy it is."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pdefilter.filters.options.noise import as_numbers, noise_of
from pdefilter.filters.options.option import AUTO
from pdefilter.images.files import read_frames
from pdefilter.images.holes import valid_pixels
from pdefilter.images.image import Image
from pdefilter.images.metadata import Resolution
from pdefilter.images.profile import name_of_profile
from pdefilter.images.reading import MOST_PIXELS, Reading
from pdefilter.images.upright import orientation_of
from pdefilter.raster import Mask
from pdefilter.runs.conversion import raster_of
from pdefilter.runs.inputs import STREAM


@dataclass(frozen=True)
class Facts:
    """The facts about an image file.

    Attributes
    ----------
    format : str
        Its format.
    rows, columns : int
        The size of the first frame, once upright.
    slices : int or None
        The number of slices of the first volume; None for an image.
    frames : int
        The number of pages or frames.
    depth : str
        The type of its values.
    kind : str
        The kind of its channels: grey, RGB, CMYK, or a number of bands.
    alpha : bool
        Whether it has opacity.
    spacing : tuple of float or None
        The distance of neighbouring slices, rows and columns; None where the file names
        only a resolution, or nothing.
    unit : str or None
        The unit of the spacing.
    resolution : Resolution or None
        The pixels per unit of length.
    profile : str or None
        The name of its colour profile; ``"unnamed"`` if it has one without a name.
    orientation : int
        The orientation of the stored pixels, as in EXIF: 1 is upright.
    nodata : float or None
        The stored value that marks a hole.
    holes : int
        The number of pixels that are holes in a channel at least.
    noise : tuple of float
        The standard deviation of the noise in every colour channel, in stored units.
    full_scale : float
        The stored value of full scale.
    """

    format: str
    rows: int
    columns: int
    slices: int | None
    frames: int
    depth: str
    kind: str
    alpha: bool
    spacing: tuple[float, ...] | None
    unit: str | None
    resolution: Resolution | None
    profile: str | None
    orientation: int
    nodata: float | None
    holes: int
    noise: tuple[float, ...]
    full_scale: float

    def as_plain(self) -> Mapping[str, Any]:
        """Return plain data, as JSON can hold."""
        density = self.resolution
        numbers = density and [float(density.columns), float(density.rows), density.unit]
        return {**vars(self), "resolution": numbers, "noise": list(self.noise)}


def facts_of(name: str) -> Facts:
    """Find the facts about an image file, ``-`` being standard input.

    Raises
    ------
    ImageError
        If it is not an image, or is damaged.
    """
    frames = read_frames(sys.stdin.buffer if name == STREAM else name, Reading(MOST_PIXELS))
    image = frames.read(0)
    metadata = image.metadata
    *slices, rows, columns = image.shape
    valid = valid_pixels(image)
    noise, full = _noise_of(image)
    profile = metadata.icc and (name_of_profile(metadata.icc) or "unnamed")
    return Facts(
        format=frames.format,
        rows=rows,
        columns=columns,
        slices=slices[0] if slices else None,
        frames=frames.count,
        depth=image.depth,
        kind=image.kind,
        alpha=image.has_alpha,
        spacing=image.spacing,
        unit=image.unit,
        resolution=metadata.resolution,
        profile=profile or None,
        orientation=orientation_of(frames.metadata()) if frames.metadata else 1,
        nodata=image.nodata,
        holes=0 if valid is None else _holes(valid, image.axes),
        noise=noise,
        full_scale=full,
    )


def _holes(valid: Mask, axes: int) -> int:
    whole = valid if valid.ndim == axes else valid.all(axis=0)
    return int(whole.size - np.count_nonzero(whole))


def _noise_of(image: Image) -> tuple[tuple[float, ...], float]:
    raster = raster_of(image, valid_pixels(image)).sampled()
    full = raster.scale.full
    fractions = as_numbers(noise_of(raster, raster.colour, AUTO, None), raster)["noise"]
    return tuple(fraction * full for fraction in fractions), full
