"""Hashes of results: what a change of the house, and not of the numbers, must leave as it is.

    python tests/bits.py        write tests/bits.json anew, where numbers were meant to change

`tests/test_bits.py` compares. Each hash is of the stored values that a filter makes of a picture.
"""

import hashlib
import json
import sys
import warnings
from pathlib import Path

import numpy as np
from filter_calls import CALLS

import pdefilter
from pdefilter import Image

HASHES = Path(__file__).with_suffix(".json")
SAMPLES = Path(__file__).parent.parent / "sample_images"

KINDS = {"coins": "png", "portrait": "png", "cat": "png", "brain": "tif"}

_ROWS, _COLUMNS = np.mgrid[:48, :63]
MAP = ((_ROWS * 7 + _COLUMNS * 11) % 50 / 50 + _COLUMNS / 63).astype(np.float32) / 2

MORE = {
    "by noise": ("anisotropic", {"coupling": "noise", "kappa": 0.05, "iterations": 3}),
    "lab": ("anisotropic", {"color": "lab", "kappa": 0.05, "iterations": 3}),
    "linear": ("smooth", {"color": "linear"}),
    "luminance": ("smooth", {"color": "luminance"}),
    "uncoupled": ("anisotropic", {"coupling": "none", "kappa": 0.05, "iterations": 3}),
    "long": ("anisotropic", {"kappa": 0.03, "time": 20.0, "diffusivity": "exponential"}),
    "charbonnier": ("anisotropic", {"kappa": 0.05, "time": 2.0, "diffusivity": "charbonnier"}),
    "tukey": ("anisotropic", {"kappa": 0.05, "time": 2.0, "diffusivity": "tukey"}),
    "geman-mcclure": ("anisotropic", {"diffusivity": "geman-mcclure", "kappa": 0.05, "time": 2.0}),
    "to itself": ("anisotropic", {"kappa": 0.05, "time": "auto"}),
}
MAPPED = {
    "κ map": ("anisotropic", {"kappa": 0.02 + 0.1 * MAP, "time": 2.0}),
    "κ map, tensors": (
        "anisotropic",
        {"model": "edge-enhancing", "kappa": 0.05 + 0.1 * MAP, "time": 1.0},
    ),
    "noise map": ("anisotropic", {"noise": 0.01 + 0.03 * MAP}),
    "guided": ("anisotropic", {"guide": np.stack([MAP, MAP**2], axis=2), "time": 4.0}),
    "κ map, waves": ("wave", {"diffusivity": "rational", "kappa": 0.02 + 0.1 * MAP}),
    "weight map": ("smooth", {"method": "tv", "weight": 40 * MAP}),
    "weight by a noise map": (
        "smooth",
        {"method": "huber", "weight": "auto", "noise": 0.01 + 0.03 * MAP},
    ),
}
REST = {
    "direction": ("edge", {"component": "direction"}),
    "stretched": ("edge", {"stretch": True, "sigma": 1.0}),
    "shown": ("edge", {"stretch": None}),
    "threshold": ("edge", {"threshold": 0.05}),
    "edge, canny": ("edge", {"method": "canny"}),
    "edge, thin": ("edge", {"thin": True, "sigma": 0.7, "stretch": None}),
    "edge, linked": ("edge", {"thin": True, "hysteresis": "60%,90%"}),
    "edge, crossings": ("edge", {"zero_crossings": True, "sigma": 1.2}),
    "edge, contours": ("edge", {"method": "contours"}),
    "large kernel": ("convolve", {"kernel": np.ones((31, 31)), "normalize": True}),
    "black around": ("convolve", {"kernel": "box", "normalize": True, "border": "constant"}),
    "above the noise": ("sharpen", {"threshold": "auto"}),
    "around": ("smooth", {"border": "wrap-columns"}),
    "heat around": ("heat_diffuse", {"border": "wrap"}),
    "convolved around": ("convolve", {"kernel": "emboss", "border": "wrap-rows"}),
    "heat, long": ("heat_diffuse", {"sigma": 9.0}),
    "heat, aos": ("heat_diffuse", {"scheme": "aos", "time": 5.0}),
    "fed": ("anisotropic", {"scheme": "fed", "kappa": 0.1, "time": 9.0}),
    "tensors, steps": (
        "anisotropic",
        {"model": "coherence-enhancing", "kappa": "p50", "iterations": 7},
    ),
    "automatic tensors": ("anisotropic", {"model": "edge-enhancing"}),
    "noise of photons": ("anisotropic", {"noise_model": "poisson"}),
    "magnitudes": ("anisotropic", {"noise_model": "rician", "noise": 0.05, "time": 1.0}),
    "tv of photons": (
        "smooth",
        {"method": "tv", "weight": "auto", "noise_model": "poisson", "noise": 0.003},
    ),
    "along each axis": ("heat_diffuse", {"sigma": (1.5, 0.5)}),
    "gaussians of axes": ("smooth", {"sigma": (0.0, 1.5)}),
    "nesterov": ("smooth", {"method": "huber", "optimizer": "nesterov"}),
    "uncoupled shock": ("shock", {"coupling": "none"}),
    "shock by noise": ("shock", {"coupling": "noise", "time": 1.0}),
    "tv by noise": ("smooth", {"method": "tv", "coupling": "noise"}),
    "lab edges": ("edge", {"color": "lab"}),
    "linear shock": ("shock", {"color": "linear", "time": 1.0}),
    "cloned": (
        "poisson",
        {"source": (255 * MAP[:30, :40]).astype(np.uint8), "at": "5,9", "mixed": True},
    ),
}
FILLED = {
    f"inpaint, {method}": ("inpaint", {"method": method})
    for method in ("harmonic", "biharmonic", "tv", "edge-enhancing")
}


