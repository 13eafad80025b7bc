"""Find the edges of an image."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pdefilter.equations import gradient
from pdefilter.equations.gradient import OPERATORS, OperatorName
from pdefilter.errors import ImageError, ParameterError
from pdefilter.filters.operations.weighted_mean import WeightedMean
from pdefilter.filters.options.colour import Color, InSpace
from pdefilter.filters.options.option import Option, image_filter
from pdefilter.filters.options.quantity import as_pixels
from pdefilter.operation import Numbers, Operation
from pdefilter.scale import Scale

if TYPE_CHECKING:
    from pdefilter.raster import Mask, Plane, Raster

Component: TypeAlias = Literal["magnitude", "slices", "rows", "columns", "direction"]

COMPONENTS = {
    "magnitude": "strength",
    "slices": "signed change from slice to slice of a volume",
    "rows": "signed change from row to row",
    "columns": "signed change from column to column",
    "direction": "angle of steepest ascent, from right over down",
}

# Looked at on photographs, coins, text and a brain: what the strongest edges share is white, and
# their texture is not. Pixels without any edge do not count, so that a lonely outline is white too.
_WHITE = 0.98

_SOURCES = {name: operator.source for name, operator in OPERATORS.items()}


@image_filter
def edge(
    *,
    operator: Annotated[OperatorName, Option("Derivative kernel.", choices=_SOURCES)] = "sobel",
    component: Annotated[Component, Option("Quantity to show.", choices=COMPONENTS)] = "magnitude",
    sigma: Annotated[
        float | str,
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
    operator : {"sobel", "scharr", "prewitt", "roberts", "laplacian"}
        The derivative kernel.
    component : {"magnitude", "slices", "rows", "columns", "direction"}
        The strength in [0, 1]; the derivative along one axis in [−1, 1]; or
        the angle in (−π, π] from the columns axis (right) to the rows axis
        (down). An unsigned integer image stores −1 or −π as 0, zero in the
        middle, and 1 or π as full scale.
    sigma : float or str
        Standard deviation in px, or a length such as "2mm", of a Gaussian applied first.
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
    chosen = OPERATORS[operator]
    if component == "direction":
        if chosen.order == 2:
            raise ParameterError("component", f"a {operator} has no direction; take magnitude")
        for name, value in (("threshold", threshold is not None), ("stretch", stretch)):
            if value:
                raise ParameterError(name, "a direction has no strength; leave one of the two out")
    if threshold is not None and stretch:
        raise ParameterError("stretch", "a binary image is stretched already; leave out one")
    strength = Strength(operator, component, as_pixels(sigma), threshold, stretch)
    return InSpace(color, strength, measures=True)


@dataclass(frozen=True)
class Strength(Operation):
    """The strength of edges, a component of the gradient, or its direction.

    Attributes
    ----------
    operator, component : str
        The derivative kernel, and the quantity to show.
    sigma : float
        The standard deviation in px of the Gaussian applied first.
    threshold : float or None
        The fraction of full scale at and above which the result is full scale.
    stretch : bool or None
        Whether a high percentile of the strengths becomes full scale; None for integers only.
    """

    operator: OperatorName
    component: Component
    sigma: float
    threshold: float | None
    stretch: bool | None

    @property
    def planar(self) -> str | None:
        """Name a direction, an angle between two axes."""
        return "the direction of edges" if self.component == "direction" else None

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:
        """Refuse images without the axis of the component."""
        super().require_fit(shape, valid)
        if self.component == "slices" and len(shape) < 3:
            raise ImageError("is not a volume and has no slices; take the component rows")

    def measure(self, image: "Raster") -> Numbers:
        """Find the range of the smoothed image, and the strength that is shown as full scale."""
        numbers: dict[str, Any] = {}
        if self.sigma:
            numbers["smoothed"] = self._smoothing.measure(image)
        if self._is_stretched:
            parts = [image.part(*place) for place in image.parts]
            strengths = [self._strength(part, numbers) for part in parts]
            if image.whole is None:
                image.kept[self] = replace(image, colour=strengths[0][None])
            numbers["white"] = _white(strengths)
        return numbers

    def reach(self, numbers: Numbers) -> int:
        """Return how far both kernels reach together."""
        return 1 + (self._smoothing.window.along(1.0).reach if self.sigma else 0)

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Compute the component at every pixel."""
        scale = image.scale
        if self.component == "direction":
            smoothed = self._smoothed(image, numbers)
            angle = gradient.direction(*gradient.shared_gradient(smoothed, self._kernels))
            return _shown(image, angle, gradient.FULL_TURN, Scale(is_angle=True))
        kept = image.kept.pop(self, None)
        strength = self._strength(image, numbers) if kept is None else kept.colour[0]
        interval = (0.0, 1.0) if self.component == "magnitude" else gradient.SIGNED
        if self.threshold is not None:
            reached = (abs(strength) >= scale.number(self.threshold)).astype(strength.dtype)
            return _shown(image, reached, (0.0, 1.0), scale.of_fractions)
        white = numbers.get("white")
        if not white:
            return _shown(image, strength, interval, scale.of_differences)
        if self.stretch:
            import numpy as np

            stretched = (strength / np.float32(white)).clip(*interval)
            return _shown(image, stretched, interval, scale.of_fractions)
        lowest, highest = (scale.fraction(white) * end for end in interval)
        shown = _shown(image, strength, (lowest, highest), scale.of_differences)
        return replace(shown, clips=True)

    @property
    def _is_stretched(self) -> bool:
        shows_strength = self.component != "direction" and self.threshold is None
        return shows_strength and self.stretch is not False

    @property
    def _kernels(self) -> gradient.Operator:
        return OPERATORS[self.operator]

    @property
    def _smoothing(self) -> WeightedMean:
        from pdefilter.kernels.windows import Window

        return WeightedMean(Window("gaussian", self.sigma))

    def _smoothed(self, image: "Raster", numbers: Numbers) -> "Raster":
        if not self.sigma:
            return image
        smoothed = self._smoothing.run(replace(image, may_overwrite=False), numbers["smoothed"])
        return replace(smoothed, alpha=image.alpha)

    def _strength(self, image: "Raster", numbers: Numbers) -> "Plane":
        smoothed = self._smoothed(image, numbers)
        if self.component == "magnitude":
            return gradient.strength(smoothed, self._kernels)
        axis = ("columns", "rows", "slices").index(self.component)
        component: Plane = gradient.shared_gradient(smoothed, self._kernels)[-1 - axis]
        return component


def _white(of_parts: "Sequence[Plane]") -> float:
    """Find the strength that is shown as full scale; zero where there is no edge."""
    import numpy as np

    from pdefilter.measure.percentile import quantile

    strengths = np.concatenate([abs(strength[strength != 0]) for strength in of_parts])
    return float(quantile(strengths, _WHITE)) if strengths.size else 0.0


def _shown(
    image: "Raster", plane: "Plane", interval: tuple[float, float], scale: Scale
) -> "Raster":
    """Make one plane every colour channel of an image."""
    import numpy as np

    colour = plane[None]
    if len(image.colour) > 1:
        colour = np.broadcast_to(plane, image.colour.shape)
    return replace(image, colour=colour, interval=interval, scale=scale, may_overwrite=False)
