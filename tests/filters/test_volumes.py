"""Every equation over three axes and any spacing."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdefilter.equations.heat import Heat
from pdefilter.equations.tensor_diffusion import LinearTensorDiffusion
from pdefilter.errors import ImageError, ParameterError
from pdefilter.evolve.steps import in_cycles
from pdefilter.filters import FILTERS
from pdefilter.kernels.lattice import stencil_of
from pdefilter.measure.noise import noise_deviations
from pdefilter.raster import Raster
from pdefilter.runs.boxes import run_in_boxes
from pdefilter.schemes.fast_explicit import fed_cycle, fsi_cycle

# Slices are three times as far apart as pixels.
SPACING = (3.0, 1.0, 1.5)

# Every filter that works on volumes, and how near a turned volume has the turned result: to the bit
# where that of an image has.
CALLS = {
    "heat": ("heat-diffuse", {"time": 1.0}, 0),
    "heat, fed": ("heat-diffuse", {"scheme": "fed", "time": 1.0, "tolerance": 5.0}, 0),
    "heat, fsi": ("heat-diffuse", {"scheme": "fsi", "time": 1.0, "tolerance": 5.0}, 0),
    "heat, optimal": ("heat-diffuse", {"scheme": "optimal", "time": 1.0}, 1e-4),
    "heat, aos": ("heat-diffuse", {"scheme": "aos", "iterations": 2, "step": 0.5}, 1e-6),
    "heat, exact": ("heat-diffuse", {"scheme": "exact", "time": 1.0}, 1e-6),
    "perona-malik": ("anisotropic", {"model": "perona-malik", "kappa": 0.3, "time": 1.0}, 0),
    "regularized": ("anisotropic", {"kappa": "p80", "time": 0.5}, 0),
    "edge-enhancing": (
        "anisotropic",
        {"model": "edge-enhancing", "kappa": 0.2, "time": 0.1, "step": 0.03},
        0,
    ),
    "coherence-enhancing": (
        "anisotropic",
        {"model": "coherence-enhancing", "time": 0.1, "step": 0.03, "integration_scale": 1.0},
        0,
    ),
    "gaussian": ("smooth", {"sigma": 1.0}, 1e-6),
    "box": ("smooth", {"method": "box", "sigma": 1.0}, 1e-6),
    "binomial": ("smooth", {"method": "binomial", "size": 5}, 1e-6),
    "median": ("smooth", {"method": "median"}, 0),
    "tikhonov": ("smooth", {"method": "tikhonov", "tolerance": 1.0}, 1e-5),
    "tv": ("smooth", {"method": "tv", "tolerance": 1.0}, 0),
    "huber": ("smooth", {"method": "huber", "tolerance": 1.0}, 0),
    "curvature": ("smooth", {"method": "curvature", "time": 0.5}, 0),
    "edge": ("edge", {}, 1e-6),
    "laplacian": ("edge", {"operator": "laplacian"}, 1e-6),
    "osher-rudin": ("shock", {"model": "osher-rudin", "time": 0.5}, 0),
    "unsharp": ("sharpen", {}, 1e-5),
    "laplacian sharpening": ("sharpen", {"method": "laplacian"}, 0),
    "inverse heat": ("sharpen", {"method": "inverse-heat"}, 1e-5),
}
OTHERS = {
    "shock": ("shock", {"time": 0.5}),
    "coherence shock": ("shock", {"model": "coherence", "rho": 1.0, "time": 0.5}),
    "slices": ("edge", {"component": "slices", "sigma": 0.5}),
    "rows": ("edge", {"component": "rows", "operator": "roberts"}),
    "tv auto": ("smooth", {"method": "tv", "weight": "auto", "tolerance": 1.0}),
    "above the noise": ("sharpen", {"threshold": "auto"}),
    "around": ("smooth", {"border": "wrap", "sigma": 1.0}),
    "heat around": ("heat-diffuse", {"border": "wrap-rows", "time": 1.0}),
    "large median": ("smooth", {"method": "median", "size": 5}),
}
FILLED = {
    f"inpaint, {method}": ("inpaint", {"method": method})
    for method in ("harmonic", "tv", "edge-enhancing")
}
ALL = {name: call[:2] for name, call in CALLS.items()} | OTHERS
# They cannot go around holes.
WHOLE_ONLY = ("heat, exact",)


def operation_of(name):
    filter_, options = (ALL | FILLED)[name]
    return FILTERS[filter_](**options)


def run(operation, image):
    operation.require_fit(image.shape)
    return operation.run(image, operation.measure(image))


def filtered(name, colour, spacing=SPACING, valid=None, alpha=None):
    colour = np.array(colour, np.float32, order="C")
    found = run(operation_of(name), Raster(colour, alpha, valid, spacing=spacing))
    # Bands may have been brought to units of their noise.
    return found.scale.stored(found.colour)


def volume(seed=0, shape=(4, 6, 5), channels=1):
    return np.random.default_rng(seed).random((channels, *shape), np.float32)


def holes(seed=0, shape=(4, 6, 5)):
    valid = np.random.default_rng(seed).random(shape) > 0.2
    valid[0, 0, 0] = True
    return valid


def wave(modes, shape, spacing):
    """A product of cosines, and its eigenvalue."""
    u, eigenvalue = np.ones(shape), 0.0
    for axis, (k, n, h) in enumerate(zip(modes, shape, spacing, strict=True)):
        cosine = np.cos(np.pi * k * (np.arange(n) + 0.5) / n)
        u = u * cosine.reshape(-1, *[1] * (len(shape) - 1 - axis))
        eigenvalue += (2 - 2 * np.cos(np.pi * k / n)) / h**2
    return u[None].astype(np.float32), eigenvalue


@settings(max_examples=10)
@given(
    spacing=st.permutations([1.0, 1.7, 3.0]),
    modes=st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(0, 3)),
)
def test_a_cosine_fades_by_its_eigenvalue(spacing, modes):
    u, eigenvalue = wave(modes, (5, 6, 4), spacing)
    time = 0.9
    exact = run(FILTERS["heat-diffuse"](scheme="exact", time=time), Raster(u, spacing=spacing))
    np.testing.assert_allclose(exact.colour, np.exp(-time * eigenvalue) * u, atol=2e-6)
    steps = FILTERS["heat-diffuse"](iterations=4, step=0.1)
    explicit = run(steps, Raster(u, spacing=spacing))
    np.testing.assert_allclose(explicit.colour, (1 - 0.1 * eigenvalue) ** 4 * u, atol=2e-6)
    # A grey level of 255, in the mean square.
    to_tolerance = FILTERS["heat-diffuse"](scheme="optimal", time=time, tolerance=1.0)
    optimal = run(to_tolerance, Raster(u, spacing=spacing)).colour
    assert np.sqrt(np.mean((optimal - exact.colour) ** 2)) <= 1 / 255


ADVANCE = {
    "explicit": lambda heat, u, n: heat.march(u, [2.0 / n] * n),
    "aos": lambda heat, u, n: heat.split(u, [2.0 / n] * n),
    "fed": lambda heat, u, n: in_cycles(heat, u, fed_cycle(2.0 / n, 0.1), n),
    "fsi": lambda heat, u, n: in_cycles(heat, u, fsi_cycle(2.0 / n, 0.1), n),
}


@pytest.mark.parametrize("scheme", ADVANCE)
def test_schemes_have_order_one_on_any_pixels(scheme):
    u, eigenvalue = wave((1, 2, 1), (5, 8, 7), SPACING)
    heat = Heat(spacing=SPACING)
    counts = (32, 64, 128)
    found = [float(np.vdot(ADVANCE[scheme](heat, u, n), u) / np.vdot(u, u)) for n in counts]
    errors = np.abs(np.array(found) - math.exp(-2.0 * eigenvalue))
    orders = np.log2(errors[:-1] / errors[1:])
    assert np.all(np.abs(orders - 1) < 0.25), (orders, errors)


def moments(u, spacing):
    """Find the covariance of a blob of sum one, in units of length."""
    places = np.meshgrid(
        *[h * np.arange(n) for n, h in zip(u.shape, spacing, strict=True)], indexing="ij"
    )
    share = u.astype(float) / u.sum(dtype=float)
    means = [(share * place).sum() for place in places]
    away = [place - mean for place, mean in zip(places, means, strict=True)]
    return np.array([[(share * a * b).sum() for b in away] for a in away])


def blob(shape, spacing, sigma):
    places = np.meshgrid(
        *[h * (np.arange(n) - n // 2) for n, h in zip(shape, spacing, strict=True)], indexing="ij"
    )
    return np.exp(-sum(place**2 for place in places) / (2 * sigma**2)).astype(np.float32)


@pytest.mark.parametrize("name", ["heat", "heat, fsi", "heat, aos", "heat, exact"])
def test_heat_adds_twice_the_time_to_the_variance_along_every_axis(name):
    """But for what reaches the border, as second differences of a square are exact."""
    shape = 9, 25, 19
    u = blob(shape, SPACING, 1.5)
    found = moments(filtered(name, u[None])[0], SPACING) - moments(u, SPACING)
    np.testing.assert_allclose(found, 2 * np.eye(3), atol=0.02)


@pytest.mark.parametrize("method", ["gaussian", "box", "binomial"])
def test_a_kernel_has_its_variance_along_every_axis(method):
    shape = 13, 37, 29
    u = blob(shape, SPACING, 2.0)
    operation = FILTERS["smooth"](method=method, sigma=3.0)
    found = moments(run(operation, Raster(u[None], spacing=SPACING)).colour[0], SPACING)
    np.testing.assert_allclose(found - moments(u, SPACING), 9 * np.eye(3), atol=0.2)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.0, 1.0, 1.5)])
def test_a_constant_tensor_turns_the_covariance_into_itself_plus_twice_its_time(spacing):
    rng = np.random.default_rng(2)
    q, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    d = q @ np.diag([1.0, 0.3, 0.05]) @ q.T
    shape = 19, 27, 23
    tensor = np.empty((6, *shape), np.float32)
    for k, (a, b) in enumerate(((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))):
        tensor[k] = d[a, b]
    diffusion = LinearTensorDiffusion(stencil_of(tensor, spacing=spacing), spacing)
    u = blob(shape, spacing, 1.5)[None]
    steps = [diffusion.largest_stable_step] * 20
    found = moments(diffusion.march(u, steps)[0], spacing) - moments(u[0], spacing)
    np.testing.assert_allclose(found, 2 * sum(steps) * d, atol=5e-3)


def test_the_largest_step_of_tensors_keeps_the_range_where_all_choose_one_pixel():
    """A star of lines: no pixel is chosen by more neighbours than that at its centre."""
    places = np.stack(np.meshgrid(*[np.arange(-8, 9)] * 3, indexing="ij")).astype(float)
    v = places / np.maximum(1e-9, np.sqrt(np.square(places).sum(axis=0)))
    tensor = np.stack(
        [
            0.99 * v[a] * v[b] + 0.01 * (a == b)
            for a, b in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
        ]
    ).astype(np.float32)
    diffusion = LinearTensorDiffusion(stencil_of(tensor), (1.0, 1.0, 1.0))
    u = np.zeros((1, 17, 17, 17), np.float32)
    u[0, 8, 8, 8] = 1
    stepped = diffusion.march(u, [diffusion.largest_stable_step])
    assert stepped.min() >= 0
    # A sixth, the step of the heat equation, would go far beyond.
    assert diffusion.march(u, [1 / 6]).min() < -1


# Two exchanges of axes and a reflection make all 48 symmetries of the cube.
TURNS = {
    "exchanged": ((1, 0, 2), None),
    "in turn": ((1, 2, 0), None),
    "mirrored": ((0, 1, 2), 0),
}


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), SPACING])
def test_a_turned_volume_has_the_turned_result(name, turn, spacing):
    order, mirrored = TURNS[turn]

    def turned(u):
        u = u.transpose(0, *(1 + axis for axis in order))
        return np.ascontiguousarray(u if mirrored is None else np.flip(u, 1 + mirrored))

    u = volume(3)
    ours = filtered(name, turned(u), tuple(spacing[axis] for axis in order))
    theirs = turned(filtered(name, u, spacing))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=CALLS[name][2])


@pytest.mark.parametrize("name", CALLS)
def test_a_transposed_image_of_oblong_pixels_has_the_transposed_result(name):
    u = volume(3, (7, 9))
    theirs = filtered(name, u, (1.0, 2.5)).swapaxes(1, 2)
    ours = filtered(name, u.swapaxes(1, 2), (2.5, 1.0))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=CALLS[name][2])


@pytest.mark.parametrize(
    ("border", "cyclic"),
    [
        ("wrap", (True, True, True)),
        ("wrap-rows", (False, True, False)),
        ("wrap-columns", (False, False, True)),
    ],
)
@pytest.mark.parametrize(
    ("filter_", "options"),
    [
        ("heat-diffuse", {"time": 1.0}),
        ("heat-diffuse", {"time": 1.0, "scheme": "exact"}),
        ("smooth", {"sigma": 1.0}),
        ("smooth", {"method": "median"}),
    ],
)
def test_a_volume_that_rolls_along_cyclic_axes_has_the_rolled_result(
    filter_, options, border, cyclic
):
    def rolled(u):
        return np.roll(u, [2 * is_cyclic for is_cyclic in cyclic], (1, 2, 3))

    operation = FILTERS[filter_](border=border, **options)
    theirs = run(operation, Raster(volume(4), spacing=SPACING)).colour
    ours = run(operation, Raster(rolled(volume(4)), spacing=SPACING)).colour
    np.testing.assert_allclose(ours, rolled(theirs), rtol=0, atol=1e-6)


SLICED = {
    "heat": ("heat-diffuse", {"iterations": 3, "step": 0.1}, 1),
    "heat, exact": ("heat-diffuse", {"scheme": "exact", "time": 1.0}, 1),
    "regularized": ("anisotropic", {"kappa": 0.2, "iterations": 3, "step": 0.1}, 1),
    "edge-enhancing": (
        "anisotropic",
        {"model": "edge-enhancing", "kappa": 0.2, "iterations": 3, "step": 0.03},
        1,
    ),
    "coherence-enhancing": (
        "anisotropic",
        {"model": "coherence-enhancing", "kappa": 0.2, "iterations": 3, "step": 0.03},
        1,
    ),
    "gaussian": ("smooth", {"sigma": 1.0}, 1),
    "median": ("smooth", {"method": "median"}, 1),
    "tv": ("smooth", {"method": "tv", "tolerance": 0.02}, 1),
    "curvature": ("smooth", {"method": "curvature", "time": 0.1}, 1),
    "rows": ("edge", {"component": "rows"}, 1),
    "shock": ("shock", {}, 1),
    "unsharp": ("sharpen", {}, 1),
    # The root mean square of three components, one of them zero.
    "edge": ("edge", {}, math.sqrt(2 / 3)),
    "laplacian": ("edge", {"operator": "laplacian"}, 2 / 3),
}


@pytest.mark.parametrize("name", SLICED)
def test_equal_slices_are_filtered_like_one_of_them(name):
    filter_, options, factor = SLICED[name]
    u = volume(5, (9, 8))
    spacing = 1.0, 1.5
    theirs = run(FILTERS[filter_](**options), Raster(u.copy(), spacing=spacing)).colour
    slices = np.repeat(u[:, None], 3, axis=1)
    ours = run(FILTERS[filter_](**options), Raster(slices, spacing=(3.0, *spacing))).colour
    tolerance = 2e-3 if name in ("tv", "curvature") else 1e-5
    np.testing.assert_allclose(ours, np.repeat(factor * theirs[:, None], 3, axis=1), atol=tolerance)


@pytest.mark.parametrize("name", [name for name in ALL if name not in WHOLE_ONLY])
def test_what_a_hole_contains_changes_nothing(name):
    u, valid = volume(1), holes(1)
    results = [filtered(name, np.where(valid, u, np.float32(c)), valid=valid) for c in (0.3, 99.0)]
    assert np.array_equal(results[0][:, valid], results[1][:, valid])


@pytest.mark.parametrize(
    "name", ["heat", "heat, fsi", "heat, aos", "perona-malik", "edge-enhancing"]
)
def test_nothing_flows_into_holes(name):
    u, valid = volume(2, channels=2), holes(2)
    found = filtered(name, u, valid=valid)
    ours, theirs = (image[:, valid].sum(axis=1, dtype=float) for image in (found, u))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    # Where every channel has holes of its own, each keeps its own sum.
    each = np.stack([valid, holes(3)])
    found = filtered(name, u, valid=each)
    for c in range(2):
        kept = found[c][each[c]].sum(dtype=float), u[c][each[c]].sum(dtype=float)
        assert kept[0] == pytest.approx(kept[1], rel=1e-5)


@pytest.mark.parametrize(
    "name", ["heat", "gaussian", "median", "edge-enhancing", "tv", "curvature"]
)
def test_the_colour_of_transparent_voxels_has_no_say(name):
    u, alpha = volume(4), holes(4).astype(np.float32)
    results = [
        filtered(name, np.where(alpha > 0, u, np.float32(c)), alpha=alpha) for c in (0.0, 1.0)
    ]
    assert np.array_equal(results[0][:, alpha > 0], results[1][:, alpha > 0])


def test_time_and_contrast_follow_the_brightness_of_a_volume():
    noisy = ball((5, 12, 12), SPACING, 5.0) + volume(6, (5, 12, 12))[0] / 4
    results = [
        run(FILTERS["anisotropic"](), Raster(u[None].astype(np.float32), spacing=SPACING)).colour
        for u in (noisy, noisy / 2 + 0.25)
    ]
    np.testing.assert_allclose(results[0] / 2 + 0.25, results[1], atol=1e-4)


@pytest.mark.parametrize("name", ["heat, fsi", "gaussian", "median", "inverse heat"])
def test_twice_as_bright_a_volume_gives_the_result_twice_as_bright(name):
    u = volume(6, (5, 9, 8))
    ours = filtered(name, 2 * u + np.float32(0.25))
    np.testing.assert_allclose(ours, 2 * filtered(name, u) + 0.25, atol=2e-3)


def test_perona_malik_is_that_of_a_plain_loop():
    """MedPy's formula, from Gerig et al. 1992, doi:10.1109/42.141646, on cubes."""
    u = volume(7, (5, 6, 7))[0].astype(float)
    expected = u.copy()
    for _ in range(5):
        change = np.zeros_like(expected)
        for axis in range(3):
            delta = np.diff(expected, axis=axis)
            flux = delta / (1 + (delta / 0.2) ** 2)
            before, after = ([(0, 0)] * 3 for _ in range(2))
            before[axis], after[axis] = (0, 1), (1, 0)
            change += np.pad(flux, before) - np.pad(flux, after)
        expected += 0.1 * change
    operation = FILTERS["anisotropic"](model="perona-malik", kappa=0.2, iterations=5, step=0.1)
    found = run(operation, Raster(u[None].astype(np.float32), spacing=(1.0, 1.0, 1.0))).colour[0]
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("filter_", "options", "limit"),
    [
        ("heat-diffuse", {"step": 0.2}, "0.166667"),
        ("anisotropic", {"step": 0.2, "kappa": 0.1, "time": 1.0}, "0.166667"),
        ("anisotropic", {"model": "edge-enhancing", "step": 0.1, "time": 1.0}, "0.0357143"),
        ("shock", {"step": 0.7}, "0.57735"),
    ],
)
def test_a_step_that_a_volume_cannot_take_is_refused(filter_, options, limit):
    operation = FILTERS[filter_](**options)
    with pytest.raises(ParameterError, match=f"take a step of at most {limit}"):
        operation.measure(Raster(volume(), spacing=(1.0, 1.0, 1.0)))


