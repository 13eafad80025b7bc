"""Parameters with their defaults mean the same as without."""

import itertools

import numpy as np
import pytest
from filter_calls import CALLS

import pdefilter
from pdefilter.filters import FILTERS
from pdefilter.filters.options.option import parameters_of
from pdefilter.filters.resolved import resolved

# Further ways to say how far and in which steps, for every filter that evolves an image.
TIMES = [
    {"time": 1.0},
    {"iterations": 3},
    {"step": 0.1},
    {"time": 0.4, "step": 0.06},
    {"time": 0.5, "iterations": 4},
    {"iterations": 0},
    {"time": 0.0},
]
OTHERS = [
    ("heat-diffuse", {"sigma": 1.5}),
    ("heat-diffuse", {"time": 30.0}),
    ("heat-diffuse", {"scheme": "explicit", "time": 30.0}),
    ("anisotropic", {"scheme": "aos", "step": 2.0, "time": 8.0, "kappa": 0.1}),
    ("anisotropic", {"model": "coherence-enhancing", "scheme": "explicit", "time": 1.0}),
    ("anisotropic", {"tolerance": 1.0, "time": 2.0}),
    ("smooth", {"size": 5}),
    ("smooth", {"method": "tv", "weight": 0.0}),
    ("denoise", {"kind": "white", "noise": 0.05}),
    ("wave", {"damping": 6.0, "time": 1.0}),
]
EVERY = [
    *((name.replace("_", "-"), options) for name, options in CALLS.values()),
    *itertools.product(("heat-diffuse", "anisotropic", "shock", "wave"), TIMES),
    *OTHERS,
]


def complete(name, options):
    return {p.name: p.default for p in parameters_of(FILTERS[name])} | options


@pytest.mark.parametrize(("name", "options"), EVERY, ids=str)
def test_a_filter_makes_the_same_of_its_defaults_when_they_are_given(name, options):
    image = np.random.default_rng(3).random((17, 13, 3), np.float32)
    if "model" in options and name == "denoise":
        image = image[:8, :8]
    function = getattr(pdefilter, name.replace("-", "_"))
    given = complete(name, options)
    found = resolved(name, given)
    assert list(found) == list(given)
    pictures = [p.name for p in parameters_of(FILTERS[name]) if p.option.picture]
    explicit = {key: value for key, value in found.items() if key not in pictures}
    assert np.array_equal(function(image, **options), function(image, **explicit))


def test_what_was_given_stays():
    given = complete("smooth", {"sigma": 3.0})
    assert resolved("smooth", given) == given


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("smooth", {}, {"sigma": 2.0, "size": None, "weight": None}),
        ("smooth", {"method": "median"}, {"sigma": None, "size": 3}),
        ("smooth", {"method": "huber"}, {"kappa": 0.04, "optimizer": "primal-dual"}),
        ("heat-diffuse", {}, {"sigma": 2.0, "step": None, "scheme": "explicit"}),
        ("heat-diffuse", {"time": 30.0}, {"sigma": None, "step": None, "scheme": None}),
        (
            "anisotropic",
            {},
            {"diffusivity": "rational", "presmooth": 0.5, "step": None, "kappa": "auto"},
        ),
        (
            "anisotropic",
            {"model": "coherence-enhancing"},
            {"kappa": "p50", "time": 20.0, "scheme": "fsi", "integration_scale": 4.0},
        ),
        ("shock", {}, {"sigma": 1.0, "rho": None, "time": 1.0, "step": 0.5}),
        ("wave", {"damping": 8.0}, {"step": 0.25, "time": 4.0, "kappa": None}),
        ("edge", {}, {"threshold": None, "operator": "sobel", "sigma": 0.0}),
        ("edge", {"method": "canny"}, {"operator": "sobel", "sigma": 1.4, "hysteresis": "auto"}),
        ("edge", {"zero_crossings": True}, {"operator": "laplacian", "sigma": 2.0}),
    ],
)
def test_the_defaults_of_filters(name, options, expected):
    found = resolved(name, complete(name, options))
    assert {key: found[key] for key in expected} == expected
