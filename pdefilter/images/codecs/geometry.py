"""Distances and poses as files of volumes tell them, checked."""

from collections.abc import Sequence

from pdefilter.errors import ImageError
from pdefilter.images.image import Image
from pdefilter.images.lengths import Distances, are_distances, as_words, converted
from pdefilter.images.pose import Pose, angle_of
from pdefilter.images.reading import Reading
from pdefilter.images.spacing import spacing_of

_ADVICE = "give the right distances by --spacing"


def sound_spacing(spacing: Sequence[float], reading: Reading) -> tuple[float, ...]:
    """Refuse distances that are not positive numbers, unless the call gives others.

    Raises
    ------
    ImageError
        Its message names them.
    """
    if are_distances(spacing):
        return tuple(map(float, spacing))
    if isinstance(reading.spacing, Distances):
        return (1.0,) * len(spacing)
    raise ImageError(f"has the spacing {as_words(spacing)}, which must be positive; {_ADVICE}")


def require_perpendicular(pose: Pose, reading: Reading) -> None:
    """Refuse voxels that are not boxes, unless the call gives the distances to use.

    Raises
    ------
    ImageError
        Its message names the angle.
    """
    if pose.is_sheared and not isinstance(reading.spacing, Distances):
        raise ImageError(
            f"has axes at {angle_of(pose):.1f}°, not at right angles; resample it, or give the "
            "distances to use by --spacing"
        )


def geometry_in(image: Image, units: Sequence[str]) -> tuple[tuple[float, ...], str | None]:
    """Find the spacing of an image of two or three axes in a unit that a format knows.

    Parameters
    ----------
    image : Image
        The image, or a volume; an image has one slice.
    units : sequence of str
        The units that the format knows; others are converted to the first.

    Returns
    -------
    spacing : tuple of float
        The distances of slices, rows and columns.
    unit : str or None
        The unit.
    """
    spacing, unit = image.spacing, image.unit
    if spacing is None:
        spacing, unit = spacing_of(image.metadata.resolution)
    spacing = spacing or (1.0, 1.0)
    if len(spacing) == 2:
        spacing = (min(spacing), *spacing)
    if unit is None or unit in units:
        return spacing, unit
    return converted(spacing, unit, units[0]), units[0]
