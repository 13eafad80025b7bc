"""Lines through the points of edges: from thinned pixels to polylines."""

from pdefilter.kernels.reference import tracing
from pdefilter.lines import Line
from pdefilter.raster import Plane, Planes


def trace(strength: Plane, places: Planes) -> list[Line]:
    """Connect the points of thinned edges to polylines.

    Points of neighbouring pixels that are nearer than half a pixel are one point, in their
    middle, as strong as the strongest of them. Neighbours are connected unless a third point
    is nearer to both of them (the relative neighbourhood graph of Toussaint 1980,
    doi:10.1016/0031-3203(80)90066-7): this keeps connected what is connected, and goes
    from point to point in their order along the line. Lines end where edges end, and where
    three or more of them meet; that point is the end of each. A branch of one or two points
    does not end the line that it leaves.

    The result does not depend on how the image is turned or mirrored, except for the order.
    An open line begins at its upper end, of two as high at the left one; a closed line at its
    uppermost point, or where it meets others, and runs clockwise. Lines are ordered by their
    beginnings, from the top.

    Parameters
    ----------
    strength : ndarray of shape (M, N), float32
        The strength of the edge in every pixel; zero where there is none.
    places : ndarray of shape (2, M, N), float32
        The row and the column of the point of the edge in the pixel; the centre of the first
        pixel is (0, 0). It does not count where there is no edge.

    Returns
    -------
    list of ndarray of shape (K, 3), float64
        The row, the column and the strength of every point. A point without neighbours is a
        line of its own. A closed line has its first point again at the end.

    Raises
    ------
    ValueError
        If the shapes do not belong together.
    """
    if strength.ndim != 2 or places.shape != (2, *strength.shape):
        raise ValueError(f"places of shape {places.shape} for strengths of {strength.shape}")
    return tracing.trace(strength, places)
