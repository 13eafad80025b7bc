"""Marches through a volume of 256³: ``python tests/benchmarks/volumes.py [PEERS_PYTHON]``.

The cost of a step, in plain copies (``numpy.copyto``) of the same volume; the rate; the peak
memory; and, with the interpreter of an environment with the peers (see ``peers.py``), the same
of other programs. What is printed is meant to be compared within one run only.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import peers
from measure import fastest, machine, ratios, show

from pdefilter.kernels import windows
from pdefilter.kernels.march import march, split
from pdefilter.kernels.scratch import Scratch

SIDE, STEPS, RUNS = 256, 20, 3
SPACING = (3.0, 1.0, 1.0)
LAW = {"conductance": "rational", "squared_scale": 30.0}

PERONA_MALIK = {
    "MedPy, rational": """
from medpy.filter.smoothing import anisotropic_diffusion
best(lambda: anisotropic_diffusion(u, niter=20, kappa=0.1, gamma=0.14, option=2))
""",
    "MedPy, exponential": """
from medpy.filter.smoothing import anisotropic_diffusion
best(lambda: anisotropic_diffusion(u, niter=20, kappa=0.1, gamma=0.14, option=1))
""",
    "SimpleITK": """
import SimpleITK as sitk
image = sitk.GetImageFromArray(u)
best(lambda: sitk.GradientAnisotropicDiffusion(
    image, timeStep=0.0625, conductanceParameter=3.0, numberOfIterations=20))
""",
    "DIPlib": """
import diplib as dip
image = dip.Image(u)
best(lambda: dip.PeronaMalikDiffusion(image, 20, 0.1, 0.14, 'Gauss'))
""",
}


def main(python: str | None = None) -> None:
    """Print what a step costs, and the rates."""
    print(machine())
    u = np.random.default_rng(0).random((1, SIDE, SIDE, SIDE), np.float32)
    target = np.empty_like(u)
    actions = marches(u)
    costs = ratios(actions, lambda: np.copyto(target, u), RUNS)
    print(
        f"\n{SIDE}³, {STEPS} steps: copies a step, million voxels × steps / s, volumes of memory:"
    )
    for name, action in actions.items():
        rate = u.size * STEPS / fastest(action, RUNS) / 1e6
        memory = peak(action) / u.nbytes
        show(name, {"": costs[name] / STEPS, "rate": rate, "memory": memory})
    if python:
        theirs = peers.times(python, PERONA_MALIK, u.shape[1:], runs=1)
        for name, taken in theirs.items():
            show(name, {"rate": u.size * 20 / taken / 1e6})


def marches(u: np.ndarray) -> dict[str, Callable[[], object]]:
    """Make the marches that are timed."""
    steps = [0.14] * STEPS
    exponential = LAW | {"conductance": "exponential"}
    taps = windows.gaussian(0.5)
    return {
        "heat": lambda: march(u, steps),
        "rational": lambda: march(u, steps, **LAW),
        "exponential": lambda: march(u, steps, **exponential),
        "rational, spacing 3 : 1 : 1": lambda: march(u, steps, **LAW, spacing=SPACING),
        "heat with momenta": lambda: march(u, steps, momenta=[1.1] * STEPS),
        "guided": lambda: march(u, steps, guide=u, **LAW),
        "regularized": lambda: march(u, steps, smoothing=taps, **LAW),
        "split": lambda: split(u, steps, **LAW, scratch=Scratch()),
    }


def peak(action: Callable[[], object]) -> int:
    """Measure the peak of memory above what is in use, in bytes."""

    def status(name: str) -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name))

    Path("/proc/self/clear_refs").write_text("5")
    before = status("VmRSS")
    action()
    return status("VmHWM") - before


if __name__ == "__main__":
    main(*sys.argv[1:])
