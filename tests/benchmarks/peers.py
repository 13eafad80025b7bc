"""Perona–Malik beside what else there is; run ``python tests/benchmarks/peers.py PYTHON``.

PYTHON is the interpreter of an environment with the peers, which cannot all live beside
pdefilter: ``pip install medpy SimpleITK diplib opencv-contrib-python-headless``. A peer that is
missing is skipped, and said. Grey 1024², 20 iterations, the fastest of five runs of each in its
own process; what is printed is millions of pixels times iterations in a second, and by what
factor pdefilter is faster.
"""

import subprocess
import sys

import numpy as np
from measure import machine, seconds

import pdefilter

SIDE, ITERATIONS, RUNS = 1024, 20, 5

PREPARE = f"""
import time
import numpy as np
u = np.random.default_rng(0).random(({SIDE}, {SIDE}), np.float32)
def best(action):
    times = []
    for _ in range({RUNS}):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    print(min(times))
"""

PEERS = {
    "MedPy": """
from medpy.filter.smoothing import anisotropic_diffusion
best(lambda: anisotropic_diffusion(u, niter=20, kappa=0.1, gamma=0.2, option=2))
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
}


def main() -> None:
    print(machine())
    u = np.random.default_rng(0).random((SIDE, SIDE), np.float32)
    work = SIDE * SIDE * ITERATIONS / 1e6
    ours = {
        diffusivity: min(
            seconds(
                lambda d=diffusivity: pdefilter.anisotropic(
                    u, kappa=0.1, diffusivity=d, iterations=ITERATIONS
                )
            )
            for _ in range(RUNS)
        )
        for diffusivity in ("exponential", "rational")
    }
    for name, taken in ours.items():
        print(f"pdefilter, {name}: {work / taken:.0f} M/s")
    for name, code in PEERS.items():
        done = subprocess.run(
            [sys.argv[1], "-c", PREPARE + code], capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(f"{name}: skipped ({done.stderr.strip().splitlines()[-1]})")
            continue
        taken = float(done.stdout.split()[-1])
        factors = ", ".join(f"{n} {taken / t:.0f}" for n, t in ours.items())
        print(f"{name}: {work / taken:.0f} M/s; pdefilter is faster by {factors}")


if __name__ == "__main__":
    main()
