"""Filter images with partial differential equations.

>>> import pdefilter
>>> image = pdefilter.read("sample_images/coins.png")
>>> pdefilter.write(pdefilter.anisotropic(image, kappa=0.05, iterations=20), "smooth.png")

Every filter takes an array of shape (M, N) or (M, N, C), or an `Image`, and
returns the same kind. An integer v of a type with the largest value m stands
for v/m, a float for itself. The last of two or four channels is alpha, unless
the array comes in an `Image` that says otherwise. A `Volume` holds slices of
rows and columns, with the distances between them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pdefilter.errors import CallError, ImageError, ModelError, ParameterError, PdefilterError

if TYPE_CHECKING:
    from pdefilter.api import (
        anisotropic,
        chain,
        contours,
        convolve,
        denoise,
        edge,
        estimate,
        heat_diffuse,
        inpaint,
        poisson,
        read,
        read_frames,
        ridge,
        sharpen,
        shock,
        smooth,
        threads,
        wave,
        write,
    )
    from pdefilter.images.image import Image
    from pdefilter.images.volume import Volume

__version__ = "0.2.0"

__all__ = [
    "CallError",
    "Image",
    "ImageError",
    "ModelError",
    "ParameterError",
    "PdefilterError",
    "Volume",
    "anisotropic",
    "chain",
    "contours",
    "convolve",
    "denoise",
    "edge",
    "estimate",
    "heat_diffuse",
    "inpaint",
    "poisson",
    "read",
    "read_frames",
    "ridge",
    "sharpen",
    "shock",
    "smooth",
    "threads",
    "wave",
    "write",
]


def __getattr__(name: str) -> Any:
    """Import a name when it is first used: NumPy and the codecs take long to import."""
    if name in __all__:
        return getattr(import_module("pdefilter.api"), name)
    raise AttributeError(f"module 'pdefilter' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
