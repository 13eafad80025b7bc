"""How a volume lies in space: the directions of its axes, and the place of its first voxel."""

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = tuple[float, float, float]

# About half a degree: what rounding leaves of scanners' angles is far less, the tilt of a gantry
# far more.
_MOST_SHEAR = 0.01


@dataclass(frozen=True, slots=True)
class Pose:
    """How a volume lies in space.

    Attributes
    ----------
    directions : tuple of 3 tuples of float
        The unit vectors along slices, rows and columns: from one slice to the next, and so
        on. Space is that of NIfTI: to the right, to the front and upwards of a patient.
    origin : tuple of float
        The place of the centre of the first voxel, in mm, or in the unit of the spacing if
        that is unknown.
    """

    directions: tuple[Vector, Vector, Vector]
    origin: Vector

    @property
    def is_sheared(self) -> bool:
        """Whether the axes are not perpendicular to each other."""
        axes = np.array(self.directions)
        return bool(np.abs(axes @ axes.T - np.eye(3)).max() > _MOST_SHEAR)

    def affine(self, spacing: tuple[float, ...]) -> NDArray[np.float64]:
        """Make the matrix from numbers of columns, rows and slices to places, shape (4, 4)."""
        matrix = np.eye(4)
        matrix[:3, :3] = (np.array(self.directions) * np.array(spacing)[:, None])[::-1].T
        matrix[:3, 3] = self.origin
        return matrix

    @property
    def mirrored(self) -> "Pose":
        """The same in the space of DICOM: to the left, to the back and upwards; or back."""
        first, second, third = (_mirrored(vector) for vector in self.directions)
        return Pose((first, second, third), _mirrored(self.origin))


def _mirrored(vector: Vector) -> Vector:
    right, front, up = vector
    return 0.0 - right, 0.0 - front, up


def pose_of(affine: NDArray[np.float64]) -> tuple[tuple[float, ...], Pose] | None:
    """Take the matrix from columns, rows and slices to places apart.

    Parameters
    ----------
    affine : ndarray of shape (3, 4) or (4, 4)
        The matrix.

    Returns
    -------
    tuple or None
        The spacing, and the pose; None if the matrix has no meaning.
    """
    axes = np.array(affine[:3, :3], np.float64).T[::-1]
    spacing = np.sqrt((axes**2).sum(axis=1))
    if not (np.isfinite(affine).all() and (spacing > 0).all()):
        return None
    first, second, third = (_vector(row) for row in axes / spacing[:, None])
    pose = Pose((first, second, third), _vector(np.asarray(affine)[:3, 3]))
    return tuple(map(float, spacing)), pose


def _vector(numbers: NDArray[np.float64]) -> Vector:
    one, two, three = (float(number) + 0.0 for number in numbers)  # which makes −0 be 0
    return one, two, three


def angle_of(pose: Pose) -> float:
    """Find the angle between the two axes that are the farthest from perpendicular, in degrees."""
    axes = np.array(pose.directions)
    cosines = (axes @ axes.T)[np.triu_indices(3, 1)]
    return math.degrees(math.acos(min(1.0, float(np.abs(cosines).max()))))
