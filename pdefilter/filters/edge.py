"""Find the edges of an image."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal, TypeAlias

from pdefilter.equations.gradient import OPERATORS, OperatorName
from pdefilter.errors import ParameterError
from pdefilter.filters.operations.edges.contours import Contours
from pdefilter.filters.operations.edges.found import Finder
from pdefilter.filters.operations.edges.gradient import Component as OfGradient
from pdefilter.filters.operations.edges.gradient import Direction, Gradient
from pdefilter.filters.operations.edges.learned import learned
from pdefilter.filters.operations.edges.shown import ShownEdges
from pdefilter.filters.operations.edges.smoothed import Smoothing
from pdefilter.filters.operations.edges.zero_crossings import ZeroCrossings
from pdefilter.filters.options.colour import Color, InSpace
from pdefilter.filters.options.network import require_name
from pdefilter.filters.options.option import AUTO, Option, image_filter
from pdefilter.filters.options.quantity import as_pixels
from pdefilter.filters.options.strength import (
    Stretch,
    Thin,
    Threshold,
    hysteresis_option,
    levels_of,
    require_one_scale,
)
from pdefilter.operation import Operation

Method: TypeAlias = Literal["gradient", "canny", "contours", "learned"]

METHODS: Mapping[str, str] = {
    "gradient": "the magnitude of the gradient, by an operator",
    "canny": "the gradient of the smoothed image, thinned and linked by hysteresis",
    "contours": "where people would draw them, by colour and texture; 0.5: half of them would",
    "learned": "the share of people who would draw a contour, by a network",
}

DEFAULT_OPERATOR: OperatorName = "sobel"

# Looked at on photographs, coins and text: at one pixel grain and grass are drawn, at two pixels
# letters run together. Second derivatives have more noise, and need more.
SIGMA_OF_CANNY = 1.4
SIGMA_OF_CROSSINGS = 2.0

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
    "operator": ("gradient", "canny"),
    "component": ("gradient",),
    "sigma": ("gradient", "canny"),
    "color": ("gradient", "canny", "learned"),
    "zero_crossings": ("gradient",),
    "model": ("learned",),
    "average": ("learned",),
}

# The methods whose strength is a share of people.
_SHARES = ("contours", "learned")

_SOURCES = {name: operator.source for name, operator in OPERATORS.items()}


@image_filter
def edge(
    *,
    method: Annotated[Method, Option("What finds the edges.", choices=METHODS)] = "gradient",
    operator: Annotated[
        OperatorName | None,
        Option("Derivative kernel.", choices=_SOURCES, otherwise=DEFAULT_OPERATOR),
    ] = None,
    component: Annotated[Component, Option("Quantity to show.", choices=COMPONENTS)] = "magnitude",
    zero_crossings: Annotated[
        bool,
        Option(
            "Show where the Laplacian of the smoothed image changes its sign, as strong as the "
            "step there is high."
        ),
    ] = False,
    sigma: Annotated[
        float | str | None,
        Option(
            "Standard deviation of a Gaussian applied first.",
            unit="px",
            minimum=0,
            maximum=1000,
            otherwise=f"0, for canny {SIGMA_OF_CANNY:g}, for zero crossings {SIGMA_OF_CROSSINGS:g}",
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
    average: Annotated[
        int | None,
        Option(
            "Number of flips and turns of the image, 1 or 8, whose results the method learned "
            "averages; 8 is a little better, and takes eight times as long.",
            minimum=1,
            maximum=8,
            otherwise="1",
        ),
    ] = None,
    threshold: Threshold = None,
    thin: Thin = False,
    hysteresis: Annotated[
        str | Sequence[float] | None, hysteresis_option(otherwise="auto for canny")
    ] = None,
    stretch: Stretch = False,
    color: Color = "rgb",
) -> Operation:
    """Find edges by a gradient, as Canny, or where a person would draw them.

    A component is full scale at an ideal step, and the magnitude is the root mean
    square of the components, so that raw results cannot clip. Edges of photographs are
    much weaker, so the command stretches integers for viewing. The magnitude of the
    Laplacian is |Δu|/4, in a volume |Δu|/6, and its components are half a second
    difference each. Differences are per pixel of the finest axis. The
    channels of a colour image are combined into the one gradient that describes them
    best, which every colour channel of the result holds. The border is mirrored. Alpha
    is kept, and does not make edges, nor do holes.

    A thin edge lies where the gradient is largest across it. Around a disc of radius r
    this is (σ² + 7/12)/2r px inside its outline, and a zero crossing as far outside.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), Image or Volume
        The image, integers or floats.
    method : {"gradient", "canny", "contours", "learned"}
        What finds the edges: the magnitude of the gradient; that of the smoothed image,
        thinned and linked by hysteresis; differences of colour and of texture at several
        scales; or a trained network. The strength of the last two is the share of people
        who would draw a contour there.
    operator : {"sobel", "scharr", "prewitt", "roberts", "laplacian"}, optional
        The derivative kernel, by default sobel.
    component : {"magnitude", "slices", "rows", "columns", "direction"}
        The strength in [0, 1]; the derivative along one axis in [−1, 1]; or
        the angle in (−π, π] from the columns axis (right) to the rows axis
        (down). An unsigned integer image stores −1 or −π as 0, zero in the
        middle, and 1 or π as full scale.
    zero_crossings : bool
        Whether to show where the Laplacian of the smoothed image, the mean of its
        channels, changes its sign. These edges are one pixel wide. Their strength is the
        slope of the Laplacian there, times what makes it the height of a step.
    sigma : float or str, optional
        Standard deviation in px, or a length such as "2mm", of a Gaussian applied first;
        by default 0, for canny 1.4 and for zero crossings 2.
    model : str, optional
        The file of the network, for the method learned.
    average : int, optional
        For the method learned, 1, or 8 for the mean over the flips and turns of the image,
        with which the result then commutes to the bit.
    threshold : float, optional
        If given, the result is binary: full scale where the strength reaches
        this fraction of full scale.
    thin : bool
        Whether edges are one pixel wide: a strength is kept if it is largest across the
        edge. Of two equal neighbours the brighter one is kept.
    hysteresis : str or pair of float, optional
        If given, the result is binary: full scale where the strength reaches the lower
        of two thresholds and hangs together with a pixel that reaches the higher one.
        They are fractions of full scale; or percentiles of the strengths above zero,
        such as "80%,95%"; or "auto", which canny has by default: twice and four times
        the root mean square R of the strength that the image's noise has, or its
        texture. Noise exceeds 2R at one pixel in 50, and 4R at one in 8 million.
    stretch : bool, optional
        Whether the 98th percentile of the strengths above zero, and all above it,
        become full scale. If None, integers are stored so, unless strengths are shares of
        people, and floats keep the strengths; this is the default of the command.
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
    doi:10.1016/0734-189X(86)90223-9 (colour); Canny 1986,
    doi:10.1109/TPAMI.1986.4767851; Arbeláez, Maire, Fowlkes
    & Malik 2011, doi:10.1109/TPAMI.2010.161 (contours).
    """
    _require_of_method(
        method,
        operator=operator,
        component=None if component == "magnitude" else component,
        sigma=sigma,
        color=None if color == "rgb" else color,
        zero_crossings=zero_crossings or None,
        model=model,
        average=average,
    )
    if method == "canny":
        thin = True
        hysteresis = AUTO if hysteresis is None and threshold is None else hysteresis
    _require_kind(method, operator, component, zero_crossings=zero_crossings)
    _require_magnitude(
        "laplacian" if operator == "laplacian" and not zero_crossings else component,
        thin=thin,
        hysteresis=hysteresis is not None,
    )
    if component == "direction":
        for name, is_given in (("threshold", threshold is not None), ("stretch", bool(stretch))):
            if is_given:
                raise ParameterError(name, "a direction has no strength; leave one of the two out")
        return InSpace(color, Direction(_gradient(operator, "magnitude", sigma)), measures=True)
    require_one_scale(
        threshold=threshold is not None, hysteresis=hysteresis is not None, stretch=bool(stretch)
    )
    if stretch is None and method in _SHARES:
        stretch = False  # so that half of full scale stays what half of the people would draw
    finder: Finder
    if zero_crossings:
        deviation = SIGMA_OF_CROSSINGS if sigma is None else as_pixels(sigma)
        finder = ZeroCrossings(Smoothing(deviation, order="mean"))
    elif method == "learned":
        finder = learned(model, average or 1, color)
    else:
        finder = _FINDERS[method](operator, component, sigma)
    edges = ShownEdges(finder, threshold, stretch, thin or zero_crossings, levels_of(hysteresis))
    return InSpace(color, edges, measures=True)


def _require_of_method(method: Method, **given: object) -> None:
    """Refuse options that a method does not have."""
    for name, value in given.items():
        if value is not None and method not in _OPTIONS_OF[name]:
            raise ParameterError(
                name, f"{method} has none; take the method {' or '.join(_OPTIONS_OF[name])}"
            )


def _require_kind(
    method: Method, operator: OperatorName | None, component: Component, *, zero_crossings: bool
) -> None:
    """Refuse operators of the wrong order."""
    if method == "canny" and operator == "laplacian":
        raise ParameterError("operator", "canny takes first differences; take sobel or another")
    if zero_crossings and (operator not in (None, "laplacian") or component != "magnitude"):
        raise ParameterError(
            "zero_crossings", "are those of the magnitude of a laplacian; leave one of them out"
        )
    if component == "direction" and operator == "laplacian":
        raise ParameterError("component", "a laplacian has no direction; take magnitude")


def _require_magnitude(shown: str, **given: bool) -> None:
    """Refuse to thin and to link what is not the magnitude of a gradient."""
    for name, is_given in given.items():
        if is_given and shown == "laplacian":
            raise ParameterError(name, "does not fit a laplacian; take --zero-crossings")
        if is_given and shown != "magnitude":
            raise ParameterError(name, f"belongs to the magnitude; leave {shown} out")


def _gradient(
    operator: OperatorName | None, component: OfGradient, sigma: float | str | None
) -> Gradient:
    smoothing = Smoothing(0.0 if sigma is None else as_pixels(sigma))
    return Gradient(operator or DEFAULT_OPERATOR, component, smoothing)


def _canny(
    operator: OperatorName | None, component: OfGradient, sigma: float | str | None
) -> Gradient:
    # In this order a turned image has the turned edges to the bit.
    smoothing = Smoothing(SIGMA_OF_CANNY if sigma is None else as_pixels(sigma), order="mean")
    return Gradient(operator or DEFAULT_OPERATOR, component, smoothing)


_FINDERS: Mapping[str, Callable[[OperatorName | None, OfGradient, float | str | None], Finder]] = {
    "gradient": _gradient,
    "canny": _canny,
    "contours": lambda *_: Contours(),
}