@pytest.mark.parametrize(
    ("filter_", "options", "name"),
    [
        ("wave", {}, "wave"),
        ("poisson", {"flatten": 4.0}, "poisson"),
        ("convolve", {"kernel": "sharpen"}, "convolve"),
        ("denoise", {"model": "small"}, "denoise"),
        ("inpaint", {"method": "biharmonic"}, "the method biharmonic"),
        ("edge", {"component": "direction"}, "the direction of edges"),
    ],
)
def test_what_has_two_axes_only_refuses_a_volume(filter_, options, name):
    with pytest.raises(ImageError) as refused:
        FILTERS[filter_](**options).require_fit((4, 5, 6))
    assert str(refused.value) == (
        f"is a volume, and {name} has two axes only; give --slices to filter it slice by slice"
    )


def test_an_image_has_no_slices_to_differ():
    with pytest.raises(ImageError, match="is not a volume and has no slices"):
        FILTERS["edge"](component="slices").require_fit((5, 6))


@pytest.mark.parametrize("name", [*ALL, *FILLED])
def test_boxes_of_a_volume_have_the_bits_of_the_whole(name):
    shape, operation = (7, 13, 12), operation_of(name)
    valid = holes(8, shape) if name in FILLED else None

    def image():
        return Raster(volume(8, shape), valid=valid, spacing=SPACING)

    numbers = json.loads(json.dumps(operation.measure(image())))
    assert numbers == operation.measure(image())
    if operation.reach(numbers) is None:
        return
    whole = operation.run(image(), numbers)
    boxes = run_in_boxes(operation, image(), numbers, (3, 5, 6))
    assert np.array_equal(whole.colour, boxes.colour)


