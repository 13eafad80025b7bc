"""Total variation beside scikit-image at equal energy, and 12 megapixels with holes."""

import math

import numpy as np
from measure import fastest, photograph, seconds, show
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
            f[0], weight=1 / WEIGHT, eps=1e-12, max_num_iter=n
        ),
    }
    for name, peer in peers.items():
        iterations, found = 25, math.inf
        while found > reached * (1 + RELATIVE_GAP) and iterations < MOST_ITERATIONS:
            iterations *= 2
            found = energy.value(peer(iterations)[None].astype(np.float32))
        taken = seconds(lambda peer=peer, iterations=iterations: peer(iterations))
        show(f"  {name}, {iterations} steps", {"s": taken, "energy": found, "ratio": taken / ours})
    image = random.random((3000, 4000), np.float32)
    holed = pdefilter.Image(image, mask=random.random(image.shape) > 0.2)
    show(
        "inpaint, 12 megapixels, 20 % missing",
        {"s": fastest(lambda: pdefilter.inpaint(holed), 3)},
    )
