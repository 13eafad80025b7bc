"""The native engine equals the reference engine bit for bit."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import SAMPLES, tensors

from pdefilter.kernels import engine, native
from pdefilter.kernels.conductances import CONDUCTANCES
from pdefilter.kernels.elliptic import GraphLaplacian
from pdefilter.kernels.lattice import rounding_bias_of
from pdefilter.kernels.native import correlation as native_correlation
from pdefilter.kernels.native import curvature as native_curvature
from pdefilter.kernels.native import edges as native_edges
from pdefilter.kernels.native import elliptic as native_elliptic
from pdefilter.kernels.native import forced
from pdefilter.kernels.native import gradient as native_gradient
from pdefilter.kernels.native import kernel2d as native_kernel2d
from pdefilter.kernels.native import lattice as native_lattice
from pdefilter.kernels.native import march as native_march
from pdefilter.kernels.native import risk as native_risk
from pdefilter.kernels.native import shock as native_shock
from pdefilter.kernels.native import variation as native_variation
from pdefilter.kernels.native.march import Tiling
from pdefilter.kernels.reference import correlation as reference_correlation
from pdefilter.kernels.reference import curvature as reference_curvature
from pdefilter.kernels.reference import edges as reference_edges
from pdefilter.kernels.reference import elliptic as reference_elliptic
from pdefilter.kernels.reference import gradient as reference_gradient
from pdefilter.kernels.reference import kernel2d as reference_kernel2d
from pdefilter.kernels.reference import lattice as reference_lattice
from pdefilter.kernels.reference import march as reference
from pdefilter.kernels.reference import risk as reference_risk
from pdefilter.kernels.reference import shock as reference_shock
from pdefilter.kernels.reference import variation as reference_variation
from pdefilter.kernels.reference.kernel2d import BORDERS
from pdefilter.kernels.scratch import Scratch
from pdefilter.kernels.taps import Taps
from pdefilter.kernels.tensors import TensorLaw, structure_tensor

pytestmark = pytest.mark.skipif(
    engine.native() is None, reason="the native engine was not built: no C++ compiler"
)

# The package that is installed, not that in the current folder, which may have no native engine.
INSTALLED = ("-P",)

SPECIALS = np.float32([0.0, -0.0, 1e-45, -1e-38, 1e19, 3e38, -3e38])


@st.composite
def images(draw, rows=40, columns=70):
    """An image of one to four channels, and a source of more random numbers."""
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, rows), st.integers(1, columns)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    u = rng.random(shape, np.float32)
    kind = draw(st.sampled_from(["noise", "with specials", "isolated ones", "tiny"]))
    if kind == "with specials":
        places = rng.random(shape) < 0.1
        u[places] = rng.choice(SPECIALS, places.sum())
    if kind == "isolated ones":
        u = (u > 0.99).astype(np.float32)
    if kind == "tiny":
        # Down to subnormal numbers: squares, and products of conductances, reach them before.
        u = np.ldexp(u, -rng.integers(0, 150, shape))
    return u, rng


@st.composite
def marches(draw):
    """An image, a table of steps, and how to go about it."""
    u, rng = draw(images())
    shape = u.shape
    count = draw(st.integers(1, 12))
    steps = rng.uniform(0, 0.25, count).tolist()
    momenta = rng.uniform(0.5, 1.5, count) if draw(st.booleans()) else np.empty(0)
    momenta[rng.random(len(momenta)) < draw(st.sampled_from([0, 0.6]))] = 1
    edges = rng.random((2, *shape[1:]), np.float32) if draw(st.booleans()) else None
    conductance = draw(st.sampled_from([*CONDUCTANCES]))
    guide = rng.random((draw(st.integers(1, 4)), *shape[1:]), np.float32)
    guide = guide if draw(st.booleans()) else None
    if conductance != "constant" and guide is None:
        momenta = np.empty(0)
    tiling = Tiling(*(draw(st.integers(1, n + 2)) for n in (count, shape[1], shape[2])))
    # 1/κ², down to κ = 0.003.
    scale = draw(st.floats(0.1, 1e5))
    return u, steps, momenta.tolist(), conductance, scale, edges, guide, tiling


@st.composite
def kernels(draw, most=12):
    """Weights that are symmetric or not, zeros among them, with the pixel computed anywhere."""
    weights = draw(st.lists(st.sampled_from([-1.0, 0.0, 0.1, 0.5, 3.0]), min_size=1, max_size=most))
    if draw(st.booleans()):
        weights += weights[::-1][draw(st.integers(0, 1)) :]
    return Taps(weights, draw(st.integers(1 - len(weights), 0)))


CENTRAL = Taps.centred([-1.0, 0.0, 1.0])


def same(a, b):
    # Any NaN is as good as any other; every other value has one pattern of bits.
    return a.shape == b.shape and (
        np.where(np.isnan(a), np.float32(np.nan), a).tobytes()
        == np.where(np.isnan(b), np.float32(np.nan), b).tobytes()
    )


@pytest.mark.parametrize("variant", native.variants() if engine.native() else [])
@given(march=marches(), threads=st.integers(1, 8))
def test_a_march_has_the_bits_of_the_reference(variant, march, threads):
    u, *arguments, tiling = march
    theirs = reference.march(u, *arguments)
    with forced(threads, variant):
        assert same(native_march.march(u, *arguments, tiling=tiling), theirs)
        scratch = Scratch(overwrite=True)
        ours = native_march.march(u.copy(), *arguments, tiling=tiling, scratch=scratch)
    assert same(ours, theirs)


@pytest.mark.parametrize("variant", native.variants() if engine.native() else [])
@given(march=marches(), smoothing=kernels(), threads=st.integers(1, 8))
def test_a_march_that_follows_smoothed_images_has_the_bits_of_the_reference(
    variant, march, smoothing, threads
):
    *arguments, _, tiling = march
    arguments += [None, [smoothing] * 2]
    with np.errstate(all="ignore"):
        theirs = reference.march(*arguments)
    with forced(threads, variant):
        ours = native_march.march(*arguments, tiling=tiling)
    assert same(ours, theirs)


@pytest.mark.parametrize("variant", native.variants() if engine.native() else [])
@given(march=marches(), threads=st.integers(1, 8), larger=st.sampled_from([1, 1e2, 1e5]))
def test_splitting_has_the_bits_of_the_reference(variant, march, threads, larger):
    u, steps, _, *law, _ = march
    steps = [larger * step for step in steps]
    with np.errstate(all="ignore"):
        theirs = reference.split(u, steps, *law)
    with forced(threads, variant):
        ours = native_march.split(u, steps, *law)
    assert same(ours, theirs)


# Several chunks of rows, and several blocks of columns.
@pytest.mark.parametrize("variant", native.variants() if engine.native() else [])
@given(
    image=images(150, 150),
    rows=kernels(),
    columns=kernels(),
    order=st.sampled_from(["rows first", "columns first", "mean"]),
    threads=st.integers(1, 8),
)
def test_a_correlation_has_the_bits_of_the_reference(variant, image, rows, columns, order, threads):
    u, _ = image
    theirs = reference_correlation.correlate(u, rows, columns, order)
    with forced(threads, variant):
        ours = native_correlation.correlate(u, rows, columns, order)
    assert same(ours, theirs)


@pytest.mark.parametrize("variant", native.variants() if engine.native() else [])
@pytest.mark.parametrize("measure", reference_gradient.PLANES)
@given(
    image=images(150, 150),
    difference=kernels() | st.just(CENTRAL),
    smoothing=kernels() | st.sampled_from([Taps.centred([w, 0.5, w]) for w in (0, 0.25)]),
    transparent=st.sampled_from([None, 0, 0.5, 1]),
    threads=st.integers(1, 8),
)
def test_a_gradient_has_the_bits_of_the_reference(
    variant, measure, image, difference, smoothing, transparent, threads
):
    u, rng = image
    alpha = None
    if transparent is not None:
        alpha = rng.random(u.shape[1:], np.float32)
        alpha[rng.random(alpha.shape) < transparent] = 0
    arguments = u, alpha, difference, smoothing, measure, 0.5
    with np.errstate(over="ignore", invalid="ignore"):
        theirs = reference_gradient.gradient(*arguments)
    with forced(threads, variant):
        ours = native_gradient.gradient(*arguments)
    assert same(ours, theirs)


@pytest.mark.parametrize("variant", native.variants() if engine.native() else [])
@given(image=images(150, 70), threads=st.integers(1, 8))
def test_sums_of_risk_have_the_bits_of_the_reference(variant, image, threads):
    u, rng = image
    f, probed = rng.permuted(u), rng.permuted(u, axis=1)
    signs = rng.integers(-1, 2, u.shape).astype(np.float32)
    with np.errstate(all="ignore"):
        theirs = reference_risk.sums(u, probed, f, signs)
    with forced(threads, variant):
        ours = native_risk.sums(u, probed, f, signs)
    assert np.array_equal(ours, theirs, equal_nan=True)


@st.composite
def laplacians(draw, shapes):
    """A graph Laplacian with or without each of its parts, and three fields of numbers."""
    shape = draw(shapes)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    edges = rng.random((len(shape), *shape), np.float32) if draw(st.booleans()) else None
    leaks = rng.random(shape, np.float32) if draw(st.booleans()) else None
    share = draw(st.sampled_from([None, 0.0, 0.3, 0.8]))
    free = None if share is None else rng.random(shape) < share
    u, f, v = rng.random((3, *shape), np.float32)
    return GraphLaplacian(shape, edges, leaks, free), u, f if draw(st.booleans()) else None, v


@given(
    drawn=laplacians(st.tuples(st.integers(1, 140), st.integers(1, 40))),
    threads=st.integers(1, 4),
)
def test_graph_laplacians_have_the_bits_of_the_reference(drawn, threads):
    require_bits_of_the_reference(drawn, threads)


def require_bits_of_the_reference(drawn, threads):
    """Compare all operations of a graph Laplacian."""
    laplacian, u, f, v = drawn
    found = []
    for computing in (reference_elliptic, native_elliptic):
        w = u.copy()
        with forced(threads, "baseline"):
            for colour in (0, 1):
                computing.relax(laplacian, w, f, colour)
            squares = computing.restrict(laplacian, w, f)
            computing.prolong(laplacian, w, squares)
            residual = computing.residual(laplacian, w, f)
            sums = [computing.products(laplacian, w, f, other) for other in (v, None)]
            found.append([w, squares, residual, *sums, *computing.coarsen(laplacian, 0.65)])
    for theirs, ours in zip(*found, strict=True):
        assert theirs.shape == ours.shape
        assert same(theirs, ours)


@pytest.mark.parametrize("variant", native.variants() if engine.native() else [])
@given(
    image=images(150, 70),
    walls=st.sampled_from([None, "shared", "of each channel"]),
    mapped=st.booleans(),
    kink=st.sampled_from([(0.0, True), (0.3, True), (0.3, False)]),
    threads=st.integers(1, 8),
)
def test_steps_of_variation_have_the_bits_of_the_reference(
    variant, image, walls, mapped, kink, threads
):
    f, rng = image
    p, before = rng.random((2, len(f), 4, 2, *f.shape[1:]), np.float32) - np.float32(0.5)
    for at in (p, before):
        at[rng.random(at.shape) < 0.1] = 0
    edges = None
    if walls:
        channels = (len(f),) if walls == "of each channel" else ()
        edges = np.rint(rng.random((*channels, 2, *f.shape[1:]))).astype(np.float32)
    radius = np.full((1, f.shape[2]), 0.1, np.float32)
    if mapped:
        radius = np.rint(rng.random(f.shape[1:])).astype(np.float32) * np.float32(0.3)
    with np.errstate(all="ignore"):
        sums = reference_variation.energies_and_gaps(f, p, edges, radius, *kink)
        theirs = before.copy()
        reference_variation.ascend(f, p, theirs, edges, radius, *kink, 0.4, 1 / 32)
        image = reference_variation.descended(f, p)
    with forced(threads, variant):
        assert same(native_variation.energies_and_gaps(f, p, edges, radius, *kink), sums)
        assert same(native_variation.descended(f, p), image)
        native_variation.ascend(f, p, before, edges, radius, *kink, 0.4, 1 / 32)
    assert same(before, theirs)


@pytest.mark.parametrize("variant", native.variants() if engine.native() else [])
@given(image=images(), threads=st.integers(1, 8))
def test_a_reduction_of_tensors_has_the_bits_of_the_reference(variant, image, threads):
    u, _ = image
    # Tensors of all kinds, among them such as no image has.
    tensor = np.resize(u, (3, *u.shape[1:])) - np.float32([[[0]], [[0.5]], [[0]]])
    theirs = reference_lattice.reduce(tensor, None)
    with forced(threads, variant):
        ours = native_lattice.reduce(tensor, None)
    for a, b in zip(ours, theirs, strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("variant", native.variants() if engine.native() else [])
@given(
    image=images(150, 70),
    momentum=st.sampled_from([1.0, 0.7, 1.4]),
    seed=st.integers(0, 2**32 - 1),
    threads=st.integers(1, 8),
)
def test_a_step_along_tensors_has_the_bits_of_the_reference(
    variant, image, momentum, seed, threads
):
    u, rng = image
    tensor = tensors(np.random.default_rng(seed), *u.shape[1:])
    stencil = *reference_lattice.reduce(tensor, None), None
    ours, theirs = np.tile(rng.random(u.shape, np.float32), (2, 1, 1, 1))
    step = u, stencil, rounding_bias_of(u), 0.125, momentum
    reference_lattice.apply_stencil(*step, theirs)
    with forced(threads, variant):
        native_lattice.apply_stencil(*step, ours)
    assert same(ours, theirs)


LAWS = [TensorLaw(None, 30.0), *(TensorLaw(conductance, 30.0) for conductance in CONDUCTANCES)]


@pytest.mark.parametrize("variant", native.variants() if engine.native() else [])
@given(image=images(150, 70), law=st.sampled_from(LAWS), threads=st.integers(1, 8))
def test_diffusion_along_a_structure_has_the_bits_of_the_reference(variant, image, law, threads):
    u, _ = image
    with np.errstate(all="ignore"):
        tensor = structure_tensor(u, len(u))
    theirs = reference_lattice.reduce(tensor, law)
    stepped, out = np.empty((2, *u.shape), np.float32)
    stencil = *theirs, None
    reference_lattice.apply_stencil(u, stencil, rounding_bias_of(u), 0.125, 1.0, stepped)
    with forced(threads, variant):
        ours = native_lattice.reduce(tensor, law)
        native_lattice.reduce_and_apply(u, tensor, law, rounding_bias_of(u), 0.125, out)
    for a, b in zip(ours, theirs, strict=True):
        assert a.tobytes() == b.tobytes()
    assert same(out, stepped)


@pytest.mark.parametrize("variant", native.variants() if engine.native() else [])
@given(
    image=images(150, 70),
    guide=st.none() | st.just("planes") | kernels(),
    weighted=st.booleans(),
    directed=st.booleans(),
    threads=st.integers(1, 8),
)
def test_a_shock_has_the_bits_of_the_reference(variant, image, guide, weighted, directed, threads):
    u, rng = image
    guide = rng.permuted(u) if guide == "planes" else guide
    weight = rng.random(u.shape[1:], np.float32) if weighted else None
    structure = rng.random((3, *u.shape[1:]), np.float32) if directed else None
    ours, theirs = np.empty((2, *u.shape), np.float32)
    with np.errstate(all="ignore"):
        reference_shock.advance(u, guide, weight, structure, 0.7, theirs)
    with forced(threads, variant):
        native_shock.advance(u, guide, weight, structure, 0.7, ours)
    assert same(ours, theirs)


@pytest.mark.parametrize("variant", native.variants() if engine.native() else [])
@given(
    image=images(150, 150),
    shape=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    border=st.sampled_from(sorted(BORDERS)),
    threads=st.integers(1, 8),
    data=st.data(),
)
def test_a_kernel_of_two_dimensions_has_the_bits_of_the_reference(
    variant, image, shape, border, threads, data
):
    u, rng = image
    kernel = rng.normal(size=shape).astype(np.float32) * (rng.random(shape) < 0.8)
    origin = tuple(data.draw(st.integers(0, size - 1)) for size in shape)
    arguments = u, kernel, origin, border
    with forced(threads, variant):
        ours = native_kernel2d.correlate2d(*arguments)
    assert same(ours, reference_kernel2d.correlate2d(*arguments))


@pytest.mark.parametrize("variant", native.variants() if engine.native() else [])
@given(image=images(150, 70), weighted=st.booleans(), threads=st.integers(1, 8))
def test_a_curvature_step_has_the_bits_of_the_reference(variant, image, weighted, threads):
    u, rng = image
    weight = rng.integers(0, 2, u.shape[1:]).astype(np.float32) if weighted else None
    ours, theirs = np.empty((2, *u.shape), np.float32)
    reference_curvature.advance(u, weight, 0.2, theirs)
    with forced(threads, variant):
        native_curvature.advance(u, weight, 0.2, ours)
    assert same(ours, theirs)


@pytest.mark.parametrize("conductance", ["constant", "exponential"])
@pytest.mark.parametrize("momentum", [False, True])
def test_a_photograph_cut_by_the_engines_own_choice(conductance, momentum, colour_photograph):
    u = np.ascontiguousarray(np.moveaxis(colour_photograph, -1, 0).astype(np.float32) / 255)
    u = np.tile(u, (1, 3, 3))
    steps = [0.2] * 75
    momenta = [1.01] * 75 if momentum else []
    edges = np.ascontiguousarray(u[:2, ::-1])
    is_linear = conductance == "constant" or not momentum
    for planes in ((None, None), (edges, None), (edges, u))[0 if is_linear else 2 :]:
        theirs = reference.march(u, steps, momenta, conductance, 200.0, *planes)
        for threads in (1, 2, 5):
            with forced(threads, native.variants()[-1]):
                ours = native_march.march(u, steps, momenta, conductance, 200.0, *planes)
            assert same(ours, theirs)


@pytest.mark.parametrize("variant", native.variants() if engine.native() else [])
def test_inverses_are_the_nearest_numbers_for_every_mantissa(variant):
    """Where they come from Newton's steps too: those of every other row."""
    for first in range(2**23, 2**24, 2**19):
        sums = np.arange(first, first + 2**19, dtype=np.float64).reshape(64, -1)
        # 1 + d² + e² is each of them.
        d = np.floor(np.sqrt(sums - 1))
        e = np.sqrt(sums - 1 - d * d)
        u = np.zeros((2, 2 * len(sums), sums.shape[1]), np.float32)
        u[:, ::2] = d, e
        assert np.array_equal(1 + u[0, ::2] ** 2 + u[1, ::2] ** 2, sums)
        law = u, [0.25], (), "rational", 1.0, None
        tiling = Tiling(1, *u.shape[1:])
        with forced(1, variant):
            ours = native_march.march(*law, tiling=tiling)
        assert same(ours, reference.march(*law))