def test_membranes_fill_holes_with_the_mean_of_their_neighbours():
    """Of a linear ramp, in units of length, with the ramp itself."""
    shape = 7, 9, 8
    places = np.meshgrid(
        *[h * np.arange(n) for n, h in zip(shape, SPACING, strict=True)], indexing="ij"
    )
    ramp = (sum(places) / 40).astype(np.float32)
    valid = np.ones(shape, bool)
    valid[2:5, 3:6, 2:6] = False
    for method in ("harmonic", "tv", "edge-enhancing"):
        found = filtered(f"inpaint, {method}", np.where(valid, ramp, 0)[None], valid=valid)
        tolerance = 1e-2 if method == "edge-enhancing" else 1e-3
        np.testing.assert_allclose(found[0], ramp, atol=tolerance)


def ball(shape, spacing, radius):
    return np.sqrt(-2 * 1.0 * np.log(blob(shape, spacing, 1.0).clip(1e-38))) < radius


def psnr(u, truth):
    return -10 * math.log10(np.mean((u - truth) ** 2, dtype=float))


def test_a_noisy_ball_keeps_its_surface_under_edge_enhancing_diffusion():
    shape, spacing = (10, 22, 22), (2.0, 1.0, 1.0)
    inside, surface = (
        ball(shape, spacing, 7.0),
        ball(shape, spacing, 8.0) ^ ball(shape, spacing, 6.0),
    )
    noisy = (inside + np.random.default_rng(9).normal(0, 0.1, shape)).astype(np.float32)
    kept, blurred = (
        run(FILTERS[name](time=1.0, **options), Raster(noisy[None].copy(), spacing=spacing)).colour[
            0
        ]
        for name, options in (
            ("anisotropic", {"model": "edge-enhancing", "noise": 0.1}),
            ("heat-diffuse", {}),
        )
    )
    assert psnr(kept, inside) > psnr(noisy, inside) + 4 > psnr(blurred, inside) + 6
    assert np.abs(kept - inside)[surface].mean() < np.abs(blurred - inside)[surface].mean() / 3


