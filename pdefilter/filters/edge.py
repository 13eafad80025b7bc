"""Find the edges of an image."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pdefilter.equations.gradient import OPERATORS, OperatorName
from pdefilter.errors import ParameterError
from pdefilter.filters.operations.edges.found import Finder
from pdefilter.filters.operations.edges.gradient import Component as OfGradient
from pdefilter.filters.operations.edges.gradient import Direction, Gradient
from pdefilter.filters.operations.edges.learned import learned, require_stored
from pdefilter.filters.operations.edges.shown import ShownEdges
from pdefilter.filters.options.colour import Color, InSpace
from pdefilter.filters.options.network import require_name
from pdefilter.filters.options.option import Option, image_filter
from pdefilter.filters.options.quantity import as_pixels
from pdefilter.operation import Operation

Method: TypeAlias = Literal["gradient", "learned"]

METHODS: Mapping[str, str] = {
    "gradient": "the magnitude of the gradient, by an operator",
    "learned": "the share of people who would draw a contour, by a network",
}

Component: TypeAlias = OfGradient | Literal["direction"]

COMPONENTS = {
    "magnitude": "strength",
    "slices": "signed change from slice to slice of a volume",
    "rows": "signed change from row to row",
    "columns": "signed change from column to column",
    "direction": "angle of steepest ascent, from right over down",
}

# The methods that have an option.
_OPTIONS_OF = {
    "operator": ("gradient",),
    "component": ("gradient",),
    "sigma": ("gradient",),
    "model": ("learned",),
}

_SOURCES = {name: operator.source for name, operator in OPERATORS.items()}


@image_filter
def edge(
    *,
    method: Annotated[Method, Option("What finds the edges.", choices=METHODS)] = "gradient",
    operator: Annotated[
        OperatorName | None, Option("Derivative kernel.", choices=_SOURCES, otherwise="sobel")
    ] = None,
    component: Annotated[Component, Option("Quantity to show.", choices=COMPONENTS)] = "magnitude",
    sigma: Annotated[
        float | str | None,
        Option(
            "Standard deviation of a Gaussian applied first.",
            unit="px",
            minimum=0,
            maximum=1000,
            otherwise="0",
        ),
    ] = None,
    model: Annotated[
        str | None,
        Option(
            "Network of the method learned: a file that `pdefilter learn --edges` has written.",
            verify=require_name,
            metavar="FILE",
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        Option(
            "Show full scale where the strength reaches this fraction of full scale, else zero.",
            minimum=0,
        ),
    ] = None,
    stretch: Annotated[
        bool | None,
        Option(
            "Show the 98th percentile of the strengths as full scale, and what is stronger too; "
            "or keep strengths as they are.",
            opposite="raw",
            otherwise="stretched where integers are stored, raw where floats are",
        ),
    ] = False,
    color: Color = "rgb",
) -> Operation:
    """Find edges by the Sobel, Scharr, Prewitt, Roberts or Laplace operator.

    A component is full scale at an ideal step, and the magnitude is the root mean
    square of the components, so that raw results cannot clip. Edges of photographs are
    much weaker, so the command stretches integers for viewing. The magnitude of the
    Laplacian is |Δu|/4, in a volume |Δu|/6, and its components are half a second
    difference each. Differences are per pixel of the finest axis. The
    channels of a colour image are combined into the one gradient that describes them
    best, which every colour channel of the result holds. The border is mirrored. Alpha
    is kept, and does not make edges.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), Image or Volume
        The image, integers or floats.
    method : {"gradient", "learned"}
        What finds the edges: the magnitude of the gradient; or a trained network, whose
        strength is the share of people who would draw a contour.
    operator : {"sobel", "scharr", "prewitt", "roberts", "laplacian"}, optional
        The derivative kernel, by default sobel.
    component : {"magnitude", "slices", "rows", "columns", "direction"}
        The strength in [0, 1]; the derivative along one axis in [−1, 1]; or
        the angle in (−π, π] from the columns axis (right) to the rows axis
        (down). An unsigned integer image stores −1 or −π as 0, zero in the
        middle, and 1 or π as full scale.
    sigma : float or str, optional
        Standard deviation in px, or a length such as "2mm", of a Gaussian applied first;
        by default 0.
    model : str, optional
        The file of the network, for the method learned.
    threshold : float, optional
        If given, the result is binary: full scale where the strength reaches
        this fraction of full scale.
    stretch : bool, optional
        Whether the 98th percentile of the strengths above zero, and all above it,
        become full scale. If None, only integers are stored so, and floats keep the
        strengths; this is the default of the command.
    color : {"rgb", "luminance", "lab", "linear"}
        Colour space to filter in: the stored values; their luminance alone
        (ITU-R BT.601); CIE L*a*b* of sRGB, where full scale is L* = 100; or
        linear light (IEC 61966-2-1).

    Returns
    -------
    ndarray, Image or Volume
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
    if component == "direction":
        if operator == "laplacian":
            raise ParameterError("component", "a laplacian has no direction; take magnitude")
        for name, is_given in (("threshold", threshold is not None), ("stretch", stretch)):
            if is_given:
                raise ParameterError(name, "a direction has no strength; leave one of the two out")
        return InSpace(color, Direction(_gradient(operator, "magnitude", sigma)), measures=True)
    if threshold is not None and stretch:
        raise ParameterError("stretch", "a binary image is stretched already; leave out one")
    given = {
        "operator": operator,
        "component": None if component == "magnitude" else component,
        "sigma": sigma,
        "model": model,
    }
    for name, value in given.items():
        if value is not None and method not in _OPTIONS_OF[name]:
            raise ParameterError(
                name, f"{method} has none; take the method {' or '.join(_OPTIONS_OF[name])}"
            )
    if method == "learned":
        require_stored(color)
        finder: Finder = learned(model)
    else:
        finder = _gradient(operator, component, sigma)
    return InSpace(color, ShownEdges(finder, threshold, stretch), measures=True)


def _gradient(
    operator: OperatorName | None, component: OfGradient, sigma: float | str | None
) -> Gradient:
    return Gradient(operator or "sobel", component, as_pixels(sigma) or 0.0)
