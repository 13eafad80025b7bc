"""Smooth an image within its regions and not across their edges."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pdefilter.equations.contrast import contrast_among, usable
from pdefilter.equations.diffusivities import DIFFUSIVITIES, DiffusivityName
from pdefilter.equations.evolution import Evolution
from pdefilter.errors import ParameterError
from pdefilter.evolve.schedule import SCHEMES, Schedule, Scheme, schedule
from pdefilter.evolve.steps import reach_of, take_steps
from pdefilter.evolve.stopping import least_risk
from pdefilter.filters.operations.models import (
    MODELS,
    Choice,
    Model,
    choose,
    contrast_for,
    scheme_of,
)
from pdefilter.filters.operations.planes import PlanesOperation, edges_of
from pdefilter.filters.operations.stabilised import Stabilised
from pdefilter.filters.options.colour import Color, InSpace
from pdefilter.filters.options.coupling import Coupled, Coupling, Sharing
from pdefilter.filters.options.maps import (
    Guide,
    KappaMap,
    NoiseMap,
    SupportsArray,
    as_number,
    as_raster,
    numbers_in,
    require_map,
    require_size,
)
from pdefilter.filters.options.noise import (
    NOISE_MODELS,
    NoiseLevel,
    NoiseModelName,
    as_numbers,
    noise_of,
    require_noise_of_model,
)
from pdefilter.filters.options.option import AUTO, Option, image_filter
from pdefilter.filters.options.quantity import as_pixels
from pdefilter.filters.options.time import (
    Iterations,
    Step,
    Tolerance,
    kappa_option,
    scheme_option,
    time_option,
)
from pdefilter.grid import UNIT
from pdefilter.operation import Numbers, Operation, Unchanged
from pdefilter.scale import Scale
from pdefilter.warn import warn

if TYPE_CHECKING:
    from pdefilter.kernels.scratch import Scratch
    from pdefilter.measure.extremes import PlainLimits
    from pdefilter.measure.noise import Noise
    from pdefilter.raster import Mask, Planes, Raster, Values

_MODELS = {name: model.meaning for name, model in MODELS.items()}
_DEFAULT_SCHEME = "fsi with a tolerance, a tensor or a guide, else explicit"
_NO_EFFECT = "has no effect where kappa, or a guide, and the time are given; leave one of {} out"
_FORMULAS = {name: diffusivity.formula for name, diffusivity in DIFFUSIVITIES.items()}


@image_filter
def anisotropic(
    *,
    model: Annotated[
        Model, Option("Equation u_t = … by which the image evolves.", choices=_MODELS)
    ] = "regularized",
    noise: NoiseLevel = AUTO,
    noise_model: Annotated[
        NoiseModelName, Option("Kind of the noise.", choices=NOISE_MODELS)
    ] = "gaussian",
    kappa: Annotated[float | str | SupportsArray, kappa_option(auto=True)] = AUTO,
    diffusivity: Annotated[
        DiffusivityName | None,
        Option(
            "How the diffusivity g falls with the difference s.",
            choices=_FORMULAS,
            otherwise="rational, for edge-enhancing weickert",
        ),
    ] = None,
    presmooth: Annotated[
        float | str | None,
        Option(
            "Standard deviation σ of the Gaussian that makes the smoothed image u_σ, whose "
            "differences are used.",
            unit="px",
            minimum=0,
            maximum=1000,
            otherwise="0.5, for edge-enhancing 1; in volumes 0.5, 0.7 or 1, by the estimated error",
        ),
    ] = None,
    integration_scale: Annotated[
        float | str | None,
        Option(
            "Standard deviation ρ of the Gaussian that averages the directions of edges; about the "
            "distance between lines.",
            unit="px",
            minimum=0,
            maximum=1000,
            otherwise="4, for edge-enhancing 0",
        ),
    ] = None,
    time: Annotated[float | str, time_option(auto=True)] = AUTO,
    iterations: Iterations = None,
    step: Step = None,
    scheme: Annotated[Scheme | None, scheme_option(SCHEMES, _DEFAULT_SCHEME)] = None,
    tolerance: Tolerance = None,
    kappa_map: KappaMap = None,
    noise_map: NoiseMap = None,
    guide: Guide = None,
    coupling: Coupling = None,
    color: Color = "rgb",
) -> Operation:
    """Remove noise within regions, and keep the edges between them, by nonlinear diffusion.

    u_t = div(D ∇u) with zero flux through the border, where D depends on the
    image. All channels share D, by the mean of their squared differences. The
    default contrast and time minimise the estimated error for white noise. An
    image without noise stays as it is. With a guide, D depends on another picture
    of the same scene, whose edges the result then keeps.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), Image or Volume
        The initial image, integers or floats.
    model : {"perona-malik", "regularized", "edge-enhancing", \
"coherence-enhancing"}
        D = g(|∇u|²), edge by edge between neighbours; D = g(|∇u_σ|²) of the
        smoothed image u_σ, so that noise does not count as an edge;
        D = g(J_ρ(∇u_σ)), which smooths along edges too; or a D that is α across
        lines and α + (1 − α) exp(−κ⁴/(μ₁ − μ₂)²) along them, which joins
        interrupted lines. J_ρ is the structure tensor, and μ₁ ≥ μ₂ are its
        eigenvalues. No eigenvalue of D is below α = 0.01.
    noise : float or "auto"
        Standard deviation of the noise as a fraction of full scale; auto
        estimates it in every channel. Noise that neighbours share, as in JPEG
        files, is underestimated, and then stays. For the noise model "poisson" it
        is the value of one photon, and for "rician" the deviation before the
        magnitude was taken.
    noise_model : {"gaussian", "poisson", "rician", "auto"}
        The same noise everywhere; that of photons, whose variance is a straight line
        over the light; that of magnitudes; or auto, which fits the variance over the
        light. Values are transformed so that all of them have the same noise, and
        back without bias.
    kappa : float, str or "auto"
        Contrast parameter κ as a fraction of full scale; or a percentile of the
        differences between neighbouring pixels, of u_σ if the model has one; or
        auto, a multiple of the noise in those differences (p50 for
        coherence-enhancing, and with a guide).
    diffusivity : {"exponential", "rational", "charbonnier", "weickert", \
"tukey", "geman-mcclure", "tv"}, optional
        g, by default rational, or weickert for edge-enhancing. The flux s g is
        largest at s = κ/√2 (exponential), κ (rational, weickert), κ/√5 (tukey)
        or κ/√3 (geman-mcclure); that of tv is constant from κ on, and that of
        charbonnier always grows. Edges are sharpened where the flux falls.
    presmooth : float or str, optional
        Standard deviation σ in px, or a length such as "2mm", of the Gaussian that
        makes u_σ; by default 0.5 px, or 1 px for edge-enhancing. In volumes the default of
        "regularized" is 0.5, 0.7 or 1 px, whichever has the smallest estimated error.
    integration_scale : float or str, optional
        Standard deviation ρ in px, or a length, of the Gaussian that smooths the structure
        tensor, by default 4, or 0 for edge-enhancing.
    time : float, str or "auto"
        Stopping time t in px², or an area such as "4mm²"; or auto, unless iterations
        are given: the time at which Stein's unbiased estimate of the error is smallest,
        found by explicit steps on squares of the image (20 for coherence-enhancing).
    iterations : int, optional
        Number of explicit or aos steps.
    step : float or str, optional
        Size τ in px², or an area, of an explicit step, at most 0.25 and by default 0.2,
        or half as much where D is a tensor, in a volume at most 1/6 or 1/28; or the size
        of an aos step.
    scheme : {"explicit", "fed", "fsi", "aos"}, optional
        Euler steps, cycles of fast explicit diffusion or of fast semi-iterative
        steps with D fixed in each cycle, or additive operator splitting, which
        does not support tensors. By default fsi where a tolerance or a guide is given
        or D is a tensor, else explicit: edges that sharpen need small steps.
    tolerance : float, optional
        Root mean square error allowed for fed, fsi and aos, in grey levels of
        255, estimated on parts of the image. The default is 0.1/255 of the
        image's own range, or 0.5/255 where D is a tensor.
    kappa_map : ndarray of shape (M, N) or Image, optional
        κ for every pixel, in the unit of `kappa`, which may be this array too.
    noise_map : ndarray of shape (M, N) or Image, optional
        The noise for every pixel, in the unit of `noise`, which may be this array
        too.
    guide : ndarray of shape (M, N) or (M, N, K), or Image, optional
        A picture v of the size of the image, of any depth and channels, such as the
        photograph beside a depth map: D is that of v, at all times, and κ is a contrast
        in it, by default p50. Nothing flows where v has a hole. Its stored values count,
        whatever the colour space of the image is.
    coupling : {"shared", "noise", "none"}, optional
        How channels share D: by all of their differences alike, by differences in
        units of each channel's noise, or not at all. By default shared for colours,
        and noise for other bands. With a guide they share its D.
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
        If κ is not a contrast, a step is unstable, or the options contradict each
        other or the model.
    MisfitError
        If the size of a map or of the guide is not that of the image.

    References
    ----------
    Perona & Malik 1990, doi:10.1109/34.56205; Catté, Lions, Morel & Coll 1992,
    doi:10.1137/0729012 (regularized); Weickert 1998, Anisotropic Diffusion in
    Image Processing (edge-enhancing, weickert); Weickert 1999,
    doi:10.1023/A:1008009714131 (coherence-enhancing); Fehrenbach & Mirebeau
    2014, doi:10.1007/s10851-013-0446-3 (tensors on the grid). Guide: Ferstl,
    Reinbacher, Ranftl, Rüther & Bischof 2013, doi:10.1109/ICCV.2013.127.
    Diffusivities: Charbonnier et al. 1997, doi:10.1109/83.551699; Black et al. 1998,
    doi:10.1109/83.661192 (tukey); Geman & McClure 1985, Bayesian image analysis
    (geman-mcclure); Rudin, Osher & Fatemi 1992,
    doi:10.1016/0167-2789(92)90242-F (tv). Noise: Immerkær 1996,
    doi:10.1006/cviu.1996.0060. Noise models: Foi, Trimeche, Katkovnik &
    Egiazarian 2008, doi:10.1109/TIP.2008.2001399; Mäkitalo & Foi 2013,
    doi:10.1109/TIP.2012.2202675 (poisson); Foi 2011,
    doi:10.1109/ISBI.2011.5872758 (rician). Error: Stein 1981,
    doi:10.1214/aos/1176345632. Schemes: Grewenig, Weickert & Bruhn
    2010, doi:10.1007/978-3-642-15986-2_54 (fed); Hafner et al. 2016,
    doi:10.1007/978-3-319-45886-1_8 (fsi); Weickert, ter Haar Romeny &
    Viergever 1998, doi:10.1109/83.661190 (aos).
    """
    kappa, noise = as_number(kappa), as_number(noise)
    choice = choose(
        model,
        diffusivity=diffusivity,
        presmooth=as_pixels(presmooth),
        integration_scale=as_pixels(integration_scale),
    )
    kappas, noises, followed = as_raster(kappa_map), as_raster(noise_map), as_raster(guide)
    if followed is not None and coupling is not None:
        raise ParameterError("coupling", "has no effect with a guide; leave one of the two out")
    minimises_error = (time, iterations, MODELS[model].time) == (AUTO, None, None)
    stepped = iterations is not None or step is not None
    plan = partial(
        schedule,
        scheme=scheme_of(model, scheme, stepped=stepped, guided=followed is not None),
        time=None if time == AUTO else float(time),
        iterations=iterations,
        step=as_pixels(step),
        tolerance=tolerance,
        to_tolerance="fsi",
        default_time=MODELS[model].time or 0.0,
        default_tolerance=MODELS[model].tolerance,
    )
    steps = plan(largest_stable_step=MODELS[model].largest_stable_step(UNIT))
    wanted = contrast_for(model, guided=followed is not None) if kappa == AUTO else kappa
    for name, value, picture in (("kappa", kappa, kappas), ("noise", noise, noises)):
        require_map(name, value, picture, given=value != AUTO)
    kappa_is_known = kappas is not None or followed is not None
    if noises is not None and kappa_is_known and not minimises_error:
        raise ParameterError("noise_map", _NO_EFFECT.format("them"))
    require_noise_of_model(noise_model, noise, noises)
    follows_noise = minimises_error or (wanted == AUTO and kappas is None)
    if noise != AUTO and noise_model == "gaussian" and not follows_noise:
        raise ParameterError("noise", _NO_EFFECT.format("the three"))
    if not minimises_error and not steps.time:
        return Unchanged()
    diffusion = Diffusion(choice, wanted, noise, kappas, noises, followed, minimises_error, plan)
    # A given noise is that of all bands, and gives all of them the same weight.
    shares = noise != AUTO or noises is not None or followed is not None
    sharing: Sharing | None = "shared" if shares and coupling != "none" else coupling
    if noise_model != "gaussian":
        return InSpace(color, Stabilised(noise_model, noise, sharing, diffusion), couples=True)
    return InSpace(color, Coupled(sharing, diffusion), couples=True)


class _Trial(NamedTuple):
    """A presmoothing with its κ and its evolution, and the time of the smallest estimated error."""

    presmooth: float | None
    contrast: "float | Values"
    evolution: Evolution
    time: float | None
    risk: float


@dataclass(frozen=True)
class Diffusion(PlanesOperation):
    """Nonlinear diffusion, or linear diffusion that follows a guide.

    Attributes
    ----------
    choice : Choice
        The model.
    contrast : float or str
        κ, as a fraction of full scale, a percentile, or auto.
    noise : float or str
        The standard deviation of the noise as a fraction of full scale, or auto.
    kappa_map, noise_map : Raster or None
        κ and the noise of every pixel.
    guide : Raster or None
        The picture whose differences count; None for the image itself.
    minimises_error : bool
        Whether the time is that of the smallest estimated error.
    plan : callable
        How time advances: the function from the largest stable step to a schedule.
    """

    choice: Choice
    contrast: float | str
    noise: float | str
    kappa_map: "Raster | None"
    noise_map: "Raster | None"
    guide: "Raster | None"
    minimises_error: bool
    plan: Callable[..., Schedule]

    def of_noise(self, level: float | str) -> "Diffusion":
        """Return the operation for noise of this deviation, or for noise to be estimated."""
        return replace(self, noise=level)

    @property
    def evolves(self) -> bool:
        """Return true."""
        return True

    def require_fit(self, shape: tuple[int, ...], valid: "Mask | None" = None) -> None:
        """Refuse images whose size is not that of the maps and of the guide."""
        super().require_fit(shape, valid)
        require_size("guide", self.guide, shape)
        require_size("kappa_map", self.kappa_map, shape)
        require_size("noise_map", self.noise_map, shape)

    def measure_planes(
        self, image: "Raster", u: "Planes", limits: "Callable[[], PlainLimits]"
    ) -> dict[str, Any]:
        """Find the noise, κ, the time and the steps."""
        from pdefilter.measure import extremes

        numbers: dict[str, Any] = {}
        noise: Noise | None = None
        if self._follows_noise or self.minimises_error:
            noise = noise_of(image, u, self.noise, self.noise_map)
            numbers |= as_numbers(noise, image)
        followed = self._followed(image)
        trials = [trial._trial(image, u, followed, noise) for trial in self._trials(image)]
        trial = min(trials, key=lambda trial: trial.risk)
        if len(trials) > 1:
            numbers["presmooth"] = trial.presmooth
        numbers["kappa"] = _fractions(trial.contrast, followed.scale)
        if isinstance(trial.contrast, float):
            if self._follows_noise and not trial.contrast:
                return numbers | {"time": 0.0}
            its_limits = partial(extremes.visible_limits, followed)
            limits_of_followed = limits if followed is image else its_limits
            _warn_of_large(trial.contrast, limits_of_followed, followed.scale)
        plan = partial(self.plan, largest_stable_step=trial.evolution.largest_stable_step)
        if trial.time is not None:
            plan = partial(plan, time=trial.time)
        return numbers | plan().measure(trial.evolution, u, image.scale, limits)

    @property
    def remedy(self) -> str | None:
        """Advice where steps are implicit, or there is a tensor."""
        if self.choice.reach is None:
            return "give --model regularized"
        largest = MODELS[self.choice.model].largest_stable_step(UNIT)
        is_implicit = self.plan(largest_stable_step=largest).scheme == "aos"
        return "give --scheme fsi" if is_implicit else None

    def reach(self, numbers: Numbers) -> int | None:
        """Return the reach of the steps; a tensor depends on all of the image."""
        return self.reach_of_part(numbers, 1)

    def reach_of_part(self, numbers: Numbers, parts: int) -> int | None:
        """Return the reach of a part of the steps."""
        of_coefficients = self._chosen(numbers).choice.reach
        if of_coefficients is None:
            return None
        if self.guide is None:
            return reach_of(numbers, of_coefficients, parts)
        # The coefficients stay, whatever the steps have led to.
        of_steps = reach_of(numbers, 0, parts)
        return None if of_steps is None else of_steps + of_coefficients

    def run_planes(
        self, image: "Raster", u: "Planes", numbers: Numbers, scratch: "Scratch"
    ) -> "Planes":
        """Take the steps."""
        if not numbers["time"]:
            return u
        return self._chosen(numbers)._march(image, u, numbers, scratch)

    def _march(
        self, image: "Raster", u: "Planes", numbers: Numbers, scratch: "Scratch"
    ) -> "Planes":
        followed = self._followed(image)
        contrast: float | Values
        if isinstance(numbers["kappa"], float):
            contrast = followed.scale.number(numbers["kappa"])
        else:
            noise = noise_of(image, u, self.noise, self.noise_map)
            contrast = self._contrast(image, u, noise, followed)
        return take_steps(self._evolution(image, followed, contrast), u, numbers, scratch)

    def _trials(self, image: "Raster") -> "list[Diffusion]":
        """List the diffusions of which the one with the smallest estimated error is taken."""
        in_volume = self.minimises_error and len(image.spacing) > 2
        sigmas = self.choice.presmooths if in_volume else ()
        return [self._presmoothed_by(sigma) for sigma in sigmas] or [self]

    def _trial(
        self, image: "Raster", u: "Planes", followed: "Raster", noise: "Noise | None"
    ) -> "_Trial":
        contrast = self._contrast(image, u, noise, followed)
        evolution = self._evolution(image, followed, contrast)
        time, risk = None, 0.0
        has_noise = not (self._follows_noise and isinstance(contrast, float) and not contrast)
        if self.minimises_error and has_noise:
            assert noise is not None
            time, risk = least_risk(evolution, u, noise)
        return _Trial(self.choice.presmooth, contrast, evolution, time, risk)

    def _chosen(self, numbers: Numbers) -> "Diffusion":
        return self._presmoothed_by(numbers["presmooth"]) if "presmooth" in numbers else self

    def _presmoothed_by(self, sigma: float) -> "Diffusion":
        return replace(self, choice=self.choice.presmoothed_by(sigma))

    @property
    def _follows_noise(self) -> bool:
        """Whether κ depends on the noise of the image."""
        return self.contrast == AUTO and self.kappa_map is None

    def _followed(self, image: "Raster") -> "Raster":
        """Return the picture whose differences count: the image, or its part of the guide."""
        if self.guide is None:
            return image
        return replace(image.cut(self.guide.together), spacing=image.spacing)

    def _evolution(
        self, image: "Raster", followed: "Raster", contrast: "float | Values"
    ) -> Evolution:
        if followed is image:
            return self.choice.evolution(image, usable(contrast))
        return self.choice.guided(image, followed, usable(contrast))

    def _contrast(
        self, image: "Raster", u: "Planes", noise: "Noise | None", followed: "Raster"
    ) -> "float | Values":
        """Find κ: one number, or one for every pixel."""
        scale, channels = followed.scale, len(followed.colour)
        given = numbers_in("kappa_map", self.kappa_map, image, positive=True, scale=scale)
        if given is not None:
            return given
        if followed is not image:
            u, _ = followed.planes()
        if self.contrast == AUTO:
            assert noise is not None
            return self.choice.contrast_of(noise.deviations[:channels], image.spacing)
        parts = []
        for place in image.parts:
            part = followed.part(*place)
            parts.append((self.choice.smoothed(part)(u[:, *place]), edges_of(part)))
        return contrast_among(parts, self.contrast, channels, scale, image.spacing)


def _fractions(contrast: "float | Values", scale: Scale) -> float | list[float]:
    """Return κ as a fraction of full scale; for a map its smallest and its largest κ."""
    if isinstance(contrast, float):
        return scale.fraction(contrast)
    return [scale.fraction(float(contrast.min())), scale.fraction(float(contrast.max()))]


def _warn_of_large(contrast: float, limits: "Callable[[], PlainLimits]", scale: Scale) -> None:
    if scale.fraction(contrast) <= 1:
        return
    smallest, largest = ([value for value in values if value is not None] for values in limits())
    if contrast > max(largest) - min(smallest):
        warn(
            f"kappa = {scale.fraction(contrast):g} is above every difference in the image, where "
            "full scale is 1: nothing counts as an edge"
        )
