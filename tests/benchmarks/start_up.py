"""How long the tool takes to start, against what no tool with its libraries can avoid.

Run it with ``python tests/benchmarks/start_up.py`` in the environment where the tool is
installed. The two commands of a pair are run in turn, so that a machine whose speed drifts
drifts for both; the medians and the median of the pairs' ratios are printed.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import pdefilter

PAIRS = 21
TOOL = Path(sys.executable).parent / "pdefilter"


def seconds(command: list[str | Path]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def compare(title: str, ours: list[str | Path], code: str, at_most: float) -> None:
    floor = [sys.executable, "-c", code]
    pairs = [(seconds(ours), seconds(floor)) for _ in range(PAIRS + 1)][1:]
    mine, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"{title}: {mine:.3f} s, {code!r}: {theirs:.3f} s, ratio {ratio:.2f} (at most {at_most})")


def main() -> None:
    compare("pdefilter --help", [TOOL, "--help"], "import typer, rich.console", 1.5)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.png"), Path(folder, "out.png")
        noise = np.random.default_rng(0).integers(0, 256, (256, 256), np.uint8)
        pdefilter.write(noise, source)
        edge = [TOOL, "edge", source, "-o", target, "--overwrite"]
        compare("pdefilter edge, 256²", edge, "import cv2, typer, rich.console", 2.0)


if __name__ == "__main__":
    main()
