"""States on show change no bit of the result, and are valid themselves."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdefilter.display import shown_on
from pdefilter.errors import ImageError
from pdefilter.filters import EVOLVING, FILTERS
from pdefilter.raster import Raster

SOURCE = Raster(np.random.default_rng(3).random((1, 9, 9), np.float32))

EVOLUTIONS = {
    "heat": ("heat-diffuse", {"iterations": 40}),
    "heat, fed": ("heat-diffuse", {"time": 20, "scheme": "fed", "tolerance": 0.1}),
    "heat, fsi": ("heat-diffuse", {"time": 20, "scheme": "fsi"}),
    "heat, optimal": ("heat-diffuse", {"time": 20, "scheme": "optimal", "tolerance": 0.01}),
    "heat, aos": ("heat-diffuse", {"iterations": 5, "scheme": "aos", "step": 1}),
    "heat, exact": ("heat-diffuse", {"time": 7, "scheme": "exact"}),
    "regularized": ("anisotropic", {"noise": 0.1, "time": 3}),
    "photons": ("anisotropic", {"noise_model": "poisson", "noise": 0.05, "time": 3}),
    "luminance": ("anisotropic", {"kappa": 0.2, "time": 3, "color": "luminance"}),
    "coherence": ("anisotropic", {"model": "coherence-enhancing", "time": 2}),
    "shock": ("shock", {"time": 3}),
    "coherence shock": ("shock", {"model": "coherence", "time": 2}),
    "wave": ("wave", {"time": 3}),
    "damped wave": ("wave", {"time": 3, "damping": 0.4, "diffusivity": "rational"}),
    "curvature": ("smooth", {"method": "curvature"}),
    "tv": ("smooth", {"method": "tv"}),
    "huber": ("smooth", {"method": "huber", "optimizer": "nesterov"}),
    "tikhonov": ("smooth", {"method": "tikhonov", "optimizer": "conjugate-gradient"}),
    "descent": ("smooth", {"method": "tikhonov", "optimizer": "gradient-descent"}),
    "newton": ("smooth", {"method": "huber", "optimizer": "newton"}),
    "network": ("denoise", {"model": "recurrent", "noise": 0.1, "iterations": 3}),
    "membrane": ("inpaint", {}),
    "plate": ("inpaint", {"method": "biharmonic"}),
    "tv in holes": ("inpaint", {"method": "tv"}),
    "along edges": ("inpaint", {"method": "edge-enhancing"}),
    "clone": ("poisson", {"source": SOURCE, "at": "4,5"}),
}

# Their exact solution, or their spectrum, needs an image without holes.
WITHOUT_HOLES = ("heat, exact", "clone")


class All:
    """A screen that shows every state, or forty of more."""

    def __init__(self):
        self.times, self.states = [], []

    def choose(self, times, _):
        assert [*times.values()] == sorted(times.values())
        # The exact solution has a state at every time.
        return {*[*times][:: max(1, len(times) // 40)], *[*times][-1:]}

    def wants(self, _):
        return True

    def show(self, time, state):
        self.times.append(time)
        # The next step may overwrite them.
        alpha = None if state.alpha is None else state.alpha.copy()
        self.states.append(replace(state, colour=state.colour.copy(), alpha=alpha))


def picture(seed, kind="colours"):
    random = np.random.default_rng(seed)
    image = Raster(random.random((3, 22, 26), np.float32), has_colours=True)
    if kind == "alpha":
        image = replace(image, alpha=random.random((22, 26), np.float32))
    if kind == "holes":
        image = replace(image, valid=random.random((22, 26)) > 0.1)
    return image


def states_of(operation, image):
    screen = All()
    numbers = operation.measure(image)
    with shown_on(screen):
        result = operation.run(image, numbers)
    return screen, result


def same(one, other):
    return all(
        (a is None and b is None) or np.array_equal(a, b)
        for a, b in ((one.colour, other.colour), (one.alpha, other.alpha))
    )


def fits(name, kind):
    return (kind == "holes") == (EVOLUTIONS[name][0] == "inpaint") or (
        kind == "holes" and name not in WITHOUT_HOLES
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["colours", "alpha", "holes"])
@pytest.mark.parametrize("name", EVOLUTIONS)
@settings(max_examples=1)
@given(seed=st.integers(0, 1000))
def test_showing_states_changes_no_bit(name, kind, seed):
    if not fits(name, kind):
        return
    filter_, options = EVOLUTIONS[name]
    operation = FILTERS[filter_](**options)
    assert operation.evolves
    assert filter_ in EVOLVING
    expected = operation(picture(seed, kind))
    screen, result = states_of(operation, picture(seed, kind))
    assert same(result, expected)
    assert screen.states
    assert screen.times == sorted(screen.times)
    assert all(state.colour.shape == result.colour.shape for state in screen.states)
    exact = "exact" in name or name == "network"
    if screen.times[-1] and not exact and filter_ not in ("smooth", "inpaint", "poisson"):
        assert same(screen.states[-1], result)


def test_other_filters_do_not_evolve():
    for name, options in (
        ("edge", {}), ("convolve", {"kernel": "box"}), ("sharpen", {}), ("smooth", {}),
        ("denoise", {}), ("smooth", {"method": "median"}), ("poisson", {"flatten": 9}),
    ):  # fmt: skip
        assert not FILTERS[name](**options).evolves, name


STEPS = {
    "heat": ("heat-diffuse", {}),
    "aos": ("heat-diffuse", {"scheme": "aos", "step": 1}),
    "perona-malik": ("anisotropic", {"model": "perona-malik", "kappa": 0.3}),
    "regularized": ("anisotropic", {"kappa": 0.3}),
    "shock": ("shock", {}),
    "wave": ("wave", {}),
    "damped wave": ("wave", {"damping": 0.3}),
    "network": ("denoise", {"model": "recurrent", "noise": 0.1}),
}


@pytest.mark.parametrize("kind", ["colours", "alpha"])
@pytest.mark.parametrize("name", STEPS)
def test_a_state_is_the_result_of_as_many_iterations(name, kind):
    filter_, options = STEPS[name]
    screen, _ = states_of(FILTERS[filter_](**options, iterations=6), picture(0, kind))
    for k in (1, 4):
        shorter = FILTERS[filter_](**options, iterations=k)(picture(0, kind))
        assert same(screen.states[k - 1], shorter), k


@pytest.mark.parametrize("scheme", ["fed", "fsi"])
def test_states_within_and_between_cycles_are_near_to_the_exact_solution(scheme):
    smooth = replace(FILTERS["heat-diffuse"](time=4)(picture(1)), may_overwrite=False)
    screen, _ = states_of(FILTERS["heat-diffuse"](time=30, scheme=scheme, tolerance=0.01), smooth)
    assert len(screen.times) > 1
    for time, state in zip(screen.times[1:], screen.states[1:], strict=True):
        exact = FILTERS["heat-diffuse"](time=time, scheme="exact")(smooth).colour
        assert np.sqrt(np.mean((state.colour - exact) ** 2)) < 5e-4, time


def test_channels_that_are_filtered_apart_have_no_common_states():
    operation = FILTERS["shock"](coupling="none")
    with pytest.raises(ImageError, match="one after the other"):
        states_of(operation, picture(0))
