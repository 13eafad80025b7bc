"""Find the edges of an image."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pdefilter.equations import gradient
from pdefilter.equations.gradient import OPERATORS
from pdefilter.errors import ParameterError
from pdefilter.filters.colour import Color, in_space
from pdefilter.filters.option import Option, image_filter
from pdefilter.filters.smooth import gaussian
from pdefilter.scale import Scale

if TYPE_CHECKING:
    from pdefilter.raster import Plane, Raster

COMPONENTS = {
    "magnitude": "strength",
    "rows": "signed change from row to row",
    "columns": "signed change from column to column",
    "direction": "angle of steepest ascent, from right over down",
}

_SOURCES = {name: operator.source for name, operator in OPERATORS.items()}


@image_filter
def edge(
    image: "Raster",
    *,
    operator: Annotated[str, Option("Derivative kernel.", choices=_SOURCES)] = "sobel",
    component: Annotated[str, Option("What to show.", choices=COMPONENTS)] = "magnitude",
    sigma: Annotated[
        float,
        Option(
            "Standard deviation of a Gaussian applied first.", unit="px", minimum=0, maximum=1000
        ),
    ] = 0.0,
    threshold: Annotated[
        float | None,
        Option(
            "Show full scale where the strength reaches this fraction of full scale, else zero.",
            minimum=0,
        ),
    ] = None,
    stretch: Annotated[
        bool, Option("Spread the result over the whole range, for looking.")
    ] = False,
    color: Color = "rgb",
) -> "Raster":
    """Find edges by the Sobel, Scharr, Prewitt, Roberts or Laplace operator.

    Computed in floats and scaled so that nothing can clip: a component reads
    full scale at an ideal step, the magnitude is the components' root mean
    square. The Laplacian's magnitude is |Δu|/4, its components half a second
    difference each. The channels of a colour image are combined into the one
    gradient that says most about them; every colour channel of the result
    holds it. The border is mirrored. Alpha is kept, and is no edge.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), or Image
        The image, integers or floats.
    operator : {"sobel", "scharr", "prewitt", "roberts", "laplacian"}
        The derivative kernel.
    component : {"magnitude", "rows", "columns", "direction"}
        The strength in [0, 1]; the derivative along one axis in [−1, 1]; or
        the angle in (−π, π] from the columns axis (right) to the rows axis
        (down). An unsigned integer image stores −1 or −π as 0, zero in the
        middle, and 1 or π as full scale.
    sigma : float
        Standard deviation in px of a Gaussian applied first.
    threshold : float, optional
        If given, the result is binary: full scale where the strength reaches
        this fraction of full scale.
    stretch : bool
        Whether the largest strength becomes full scale.
    color : {"rgb", "luminance", "lab", "linear"}
        Where colours are filtered: on the stored values; on their luminance
        alone (ITU-R BT.601); on CIE L*a*b* of sRGB, where full scale is
        L* = 100; or on linear light (IEC 61966-2-1).

    Returns
    -------
    ndarray or Image
        As `image`: same shape, same type of values.

    Raises
    ------
    ParameterError
        If the options contradict each other.

    References
    ----------
    Sobel & Feldman 1968; Scharr 2000; Prewitt 1970; Roberts 1963; Marr &
    Hildreth 1980, doi:10.1098/rspb.1980.0020; Di Zenzo 1986,
    doi:10.1016/0734-189X(86)90223-9 (colour).
    """
    chosen = OPERATORS[operator]
    if component == "direction":
        if chosen.order == 2:
            raise ParameterError("component", f"a {operator} has no direction; take magnitude")
        for name, value in (("threshold", threshold is not None), ("stretch", stretch)):
            if value:
                raise ParameterError(name, "a direction has no strength; leave one of the two out")
    if threshold is not None and stretch:
        raise ParameterError("stretch", "a binary image is stretched already; leave out one")
    if not image.colour.size:
        return image

    def measured(converted: "Raster") -> "Raster":
        return _measured(converted, chosen, component, sigma, threshold, stretch)

    return in_space(color, image, measured, measures=True)


def _measured(
    image: "Raster",
    operator: gradient.Operator,
    component: str,
    sigma: float,
    threshold: float | None,
    stretch: bool,
) -> "Raster":
    smoothed, scale = replace(gaussian(image, sigma), alpha=image.alpha), image.scale
    if component == "magnitude":
        strength, interval = gradient.strength(smoothed, operator), (0.0, 1.0)
    else:
        v_r, v_c = gradient.shared_gradient(smoothed, operator)
        if component == "direction":
            angles = Scale(is_angle=True)
            return _shown(image, gradient.direction(v_r, v_c), gradient.FULL_TURN, angles)
        strength, interval = {"rows": v_r, "columns": v_c}[component], gradient.SIGNED
    if threshold is not None:
        strength = (abs(strength) >= scale.number(threshold)).astype(strength.dtype)
        return _shown(image, strength, (0.0, 1.0), scale.of_parts)
    if stretch and (largest := abs(strength).max()):
        return _shown(image, strength / largest, interval, scale.of_parts)
    return _shown(image, strength, interval, scale.of_differences)


def _shown(
    image: "Raster", plane: "Plane", interval: tuple[float, float], scale: Scale
) -> "Raster":
    """Let every colour channel of `image` be one and the same plane."""
    import numpy as np

    colour = plane[None]
    if len(image.colour) > 1:
        colour = np.broadcast_to(plane, image.colour.shape)
    return replace(image, colour=colour, interval=interval, scale=scale)
