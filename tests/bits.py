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
    return found | {"floats": Image(floats), "holes": Image(holed)}


def hashes() -> dict[str, str]:
    """Filter every picture by every call, on the engine in use."""
    found = {}
    for picture, image in pictures().items():
        calls = CALLS | MORE | (FILLED if picture == "holes" else {})
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
