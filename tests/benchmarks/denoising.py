"""How much noise the filter takes by itself: ``python tests/benchmarks/denoising.py FOLDER``.

FOLDER holds clean images, all grey or all in colour. Gaussian noise of 15, 25 and 50 grey levels
is added, the same on every run, not clipped and given as floats; results are clipped, and
compared by their peak signal-to-noise ratio, averaged over the images. No parameter is given.
Beside it: the same model stopped by an oracle, who knows the clean image; the model without
presmoothing; and, in colour, three channels each for itself.
"""

import sys
from pathlib import Path

import numpy as np

import pdefilter
from pdefilter.observer import observed

DEVIATIONS = (15, 25, 50)


class Choices(dict):
    """Return the values that the filter chose."""

    def chose(self, **values: object) -> None:
        self.update(values)

    def began(self, stage: int) -> None:
        pass

    def phase(self, name: str, steps: int | None) -> None:
        pass

    def advanced(self, steps: int) -> None:
        pass


def psnr(image: np.ndarray, clean: np.ndarray) -> float:
    """Measure in decibels, full scale being 1."""
    return float(-10 * np.log10(np.mean((image.clip(0, 1).astype(float) - clean) ** 2)))


def noisy_image(clean: np.ndarray, deviation: float, number: int) -> np.ndarray:
    """Add noise of so many grey levels."""
    rng = np.random.default_rng([int(deviation), number])
    return (clean + rng.normal(0, deviation / 255, clean.shape)).astype(np.float32)


def oracle(noisy: np.ndarray, clean: np.ndarray, choices: Choices) -> float:
    """Stop every step, at up to twice the time chosen, and take the best."""
    steps = round(2 * choices["time"] / 0.2) + 5
    best, u = psnr(noisy, clean), noisy
    plan = {"kappa": max(choices["kappa"], 1e-9), "step": 0.2, "iterations": 1}
    for _ in range(steps):
        u = pdefilter.anisotropic(u, **plan)
        best = max(best, psnr(u, clean))
    return best


def separately(noisy: np.ndarray) -> np.ndarray:
    """Filter every channel as if it were grey."""
    channels = [pdefilter.anisotropic(noisy[..., c]) for c in range(noisy.shape[2])]
    return np.stack(channels, axis=-1)


def measure(folder: Path) -> None:
    """Print a row for every deviation of the noise."""
    cleans = [pdefilter.read(file) for file in sorted(folder.iterdir())]
    images = [
        clean.pixels.astype(np.float32) / np.iinfo(clean.pixels.dtype).max for clean in cleans
    ]
    print(f"{len(images)} images of {folder}")
    for deviation in DEVIATIONS:
        found: dict[str, list[float]] = {}

        def note(name: str, value: float, found: dict[str, list[float]] = found) -> None:
            found.setdefault(name, []).append(value)

        for number, clean in enumerate(images):
            noisy, choices = noisy_image(clean, deviation, number), Choices()
            with observed(choices):
                ours = pdefilter.anisotropic(noisy)
            note("noisy", psnr(noisy, clean))
            note("by itself", psnr(ours, clean))
            note("oracle", oracle(noisy, clean, choices))
            note("perona-malik", psnr(pdefilter.anisotropic(noisy, model="perona-malik"), clean))
            if clean.ndim == 3:
                note("channels apart", psnr(separately(noisy), clean))
            note("t/px²", choices["time"])
            errors = np.array(choices["noise"]) * 255 - deviation
            note("noise off by", float(np.sqrt(np.mean(errors**2))))
        row = ", ".join(f"{name} {np.mean(values):.2f}" for name, values in found.items())
        print(f"noise {deviation}: {row}", flush=True)


if __name__ == "__main__":
    measure(Path(sys.argv[1]))