def test_an_interrupted_helix_is_joined_by_coherence_enhancing_diffusion():
    angles = np.linspace(0, 2 * np.pi, 400)
    line = np.stack(
        [1 + 9 * angles / angles[-1], 7.5 + 5 * np.sin(angles), 7.5 + 5 * np.cos(angles)]
    )
    places = np.stack(np.meshgrid(*map(np.arange, (12, 16, 16)), indexing="ij")).astype(float)

    def drawn(points):
        away = np.square(places[..., None] - points[:, None, None, None]).sum(axis=0).min(axis=-1)
        return np.exp(-away / 2).astype(np.float32)

    whole, cut = drawn(line), drawn(line[:, np.abs(np.arange(400) - 200) >= 30])
    on_line, in_gap = whole > 0.9, tuple(np.rint(line[:, 200]).astype(int))

    def gap_and_background(filter_, **options):
        image = Raster(cut[None].copy(), spacing=(1.0, 1.0, 1.0))
        found = run(FILTERS[filter_](**options), image).colour[0]
        strength = found[on_line].mean()
        return found[in_gap] / strength, found[whole < 0.05].mean() / strength

    assert cut[in_gap] / cut[on_line].mean() < 0.25
    # Half of the line's strength, where the line is blurred most; and next to nothing beside it.
    gap, background = gap_and_background(
        "anisotropic",
        model="coherence-enhancing",
        kappa=0.05,
        integration_scale=2.0,
        time=4.0,
        tolerance=8.0,
    )
    assert gap > 0.45
    assert background < 0.05
    # Heat joins it too, to the line that it makes of everything.
    assert gap_and_background("heat-diffuse", time=4.0)[1] > 0.4


