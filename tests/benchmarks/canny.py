"""Canny's edges, in the time of OpenCV's: with the same Gaussian, derivatives and thresholds.

OpenCV suppresses along four directions, and interpolates nothing.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from measure import TOOL, fastest, noise, photograph, process, ratios, show

import pdefilter

SIDES = (1024, 4096)
SIGMA = 1.4
LOW, HIGH = 0.03, 0.06  # fractions of full scale, as ours are
OPENCV = """
import sys, cv2
smooth = cv2.GaussianBlur(cv2.imread(sys.argv[1], cv2.IMREAD_GRAYSCALE), (0, 0), 1.4)
cv2.imwrite(sys.argv[2], cv2.Canny(smooth, 43, 87, L2gradient=True))
"""

# The root mean square of two derivatives, each four times as large.
_LENGTH = 4 * np.sqrt(2)
# OpenCV finds edges in derivatives of 16 bits, in which those of floats are multiples of this.
_STEP = 1 / 4096


def measure() -> None:
    """Print how long images of 8 bits and of floats take, and whole processes."""
    print("\nedge --method canny, in the time of OpenCV:")
    for side in SIDES:
        pictures = {"photograph": photograph(1, side, side)[0], "noise": noise(1, side)[0]}
        for name, u in pictures.items():
            show(f"{name}, {side}²", per_opencv(u))
    print("\nwhole processes, seconds, from a PNG to a PNG:")
    for side in SIDES:
        show(f"photograph, {side}²", of_processes(photograph(1, side, side)[0]))


def per_opencv(u: np.ndarray) -> dict[str, float]:
    """Time an image of 8 bits and one of floats, in the time of OpenCV."""
    stored = (u * 255).astype(np.uint8)
    found = ratios({"8 bits": _ours(stored)}, lambda: _opencv_of_bytes(stored))
    return found | ratios({"floats": _ours(u)}, lambda: _opencv_of_floats(u))


def of_processes(u: np.ndarray) -> dict[str, float]:
    """Time whole processes on an image of 8 bits."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "source.png"), Path(folder, "target.png")
        pdefilter.write((u * 255).astype(np.uint8), source)
        edge = [TOOL, "edge", "--method", "canny", source, "-o", target, "--overwrite"]
        levels = ["--hysteresis", f"{LOW},{HIGH}"]
        lines: dict[str, list[str | Path]] = {
            "by given thresholds": edge + levels,
            "by its own": edge,
            "OpenCV": [sys.executable, "-c", OPENCV, source, target],
        }
        return {name: fastest(lambda line=line: process(line)) for name, line in lines.items()}


def _ours(image: np.ndarray) -> Callable[[], np.ndarray]:
    return lambda: pdefilter.edge(image, method="canny", sigma=SIGMA, hysteresis=(LOW, HIGH))


def _opencv_of_bytes(image: np.ndarray) -> np.ndarray:
    smooth = cv2.GaussianBlur(image, (0, 0), SIGMA)
    return cv2.Canny(smooth, *(255 * _LENGTH * t for t in (LOW, HIGH)), L2gradient=True)


def _opencv_of_floats(u: np.ndarray) -> np.ndarray:
    smooth = cv2.GaussianBlur(u, (0, 0), SIGMA)
    down, right = (
        (cv2.Sobel(smooth, cv2.CV_32F, *way) / _STEP).astype(np.int16) for way in ((0, 1), (1, 0))
    )
    return cv2.Canny(right, down, *(_LENGTH * t / _STEP for t in (LOW, HIGH)), L2gradient=True)
