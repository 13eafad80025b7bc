"""The native engine on two and three axes of any spacing: bit for bit the reference engine."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels.test_native import SPECIALS, kernels, laplacians, require_bits_of_the_reference, same

from pdefilter.kernels import engine, native
from pdefilter.kernels.conductances import CONDUCTANCES
from pdefilter.kernels.lattice import rounding_bias_of
from pdefilter.kernels.native import correlation as native_correlation
from pdefilter.kernels.native import curvature as native_curvature
from pdefilter.kernels.native import edges as native_edges
from pdefilter.kernels.native import forced
from pdefilter.kernels.native import gradient as native_gradient
from pdefilter.kernels.native import lattice as native_lattice
from pdefilter.kernels.native import risk as native_risk
from pdefilter.kernels.native import shock as native_shock
from pdefilter.kernels.native import variation as native_variation
from pdefilter.kernels.reference import correlation as reference_correlation
from pdefilter.kernels.reference import curvature as reference_curvature
from pdefilter.kernels.reference import edges as reference_edges
from pdefilter.kernels.reference import gradient as reference_gradient
from pdefilter.kernels.reference import lattice as reference_lattice
from pdefilter.kernels.reference import risk as reference_risk
from pdefilter.kernels.reference import shock as reference_shock
from pdefilter.kernels.reference import variation as reference_variation
from pdefilter.kernels.taps import Taps
from pdefilter.kernels.tensors import TensorLaw, structure_tensor

pytestmark = pytest.mark.skipif(
    engine.native() is None, reason="the native engine was not built: no C++ compiler"
)

every_variant = pytest.mark.parametrize("variant", native.variants() if engine.native() else [])
threads = st.integers(1, 4)
lengths = st.sampled_from([1.0, 0.7, 1.9, 3.0])


@st.composite
def sizes(draw, axes):
    """Sizes among which single slices, rows and columns are, and some pieces of work an axis."""
    small = [st.one_of(st.just(1), st.integers(1, 9))] * axes
    size = [*draw(st.tuples(*small))]
    if draw(st.booleans()):
        size[draw(st.integers(0, axes - 1))] = draw(st.sampled_from([40, 150]))
    return tuple(size)


@st.composite
def images(draw, axes=(3,), channels=3):
    """A volume or an image, its spacing, and a source of more random numbers."""
    d = draw(st.sampled_from(axes))
    shape = draw(st.integers(1, channels)), *draw(sizes(d))
    spacing = draw(st.none() | st.tuples(*[lengths] * d))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    u = rng.random(shape, np.float32)
    kind = draw(st.sampled_from(["noise", "with specials", "isolated ones", "tiny"]))
    if kind == "with specials":
        places = rng.random(shape) < 0.1
        u[places] = rng.choice(SPECIALS, places.sum())
    if kind == "isolated ones":
        u = (u > 0.9).astype(np.float32)
    if kind == "tiny":
        u = np.ldexp(u, -rng.integers(0, 150, shape))
    return u, spacing, rng


@every_variant
@given(
    image=images(),
    taps=st.tuples(kernels(7), kernels(7), kernels(7)),
    order=st.sampled_from(get_args(reference_correlation.Order)),
    threads=threads,
)
def test_a_correlation_has_the_bits_of_the_reference(variant, image, taps, order, threads):
    u, _, _ = image
    along_slices, *others = taps
    with np.errstate(all="ignore"):
        theirs = reference_correlation.correlate(u, *others, order, along_slices)
    with forced(threads, variant):
        ours = native_correlation.correlate(u, *others, order, along_slices)
    assert same(ours, theirs)


@every_variant
@pytest.mark.parametrize("measure", reference_gradient.PLANES)
@given(
    image=images((2, 3)),
    difference=kernels(7),
    smoothing=kernels(7),
    transparent=st.sampled_from([None, 0, 0.5, 1]),
    threads=threads,
)
def test_a_gradient_has_the_bits_of_the_reference(
    variant, measure, image, difference, smoothing, transparent, threads
):
    u, spacing, rng = image
    alpha = None
    if transparent is not None:
        alpha = rng.random(u.shape[1:], np.float32)
        alpha[rng.random(alpha.shape) < transparent] = 0
    arguments = u, alpha, difference, smoothing, measure, 0.5
    with np.errstate(all="ignore"):
        theirs = reference_gradient.gradient(*arguments, spacing=spacing)
    with forced(threads, variant):
        ours = native_gradient.gradient(*arguments, spacing=spacing)
    assert same(ours, theirs)


@every_variant
@given(image=images((2, 3)), transparent=st.booleans(), threads=threads)
def test_a_gradient_of_no_change_has_no_sign(variant, image, transparent, threads):
    """A difference that is too small for a float is +0, whichever side of zero it is on."""
    u, spacing, rng = image
    alpha = np.ones(u.shape[1:], np.float32) if transparent else None
    tiny = np.float32(1e-45) * rng.integers(-1, 2, (1, *u.shape[1:])).astype(np.float32)
    arguments = tiny, alpha, Taps([-1.0, 1.0], 0), Taps([1.0], 0), "vector", 0.5
    theirs = reference_gradient.gradient(*arguments, spacing=spacing)
    with forced(threads, variant):
        ours = native_gradient.gradient(*arguments, spacing=spacing)
    assert same(ours, theirs)
    assert not np.signbit(theirs[theirs == 0]).any()


@every_variant
@given(image=images(), threads=threads)
def test_sums_of_risk_have_the_bits_of_the_reference(variant, image, threads):
    u, _, rng = image
    f, probed = rng.permuted(u), rng.permuted(u, axis=1)
    signs = rng.integers(-1, 2, u.shape).astype(np.float32)
    with np.errstate(all="ignore"):
        theirs = reference_risk.sums(u, probed, f, signs)
    with forced(threads, variant):
        ours = native_risk.sums(u, probed, f, signs)
    assert np.array_equal(ours, theirs, equal_nan=True)


@every_variant
@given(image=images((2, 3)), threads=threads)
def test_a_reduction_of_tensors_has_the_bits_of_the_reference(variant, image, threads):
    u, spacing, _ = image
    # Tensors of all kinds, among them such as no image has.
    tensor = np.resize(u, (3 if u.ndim == 3 else 6, *u.shape[1:])) - np.float32(0.4)
    with np.errstate(all="ignore"):
        theirs = reference_lattice.reduce(tensor, None, spacing=spacing)
    with forced(threads, variant):
        ours = native_lattice.reduce(tensor, None, spacing=spacing)
    for a, b in zip(ours, theirs, strict=True):
        assert a.tobytes() == b.tobytes()


LAWS = [TensorLaw(None, 30.0), *(TensorLaw(conductance, 30.0) for conductance in CONDUCTANCES)]


@every_variant
@given(
    image=images((2, 3)),
    law=st.sampled_from(LAWS),
    momentum=st.sampled_from([1.0, 0.7, 1.4]),
    walls=st.booleans(),
    threads=threads,
)
def test_diffusion_along_a_structure_has_the_bits_of_the_reference(
    variant, image, law, momentum, walls, threads
):
    u, spacing, rng = image
    with np.errstate(all="ignore"):
        out = np.empty((3 if u.ndim == 3 else 6, *u.shape[1:]), np.float32)
        tensor = structure_tensor(u, len(u), out=out)
        theirs = reference_lattice.reduce(tensor, law, spacing=spacing)
    before = rng.random(u.shape, np.float32)
    bias = rounding_bias_of(u, spacing)
    closed = None
    if walls and u.ndim == 4:
        closed = rng.integers(0, 1 << 12, u.shape[1:], np.uint16)
    stencil = *theirs, closed
    stepped, first = before.copy(), np.empty_like(u)
    reference_lattice.apply_stencil(u, stencil, bias, 0.125, momentum, stepped)
    reference_lattice.apply_stencil(u, (*theirs, None), bias, 0.125, 1.0, first)
    out = np.empty_like(u)
    with forced(threads, variant):
        ours = native_lattice.reduce(tensor, law, spacing=spacing)
        native_lattice.reduce_and_apply(u, tensor, law, bias, 0.125, out, spacing=spacing)
        native_lattice.apply_stencil(u, stencil, bias, 0.125, momentum, before, spacing=spacing)
    for a, b in zip(ours, theirs, strict=True):
        assert a.tobytes() == b.tobytes()
    assert same(before, stepped)
    assert same(out, first)


@every_variant
@given(
    image=images((2, 3)),
    walls=st.sampled_from([None, "shared", "of each channel"]),
    mapped=st.booleans(),
    kink=st.sampled_from([(0.0, True), (0.3, True), (0.3, False)]),
    threads=threads,
)
def test_steps_of_variation_have_the_bits_of_the_reference(
    variant, image, walls, mapped, kink, threads
):
    f, spacing, rng = image
    d = f.ndim - 1
    p, before = rng.random((2, len(f), 2**d, d, *f.shape[1:]), np.float32) - np.float32(0.5)
    for at in (p, before):
        at[rng.random(at.shape) < 0.1] = 0
    edges = None
    if walls:
        channels = (len(f),) if walls == "of each channel" else ()
        edges = np.rint(rng.random((*channels, d, *f.shape[1:]))).astype(np.float32)
    radius = np.full((1, f.shape[-1]), 0.1, np.float32)
    if mapped:
        radius = np.rint(rng.random(f.shape[1:])).astype(np.float32) * np.float32(0.3)
    grid = {"spacing": spacing}
    with np.errstate(all="ignore"):
        sums = reference_variation.energies_and_gaps(f, p, edges, radius, *kink, **grid)
        theirs = before.copy()
        reference_variation.ascend(f, p, theirs, edges, radius, *kink, 0.4, 1 / 64, **grid)
        descended = reference_variation.descended(f, p, **grid)
    with forced(threads, variant):
        ours = native_variation.energies_and_gaps(f, p, edges, radius, *kink, **grid)
        assert same(native_variation.descended(f, p, **grid), descended)
        native_variation.ascend(f, p, before, edges, radius, *kink, 0.4, 1 / 64, **grid)
    assert np.array_equal(ours, sums, equal_nan=True)
    assert same(before, theirs)


@every_variant
@given(
    image=images((2, 3)),
    guide=st.none() | st.just("planes") | kernels(7),
    weighted=st.booleans(),
    directed=st.booleans(),
    threads=threads,
)
def test_a_shock_has_the_bits_of_the_reference(variant, image, guide, weighted, directed, threads):
    u, spacing, rng = image
    guide = rng.permuted(u) if guide == "planes" else guide
    weight = rng.random(u.shape[1:], np.float32) if weighted else None
    components = 3 if u.ndim == 3 else 6
    structure = rng.random((components, *u.shape[1:]), np.float32) if directed else None
    ours, theirs = np.empty((2, *u.shape), np.float32)
    with np.errstate(all="ignore"):
        reference_shock.advance(u, guide, weight, structure, 0.5, theirs, spacing=spacing)
    with forced(threads, variant):
        native_shock.advance(u, guide, weight, structure, 0.5, ours, spacing=spacing)
    assert np.array_equal(ours, theirs, equal_nan=True)


@every_variant
@given(image=images((2, 3)), weighted=st.booleans(), threads=threads)
def test_a_curvature_step_has_the_bits_of_the_reference(variant, image, weighted, threads):
    u, spacing, rng = image
    weight = rng.integers(0, 2, u.shape[1:]).astype(np.float32) if weighted else None
    ours, theirs = np.empty((2, *u.shape), np.float32)
    with np.errstate(all="ignore"):
        reference_curvature.advance(u, weight, 0.1, theirs, spacing=spacing)
    with forced(threads, variant):
        native_curvature.advance(u, weight, 0.1, ours, spacing=spacing)
    assert np.array_equal(ours, theirs, equal_nan=True)


@given(drawn=laplacians(sizes(3)), threads=threads)
def test_graph_laplacians_have_the_bits_of_the_reference(drawn, threads):
    require_bits_of_the_reference(drawn, threads)


@every_variant
@given(image=images((2, 3), channels=1), ties=st.booleans(), threads=threads)
def test_thinning_has_the_bits_of_the_reference(variant, image, ties, threads):
    u, _, rng = image
    strength, normal = np.abs(u[0]), rng.normal(size=(u.ndim - 1, *u.shape[1:]))
    if ties:
        strength[rng.random(strength.shape) < 0.7] = 0.5
        normal = np.sign(normal)
    places = rng.random(normal.shape) < 0.02
    normal[places] = rng.choice([0.0, np.inf, np.nan, 1e-45], places.sum())
    arguments = strength, normal.astype(np.float32), rng.choice([0.0, 0.5])
    with np.errstate(all="ignore"):
        theirs = reference_edges.thin(*arguments)
    with forced(threads, variant):
        ours = native_edges.thin(*arguments)
        alone, _ = native_edges.thin(*arguments, places=False)
    assert all(same(one, other) for one, other in zip(ours, theirs, strict=True))
    assert same(alone, ours[0])


@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 300), st.integers(1, 9)) | sizes(3),
    seed=st.integers(0, 2**32 - 1),
    share=st.floats(0.2, 1),
    threads=threads,
)
def test_linking_has_the_bits_of_the_reference(shape, seed, share, threads):
    """Of long lines too, which pass through several pieces of work."""
    strength = np.random.default_rng(seed).random(shape, np.float32)
    strength = strength[0] if len(strength) == 1 else strength
    levels = 1 - share, 1 - share / strength.size**0.5
    with forced(threads, "baseline"):
        ours = native_edges.link(strength, *levels)
    assert np.array_equal(ours, reference_edges.link(strength, *levels))
