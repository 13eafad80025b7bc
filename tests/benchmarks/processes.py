"""The times of whole processes, from the command line to the file."""

import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from measure import TOOL, fastest, photograph, process, show

import pdefilter

COMMANDS = ("edge", "smooth", "heat-diffuse", "anisotropic")
SIZES = {"256²": (256, 256), "2 Mpx": (1200, 1600), "12 Mpx": (3000, 4000)}
ROUNDS = 11
READ_AND_WRITE = "import cv2, sys; cv2.imwrite(sys.argv[2], cv2.imread(sys.argv[1], -1))"


def measure() -> None:
    """Print whole-process times, against OpenCV's reading and writing alone."""
    with tempfile.TemporaryDirectory() as folder:
        _start_up(Path(folder))
        print(
            "\nwhole processes on colour images, seconds, and OpenCV's reading and writing alone:"
        )
        for size, shape in SIZES.items():
            image = np.moveaxis(photograph(3, *shape) * 255, 0, -1).astype(np.uint8)
            for ending in (".png", ".jpg"):
                source = Path(folder, size.replace(" ", "") + ending)
                pdefilter.write(image, source)
                target = Path(folder, "out" + ending)
                lines = {name: _line(name, source, target) for name in COMMANDS}
                lines["OpenCV"] = _by_opencv(source, target)
                times = {name: _fastest(line) for name, line in lines.items()}
                show(f"{size} {ending}", times)
        print("\nwhole processes, medians of pairs' ratios, and what they may be:")
        for ending in (".png", ".jpg"):
            source, target = Path(folder, "12Mpx" + ending), Path(folder, "out" + ending)
            edge, opencv = _line("edge", source, target), _by_opencv(source, target)
            _compare(f"edge / OpenCV, 12 Mpx {ending}", edge, opencv, 1.3)


def _fastest(line: list[str | Path]) -> float:
    return fastest(lambda: process(line), 3)


def _by_opencv(source: Path, target: Path) -> list[str | Path]:
    return [sys.executable, "-c", READ_AND_WRITE, source, target]


def _line(command: str, source: Path, target: Path) -> list[str | Path]:
    return [TOOL, command, source, "-o", target, "--overwrite"]


def _start_up(folder: Path) -> None:
    source = folder / "grey.png"
    # Noise of 25 grey levels, as the photographs that denoisers are compared on have.
    noisy = photograph(1, 256, 256)[0] + np.random.default_rng(0).normal(0, 0.1, (256, 256))
    pdefilter.write((noisy * 255).clip(0, 255).astype(np.uint8), source)
    edge, anisotropic = (_line(name, source, folder / "o.png") for name in COMMANDS[::3])
    print("\nwhole processes, medians of pairs' ratios, and what they may be:")
    _compare("--help / import typer, rich", [TOOL, "--help"], _import("typer, rich.console"), 1.5)
    _compare("edge, 256² / imports", edge, _import("cv2, typer, rich.console"), 2.0)
    _compare("anisotropic / edge, 256²", anisotropic, edge, 1.2)


def _import(names: str) -> list[str | Path]:
    return [sys.executable, "-c", f"import {names}"]


def _compare(title: str, ours: list[str | Path], theirs: list[str | Path], at_most: float) -> None:
    pairs = [(process(ours), process(theirs)) for _ in range(ROUNDS + 1)][1:]
    ratio = statistics.median(a / b for a, b in pairs)
    show(title, {"ratio": ratio, "at most": at_most})
