"""A head under noise of magnitudes: ``python tests/benchmarks/denoising_volumes.py PEERS``.

The head of `phantom.py`, 16 bits, voxels of 3 : 1 : 1, with Rician noise of 5 and 10 % of full
scale. pdefilter is told the kind of noise, and chooses all else; a volume is filtered as one, and
slice by slice. Peers, of the environment whose Python is PEERS, get the best of many settings,
found with the help of the clean head, with and without the bias of Rician noise taken off
afterwards: m² has the mean A² + 2σ². Peak signal-to-noise ratio in decibels, of all voxels.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from denoising import psnr
from phantom import Volume, head, magnitude

import pdefilter

SHAPE, SPACING, DEVIATIONS = (40, 120, 120), (3.0, 1.0, 1.0), (0.05, 0.10)

PREPARE = """
import sys
import numpy as np
clean, noisy = np.load(sys.argv[1]), np.load(sys.argv[2])
sigma, spacing = float(sys.argv[3]), (3.0, 1.0, 1.0)
found = []
def try_(u, *settings):
    u = np.asarray(u, float)
    for v in (u, np.sqrt(np.clip(u**2 - 2 * sigma**2, 0, None))):
        found.append((-10 * np.log10(np.mean((v.clip(0, 1) - clean) ** 2)), settings))
"""
FINISH = """
print(f"{max(found)[0]:.2f} {max(found)[1]}")
"""

ITK = """
import SimpleITK as sitk
for conductance in np.geomspace(0.5, 8, 9):
    image = sitk.GetImageFromArray(noisy)
    image.SetSpacing(spacing[::-1])
    for n in range(1, 11):
        image = sitk.{filter}(image, 0.0625, conductance, 1, 6)
        try_(sitk.GetArrayFromImage(image), round(conductance, 2), 6 * n)
"""

PEERS = {
    "MedPy, Perona–Malik": """
from medpy.filter.smoothing import anisotropic_diffusion
for option in (1, 2):
    for kappa in np.geomspace(0.5, 8, 9) * sigma:
        u = noisy
        for n in range(1, 13):
            u = anisotropic_diffusion(u, 4, kappa, 0.1, spacing, option)
            try_(u, option, round(kappa / sigma, 2), 4 * n)
""",
    "ITK, gradient": ITK.format(filter="GradientAnisotropicDiffusion"),
    "ITK, curvature": ITK.format(filter="CurvatureAnisotropicDiffusion"),
    "DIPlib, Perona–Malik": """
import diplib as dip
for kind in ("Gauss", "quadratic", "exponential"):
    for kappa in np.geomspace(0.5, 8, 9) * sigma:
        u = noisy
        for n in range(1, 11):
            u = np.asarray(dip.PeronaMalikDiffusion(dip.Image(u), 4, float(kappa), 0.15, kind))
            try_(u, kind, round(kappa / sigma, 2), 4 * n)
""",
    "DIPlib, coherence": """
import diplib as dip
for derivative in (0.7, 1.0):
    for n in (1, 2, 4, 8):
        u = dip.CoherenceEnhancingDiffusion(dip.Image(noisy), derivative, 3.0, n)
        try_(np.asarray(u), derivative, n)
""",
    "dipy, non-local means": """
from dipy.denoise.nlmeans import nlmeans
for factor in (0.5, 0.7, 1.0, 1.4):
    for patch, block in ((1, 2), (1, 4)):
        u = nlmeans(noisy.astype(float), factor * sigma, patch_radius=patch, block_radius=block,
                    rician=True)
        try_(u, factor, patch, block)
""",
    "ANTs, non-local means": """
import ants
for patch, radius in ((1, 2), (1, 3), (2, 3)):
    for model in ("Rician", "Gaussian"):
        image = ants.from_numpy(noisy.astype(np.float32), spacing=spacing)
        u = ants.denoise_image(image, shrink_factor=1, p=patch, r=radius, noise_model=model)
        try_(u.numpy(), model, patch, radius)
""",
}

OURS = {
    "anisotropic": {},
    "anisotropic, edge-enhancing": {"model": "edge-enhancing"},
}


def measure(peers: str | None) -> None:
    """Print a table for every deviation of the noise."""
    clean = as_stored(head(SHAPE, SPACING))
    for number, deviation in enumerate(DEVIATIONS):
        noisy = as_stored(magnitude(clean, deviation, number))
        print(f"\nRician noise of {deviation:.0%}: {psnr(noisy, clean):.2f} dB")
        for name, options in OURS.items():
            show(name, whole(noisy, options), clean)
            show(f"{name}, slice by slice", by_slices(noisy, options), clean)
        for name, script in PEERS.items() if peers else ():
            print(f"  {name:42}{best_of(peers, script, clean, noisy, deviation)}", flush=True)


def as_stored(u: Volume) -> Volume:
    """Round to 16 bits, with room for noise above full scale."""
    return (np.rint(u * 40000).clip(0, 65535) / 40000).astype(np.float32)


def whole(noisy: Volume, options: dict[str, str]) -> Volume:
    """Filter the volume."""
    volume = pdefilter.Volume(noisy, spacing=SPACING)
    found: Volume = pdefilter.anisotropic(volume, noise_model="rician", **options).pixels
    return found


def by_slices(noisy: Volume, options: dict[str, str]) -> Volume:
    """Filter each slice alone."""
    return np.stack(
        [pdefilter.anisotropic(image, noise_model="rician", **options) for image in noisy]
    )


def show(name: str, result: Volume, clean: Volume) -> None:
    """Print a line."""
    print(f"  {name:42}{psnr(result, clean):.2f}", flush=True)


def best_of(python: str, script: str, clean: Volume, noisy: Volume, deviation: float) -> str:
    """Search the best setting of a peer, in its environment."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("clean.npy", "noisy.npy")]
        np.save(paths[0], clean)
        np.save(paths[1], noisy)
        call = [python, "-c", PREPARE + script + FINISH, *map(str, paths), str(deviation)]
        done = subprocess.run(call, capture_output=True, text=True, check=False)
    return done.stdout.strip() or f"not measured: {done.stderr.strip().splitlines()[-1]}"


if __name__ == "__main__":
    measure(sys.argv[1] if len(sys.argv) > 1 else None)
