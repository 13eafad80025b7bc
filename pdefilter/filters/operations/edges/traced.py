"""Edges as lines: the places of their points, and the polylines through them."""

from typing import TYPE_CHECKING

from pdefilter.filters.operations.edges.found import Edges
from pdefilter.lines import Line

if TYPE_CHECKING:
    from pdefilter.raster import Planes
    from pdefilter.scale import Scale


def traced(edges: Edges, scale: "Scale", spacing: tuple[float, ...]) -> list[Line]:
    """Trace edges that are one pixel wide.

    Parameters
    ----------
    edges : Edges
        The edges of an image, with their offsets.
    scale : Scale
        The scale of their strengths.
    spacing : tuple of float
        The distance of neighbouring pixels along every axis.

    Returns
    -------
    list of ndarray of shape (K, 3), float64
        The row, the column and the strength, as a fraction of full scale, of every point.
    """
    import numpy as np

    from pdefilter.kernels.tracing import trace

    strength = edges.strength * np.float32(scale.fraction(1.0))
    return trace(strength, _places(edges, spacing))


def _places(edges: Edges, spacing: tuple[float, ...]) -> "Planes":
    """Find the row and the column of the edge through every pixel."""
    import numpy as np

    assert edges.offset is not None
    normal = edges.normal
    length = np.sqrt(np.square(normal).sum(axis=0))
    distance = np.divide(edges.offset, length, out=np.zeros_like(length), where=length > 0)
    centres = np.indices(length.shape, np.float32)
    per_pixel = np.reshape(spacing, (2, 1, 1)).astype(np.float32)
    places: Planes = centres + normal * distance / per_pixel
    return places
