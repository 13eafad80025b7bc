"""Total variation beside scikit-image at equal energy, kernels beside OpenCV, and holes to fill.

OpenCV's inpainting solves no equation that could be compared: INPAINT_TELEA takes weighted means
of what a front has reached (Telea 2004), INPAINT_NS moves level lines into the hole from its rim
once (Bertalmío et al. 2001). What ours finds is compared with direct sparse solves, in the tests.
"""

import math

import cv2
import numpy as np
from measure import fastest, noise, photograph, seconds, show
from skimage.restoration import denoise_tv_bregman, denoise_tv_chambolle

import pdefilter
from pdefilter.equations.energies import Energy, minimise

SIDE, WEIGHT, NOISE = 1024, 20 / 255, 0.08
RELATIVE_GAP = 1e-4
MOST_ITERATIONS = 3200


def measure() -> None:
    """Print how long least variation and inpainting take."""
    random = np.random.default_rng(0)
    clean = photograph(1, SIDE, SIDE)
    f = clean + random.normal(0, NOISE, clean.shape).astype(np.float32)
    energy = Energy(f, WEIGHT, 0.0, bounded=True)
    least = minimise(energy, "primal-dual", 1e-3)[1].energies[-1]
    tolerance = math.sqrt(2 * RELATIVE_GAP * least / f.size)
    ours = fastest(lambda: minimise(energy, "primal-dual", tolerance), 3)
    reached = minimise(energy, "primal-dual", tolerance)[1].energies[-1]
    print(f"\nleast variation, {SIDE}² grey, to a duality gap of {RELATIVE_GAP:g} of the energy:")
    show("pdefilter", {"s": ours, "energy": reached})
    peers = {
        "scikit-image, Chambolle": lambda n: denoise_tv_chambolle(
            f[0], weight=WEIGHT, eps=0, max_num_iter=n
        ),
        "scikit-image, split Bregman": lambda n: denoise_tv_bregman(
            f[0], weight=1 / (2 * WEIGHT), eps=1e-12, max_num_iter=n
        ),
    }
    for name, peer in peers.items():
        iterations, found, fall = 25, math.inf, math.inf
        # Their differences are one-sided: they settle, higher, at minima of their own.
        while (
            found > reached * (1 + RELATIVE_GAP)
            and fall > RELATIVE_GAP * reached
            and iterations < MOST_ITERATIONS
        ):
            iterations *= 2
            last, found = found, energy.value(peer(iterations)[None].astype(np.float32))
            fall = last - found
        taken = seconds(lambda peer=peer, iterations=iterations: peer(iterations))
        show(f"  {name}, {iterations} steps", {"s": taken, "energy": found, "ratio": taken / ours})
    image = random.random((3000, 4000), np.float32)
    holed = pdefilter.Image(image, mask=random.random(image.shape) > 0.2)
    show(
        "inpaint, 12 megapixels, 20 % missing",
        {"s": fastest(lambda: pdefilter.inpaint(holed), 3)},
    )
    print("\nconvolve, 4096² grey, ms, beside OpenCV's filter2D:")
    u = noise(1, 4096)[0]
    for side in (3, 5, 11, 31):
        kernel = random.random((side, side), np.float32)
        rows = kernel.tolist()
        times = {
            "pdefilter": fastest(
                lambda rows=rows: pdefilter.convolve(u, kernel=rows, correlate=True)
            ),
            "OpenCV": fastest(
                lambda kernel=kernel: cv2.filter2D(u, -1, kernel, borderType=cv2.BORDER_REFLECT)
            ),
        }
        show(f"  {side} x {side}", {name: 1e3 * taken for name, taken in times.items()}, ".0f")
