"""The guide of every command: what it is for in a line, its main options, and three examples."""

from collections.abc import Mapping
from dataclasses import dataclass

MAIN_OPTIONS = ("output", "overwrite", "recursive", "format", "depth", "verbose", "help")
"""The options of every filter that its help lists first."""


@dataclass(frozen=True)
class Guide:
    """What the help of a command begins with.

    Attributes
    ----------
    summary : str
        What it is for, in a line without formulas.
    main : tuple of str
        The names of its own parameters that matter most; empty for all.
    examples : tuple of str
        Calls that can be typed in a clone.
    """

    summary: str
    main: tuple[str, ...]
    examples: tuple[str, ...]


GROUPS: Mapping[str, tuple[str, ...]] = {
    "Remove noise, smooth": ("denoise", "anisotropic", "smooth", "heat-diffuse"),
    "Edges and detail": ("edge", "ridge", "sharpen", "shock"),
    "Fill and compose": ("inpaint", "poisson"),
    "Experiment": ("convolve", "wave", "chain", "sweep"),
    "Know and learn": ("info", "compare", "estimate", "learn", "help"),
}
"""The commands by what they are for, in the order of the help; others follow them."""

GUIDES: Mapping[str, Guide] = {
    "edge": Guide(
        "Find edges.",
        ("method", "operator", "sigma", "thin", "threshold", "hysteresis", "color"),
        (
            "pdefilter edge sample_images/coins.png -o edges.png",
            "pdefilter edge sample_images/coffee.jpg --method canny -o contours.png",
            "pdefilter edge sample_images/cat.png --method contours --depth 16 -o drawn.tif",
        ),
    ),
    "ridge": Guide(
        "Find lines: vessels, fibres, cracks.",
        (),
        (
            "pdefilter ridge sample_images/fingerprint.png --kind dark -o lines.png",
            "pdefilter ridge sample_images/brick.png --kind dark --scales 1,2,4 -o joints.png",
            "pdefilter ridge sample_images/coins.png --component width --depth float -o width.tif",
        ),
    ),
    "smooth": Guide(
        "Blur, or smooth by a median, total variation or curvature.",
        ("method", "sigma", "size", "weight", "time", "color"),
        (
            "pdefilter smooth sample_images/cat.png --sigma 3 -o soft.png",
            "pdefilter smooth sample_images/coins.png --method median --size 5 -o median.png",
            "pdefilter smooth sample_images/noisy.png --method tv --weight 20 -o flat.png",
        ),
    ),
    "convolve": Guide(
        "Convolve with a kernel of one's own, or a named one.",
        (),
        (
            "pdefilter convolve sample_images/coins.png --kernel emboss -o embossed.png",
            "pdefilter convolve sample_images/cat.png --kernel '0 -1 0; -1 5 -1; 0 -1 0' -o o.png",
            "pdefilter convolve sample_images/cat.png --kernel '1 2 1' --normalize -o soft.png",
        ),
    ),
    "sharpen": Guide(
        "Sharpen by an unsharp mask, or by diffusion backward in time.",
        (),
        (
            "pdefilter sharpen sample_images/cat.png --amount 0.7 -o sharp.png",
            "pdefilter sharpen sample_images/coffee.jpg --sigma 2 --color luminance -o sharp.jpg",
            "pdefilter sharpen sample_images/brick.png --method inverse-heat --sigma 1.5 -o s.png",
        ),
    ),
    "heat-diffuse": Guide(
        "Smooth as heat spreads: a Gaussian blur, by a time.",
        (),
        (
            "pdefilter heat-diffuse sample_images/coffee.jpg --time 8 -o soft.jpg",
            "pdefilter heat-diffuse sample_images/cat.png --sigma 3 -o soft.png",
            "pdefilter heat-diffuse sample_images/coins.png --time 500 --scheme exact -o far.png",
        ),
    ),
    "anisotropic": Guide(
        "Smooth within regions, and keep the edges between them.",
        ("model", "noise", "kappa", "time", "diffusivity", "color"),
        (
            "pdefilter anisotropic sample_images/noisy.png -o clean.png",
            "pdefilter anisotropic sample_images/cat.png --kappa 0.05 --time 20 -o painted.png",
            "pdefilter anisotropic sample_images/brick.png --model coherence-enhancing -o l.png",
        ),
    ),
    "denoise": Guide(
        "Remove noise by a trained network; it needs no parameter.",
        ("noise", "kind", "strength", "average", "model", "color"),
        (
            "pdefilter denoise sample_images/noisy.png -o clean.png",
            "pdefilter denoise sample_images/noisy.png --strength 0.7 -o grainy.png",
            "pdefilter denoise sample_images/ -o clean/ --verbose",
        ),
    ),
    "shock": Guide(
        "Sharpen edges into steps, as in a drawing.",
        ("model", "sigma", "rho", "time", "coupling", "color"),
        (
            "pdefilter shock sample_images/coffee.jpg --time 5 -o painted.jpg",
            "pdefilter shock sample_images/coins.png --sigma 2 --time 10 -o drawn.png",
            "pdefilter shock sample_images/brick.png --model coherence --rho 3 -o lines.png",
        ),
    ),
    "wave": Guide(
        "Evolve an image by the wave equation.",
        ("time", "damping", "diffusivity", "kappa", "coupling", "color"),
        (
            "pdefilter wave sample_images/coins.png --damping 0.5 -o waves.png",
            "pdefilter wave sample_images/cat.png --time 20 -o ripples.png",
            "pdefilter wave sample_images/coins.png --diffusivity rational --kappa 0.1 -o kept.png",
        ),
    ),
    "inpaint": Guide(
        "Fill holes, scratches and missing pixels.",
        ("method", "mask", "fill", "coupling", "color"),
        (
            "pdefilter inpaint sample_images/cat.png --mask sample_images/holes.png -o o/",
            "pdefilter inpaint sample_images/cat.png --mask sample_images/holes.png --method tv "
            "-o tv.png",
            "pdefilter inpaint sample_images/cat.png --mask sample_images/holes.png "
            "--method biharmonic -o soft.png",
        ),
    ),
    "poisson": Guide(
        "Clone without a seam, or even out the light.",
        (),
        (
            "pdefilter poisson sample_images/brick.png --flatten 20 -o even.png",
            "pdefilter poisson sample_images/coins.png --source sample_images/brick.png --at 9,9 "
            "--mixed -o cloned.png",
            "pdefilter poisson sample_images/brick.png --flatten 100 --depth 16 -o even.tif",
        ),
    ),
    "chain": Guide(
        "Run several filters one after the other.",
        ("recipe",),
        (
            "pdefilter chain sample_images/noisy.png 'heat-diffuse --sigma 1' edge -o edges.png",
            "pdefilter chain sample_images/noisy.png denoise 'sharpen --amount 0.5' -o crisp.png",
            "pdefilter chain sample_images/ denoise edge -o edges/",
        ),
    ),
    "estimate": Guide(
        "Estimate the noise, and what anisotropic takes for it.",
        (),
        (
            "pdefilter estimate sample_images/noisy.png",
            "pdefilter estimate sample_images/",
            "pdefilter estimate sample_images/noisy.png --json",
        ),
    ),
    "compare": Guide(
        "Compare images: PSNR, SSIM, the mean and the largest error.",
        (),
        (
            "pdefilter compare sample_images/noisy.png sample_images/strip/denoise.png",
            "pdefilter compare before/ after/ --json",
            "pdefilter compare a.png b.png --at-least 30dB --map difference.png",
        ),
    ),
    "sweep": Guide(
        "Run a filter with several values, onto one labelled sheet.",
        (),
        (
            "pdefilter sweep anisotropic sample_images/noisy.png --time 1,5,20 -o sheet.png",
            "pdefilter sweep smooth sample_images/cat.png --method gaussian,median -o sheet.png",
            "pdefilter sweep denoise sample_images/noisy.png --strength 0.5,0.7,1 -o sheet.png",
        ),
    ),
    "learn": Guide(
        "Train a network that denoises, or one that finds contours.",
        (
            "pairs",
            "noisy_only",
            "edges",
            "kind",
            "noise",
            "architecture",
            "hours",
            "resume",
            "device",
        ),
        (
            "pdefilter learn photographs/ -o my.model --noise 5..55 --hours 2",
            "pdefilter denoise sample_images/noisy.png --model my.model -o clean.png",
            "pdefilter learn --edges images/ boundaries/ -o contours.model --hours 6",
        ),
    ),
    "info": Guide(
        "Tell what an image file, a network or this program is.",
        (),
        (
            "pdefilter info sample_images/cat.png",
            "pdefilter info --formats",
            "pdefilter info white",
        ),
    ),
    "help": Guide("Show the help of a command.", (), ("pdefilter help denoise",)),
}
