"""How near trained networks come to clean images: ``python tests/benchmarks/learned.py FOLDER``.

FOLDER holds clean images, all grey or all in colour. Gaussian noise of 15, 25 and 50 grey levels is
added, the same on every run (seeds are the deviation and the number of the image), not clipped,
given as floats and told to the network; results are clipped and compared by their peak
signal-to-noise ratio, averaged over the images. Names of networks may follow, such as small or
white*8, the average over eight turns; time is that of one processor. With --torch PyTorch runs
the network beside, on one thread, in float32.
"""

import sys
import time
from pathlib import Path

import numpy as np
from denoising import DEVIATIONS, noisy_image, psnr

import pdefilter
from pdefilter.kernels.native import forced, variants
from pdefilter.networks.model import Model
from pdefilter.networks.model_file import find_model

DEFAULT = ("white", "white*8", "small", "stable", "recurrent")


def by_torch(model: Model, noisy: np.ndarray, deviation: float) -> float:
    """Time the network in PyTorch, on an image of whole cells."""
    import torch

    from pdefilter.learn.network import Network

    torch.set_num_threads(1)
    network = Network(model.architecture)
    with torch.no_grad():
        for name, weights in network.named_weights():
            weights.copy_(torch.from_numpy(model.numbers(name)))
        width = model.architecture.coarsest
        whole = noisy[: len(noisy) // width * width, : noisy.shape[1] // width * width]
        f = torch.from_numpy(np.ascontiguousarray(whole))[None, None]
        sigma = torch.full((1, 1, 1, 1), deviation)
        network(f, sigma)
        start = time.process_time()
        network(f, sigma)
        return time.process_time() - start


def measure(folder: Path, names: list[str], *, torch_too: bool) -> None:
    """Print a row for every network."""
    cleans = [pdefilter.read(file).pixels for file in sorted(folder.iterdir())]
    images = [clean.astype(np.float32) / np.iinfo(clean.dtype).max for clean in cleans]
    pixels = sum(image.shape[0] * image.shape[1] for image in images) * len(DEVIATIONS)
    print(f"{len(images)} images of {folder}")
    for name in names:
        model, _, turns = name.partition("*")
        found, seconds, in_torch = [], 0.0, 0.0
        for deviation in DEVIATIONS:
            values = []
            for number, clean in enumerate(images):
                noisy, level = noisy_image(clean, deviation, number), deviation / 255
                start = time.process_time()
                with forced(1, variants()[-1]):
                    options = {"kind": "white", "model": model, "average": int(turns or 1)}
                    u = pdefilter.denoise(noisy, noise=level, **options)
                seconds += time.process_time() - start
                values.append(psnr(u, clean))
                if torch_too and clean.ndim == 2:
                    in_torch += by_torch(find_model(model), noisy, level)
            found.append(np.mean(values))
        row = " / ".join(f"{value:.3f}" for value in found)
        cost = f"{seconds / pixels * 1e6:.2f} CPU-seconds a megapixel"
        if in_torch:
            cost += f", PyTorch {in_torch / pixels * 1e6:.2f}"
        print(f"{name}: {row} dB, {cost}", flush=True)


if __name__ == "__main__":
    arguments = [word for word in sys.argv[1:] if word != "--torch"]
    measure(Path(arguments[0]), arguments[1:] or [*DEFAULT], torch_too="--torch" in sys.argv)
