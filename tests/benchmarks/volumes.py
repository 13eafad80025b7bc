"""Marches through volumes: ``python tests/benchmarks/volumes.py [PEERS_PYTHON]``.

The cost of a step, in plain copies (``numpy.copyto``) of the same volume; the rate; the peak
memory; and, with the interpreter of an environment with the peers (see ``peers.py``), the rates
of other programs. What is printed is meant to be compared within one run only.
"""

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import peers
from measure import fastest, machine, ratios, show

from pdefilter.equations.coherence_enhancing import coherence_enhancing
from pdefilter.equations.smoothing import Smoothing
from pdefilter.equations.tensor_diffusion import TensorDiffusion
from pdefilter.kernels import windows
from pdefilter.kernels.march import march, split
from pdefilter.kernels.scratch import Scratch
from pdefilter.schemes.fast_explicit import fsi_cycle

STEPS, RUNS = 20, 3
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


# With Gaussians as wide as ours.
COHERENCE_ENHANCING = {
    "DIPlib": """
import diplib as dip
image = dip.Image(u)
best(lambda: dip.CoherenceEnhancingDiffusion(image, 1, 3, 1))
""",
}

Marches = Mapping[str, tuple[int, Callable[[], object]]]


@dataclass(frozen=True)
class Contest:
    """Marches of a kind, and what stands for them elsewhere.

    Attributes
    ----------
    side : int
        The side of the volume.
    marches : callable
        From a volume to marches, each with its number of steps.
    peers : mapping
        The code of other programs.
    steps : int
        How many steps these take.
    """

    side: int
    marches: Callable[[np.ndarray], Marches]
    peers: Mapping[str, str]
    steps: int


def measure(python: str | None = None) -> None:
    """Print what a step costs, and the rates."""
    print(machine())
    for kind, contest in CONTESTS.items():
        u = noise(contest.side)
        target, marches = np.empty_like(u), contest.marches(u)
        costs = ratios(
            {name: action for name, (_, action) in marches.items()},
            lambda target=target, u=u: np.copyto(target, u),
            RUNS,
        )
        print(
            f"\n{kind}, {contest.side}³: "
            "copies a step, million voxels × steps / s, volumes of memory:"
        )
        for name, (steps, action) in marches.items():
            rate = u.size * steps / fastest(action, RUNS) / 1e6
            memory = memory_of(kind, name, contest.side)
            show(name, {"copies": costs[name] / steps, "rate": rate, "memory": memory})
        if python:
            for name, taken in peers.times(python, contest.peers, u.shape[1:], 1).items():
                show(name, {"rate": u.size * contest.steps / taken / 1e6}, ".3f")


def noise(side: int) -> np.ndarray:
    """Make a volume of uniform noise."""
    return np.random.default_rng(0).random((1, side, side, side), np.float32)


def along_edges(u: np.ndarray) -> Marches:
    """Make marches whose diffusion is a number on every edge."""
    steps = [0.14] * STEPS
    exponential = LAW | {"conductance": "exponential"}
    taps = windows.gaussian(0.5)
    of_spacing = [windows.gaussian(0.5 / h) for h in SPACING]
    actions = {
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
    return {name: (STEPS, action) for name, action in actions.items()}


def with_tensor(u: np.ndarray) -> Marches:
    """Make marches of coherence-enhancing diffusion.

    The tensor follows every step, as that of the peer, or is that before a cycle of steps.
    """
    spacing = (1.0, 1.0, 1.0)
    gaussians = Smoothing(1.0, spacing=spacing), Smoothing(3.0, spacing=spacing)
    diffusion = TensorDiffusion(coherence_enhancing(0.1), 1, *gaussians)
    step, cycle = 0.8 * diffusion.largest_stable_step, fsi_cycle(1.0, diffusion.largest_stable_step)
    return {
        "coherence-enhancing, a step": (1, lambda: diffusion.march(u, [step])),
        "coherence-enhancing, a cycle": (
            len(cycle.sizes),
            lambda: diffusion.freeze(u).march(u, cycle.sizes, cycle.momenta),
        ),
    }


CONTESTS = {
    "along edges": Contest(256, along_edges, PERONA_MALIK, 20),
    "with a tensor": Contest(128, with_tensor, COHERENCE_ENHANCING, 1),
}


def memory_of(kind: str, name: str, side: int) -> float:
    """Measure the peak of memory above the input, in volumes, in a process of its own."""
    command = [sys.executable, __file__, "--peak", kind, name, str(side)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def print_peak(kind: str, name: str, side: int) -> None:
    """Print the peak of memory above the input, in volumes."""
    u, marches = noise(side), CONTESTS[kind].marches
    marches(u[:, :8, :8, :8])[name][1]()  # what is imported does not count
    before = status("VmRSS")
    marches(u)[name][1]()
    print((status("VmHWM") - before) / u.nbytes)


def status(name: str) -> int:
    """Read the bytes that this process uses, or has used at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name))


if __name__ == "__main__":
    if "--peak" in sys.argv:
        kind, name, side = sys.argv[-3:]
        print_peak(kind, name, int(side))
    else:
        measure(*sys.argv[1:])
