"""The cost of kernels, in plain copies (``numpy.copyto``) of the same float image."""

from collections.abc import Callable

import cv2
import numpy as np
from measure import fastest, noise, ratios, show

from pdefilter.equations.diffusivities import DIFFUSIVITIES, Diffusivity
from pdefilter.kernels import engine, windows
from pdefilter.kernels.convolution import correlate
from pdefilter.kernels.curvature import curvature_motion
from pdefilter.kernels.features import step
from pdefilter.kernels.gradient import gradient
from pdefilter.kernels.kernel2d import correlate2d
from pdefilter.kernels.lattice import advance as along_tensors
from pdefilter.kernels.march import march, split
from pdefilter.kernels.reference.march import conduct
from pdefilter.kernels.shock import advance
from pdefilter.kernels.taps import Taps
from pdefilter.kernels.tensors import TensorLaw, structure_tensor

STEPS = 32
CONDUCTANCES = ("constant", "rational", "exponential")
CONTRASTS = (0.01, 0.03, 0.05, 0.1, 0.3, 1.0)
ORDINARY = 0.1

Actions = dict[str, Callable[[], object]]


def measure() -> None:
    """Print the cost of every kernel, and how it grows."""
    print("\ncost of one step, in copies of the image:")
    for channels, side in ((1, 512), (1, 1024), (1, 2048), (1, 4096), (1, 8192), (3, 4096)):
        show(f"{channels} x {side}²", per_step(noise(channels, side)))
    print("\ncost of what looks at a neighbourhood, in copies of the image:")
    for channels, side in ((1, 512), (1, 1024), (1, 4096), (3, 4096)):
        show(f"{channels} x {side}²", per_neighbourhood(noise(channels, side)))
    print("\ntime of a kernel of two dimensions, in that of OpenCV's filter2D:")
    for side in (1024, 4096):
        show(f"{side}²", per_filter2d(noise(1, side)))
    print(f"\ntime of a step at several contrasts, in that at a contrast of {ORDINARY}:")
    for name, costs in per_contrast(noise(1, 256)).items():
        show(name, costs)
    print("\ntime of a kernel on zeros with a few ones, in that on noise, at once and spread:")
    for name, costs in per_isolation(256).items():
        show(name, costs)
    print("\nbillions of multiplications a second and thread, in steps of a trained diffusion:")
    for channels in (32, 48, 64):
        show(f"{channels} features", per_multiplication(channels), ".1f")
    print("\nnanoseconds a pixel, channel and step:")
    for side in (256, 512, 1024, 2048, 4096):
        show(f"{side}²", per_pixel(noise(1, side), 96), ".3f")
    for steps in (1, 4, 16, 64, 256):
        show(f"1024², {steps} steps", per_pixel(noise(1, 1024), steps), ".3f")
    for channels in (1, 2, 3, 4):
        show(f"2048², {channels} channels", per_pixel(noise(channels, 2048), 32), ".3f")
    for threads in range(1, engine.available() + 1):
        engine.set_threads(threads)
        show(f"2048², {threads} threads", per_pixel(noise(1, 2048), 96), ".3f")
    engine.set_threads(None)


def per_step(u: np.ndarray) -> dict[str, float]:
    """Cost of one step of every march, in copies."""
    target = np.empty_like(u)
    found = ratios(marches(u), lambda: np.copyto(target, u))
    costs = {name: ratio / STEPS for name, ratio in found.items()}
    splitting = ratios({"aos": lambda: split(u, [5.0])}, lambda: np.copyto(target, u), rounds=3)
    return {**costs, **splitting}


def marches(u: np.ndarray) -> Actions:
    """Make the marches that are timed."""
    edges = conduct(u, "rational", 30.0, None)
    steps = [0.2] * STEPS
    tables: Actions = {
        name: (lambda name=name: march(u, steps, conductance=name, squared_scale=30.0))
        for name in CONDUCTANCES
    }
    tables["guide"] = lambda: march(u, steps, edges=edges)
    for sigma in (0.5, 2.0):
        taps = windows.gaussian(sigma)
        tables[f"smoothed, sigma {sigma:g}"] = lambda taps=taps: march(
            u, steps, conductance="rational", squared_scale=30.0, smoothing=[taps] * 2
        )
    tables["momentum"] = lambda: march(u, steps, momenta=[1.1] * STEPS)
    return tables


def per_contrast(u: np.ndarray) -> dict[str, dict[str, float]]:
    """Cost of a step with every diffusivity at several contrasts, in that at the ordinary one."""

    def cost(law: Diffusivity, contrast: float) -> float:
        scale = law.scale / contrast**2
        return briefest(
            lambda: march(u, [0.2] * 8, conductance=law.conductance, squared_scale=scale)
        )

    found = {}
    for name, law in DIFFUSIVITIES.items():
        unit = cost(law, ORDINARY)
        found[name] = {f"{contrast:g}": cost(law, contrast) / unit for contrast in CONTRASTS}
    return found