def test_a_sheet_with_a_hole_is_closed_by_coherence_enhancing_diffusion():
    """Diffusion follows surfaces too, and not only lines."""
    across = np.exp(-((np.arange(9.0) - 4) ** 2) / 2)[:, None, None]
    cut = across * np.ones((9, 16, 16))
    cut[:, 6:10, 6:10] = 0
    operation = FILTERS["anisotropic"](
        model="coherence-enhancing", kappa=0.05, integration_scale=2.0, time=4.0, tolerance=8.0
    )
    image = Raster(cut[None].astype(np.float32), spacing=(1.0, 1.0, 1.0))
    found = run(operation, image).colour[0]
    assert found[4, 6:10, 6:10].mean() > 0.8 * found[4, 2, 2]
    assert found[0].max() < 0.02


def phantom(shape=(14, 40, 40), spacing=(3.0, 1.0, 1.0)):
    """Balls in balls, on a ramp."""
    inner, outer = ball(shape, spacing, 7.0), ball(shape, spacing, 15.0)
    ramp = np.linspace(0, 0.1, shape[2])
    return (0.2 + 0.4 * outer - 0.25 * inner + ramp).astype(np.float32)


@pytest.mark.parametrize("sigma", [0.02, 0.08])
def test_the_noise_of_a_volume_with_structure_is_found(sigma):
    truth = phantom((24, 48, 48))
    noisy = truth + np.random.default_rng(10).normal(0, sigma, truth.shape).astype(np.float32)
    assert noise_deviations(noisy[None])[0] == pytest.approx(sigma, rel=0.1)


