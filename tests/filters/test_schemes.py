"""All schemes converge to one answer, at the order that theory says, within the tolerance asked."""

import numpy as np
import pytest

import pdefilter
from pdefilter import ParameterError
from pdefilter.equations.coherence_enhancing import coherence_enhancing
from pdefilter.equations.diffusivities import DIFFUSIVITIES
from pdefilter.equations.edge_enhancing import edge_enhancing
from pdefilter.equations.evolution import Splittable
from pdefilter.equations.heat import Heat
from pdefilter.equations.perona_malik import PeronaMalik
from pdefilter.equations.regularized import Regularized
from pdefilter.equations.smoothing import Smoothing
from pdefilter.equations.tensor_diffusion import TensorDiffusion
from pdefilter.schemes.fast_explicit import fed_cycle, fsi_cycle

TIME = 8.0


def rms(a, b):
    return float(np.sqrt(np.mean((a.astype(np.float64) - b) ** 2)))


@pytest.fixture(scope="module")
def grey(photograph):
    return (photograph[None] / np.float32(255)).astype(np.float32)


def cycles(make):
    def evolve(evolution, u, parts):
        cycle = make(TIME / parts, evolution.largest_stable_step)
        for _ in range(parts):
            u = evolution.freeze(u).march(u, cycle.sizes, cycle.momenta)
        return u

    return evolve


ADVANCE = {
    "explicit": lambda evolution, u, parts: evolution.march(u, [TIME / parts] * parts),
    "fed": cycles(fed_cycle),
    "fsi": cycles(fsi_cycle),
    "aos": lambda evolution, u, parts: evolution.split(u, [TIME / parts] * parts),
}


def tensor_diffusion(law):
    return TensorDiffusion(law, 1, Smoothing(1.0), Smoothing(2.0))


EQUATIONS = {
    "heat": Heat(),
    # A contrast that differences hardly exceed: where edges sharpen, orders are reached late.
    "rational": PeronaMalik(DIFFUSIVITIES["rational"], 0.3, 1),
    "exponential": PeronaMalik(DIFFUSIVITIES["exponential"], 0.5, 1),
    "edge-enhancing": tensor_diffusion(edge_enhancing(DIFFUSIVITIES["rational"], 0.1)),
    "coherence-enhancing": tensor_diffusion(coherence_enhancing(0.1)),
    "regularized": Regularized(
        PeronaMalik(DIFFUSIVITIES["rational"], 0.1, 1), Smoothing(sigma=1.0)
    ),
}


@pytest.mark.parametrize(
    ("scheme", "equation"),
    [
        (scheme, name)
        for scheme in ADVANCE
        for name, equation in EQUATIONS.items()
        if scheme != "aos" or isinstance(equation, Splittable)
    ],
)
def test_schemes_converge_to_one_answer_with_order_one(scheme, equation, grey):
    evolution = EQUATIONS[equation]
    # Where steps must be smaller, there are more of them, on a part of the image.
    finer_by = round(0.25 / evolution.largest_stable_step)
    if finer_by > 1:
        grey = np.ascontiguousarray(grey[:, 100:200, 100:200])
    # The answer: Euler's, extrapolated to steps of no size (order two, 1e-3 grey levels).
    fine, finer = (ADVANCE["explicit"](evolution, grey, finer_by * n) for n in (160, 320))
    answer = 2 * finer.astype(np.float64) - fine
    counts = (40, 80, 160) if scheme == "explicit" else (64, 128, 256)
    errors = [rms(ADVANCE[scheme](evolution, grey, finer_by * n), answer) for n in counts]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all(np.abs(orders - 1) < 0.2), orders
    assert errors[-1] < 0.2 / 255


@pytest.mark.parametrize("scheme", ["fed", "fsi", "aos", "optimal"])
@pytest.mark.parametrize("time", [5.0, 50.0, 2000.0])
@pytest.mark.parametrize("tolerance", [1.0, 0.2, 0.05])
def test_heat_is_within_the_tolerance_of_the_exact_solution(scheme, time, tolerance, grey):
    image = np.ascontiguousarray(np.tile(grey[0], (2, 2))[:500, :600])
    ours = pdefilter.heat_diffuse(image, time=time, scheme=scheme, tolerance=tolerance)
    exact = pdefilter.heat_diffuse(image, time=time, scheme="exact")
    # The estimate is from parts of the image; the rest may be rougher by a quarter.
    assert rms(ours, exact) * 255 < 1.25 * tolerance


