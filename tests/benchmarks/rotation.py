"""How nearly what follows directions turns with the image, beside DIPlib's.

A pattern of rings is filtered, and so are copies turned by interpolation of fifth order, which
are then turned back: their root mean square difference, in parts of the pattern's own deviation.
"""

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from measure import show
from scipy.ndimage import rotate

import pdefilter

ANGLES = (15, 30, 45, 90)
SIDE = 256
MIDDLE = (slice(SIDE // 3, 2 * SIDE // 3),) * 2  # what no angle turns out of the image

OURS = {
    "coherence-enhancing": {"presmooth": 1.0, "integration_scale": 3.0},
    "edge-enhancing, charbonnier": {"diffusivity": "charbonnier", "kappa": 0.05},
    "edge-enhancing, weickert": {"kappa": 0.05},
}
DIPLIB = """
import sys
import numpy as np
import diplib as dip
images = np.load(sys.argv[1])
np.save(sys.argv[1], [
    np.asarray(dip.CoherenceEnhancingDiffusion(dip.Image(u * 255), 1, 3, 20)) / 255
    for u in images
])
"""


def measure(python: str) -> None:
    """Print the errors of both, in per cent."""
    print("\nturned, filtered and turned back, against filtered alone, per cent:")
    for name, options in OURS.items():
        model = name.partition(",")[0]

        def ours(
            images: np.ndarray, model: str = model, options: dict[str, object] = options
        ) -> list[np.ndarray]:
            return [pdefilter.anisotropic(u, model=model, time=4, **options) for u in images]

        show(name, errors(ours), ".3f")
    with tempfile.TemporaryDirectory() as folder:

        def theirs(images: np.ndarray) -> np.ndarray:
            np.save(Path(folder) / "images.npy", images)
            command = [python, "-c", DIPLIB, f"{folder}/images.npy"]
            subprocess.run(command, check=True, capture_output=True)
            return np.load(Path(folder) / "images.npy")

        try:
            show("DIPlib, coherence-enhancing", errors(theirs), ".3f")
        except subprocess.CalledProcessError as error:
            print(
                f"DIPlib: skipped ({(error.stderr.decode().strip() or 'crashed').splitlines()[-1]})"
            )


def errors(filter_all: Callable[[np.ndarray], "np.ndarray | list[np.ndarray]"]) -> dict[str, float]:
    """Compare by angle; and, to judge that by, how much the pattern changes at all."""
    rows, columns = (np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2) / SIDE
    rings = 2 * np.pi * 60 * (rows**2 + columns**2) + 3 * rows + 8 * columns * rows
    u = (0.5 + 0.3 * np.sin(rings)).astype(np.float32)
    straight, *others = filter_all(np.stack([u, *(turned(u, angle) for angle in ANGLES)]))
    differences = {
        f"{angle}°": turned(np.asarray(other), -angle) - straight
        for angle, other in zip(ANGLES, others, strict=True)
    }
    differences["change"] = straight - u
    return {
        name: 100 * float(np.sqrt(np.mean(difference[MIDDLE] ** 2)) / u[MIDDLE].std())
        for name, difference in differences.items()
    }


def turned(u: np.ndarray, angle: float) -> np.ndarray:
    """Turn an image about its middle."""
    return np.asarray(rotate(u, angle, reshape=False, order=5, mode="mirror"), np.float32)