def test_noise_is_removed_better_from_a_volume_than_slice_by_slice():
    truth, spacing = phantom(), (3.0, 1.0, 1.0)
    noisy = truth + np.random.default_rng(11).normal(0, 0.08, truth.shape).astype(np.float32)
    ours = run(FILTERS["anisotropic"](), Raster(noisy[None].copy(), spacing=spacing)).colour[0]
    slices = [
        run(FILTERS["anisotropic"](), Raster(plane[None].copy())).colour[0] for plane in noisy
    ]
    assert psnr(ours, truth) > psnr(np.stack(slices), truth) + 1
    assert psnr(ours, truth) > psnr(noisy, truth) + 6


@pytest.mark.parametrize(
    ("filter_", "options"),
    [("heat-diffuse", {}), ("heat-diffuse", {"scheme": "exact"}), ("smooth", {})],
)
def test_a_deviation_for_every_axis_is_in_pixels_of_its_own(filter_, options):
    u, pixels = blob((9, 25, 19), (1.0, 1.0, 1.0), 1.5), (1.0, 1.0, 1.0)
    operation = FILTERS[filter_](sigma=(0.0, 1.0, 2.0), **options)
    found = run(operation, Raster(u[None], spacing=SPACING)).colour[0]
    variances = np.diag(moments(found, pixels) - moments(u, pixels))
    np.testing.assert_allclose(variances, [0, 1, 4], atol=0.02)


