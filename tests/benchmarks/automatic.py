"""The cost of the choices that ``anisotropic`` makes by itself, in the evolutions that it picks."""

import numpy as np
from denoising import Choices
from measure import photograph, ratios, show

import pdefilter
from pdefilter.observer import observed

DEVIATIONS = (15, 50)


def measure() -> None:
    """Print the time with nothing given, and with the noise, in that with all given."""
    print("\nwhat is chosen, in the time of the evolution picked:")
    for side in (128, 256, 512, 1024, 4096):
        for deviation in DEVIATIONS:
            show(f"{side}², noise of {deviation}", _costs(side, deviation / 255))


def _costs(side: int, deviation: float) -> dict[str, float]:
    noise = np.random.default_rng(0).normal(0, deviation, (side, side))
    image = (photograph(1, side, side)[0] + noise).astype(np.float32)
    choices = Choices()
    with observed(choices):
        pdefilter.anisotropic(image)
    picked = {"kappa": choices["kappa"], "time": choices["time"]}
    return ratios(
        {
            "time chosen": lambda: pdefilter.anisotropic(image, kappa=picked["kappa"]),
            "noise given": lambda: pdefilter.anisotropic(image, noise=deviation),
            "all chosen": lambda: pdefilter.anisotropic(image),
        },
        lambda: pdefilter.anisotropic(image, **picked),
    )


if __name__ == "__main__":
    measure()
