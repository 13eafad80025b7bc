"""How denoising fares with real noise: ``python tests/benchmarks/real_noise.py FOLDER``.

FOLDER holds clean images in colour. They are made dark with photon noise, demosaicked, or written
as JPEG with noise before, or none; seeds are the numbers of the images. Nothing is told to any
filter. Beside `denoise`: `anisotropic`, and the non-local means of OpenCV and of scikit-image
with their defaults. The figures are the mean and the least gain over
the input, in dB.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import simplejpeg
from skimage.restoration import denoise_nl_means

import pdefilter

Degrade = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def jpeg(quality: int, noise: float, subsampling: str = "420") -> Degrade:
    """Make noise of so many levels, smoothed a little as cameras do, and write a JPEG."""

    def degrade(clean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        grain = rng.normal(0, 1, clean.shape).astype(np.float32)
        smooth = cv2.GaussianBlur(grain, (0, 0), 0.7)
        noisy = clean + smooth * (noise / max(float(smooth.std()), 1e-9)) if noise else clean
        data = simplejpeg.encode_jpeg(
            np.ascontiguousarray(np.rint(noisy.clip(0, 255)).astype(np.uint8)),
            quality=quality,
            colorsubsampling=subsampling,
        )
        return simplejpeg.decode_jpeg(data)

    return degrade


def dark_photons(clean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Count few photons: 40 at full scale of an image that is three times as dark."""
    dark = clean / 255 / 3
    return (rng.poisson(dark * 120) / 120 * 255 * 3).clip(0, 255).round().astype(np.uint8)


KINDS: dict[str, Degrade] = {
    "JPEG 75": jpeg(75, 0),
    "JPEG 85, noise 5": jpeg(85, 5),
    "JPEG 95, noise 10, 4:4:4": jpeg(95, 10, "444"),
    "photons": dark_photons,
}


def non_local_means(noisy: np.ndarray) -> np.ndarray:
    """Run scikit-image's filter with its defaults."""
    return 255 * denoise_nl_means(noisy / 255, fast_mode=True, channel_axis=-1)


FILTERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "denoise": pdefilter.denoise,
    "anisotropic": pdefilter.anisotropic,
    "OpenCV": lambda noisy: cv2.fastNlMeansDenoisingColored(noisy),
    "scikit-image": non_local_means,
}


def psnr(image: np.ndarray, clean: np.ndarray) -> float:
    """Measure in decibels."""
    return float(20 * np.log10(255) - 10 * np.log10(np.mean((image.astype(float) - clean) ** 2)))


def measure(folder: Path) -> None:
    """Print a row for every kind of noise."""
    images = [pdefilter.read(file).pixels for file in sorted(folder.iterdir())]
    for kind, degrade in KINDS.items():
        gains: dict[str, list[float]] = {name: [] for name in FILTERS}
        for number, clean in enumerate(images):
            noisy = degrade(clean.astype(np.float32), np.random.default_rng(number))
            before = psnr(noisy, clean)
            for name, filter_ in FILTERS.items():
                gains[name].append(psnr(filter_(noisy), clean) - before)
        row = ", ".join(f"{n} {np.mean(v):+.2f} ({np.min(v):+.2f})" for n, v in gains.items())
        print(f"{kind}: {row}", flush=True)


if __name__ == "__main__":
    measure(Path(sys.argv[1]))