def per_isolation(side: int) -> dict[str, dict[str, float]]:
    """Cost of every kernel on zeros with a few ones, as they are and spread, in that on noise."""
    ones = np.zeros((1, side, side), np.float32)
    ones[:, side // 4 :: side // 2, side // 4 :: side // 2] = 1
    images = {"ones": ones, "spread": march(ones, [0.2] * side)}
    found = {}
    for actions_of in (marches, split_steps, neighbourhoods):
        on_noise = actions_of(noise(1, side))
        units = {name: briefest(action) for name, action in on_noise.items()}
        on_images = {title: actions_of(u) for title, u in images.items()}
        for name, unit in units.items():
            found[name] = {t: briefest(actions[name]) / unit for t, actions in on_images.items()}
    return found


def briefest(action: Callable[[], object]) -> float:
    """Time so many calls of less than a millisecond that some are not interrupted."""
    return fastest(action, 50)


def split_steps(u: np.ndarray) -> Actions:
    """Make the steps of operator splitting that are timed."""
    return {
        f"aos, {name}": lambda name=name: split(u, [5.0], conductance=name, squared_scale=30.0)
        for name in CONDUCTANCES
    }


def per_neighbourhood(u: np.ndarray) -> dict[str, float]:
    """Cost of correlations, of Sobel's gradient, of shock filters and along tensors, in copies."""
    target = np.empty_like(u)
    return ratios(neighbourhoods(u), lambda: np.copyto(target, u))


def neighbourhoods(u: np.ndarray) -> Actions:
    """Make the calls that are timed of what looks at a neighbourhood."""
    result, guide = np.empty_like(u), u[:, ::-1].copy()
    gaussian = windows.gaussian(2.0)
    sobel = Taps.centred([-1, 0, 1]), Taps.centred([0.25, 0.5, 0.25])
    narrow, wide = windows.gaussian(1.0), windows.gaussian(4.0)
    law = TensorLaw("weickert", 100.0)

    def gathered() -> np.ndarray:
        return correlate(structure_tensor(u, len(u)), wide, wide)

    tensor = gathered()
    return {
        "gaussian, sigma 2": lambda: correlate(u, gaussian, gaussian),
        "magnitude": lambda: gradient(u, *sobel, measure="magnitude"),
        "vector": lambda: gradient(u, *sobel),
        "weighted vector": lambda: gradient(u, *sobel, alpha=u[0]),
        "shock": lambda: advance(u, 0.5, out=result),
        "guided shock": lambda: advance(u, 0.5, guide=guide, out=result),
        "alvarez-mazorra": lambda: advance(u, 0.5, guide=narrow, out=result),
        "coherence": lambda: advance(u, 0.5, guide=narrow, structure=gathered(), out=result),
        "its tensors": gathered,
        "along tensors": lambda: along_tensors(u, 0.1, tensor=tensor, law=law, out=result),
        "8 of curvature": lambda: curvature_motion(u, [0.2] * 8),
        "3 x 3": lambda: correlate2d(u, np.ones((3, 3)), (1, 1), "reflect"),
    }


def per_filter2d(u: np.ndarray) -> dict[str, float]:
    """Time of kernels of several sizes, on the same threads, in that of OpenCV."""
    found: dict[str, float] = {}
    for size in (3, 11, 31, 127):
        kernel = np.random.default_rng(size).normal(size=(size, size))
        origin, weights = (size // 2, size // 2), kernel.astype(np.float32)
        found |= ratios(
            {f"{size} x {size}": lambda: correlate2d(u, kernel, origin, "reflect")},  # noqa: B023
            lambda: cv2.filter2D(u[0], -1, weights, borderType=cv2.BORDER_REFLECT),  # noqa: B023
        )
    return found


def per_multiplication(channels: int) -> dict[str, float]:
    """Count the multiplications a nanosecond of steps on grids of several sizes."""
    random = np.random.default_rng(0)
    kernel = random.integers(-30, 31, (channels, channels, 3, 3)).astype(np.int16)
    bias, found = np.zeros(channels, np.int32), {}
    engine.set_threads(1)
    for side in (512, 256, 128):
        v = np.zeros((side + 2, side + 2, channels), np.int16)
        v[1:-1, 1:-1] = random.integers(-999, 1000, (side, side, channels))
        taken = fastest(lambda v=v: step(v, kernel, bias, 14), 20)
        found[f"{side}²"] = 2 * kernel.size * side**2 / taken / 1e9
    engine.set_threads(None)
    return found


def per_pixel(u: np.ndarray, steps: int) -> dict[str, float]:
    """Cost of one step for one value of the image, in nanoseconds."""
    table = [0.2] * steps
    return {
        name: fastest(lambda name=name: march(u, table, conductance=name, squared_scale=30.0))
        / (u.size * steps / 1e9)
        for name in CONDUCTANCES
    }
