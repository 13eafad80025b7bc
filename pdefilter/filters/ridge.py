"""Find the lines of an image."""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from pdefilter.equations.ridges import MEASURES, MeasureName
from pdefilter.errors import ParameterError
from pdefilter.filters.operations.edges.lines import Kind, Lines, OfLines
from pdefilter.filters.operations.edges.shown import ShownEdges
from pdefilter.filters.options.colour import Color, InSpace
from pdefilter.filters.options.option import AUTO, Option, image_filter
from pdefilter.filters.options.scales import Scales, scales_of
from pdefilter.filters.options.strength import (
    Stretch,
    Thin,
    Threshold,
    hysteresis_option,
    levels_of,
    require_one_scale,
)
from pdefilter.operation import Operation

Component: TypeAlias = Literal["magnitude", "width", "direction"]

KINDS = {
    "bright": "brighter than both sides",
    "dark": "darker than both sides",
    "both": "either",
}
COMPONENTS = {
    "magnitude": "strength",
    "width": "standard deviation of the line's profile in px",
    "direction": "angle along the line, from right over down",
}


@image_filter
def ridge(
    *,
    kind: Annotated[Kind, Option("Which lines to find.", choices=KINDS)] = "bright",
    scales: Scales = AUTO,
    measure: Annotated[
        MeasureName, Option("What makes a line strong.", choices=MEASURES)
    ] = "lindeberg",
    component: Annotated[Component, Option("Quantity to show.", choices=COMPONENTS)] = "magnitude",
    threshold: Threshold = None,
    thin: Thin = False,
    hysteresis: Annotated[str | Sequence[float] | None, hysteresis_option()] = None,
    stretch: Stretch = False,
    color: Color = "rgb",
) -> Operation:
    """Find lines, bright or dark, of any width: vessels, fibres, cracks, ridges of fingerprints.

    The second derivatives σ² L_ab of the smoothed image L = G_σ ∗ u have the
    principal curvatures λ across a line and λ' along it. The scale σ of a line is
    that of the largest |λ| σ^(−1/2), between the given scales by a parabola; it is the
    standard deviation of a line of Gaussian profile. Strengths are the same for an
    image and its enlargement with enlarged scales. A Gaussian line of height 1 has
    the strength 0.73, a bar at most 1, a step at most 0.14 by Lindeberg's measure
    and 0.5 by Sato's. In a volume lines are tubes, λ is the geometric mean of both
    curvatures across, σ is that of the largest |λ|, and a Gaussian tube has the
    strength 0.52. Of several channels, the one with the strongest line
    counts at each pixel. The border is mirrored. Alpha is kept, and neither it nor
    holes make lines.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), Image or Volume
        The image, integers or floats.
    kind : {"bright", "dark", "both"}
        Whether lines are brighter than both of their sides, darker, or either.
    scales : float, str or sequence of float
        The scales σ in px, or lengths such as "0.1mm,0.2mm", at most 32; in a volume in
        px of the finest axis. By default 1, √2, 2, … px up to 1/64 of the shortest side,
        which are at least two and at most nine.
    measure : {"lindeberg", "sato", "frangi"}
        The strength, up to a factor: √(λ² − λ'²) − σ |L_p| at the scale of the line,
        where L_p is the slope across, zero on a line and large beside a step; the
        largest σ² |λ| of all scales; or the largest exp(−2 R²) (1 − exp(−S²/2c²)),
        R = λ'/λ, S = √(λ² + λ'²), c half of the largest S in the image, in a volume
        times a factor that excludes sheets.
    component : {"magnitude", "width", "direction"}
        The strength in [0, 1]; the standard deviation of the line's profile in px, 0
        where there is no line; or the angle along it in (−π/2, π/2] from the columns
        axis (right) to the rows axis (down). Floats hold widths and angles as they are.
        Integers store 0 and the largest scale, or −π/2 and π/2, as 0 and full scale.
    threshold : float, optional
        If given, the result is binary: full scale where the strength reaches
        this fraction of full scale.
    thin : bool
        Whether lines are one pixel wide: a strength is kept if it is largest across the
        line. Of two equal neighbours one is kept. Not in volumes.
    hysteresis : str or pair of float, optional
        If given, the result is binary: full scale where the strength reaches the lower
        of two thresholds and hangs together with a pixel that reaches the higher one.
        They are fractions of full scale; or percentiles of the strengths above zero,
        such as "80%,95%"; or "auto": two and four times the strength of the image's
        noise at the smallest scale, more in texture, or 0.25 and 0.5 by Frangi's measure.
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
    Lindeberg 1998, doi:10.1023/A:1008097225773 (the selection of scales, and N);
    Sato et al. 1998, doi:10.1016/S1361-8415(98)80009-1; Frangi et al. 1998,
    doi:10.1007/BFb0056195.
    """
    finder = Lines(kind, measure, None if scales == AUTO else scales_of(scales), thin)
    if component != "magnitude":
        given = {
            "threshold": threshold is not None,
            "thin": thin,
            "hysteresis": hysteresis is not None,
            "stretch": stretch,
        }
        for name, is_given in given.items():
            if is_given:
                raise ParameterError(
                    name, f"a {component} has no strength; leave one of the two out"
                )
        return InSpace(color, OfLines(finder, component), measures=True)
    require_one_scale(
        threshold=threshold is not None, hysteresis=hysteresis is not None, stretch=bool(stretch)
    )
    lines = ShownEdges(finder, threshold, stretch, thin, levels_of(hysteresis))
    return InSpace(color, lines, measures=True)
