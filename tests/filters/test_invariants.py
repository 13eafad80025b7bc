"""Invariants of every diffusion, on random images of every shape."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import planes

import pdefilter

DIFFUSIONS = {
    "heat explicit": lambda u, t: pdefilter.heat_diffuse(u, time=t, step=0.25),
    "heat exact": lambda u, t: pdefilter.heat_diffuse(u, time=t, scheme="exact"),
    "exponential": lambda u, t: pdefilter.anisotropic(u, kappa=0.3, time=t, step=0.25),
    "rational": lambda u, t: pdefilter.anisotropic(
        u, kappa=0.3, diffusivity="rational", time=t, step=0.25
    ),
    "regularized": lambda u, t: pdefilter.anisotropic(
        u, model="regularized", kappa=0.3, presmooth=0.8, time=t, step=0.25
    ),
    "edge-enhancing": lambda u, t: pdefilter.anisotropic(
        u, model="edge-enhancing", kappa=0.3, time=t, step=0.125
    ),
    "coherence-enhancing": lambda u, t: pdefilter.anisotropic(
        u, model="coherence-enhancing", kappa=0.1, time=t, step=0.125
    ),
    "gaussian": lambda u, t: pdefilter.smooth(u, sigma=(2 * t) ** 0.5),
    "box": lambda u, t: pdefilter.smooth(u, method="box", sigma=(2 * t) ** 0.5),
    "binomial": lambda u, t: pdefilter.smooth(u, method="binomial", sigma=(2 * t) ** 0.5),
}
# All others treat rows and columns alike.
ONE_AXIS_FIRST = ["heat exact", "gaussian", "box", "binomial"]
TIMES = st.floats(0, 6)
# Some 24 steps of ten rounded operations on numbers of at most one; the cosine
# transform adds log₂ of the size once.
ROUNDING = 24 * 10 * 2.0**-24

# Grey or RGB: the second of two channels would be alpha.
images = planes(side=10).map(lambda u: np.moveaxis(u if len(u) == 3 else u[:1], 0, -1))
every_diffusion = pytest.mark.parametrize("name", DIFFUSIONS)


@every_diffusion
@given(u=images, t=TIMES)
def test_the_mean_is_kept(name, u, t):
    evolved = DIFFUSIONS[name](u, t)
    means = [image.mean(axis=(0, 1), dtype=np.float64) for image in (evolved, u)]
    np.testing.assert_allclose(*means, rtol=0, atol=ROUNDING)


@every_diffusion
@given(u=images, t=TIMES)
def test_no_value_leaves_the_range_there_was(name, u, t):
    evolved = DIFFUSIONS[name](u, t)
    assert evolved.min() >= u.min() - ROUNDING
    assert evolved.max() <= u.max() + ROUNDING


@every_diffusion
@given(u=images, t=TIMES)
def test_what_is_lit_from_the_side_is_filtered_as_from_above(name, u, t):
    """Transposition and rotation by 90° commute with the filter."""
    evolved = DIFFUSIONS[name](u, t)
    tolerance = ROUNDING if name in ONE_AXIS_FIRST else 0
    for turn in (lambda a: np.swapaxes(a, 0, 1), np.rot90):
        np.testing.assert_allclose(
            DIFFUSIONS[name](turn(u), t), turn(evolved), rtol=0, atol=tolerance
        )


@every_diffusion
@given(u=images, t=TIMES, shift=st.floats(-1, 1, width=32))
def test_a_brighter_image_gives_a_brighter_result(name, u, t, shift):
    moved = DIFFUSIONS[name](u + np.float32(shift), t)
    np.testing.assert_allclose(
        moved, DIFFUSIONS[name](u, t) + np.float32(shift), rtol=0, atol=20 * ROUNDING
    )


@every_diffusion
@given(t=TIMES, value=st.floats(0, 1, width=32))
def test_constants_stay(name, t, value):
    u = np.full((5, 6), value, np.float32)
    np.testing.assert_allclose(DIFFUSIONS[name](u, t), u, rtol=0, atol=ROUNDING)


@every_diffusion
@given(u=images)
def test_no_time_returns_the_image_to_the_bit(name, u):
    assert DIFFUSIONS[name](u, 0.0).tobytes() == u.tobytes()


@every_diffusion
@given(u=images, t=TIMES)
def test_the_same_call_gives_the_same_bits(name, u, t):
    assert DIFFUSIONS[name](u, t).tobytes() == DIFFUSIONS[name](u.copy(), t).tobytes()


@every_diffusion
@given(u=planes(channels=3, side=10), t=TIMES, seed=st.integers(0, 2**32 - 1))
def test_the_colour_of_transparent_pixels_has_no_say(name, u, t, seed):
    rng = np.random.default_rng(seed)
    alpha = rng.integers(0, 2, u.shape[1:]).astype(np.float32)
    colour = u[:1] if len(u) < 3 else u
    other = np.where(alpha > 0, colour, rng.random(colour.shape, np.float32))
    results = [
        DIFFUSIONS[name](np.moveaxis(np.concatenate([c, alpha[None]]), 0, -1), t)
        for c in (colour, other)
    ]
    visible = results[0][..., -1] > 2.0**-17
    assert np.array_equal(results[0][..., -1], results[1][..., -1])
    assert np.array_equal(results[0][visible], results[1][visible])


@every_diffusion
@given(u=planes(channels=3, side=10), t=TIMES)
def test_an_opaque_image_is_filtered_as_without_alpha(name, u, t):
    colour = np.moveaxis(u[:1] if len(u) < 3 else u, 0, -1)
    opaque = np.concatenate([colour, np.ones_like(colour[..., :1])], axis=-1)
    ours = DIFFUSIONS[name](opaque, t)
    plain = DIFFUSIONS[name](np.ascontiguousarray(colour), t)
    np.testing.assert_allclose(ours[..., :-1], plain, rtol=0, atol=10 * ROUNDING)
    np.testing.assert_allclose(ours[..., -1], 1, rtol=0, atol=ROUNDING)


# Filters whose intermediate values are not means: the result must not leave the range.
BOUNDED = {
    **{
        f"heat {scheme}": lambda u, t, scheme=scheme: pdefilter.heat_diffuse(
            u, time=t, scheme=scheme, tolerance=None if scheme == "exact" else 1.0
        )
        for scheme in ("exact", "fed", "fsi", "optimal")
    },
    "exponential fed": lambda u, t: pdefilter.anisotropic(
        u, model="perona-malik", diffusivity="exponential", kappa=0.1, time=t, scheme="fed"
    ),
    "edge-enhancing fsi": lambda u, t: pdefilter.anisotropic(
        u, model="edge-enhancing", kappa=0.1, time=t, scheme="fsi"
    ),
    "curvature": lambda u, t: pdefilter.smooth(u, method="curvature", time=t),
    **{name: DIFFUSIONS[name] for name in ("gaussian", "box", "binomial")},
    **{
        method: lambda u, t, method=method: pdefilter.smooth(
            u, method=method, weight=10 * t, tolerance=20
        )
        for method in ("tikhonov", "tv", "huber")
    },
}
# Filters in which every step takes means, up to rounding.
POSITIVE = {
    **BOUNDED,
    "explicit": DIFFUSIONS["heat explicit"],
    "rational": DIFFUSIONS["rational"],
    "aos": lambda u, t: pdefilter.heat_diffuse(u, time=t, scheme="aos", tolerance=1.0),
}


@st.composite
def specks(draw):
    """Few bright pixels in the dark, dark ones on bright ground, also beyond the unit scale."""
    rows, columns, channels = draw(st.tuples(*[st.integers(1, 12)] * 2, st.sampled_from([1, 3])))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    marked = rng.random((rows, columns, channels)) < draw(st.sampled_from([0.02, 0.2, 0.9]))
    low, high = draw(st.sampled_from([(0.0, 1.0), (0.2, 0.7), (-3.0, 50.0)]))
    return np.where(marked, high, low).astype(np.float32)


@pytest.mark.parametrize("name", BOUNDED)
@given(u=specks(), t=st.floats(0.1, 20), holed=st.booleans(), seed=st.integers(0, 99))
def test_no_value_leaves_the_range_to_the_last_bit(name, u, t, holed, seed):
    if holed and name == "heat exact":
        return
    seen = np.ones(u.shape[:2], bool)
    if holed:
        seen = np.random.default_rng(seed).random(u.shape[:2]) < 0.8
    pixels = np.where(seen[..., None], u, np.float32(9e6))  # which means nothing
    evolved = BOUNDED[name](pdefilter.Image(pixels, mask=seen), t).pixels
    visible, were = evolved[seen], u[seen]
    if visible.size:
        assert (visible.min(axis=0) >= were.min(axis=0)).all()
        assert (visible.max(axis=0) <= were.max(axis=0)).all()


@pytest.mark.parametrize("name", BOUNDED)
@given(u=specks(), t=st.floats(0.1, 20), seed=st.integers(0, 99))
def test_no_colour_leaves_the_range_of_the_visible_ones(name, u, t, seed):
    alpha = np.random.default_rng(seed).choice([0, 1e-4, 0.5, 1], u.shape[:2]).astype(np.float32)
    colour = np.where(alpha[..., None] > 0, u, np.float32(9e6))
    evolved = BOUNDED[name](np.dstack([colour, alpha]), t)
    visible, were = evolved[evolved[..., -1] > 2.0**-17][:, :-1], u[alpha > 0]
    if visible.size:
        assert (visible.min(axis=0) >= were.min(axis=0)).all()
        assert (visible.max(axis=0) <= were.max(axis=0)).all()
    assert evolved[..., -1].min() >= alpha.min()
    assert evolved[..., -1].max() <= alpha.max()


@pytest.mark.parametrize("name", POSITIVE)
@given(u=specks(), t=st.floats(0.1, 20))
def test_what_is_not_negative_stays_so(name, u, t):
    assert POSITIVE[name](abs(u), t).min() >= 0
