"""The names that other programs give to what a command here does."""

from collections.abc import Mapping
from pathlib import Path

from pdefilter.filters import FILTERS

_BLUR = "smooth --sigma 2"
_NO_SIZES = "magick IN -resize 50% OUT"

CALLS: Mapping[str, str] = {
    "blur": _BLUR,
    "gauss": _BLUR,
    "gaussian": _BLUR,
    "gaussian-blur": _BLUR,
    "box": "smooth --method box --size 5",
    "box-blur": "smooth --method box --size 5",
    "median": "smooth --method median --size 3",
    "despeckle": "smooth --method median --size 3",
    "tv": "smooth --method tv --weight 20",
    "tv-denoise": "smooth --method tv --weight auto",
    "total-variation": "smooth --method tv --weight 20",
    "rof": "smooth --method tv --weight 20",
    "chambolle": "smooth --method tv --weight 20",
    "huber": "smooth --method huber",
    "tikhonov": "smooth --method tikhonov",
    "curvature": "smooth --method curvature --time 2",
    "heat": "heat-diffuse --time 8",
    "diffuse": "anisotropic",
    "diffusion": "anisotropic",
    "perona-malik": "anisotropic --model perona-malik",
    "bilateral": "anisotropic",
    "guided": "anisotropic",
    "kuwahara": "shock --time 5",
    "nlm": "denoise",
    "nlmeans": "denoise",
    "non-local-means": "denoise",
    "bm3d": "denoise",
    "wiener": "denoise",
    "wavelet": "denoise",
    "dncnn": "denoise",
    "clean": "denoise",
    "denoising": "denoise",
    "enhance": "sharpen --amount 0.5",
    "canny": "edge --sigma 1.5 --threshold 0.05",
    "edges": "edge",
    "gradient": "edge",
    "sobel": "edge --operator sobel",
    "scharr": "edge --operator scharr",
    "prewitt": "edge --operator prewitt",
    "roberts": "edge --operator roberts",
    "laplace": "edge --operator laplacian",
    "laplacian": "edge --operator laplacian",
    "log": "edge --operator laplacian --sigma 2",
    "unsharp": "sharpen --amount 1 --sigma 2",
    "unsharp-mask": "sharpen --amount 1 --sigma 2",
    "usm": "sharpen --amount 1 --sigma 2",
    "deblur": "sharpen --method inverse-heat --sigma 1.5",
    "deconvolve": "sharpen --method inverse-heat --sigma 1.5",
    "emboss": "convolve --kernel emboss",
    "kernel": "convolve --kernel '0 -1 0; -1 5 -1; 0 -1 0'",
    "filter": "convolve --kernel '0 -1 0; -1 5 -1; 0 -1 0'",
    "filter2d": "convolve --kernel '0 -1 0; -1 5 -1; 0 -1 0'",
    "ripple": "wave --time 20",
    "fill": "inpaint --mask MASK",
    "heal": "inpaint --mask MASK",
    "repair": "inpaint --mask MASK",
    "clone": "poisson --source PICTURE --at 0,0",
    "seamless-clone": "poisson --source PICTURE --at 0,0",
    "flatten": "poisson --flatten 50",
    "background": "poisson --flatten 50",
    "convert": "heat-diffuse --time 0",
}
"""For each name, the command that does it, with its options."""

OTHERS: Mapping[str, str] = {
    **dict.fromkeys(("identify", "file", "exif", "describe", "inspect"), "info IN"),
    **dict.fromkeys(("noise", "estimate-noise"), "estimate IN"),
    **dict.fromkeys(("version", "engine"), "info"),
    **dict.fromkeys(("formats", "codecs"), "info --formats"),
    **dict.fromkeys(("pipe", "pipeline", "sequence"), "chain IN 'smooth --sigma 1' edge -o OUT"),
    **dict.fromkeys(("train", "fit"), "learn FOLDER -o MODEL"),
}
"""For each name, the command that is no filter, as it is typed."""

SIZES = ("resize", "scale", "rescale", "crop", "rotate", "flip", "thumbnail")
"""What no command does: it gives back an image of another size or shape."""


def call_of(name: str) -> str | None:
    """Write the call that does what a name stands for elsewhere; None if there is none."""
    name = name.lower().replace("_", "-")
    if name in CALLS:
        command, *options = CALLS[name].split(" ", 1)
        return " ".join(["pdefilter", command, "IN", *options, "-o OUT"])
    return f"pdefilter {OTHERS[name]}" if name in OTHERS else None


def pointer(name: str) -> str | None:
    """Say what to type instead of a word that is not a command; None if it is nothing known."""
    if call := call_of(name):
        return f"there is no command {name!r}; {call.split()[1]} does it: {call}"
    if name.lower() in SIZES:
        return (
            f"there is no command {name!r}, as all images keep their size; ImageMagick does it: "
            f"{_NO_SIZES}"
        )
    if Path(name).exists():
        return f"there is no command {name!r}; put one before it: pdefilter denoise {name} -o OUT"
    return None


def stage_of(name: str) -> str | None:
    """Write the stage of a chain that does what a name stands for; None if there is none."""
    stage = CALLS.get(name.lower().replace("_", "-"))
    return stage if stage and stage.split()[0] in FILTERS else None
