"""The parameters of a filter with the defaults that it takes where none were given."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from pdefilter.filters.edge import DEFAULT_OPERATOR, SIGMA_OF_CANNY, SIGMA_OF_CROSSINGS
from pdefilter.filters.heat_diffuse import DEFAULT_TIME as HEAT_TIME
from pdefilter.filters.heat_diffuse import LONGEST_EXPLICIT_TIME
from pdefilter.filters.operations.curvature import DEFAULT_TIME as CURVATURE_TIME
from pdefilter.filters.operations.models import MODELS, choose, contrast_for, scheme_of
from pdefilter.filters.operations.variational import (
    DEFAULT_CONTRAST,
    DEFAULT_OPTIMIZER,
    DEFAULT_WEIGHT,
    ENERGIES,
)
from pdefilter.filters.options.option import AUTO
from pdefilter.filters.shock import DEFAULT_RHO as SHOCK_RHO
from pdefilter.filters.shock import DEFAULT_SIGMA as SHOCK_SIGMA
from pdefilter.filters.shock import DEFAULT_STEP as SHOCK_STEP
from pdefilter.filters.shock import DEFAULT_TIME as SHOCK_TIME
from pdefilter.filters.smooth import DEFAULT_MEDIAN_SIZE, DEFAULT_SIGMA
from pdefilter.filters.wave import CONSTANT, DEFAULT_KAPPA
from pdefilter.filters.wave import DEFAULT_STEP as WAVE_STEP
from pdefilter.filters.wave import DEFAULT_TIME as WAVE_TIME

Parameters: TypeAlias = Mapping[str, Any]


def resolved(name: str, parameters: Parameters) -> dict[str, Any]:
    """Complete the parameters of a filter with the defaults that it takes.

    The filter makes the same result of both. What depends on the image stays as it is,
    auto or None, as does what has no effect. The steps of a diffusion depend on its axes.

    Parameters
    ----------
    name : str
        The name of the filter's command.
    parameters : mapping
        Its valid parameters.
    """
    find = _DEFAULTS.get(name)
    defaults = find(parameters) if find else {}
    missing = {key: value for key, value in defaults.items() if parameters[key] in (None, AUTO)}
    return {**parameters, **missing}


def _of_edge(given: Parameters) -> Parameters:
    if given["zero_crossings"]:
        return {"operator": "laplacian", "sigma": SIGMA_OF_CROSSINGS}
    if given["method"] == "canny":
        linked = {} if given["threshold"] is not None else {"hysteresis": AUTO}
        return {"operator": DEFAULT_OPERATOR, "sigma": SIGMA_OF_CANNY, **linked}
    return {"operator": DEFAULT_OPERATOR, "sigma": 0.0} if given["method"] == "gradient" else {}


def _of_smooth(given: Parameters) -> Parameters:
    method = given["method"]
    if method in ENERGIES:
        defaults: dict[str, Any] = {"optimizer": DEFAULT_OPTIMIZER}
        if method != "tv":
            defaults["kappa"] = DEFAULT_CONTRAST
        if given["weight"] is None and given["weight_map"] is None:
            defaults["weight"] = DEFAULT_WEIGHT
        if given["weight"] == AUTO and given["noise_map"] is None:
            defaults["noise"] = AUTO
        return defaults
    if method == "curvature":
        return {"time": CURVATURE_TIME}
    if method == "median":
        return {"size": DEFAULT_MEDIAN_SIZE}
    return {} if given["size"] else {"sigma": DEFAULT_SIGMA}


def _of_heat_diffuse(given: Parameters) -> Parameters:
    time, sigma = given["time"], given["sigma"]
    if isinstance(sigma, str) or isinstance(time, str):
        return {}  # what follows depends on the size of pixels
    if sigma is not None:
        time = sigma**2 / 2
    defaults: dict[str, Any] = {}
    if time is None and given["iterations"] is None:
        time = HEAT_TIME
        defaults["sigma"] = (2 * time) ** 0.5
    scheme = given["scheme"]
    stepped = given["iterations"] is not None or given["step"] is not None
    if scheme is None:
        if given["tolerance"] is not None:
            scheme = "optimal"
        elif stepped or time is None or time <= LONGEST_EXPLICIT_TIME:
            scheme = "explicit"
        defaults["scheme"] = scheme  # None: exact, unless the image has holes
    return defaults


def _of_anisotropic(given: Parameters) -> Parameters:
    model, scheme, row = given["model"], given["scheme"], MODELS[given["model"]]
    guided = given["guide"] is not None
    names = ("diffusivity", "presmooth", "integration_scale")
    choice = choose(model, **{name: given[name] for name in names})
    defaults = {name: getattr(choice, name) for name in names}
    if given["kappa_map"] is None:
        defaults["kappa"] = contrast_for(model, guided=guided)
    if given["iterations"] is None and row.time is not None:
        defaults["time"] = row.time
    stepped = given["iterations"] is not None or given["step"] is not None
    scheme = scheme_of(model, scheme, stepped=stepped, guided=guided)
    defaults["scheme"] = scheme or ("explicit" if given["tolerance"] is None else "fsi")
    return defaults


def _of_denoise(given: Parameters) -> Parameters:
    return {} if given["kind"] == AUTO else {"model": given["kind"]}


def _of_shock(given: Parameters) -> Parameters:
    defaults = _steps_of(given, SHOCK_TIME, SHOCK_STEP)
    if given["model"] != "osher-rudin":
        defaults["sigma"] = SHOCK_SIGMA
    if given["model"] == "coherence":
        defaults["rho"] = SHOCK_RHO
    return defaults


def _of_wave(given: Parameters) -> Parameters:
    damping = given["damping"]
    step = min(WAVE_STEP, 2 / damping) if damping else WAVE_STEP
    defaults = _steps_of(given, WAVE_TIME, step)
    if given["diffusivity"] != CONSTANT and given["kappa_map"] is None:
        defaults["kappa"] = DEFAULT_KAPPA
    return defaults


def _steps_of(given: Parameters, time: float, step: float) -> dict[str, Any]:
    """Find the time and the step where the defaults of a filter apply."""
    if given["time"] is not None or given["iterations"] is not None:
        return _step_of(given, given["time"], step)
    return {"time": time, **_step_of(given, time, step)}


def _step_of(given: Parameters, time: float | None, step: float) -> dict[str, Any]:
    """Find the step where the default of a filter applies; two of three determine the third."""
    both = time is not None and given["iterations"] is not None
    return {} if both else {"step": step}


_DEFAULTS: Mapping[str, Callable[[Parameters], Parameters]] = {
    "edge": _of_edge,
    "smooth": _of_smooth,
    "heat-diffuse": _of_heat_diffuse,
    "anisotropic": _of_anisotropic,
    "denoise": _of_denoise,
    "shock": _of_shock,
    "wave": _of_wave,
}