def test_this_machine_runs_at_least_the_baseline():
    assert native.variants()[0] == "baseline"


@pytest.mark.parametrize("choice", ["native", "reference"])
def test_the_engine_is_chosen_by_hand(choice, executable, tmp_path):
    target = tmp_path / "out.png"
    subprocess.run(
        [executable, "anisotropic", SAMPLES / "cat.png", "-o", target],
        env={**os.environ, "PDEFILTER_ENGINE": choice},
        check=True,
    )
    import pdefilter

    ours = pdefilter.anisotropic(pdefilter.read(SAMPLES / "cat.png"))
    assert np.array_equal(pdefilter.read(target).pixels, ours.pixels)


def test_an_unknown_engine_is_answered_with_the_known_ones(executable, tmp_path):
    done = subprocess.run(
        [executable, "anisotropic", SAMPLES / "cat.png", "-o", tmp_path / "o.png"],
        env={**os.environ, "PDEFILTER_ENGINE": "quantum"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert b"PDEFILTER_ENGINE: 'quantum' is unknown; take native or reference" in done.stderr
    assert not any(tmp_path.iterdir())


def test_an_image_of_more_channels_than_are_compiled_is_marched_all_the_same():
    import pdefilter

    u = np.random.default_rng(0).random((9, 8, 7), np.float32)
    one = pdefilter.heat_diffuse(np.ascontiguousarray(u[..., 3]))
    assert np.array_equal(pdefilter.heat_diffuse(u)[..., 3], one)


def available_memory():
    try:
        with Path("/proc/meminfo").open() as lines:
            return next(1024 * int(line.split()[1]) for line in lines if "MemAvailable" in line)
    except OSError:
        return 0


@pytest.mark.skipif(available_memory() < 14 << 30, reason="takes 9 GB of memory")
def test_an_image_of_more_pixels_than_32_bits_count():
    corner = np.random.default_rng(0).random((1, 50, 50), np.float32)
    u = np.zeros((1, 46_400, 46_300), np.float32)
    assert u.size > 2**31
    u[:, -50:, -50:] = corner
    ours = native_march.march(u, [0.2], (), "rational", 30.0, None)
    around = reference.march(u[:, -60:, -60:], [0.2], (), "rational", 30.0, None)
    # The cut is far enough from what is not zero.
    assert same(ours[:, -60:, -60:], around)
    assert not ours[:, :1000].any()


@pytest.mark.parametrize(
    "call",
    [
        "heat_diffuse(numpy.zeros((2000, 2000), 'f4'), iterations=1000000)",
        "smooth(numpy.zeros((6000, 6000), 'f4'), sigma=1000)",
    ],
)
def test_interruption_reaches_a_long_run(call):
    code = (
        "import numpy, threading, _thread, pdefilter\n"
        "threading.Timer(1.0, _thread.interrupt_main).start()\n"
        f"pdefilter.{call}\n"
    )
    done = subprocess.run(
        [sys.executable, *INSTALLED, "-c", code], capture_output=True, timeout=30, check=False
    )
    assert b"KeyboardInterrupt" in done.stderr


@pytest.mark.skipif(not hasattr(os, "setuid") or os.geteuid() != 0, reason="takes a root user")
def test_a_system_that_allows_no_threads_gets_the_same_bits():
    code = (
        "import os, resource, sys, numpy as np\n"
        "from pdefilter.kernels.native import forced, variants\n"
        "from pdefilter.kernels.native.march import march\n"
        "u = np.random.default_rng(0).random((1, 300, 300), np.float32)\n"
        "def on(threads):\n"
        "    with forced(threads, variants()[-1]):\n"
        "        return march(u, [0.2] * 8, (), 'rational', 30.0, None)\n"
        "one = on(1)\n"
        "os.setuid(65534)\n"
        "resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))\n"
        "sys.exit(not np.array_equal(one, on(8)))\n"
    )
    subprocess.run([sys.executable, *INSTALLED, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("variant", native.variants() if engine.native() else [])
@given(
    image=images(150, 70),
    taps=st.tuples(kernels(), kernels()) | st.just((CENTRAL, Taps.centred([0.25, 0.5, 0.25]))),
    before=st.none() | st.tuples(kernels(7), kernels(7)),
    order=st.sampled_from(["rows first", "columns first", "mean"]),
    ties=st.booleans(),
    threads=st.integers(1, 8),
)
def test_a_thinned_gradient_has_the_bits_of_the_reference(
    variant, image, taps, before, order, ties, threads
):
    u, rng = image
    u = (u[:1] > 0.5).astype(np.float32) if ties else u[:1]
    arguments = u, *taps, 0.5, rng.choice([0.0, 0.5]), before, order, (-0.5, 0.5)
    with np.errstate(all="ignore"):
        theirs = reference_edges.thin_gradient(*arguments)
    with forced(threads, variant):
        ours = native_edges.thin_gradient(*arguments)
    assert same(ours, theirs)