def test_noise_of_magnitudes_is_removed_from_a_volume():
    truth, rng = phantom((10, 32, 32)), np.random.default_rng(12)
    noisy = np.hypot(truth + rng.normal(0, 0.08, truth.shape), rng.normal(0, 0.08, truth.shape))
    as_gaussian, as_rician = (
        run(
            FILTERS["anisotropic"](noise_model=model),
            Raster(noisy[None].astype(np.float32), spacing=(3.0, 1.0, 1.0)),
        ).colour[0]
        for model in ("gaussian", "rician")
    )
    assert psnr(as_rician, truth) > psnr(as_gaussian, truth) > psnr(noisy, truth) + 6


def test_edges_are_enhanced_until_the_estimated_error_is_smallest():
    truth, spacing = phantom((6, 20, 20)), (3.0, 1.0, 1.0)
    noisy = truth + np.random.default_rng(13).normal(0, 0.05, truth.shape).astype(np.float32)

    def until(time):
        operation = FILTERS["anisotropic"](
            model="edge-enhancing", time=time, noise=0.05, tolerance=2.0
        )
        image = Raster(noisy[None].copy(), spacing=spacing)
        numbers = operation.measure(image)
        return numbers["time"], psnr(operation.run(image, numbers).colour[0], truth)

    time, best = until("auto")
    assert best > psnr(noisy, truth) + 6
    # A tenth of a decibel is what another time may gain.
    assert best > max(until(time / 2)[1], until(2 * time)[1]) - 0.1


