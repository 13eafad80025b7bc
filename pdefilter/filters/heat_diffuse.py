"""Smooth an image by linear diffusion."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pdefilter.display import Offer
from pdefilter.equations.heat import Heat
from pdefilter.errors import ImageError, ParameterError
from pdefilter.evolve.schedule import SCHEMES, Schedule, schedule
from pdefilter.evolve.steps import reach_of, take_steps
from pdefilter.filters.operations.planes import PlanesOperation, edges_of
from pdefilter.filters.options.border import BORDERS, Border, wraps_of
from pdefilter.filters.options.colour import Color, InSpace
from pdefilter.filters.options.option import Option, image_filter
from pdefilter.filters.options.quantity import along_axes, as_pixels, require_axes, spacing_for
from pdefilter.filters.options.time import (
    LONGEST_TIME,
    Iterations,
    Step,
    Tolerance,
    scheme_option,
    time_option,
)
from pdefilter.grid import UNIT, largest_stable_step
from pdefilter.operation import Numbers, Operation, Unchanged

if TYPE_CHECKING:
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.measure.extremes import PlainLimits
    from pdefilter.raster import Mask, Planes, Raster

DEFAULT_TIME = 2.0

# For longer times the cosine transform is faster than Euler's steps, and it makes no error.
LONGEST_EXPLICIT_TIME = 20.0

_DEFAULT_SCHEME = (
    f"explicit up to t = {LONGEST_EXPLICIT_TIME:g} px² or if steps are given, optimal if a "
    "tolerance is given or there are holes, else exact"
)

HeatScheme: TypeAlias = Literal["explicit", "fed", "fsi", "aos", "optimal", "exact"]

HEAT_SCHEMES = {
    **SCHEMES,
    "optimal": "the fewest explicit steps for a tolerance",
    "exact": "cosine transform, the same cost for any time",
}


@image_filter
def heat_diffuse(
    *,
    time: Annotated[float | str | None, time_option()] = None,
    sigma: Annotated[
        float | str | Sequence[float] | None,
        Option(
            "Standard deviation of the equivalent Gaussian; t = σ²/2.",
            unit="px",
            minimum=0,
            maximum=(2 * LONGEST_TIME) ** 0.5,
            otherwise="2",
            per_axis=True,
        ),
    ] = None,
    iterations: Iterations = None,
    step: Step = None,
    scheme: Annotated[HeatScheme | None, scheme_option(HEAT_SCHEMES, _DEFAULT_SCHEME)] = None,
    tolerance: Tolerance = None,
    border: Annotated[Border, Option("Values beyond the border.", choices=BORDERS)] = "reflect",
    color: Color = "rgb",
) -> Operation:
    """Smooth an image by the heat equation u_t = Δu.

    There is no flux through the border, which mirrors the image, unless an axis is cyclic.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), Image or Volume
        The initial image, integers or floats.
    time : float or str, optional
        Stopping time t in px², or an area such as "4mm²".
    sigma : float, str or sequence of float, optional
        Standard deviation in px of the equivalent Gaussian, or a length such as "2mm";
        t = σ²/2. Or a number for every axis, in its own pixels: the equation with a
        diffusion constant for each. If neither time nor sigma is given, σ = 2.
    iterations : int, optional
        Number of explicit or aos steps.
    step : float or str, optional
        Size τ in px², or an area, of an explicit step, at most 0.25 and by default 0.2,
        in a volume 1/6 and 0.13; or the size of an aos step.
    scheme : {"explicit", "fed", "fsi", "aos", "optimal", "exact"}, optional
        Euler steps, cycles of fast explicit diffusion, cycles of fast
        semi-iterative steps, additive operator splitting, the fewest explicit
        steps for a tolerance, or the discrete cosine transform. By default
        explicit up to t = 20 px² and if steps are given, optimal if a tolerance is
        given or the image has holes, else exact.
    tolerance : float, optional
        Root mean square error allowed for fed, fsi, aos and optimal, in grey levels
        of 255, estimated on parts of the image. The default is 0.1/255 of the
        image's own range.
    border : {"reflect", "wrap", "wrap-rows", "wrap-columns"}
        Mirrored; or cyclic along all axes; along the axis of rows alone, so that the
        last row is next to the first one; or along the axis of columns alone, as for a
        panorama. The aos scheme is not cyclic, and the exact one uses the Fourier
        transform then.
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
        If a step is unstable or the options contradict each other.
    ImageError
        If the image has holes and the scheme is exact.

    References
    ----------
    Iijima 1959; Weickert, Ishikawa & Imiya 1999, doi:10.1023/A:1008344623873.
    Schemes: Grewenig, Weickert & Bruhn 2010, doi:10.1007/978-3-642-15986-2_54
    (fed); Hafner et al. 2016, doi:10.1007/978-3-319-45886-1_8 (fsi); Weickert,
    ter Haar Romeny & Viergever 1998, doi:10.1109/83.661190 (aos).
    """
    if time is not None and sigma is not None:
        raise ParameterError("sigma", "time and sigma mean the same; give one of them")
    time, widest = as_pixels(time), as_pixels(sigma)
    if widest is not None:
        time = widest**2 / 2
    if border != "reflect" and scheme == "aos":
        raise ParameterError(
            "border", "the aos scheme solves for mirrored lines; take another scheme or reflect"
        )

    undecided = all(option is None for option in (scheme, iterations, step, tolerance))
    is_long = undecided and time is not None and time > LONGEST_EXPLICIT_TIME
    exact = None
    if scheme == "exact" or is_long:
        for name, value in (("iterations", iterations), ("step", step), ("tolerance", tolerance)):
            if value is not None:
                raise ParameterError(
                    name, "the exact scheme takes no steps; give a time or a sigma"
                )
        exact = DEFAULT_TIME if time is None else time
        if not exact:
            return Unchanged()
    plan = None
    if scheme != "exact":
        plan = functools.partial(
            schedule,
            scheme="optimal" if is_long else scheme,
            time=time,
            iterations=iterations,
            step=as_pixels(step),
            tolerance=tolerance,
            to_tolerance="optimal",
            default_time=DEFAULT_TIME,
        )
        if not plan(largest_stable_step=largest_stable_step(UNIT)).time:
            return Unchanged()
    return InSpace(color, HeatFlow(exact, plan, border, along_axes(sigma)))


# Every time has an exact state; those that can be shown are so many.
_STATES = 10_000


@dataclass(frozen=True)
class HeatFlow(PlanesOperation):
    """Linear diffusion.

    Attributes
    ----------
    exact : float or None
        The stopping time for the cosine transform, used for an image without holes.
    plan : callable or None
        How time advances otherwise: the function from the largest stable step to a schedule.
    border : str
        Which axes are cyclic.
    deviations : tuple of float or None
        The deviation of the equivalent Gaussian along every axis, in its own pixels, the
        largest of which the time gives; None if the spacing of the image decides.
    """

    exact: float | None
    plan: Callable[..., Schedule] | None
    border: Border
    deviations: tuple[float, ...] | None = None

    @property
    def evolves(self) -> bool:
        """Return true."""
        return True

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:
        """Refuse holes if the scheme must be exact, and other numbers of axes."""
        super().require_fit(shape, valid)
        require_axes("sigma", self.deviations, shape)
        if self.plan is None and valid is not None:
            raise ImageError(
                "has holes, which the exact scheme cannot go around; take the scheme optimal"
            )

    def measure_planes(
        self, image: "Raster", u: "Planes", limits: "Callable[[], PlainLimits]"
    ) -> dict[str, Any]:
        """Find the steps."""
        self.require_fit(image.whole_shape, image.valid)
        if self.exact is not None and image.valid is None:
            return {"scheme": "exact", "time": self.exact}
        assert self.plan is not None
        heat = self._heat(image)
        steps = self.plan(largest_stable_step=heat.largest_stable_step)
        return steps.measure(heat, u, image.scale, limits)

    @property
    def remedy(self) -> str | None:
        """Advice where the solution is exact, implicit or cyclic."""
        if self._is_cyclic:
            return "leave --border out"
        unit = largest_stable_step(UNIT)
        is_solved = (
            self.exact is not None
            or self.plan is None
            or self.plan(largest_stable_step=unit).scheme == "aos"
        )
        return "give --scheme optimal" if is_solved else None

    def reach(self, numbers: Numbers) -> int | None:
        """Return the reach of the steps.

        None for the exact solution, and for cyclic axes: both depend on all of the image.
        """
        everywhere = numbers["scheme"] == "exact" or self._is_cyclic
        return None if everywhere else reach_of(numbers, 0)

    def reach_of_part(self, numbers: Numbers, parts: int) -> int | None:
        """Return the reach of a part of the steps."""
        everywhere = self.reach(numbers) is None
        return None if everywhere else reach_of(numbers, 0, parts)

    def run_planes(
        self, image: "Raster", u: "Planes", numbers: Numbers, scratch: "Scratch"
    ) -> "Planes":
        """Solve exactly, or take the steps."""
        if numbers["scheme"] == "exact":
            return self._solved(self._heat(image), u, numbers["time"])
        return take_steps(self._heat(image), u, numbers, scratch)

    @property
    def _is_cyclic(self) -> bool:
        return any(wraps_of(self.border))

    def _heat(self, image: "Raster") -> Heat:
        wraps = wraps_of(self.border, len(image.shape))
        return Heat(edges_of(image, wraps), spacing_for(self.deviations, image), wraps)

    def _solved(self, heat: Heat, u: "Planes", time: float) -> "Planes":
        """Solve exactly, also for the times of states."""
        times = {k: time * k / _STATES for k in range(1, _STATES + 1)}
        states = Offer(lambda: times, "px²")
        for k in sorted(states.numbers):
            states.reached(k, heat.evolve_exactly(u, times[k]))
        return heat.evolve_exactly(u, time)
