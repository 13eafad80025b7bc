"""The filters beside what else there is, in the same run.

The peers live in an environment of their own, as they cannot all beside pdefilter:
``pip install medpy SimpleITK diplib gmic opencv-contrib-python-headless scikit-image``.
A peer that is missing is skipped, and said.
"""

import subprocess
from collections.abc import Mapping

from measure import fastest, noise, show

import pdefilter

SIDE, ITERATIONS, RUNS = 1024, 20, 11

# In all, ours take as long as the fastest peer's: on a machine that others use too, what is over
# in no time may meet a slow moment.
OUR_RUNS = 20 * RUNS

PREPARE = """
import time
import numpy as np
u = np.random.default_rng(0).random({shape}, np.float32)
def best(action):
    action()
    times = []
    for _ in range({runs}):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    print(min(times))
"""

# Every filter: how ours is called, and what stands for it elsewhere.
PERONA_MALIK = {
    "MedPy, rational": """
from medpy.filter.smoothing import anisotropic_diffusion
best(lambda: anisotropic_diffusion(u, niter=20, kappa=0.1, gamma=0.2, option=2))
""",
    "MedPy, exponential": """
from medpy.filter.smoothing import anisotropic_diffusion
best(lambda: anisotropic_diffusion(u, niter=20, kappa=0.1, gamma=0.2, option=1))
""",
    "SimpleITK": """
import SimpleITK as sitk
image = sitk.GetImageFromArray(u)
best(lambda: sitk.GradientAnisotropicDiffusion(
    image, timeStep=0.125, conductanceParameter=3.0, numberOfIterations=20))
""",
    "DIPlib": """
import diplib as dip
image = dip.Image(u)
best(lambda: dip.PeronaMalikDiffusion(image, 20, 0.1, 0.2, 'Gauss'))
""",
    "OpenCV contrib (8 bits, 3 channels)": """
import cv2
image = np.repeat((u * 255).astype(np.uint8)[..., None], 3, axis=2)
best(lambda: cv2.ximgproc.anisotropicDiffusion(image, 0.1, 0.1, 20))
""",
    "G'MIC": """
import gmic
def flow():
    images = [gmic.Image(u)]
    gmic.run('peronamalik_flow 20,20,5', images)
best(flow)
""",
}
TOTAL_VARIATION = {
    "scikit-image, TV (Chambolle)": """
from skimage.restoration import denoise_tv_chambolle
best(lambda: denoise_tv_chambolle(u, weight=0.1, eps=0, max_num_iter=20))
""",
    "scikit-image, TV (split Bregman)": """
from skimage.restoration import denoise_tv_bregman
best(lambda: denoise_tv_bregman(u, weight=5.0, eps=1e-12, max_num_iter=20))
""",
}
OTHERS = {
    **{
        f"anisotropic --model {model}, 5 steps": (
            lambda u, model=model: pdefilter.anisotropic(u, model=model, kappa=0.1, iterations=5),
            {
                "DIPlib, coherence-enhancing": """
import diplib as dip
image = dip.Image(u)
best(lambda: dip.CoherenceEnhancingDiffusion(image, 1, 3, 5))
""",
            },
        )
        for model in ("edge-enhancing", "coherence-enhancing")
    },
    "heat-diffuse": (
        lambda u: pdefilter.heat_diffuse(u, iterations=ITERATIONS),
        {
            "G'MIC, 20 steps": """
import gmic
def flow():
    images = [gmic.Image(u)]
    gmic.run('heat_flow 20,5', images)
best(flow)
""",
        },
    ),
    "smooth": (
        lambda u: pdefilter.smooth(u, sigma=2.0),
        {
            "OpenCV": "import cv2\nbest(lambda: cv2.GaussianBlur(u, (0, 0), 2.0))",
            "scikit-image": "from skimage.filters import gaussian\nbest(lambda: gaussian(u, 2.0))",
        },
    ),
    "edge": (
        lambda u: pdefilter.edge(u),
        {
            "OpenCV": """
import cv2
best(lambda: cv2.magnitude(cv2.Sobel(u, cv2.CV_32F, 1, 0), cv2.Sobel(u, cv2.CV_32F, 0, 1)))
""",
            "scikit-image": "from skimage.filters import sobel\nbest(lambda: sobel(u))",
        },
    ),
    # OpenCV's are in `canny.py`.
    "edge --method canny": (
        lambda u: pdefilter.edge(u, method="canny", sigma=1.4, hysteresis=(0.03, 0.06)),
        {
            "scikit-image": """
from skimage.feature import canny
best(lambda: canny(u, 1.4, 0.17, 0.34, mode='reflect'))
""",
        },
    ),
}


def measure(python: str) -> dict[str, float]:
    """Print how the filters compare, and return millions of pixels times iterations a second."""
    u = noise(1, SIDE)[0]
    work = SIDE * SIDE * ITERATIONS / 1e6
    print(f"\nPerona–Malik, {SIDE}² grey, {ITERATIONS} iterations, Mpx × iterations / s:")
    rates = {
        f"pdefilter, {name}": work
        / fastest(
            lambda name=name: pdefilter.anisotropic(
                u, model="perona-malik", kappa=0.1, diffusivity=name, iterations=ITERATIONS
            ),
            OUR_RUNS,
        )
        for name in ("rational", "exponential")
    }
    rates |= {name: work / taken for name, taken in times(python, PERONA_MALIK).items()}
    tv = {name: work / taken for name, taken in times(python, TOTAL_VARIATION).items()}
    for name, rate in {**rates, **tv}.items():
        show(name, {"": rate}, ".0f")
    best_peer = max((rate for name, rate in rates.items() if "pdefilter" not in name), default=1)
    show("times the fastest peer", {n: r / best_peer for n, r in rates.items() if "pde" in n})
    for name, (ours, peers) in OTHERS.items():
        taken = fastest(lambda ours=ours: ours(u), RUNS)
        show(f"{name}, {SIDE}² grey, ms", {"pdefilter": taken * 1e3})
        for peer, theirs in times(python, peers).items():
            show(f"  {peer}", {"ms": theirs * 1e3, "times ours": theirs / taken})
    return rates


def times(
    python: str,
    peers: Mapping[str, str],
    shape: tuple[int, ...] = (SIDE, SIDE),
    runs: int = RUNS,
) -> dict[str, float]:
    """Time every peer on noise of a shape; leave out those that are missing, and say so."""
    prepare = PREPARE.format(shape=shape, runs=runs)
    found = {}
    for name, code in peers.items():
        done = subprocess.run(
            [python, "-c", prepare + code], capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(f"{name}: skipped ({(done.stderr.strip() or 'crashed').splitlines()[-1]})")
        else:
            found[name] = float(done.stdout.split()[-1])
    return found