def pictures() -> dict[str, Image]:
    """Crop pictures of every kind: depths, colours, alpha, holes."""
    crops = {
        name: pdefilter.read(SAMPLES / f"{name}.{suffix}")
        for name, suffix in (
            ("coins", "png"),
            ("portrait", "png"),
            ("cat", "png"),
            ("brain", "tif"),
        )
    }
    found = {
        name: Image(
            np.ascontiguousarray(image.pixels[60:108, 50:113]),
            has_alpha=image.has_alpha,
        )
        for name, image in crops.items()
    }
    floats = found["coins"].pixels.astype(np.float32) / 255
    holed = floats.copy()
    holed[20:26, 30:37], holed[3, 3] = np.nan, np.nan
    found["metres"] = Image((floats * 320 + 1200).astype(np.float64))
    colours = found["portrait"].pixels[..., :3].astype(np.float32) / 255
    bands = np.stack([holed, *np.moveaxis(colours * [1, 40, 0.5], 2, 0), floats**2], axis=2)
    bands[5:9, 8:20, 3] = np.nan
    opaque = np.stack([found["cat"].pixels[..., 0], (255 * MAP).astype(np.uint8)], axis=2)
    return found | {
        "floats": Image(floats),
        "holes": Image(holed),
        "bands": Image(bands.astype(np.float32), has_alpha=False),
        "alpha": Image(opaque, has_alpha=True),
    }


def hashes() -> dict[str, str]:
    """Filter every picture by every call, on the engine in use."""
    found = {}
    for picture, image in pictures().items():
        calls = CALLS | MORE | MAPPED | REST
        if picture in ("holes", "bands"):
            calls |= FILLED
        for name, (filter_, options) in calls.items():
            found[f"{picture}: {name}"] = _hash(filter_, image, options)
    return found


def _hash(filter_: str, image: Image, options: dict[str, object]) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = getattr(pdefilter, filter_)(image, **options)
        except pdefilter.PdefilterError as error:
            return type(error).__name__
    return hashlib.sha256(np.ascontiguousarray(result.pixels).tobytes()).hexdigest()[:16]


if __name__ == "__main__":
    text = json.dumps(hashes(), indent=0, sort_keys=True) + "\n"
    if sys.argv[1:] == ["-"]:
        print(text, end="")
    else:
        HASHES.write_text(text)