@pytest.mark.parametrize("scheme", ["fed", "fsi", "aos", "optimal"])
@pytest.mark.parametrize(("factor", "offset"), [(1e4, 0), (1e30, 0), (1, 300), (1e-3, 1e6)])
def test_large_values_have_the_tolerance_that_they_can(scheme, factor, offset, grey):
    """A part of their deviation; on a high level some roundings, and no endless search."""
    u = (factor * grey[0, :96, :96] + offset).astype(np.float32)
    exact = pdefilter.heat_diffuse(u.astype(np.float64), time=5.0, scheme="exact")
    found = pdefilter.heat_diffuse(u, time=5.0, scheme=scheme, tolerance=0.2)
    allowed = max(0.2 / 255 * max(1, u.std(dtype=float)), 2.0**-20 * abs(u).max())
    assert rms(found, exact) <= allowed


@pytest.mark.parametrize("scheme", ["fed", "fsi", "aos"])
def test_perona_malik_is_within_the_tolerance_of_small_steps(scheme, colour_photograph):
    image = colour_photograph / np.float32(255)
    options = {"kappa": 0.1, "time": 4.0, "diffusivity": "rational"}
    ours = pdefilter.anisotropic(image, **options, scheme=scheme, tolerance=0.2)
    coarse, fine = (pdefilter.anisotropic(image, **options, step=s) for s in (0.02, 0.01))
    assert rms(ours, 2 * fine.astype(np.float64) - coarse) * 255 < 1.25 * 0.2


def test_splitting_is_stable_and_keeps_the_range_at_any_step(grey):
    for conductance in ("constant", "exponential"):
        evolution = EQUATIONS["heat" if conductance == "constant" else "exponential"]
        for size in (1.0, 1e2, 1e4):
            ours = evolution.split(grey, [size])
            assert ours.min() >= grey.min() - 1e-5
            assert ours.max() <= grey.max() + 1e-5
            assert abs(ours.mean(dtype=float) - grey.mean(dtype=float)) < 1e-4
    pdefilter.anisotropic(grey[0], kappa=0.1, scheme="aos", step=50, iterations=2)


def test_defaults_are_explicit_for_short_times_and_exact_for_long_ones(grey):
    def heat(**options):
        return pdefilter.heat_diffuse(grey[0], **options)

    assert np.array_equal(heat(time=5), heat(time=5, scheme="explicit"))
    assert np.array_equal(heat(time=200), heat(time=200, scheme="exact"))
    assert np.array_equal(heat(time=30, step=0.2), heat(time=30, step=0.2, scheme="explicit"))
    assert np.array_equal(heat(time=30, tolerance=1), heat(time=30, tolerance=1, scheme="optimal"))


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        ({"scheme": "fed", "step": 0.1}, "step"),
        ({"scheme": "fsi", "iterations": 10}, "iterations"),
        ({"scheme": "explicit", "tolerance": 1}, "tolerance"),
        ({"scheme": "aos", "step": 1, "tolerance": 1}, "tolerance"),
        ({"tolerance": 0}, "tolerance"),
        ({"scheme": "rk4"}, "scheme"),
    ],
)
def test_what_a_scheme_cannot_do_is_refused(options, parameter):
    for filter_ in (pdefilter.heat_diffuse, pdefilter.anisotropic):
        with pytest.raises(ParameterError) as caught:
            filter_(np.zeros((3, 3)), **options)
        assert caught.value.parameter == parameter


@pytest.mark.parametrize("model", ["edge-enhancing", "coherence-enhancing"])
def test_tensors_are_not_split_by_axes(model):
    with pytest.raises(ParameterError, match=r"mixed derivatives.* take fsi or fed or explicit"):
        pdefilter.anisotropic(np.zeros((3, 3)), model=model, scheme="aos")


@pytest.mark.parametrize("scheme", ["exact", "optimal"])
def test_schemes_of_linear_equations_are_refused_for_others(scheme):
    with pytest.raises(ParameterError, match="explicit, fed, fsi, aos"):
        pdefilter.anisotropic(np.zeros((3, 3)), scheme=scheme)


def test_the_exact_scheme_has_no_tolerance():
    with pytest.raises(ParameterError, match="no steps"):
        pdefilter.heat_diffuse(np.zeros((3, 3)), scheme="exact", tolerance=1)
