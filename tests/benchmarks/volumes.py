"""Marches through a volume of 256³: ``python tests/benchmarks/volumes.py [PEERS_PYTHON]``.

The cost of a step, in plain copies (``numpy.copyto``) of the same volume; the rate; the peak
memory; and, with the interpreter of an environment with the peers (see ``peers.py``), the same
of other programs. What is printed is meant to be compared within one run only.
"""

import subprocess
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


def measure(python: str | None = None) -> None:
    """Print what a step costs, and the rates."""
    print(machine())
    u = noise()
    target = np.empty_like(u)
    actions = marches(u)
    costs = ratios(actions, lambda: np.copyto(target, u), RUNS)
    print(
        f"\n{SIDE}³, {STEPS} steps: copies a step, million voxels × steps / s, volumes of memory:"
    )
    for name, action in actions.items():
        rate = u.size * STEPS / fastest(action, RUNS) / 1e6
        show(name, {"copies": costs[name] / STEPS, "rate": rate, "memory": memory_of(name)})
    for name, taken in peers.times(python, PERONA_MALIK, u.shape[1:], 1).items() if python else ():
        show(name, {"rate": u.size * 20 / taken / 1e6})


def noise() -> np.ndarray:
    """Make a volume of uniform noise."""
    return np.random.default_rng(0).random((1, SIDE, SIDE, SIDE), np.float32)


def marches(u: np.ndarray) -> dict[str, Callable[[], object]]:
    """Make the marches that are timed."""
    steps = [0.14] * STEPS
    exponential = LAW | {"conductance": "exponential"}
    taps = windows.gaussian(0.5)
    of_spacing = [windows.gaussian(0.5 / h) for h in SPACING]
    return {
        "heat": lambda: march(u, steps),
        "rational": lambda: march(u, steps, **LAW),
        "exponential": lambda: march(u, steps, **exponential),
        "rational, spacing 3 : 1 : 1": lambda: march(u, steps, **LAW, spacing=SPACING),
        "heat with momenta": lambda: march(u, steps, momenta=[1.1] * STEPS),
        "guided": lambda: march(u, steps, guide=u, **LAW),
        "regularized": lambda: march(u, steps, smoothing=[taps] * 3, **LAW),
        "regularized, spacing 3 : 1 : 1": lambda: march(
            u, steps, smoothing=of_spacing, spacing=SPACING, **LAW
        ),
        "split": lambda: split(u, steps, **LAW, scratch=Scratch()),
    }


def memory_of(name: str) -> float:
    """Measure the peak of memory above the input, in volumes, in a process of its own."""
    command = [sys.executable, __file__, "--peak", name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def print_peak(name: str) -> None:
    """Print the peak of memory above the input, in volumes."""
    u = noise()
    marches(u[:, :8, :8, :8])[name]()  # what is imported does not count
    before = status("VmRSS")
    marches(u)[name]()
    print((status("VmHWM") - before) / u.nbytes)


def status(name: str) -> int:
    """Read the bytes that this process uses, or has used at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name))


if __name__ == "__main__":
    if "--peak" in sys.argv:
        print_peak(sys.argv[-1])
    else:
        measure(*sys.argv[1:])