OBLONG = (1.0, 2.5)


def oblong_wave():
    """A cosine on oblong pixels, and its eigenvalue."""
    return wave((2, 1), (12, 9), OBLONG)


def test_flattening_keeps_of_a_cosine_what_its_length_says():
    u, eigenvalue = oblong_wave()
    found = run(FILTERS["poisson"](flatten=3.0), Raster(u, spacing=OBLONG)).colour
    np.testing.assert_allclose(found, u * eigenvalue / (eigenvalue + 1 / 9), atol=1e-5)


def test_differences_on_oblong_pixels_have_the_image_that_they_are_of():
    u, _ = oblong_wave()
    down, across = np.zeros_like(u), np.zeros_like(u)
    down[:, :-1], across[:, :, :-1] = np.diff(u, axis=1), np.diff(u, axis=2)
    operation = FILTERS["poisson"](columns=Raster(across))
    found = run(operation, Raster(down, spacing=OBLONG)).colour
    np.testing.assert_allclose(found, u - u.mean(), atol=1e-5)
    # Where they contradict each other, those along the shorter side weigh more.
    none = FILTERS["poisson"](columns=Raster(np.zeros_like(u)))
    kept = run(none, Raster(down, spacing=OBLONG)).colour
    eigenvalues = [2 - 2 * np.cos(np.pi * 2 / 12), (2 - 2 * np.cos(np.pi / 9)) / 2.5**2]
    np.testing.assert_allclose(kept, u * eigenvalues[0] / sum(eigenvalues), atol=1e-5)


def test_a_wave_on_oblong_pixels_swings_by_its_eigenvalue():
    u, eigenvalue = oblong_wave()
    found = run(FILTERS["wave"](time=3.0, step=0.1), Raster(u, spacing=OBLONG)).colour
    np.testing.assert_allclose(found, u * np.cos(3 * math.sqrt(eigenvalue)), atol=2e-3)


@pytest.mark.parametrize("method", ["harmonic", "biharmonic", "tv", "edge-enhancing"])
def test_holes_of_oblong_pixels_are_filled_by_a_ramp(method):
    shape = 24, 16
    places = np.meshgrid(*[h * np.arange(n) for n, h in zip(shape, OBLONG, strict=True)])
    ramp = ((places[0] + places[1]) / 64).T.astype(np.float32)
    valid = np.ones(shape, bool)
    valid[9:15, 6:10] = False
    image = Raster(np.where(valid, ramp, 0)[None], valid=valid, spacing=OBLONG)
    found = run(FILTERS["inpaint"](method=method), image).colour[0]
    np.testing.assert_allclose(found, ramp, atol=1e-2 if method == "edge-enhancing" else 1e-3)


def test_a_clone_on_oblong_pixels_has_the_differences_of_its_source():
    source = np.square(np.arange(12 * 9, dtype=np.float32).reshape(1, 12, 9) / 108)
    operation = FILTERS["poisson"](source=Raster(source[:, 2:9, 2:7].copy()), at="2,2")
    found = run(operation, Raster(source + np.float32(0.25), spacing=OBLONG)).colour
    np.testing.assert_allclose(found, source + 0.25, atol=1e-5)
