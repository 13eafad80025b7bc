"""Many small images: how well the cores are used, beside loops over what else there is.

Peers are looped over in two ways: a process an image, as a shell's loop does, and one
process for all. GraphicsMagick's ``gm`` and the interpreter of the peers are skipped, and
said, where they are missing. Times are of whole processes, start included.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from measure import TOOL, photograph, process, seconds, show

import pdefilter

COUNT, SIDE, ROUNDS = 2000, 256, 3
LOOPED = 40
"""A process an image takes so long that a few tell."""

PEERS = {
    "OpenCV": """
import cv2
def edges(source, target):
    u = cv2.imread(source, cv2.IMREAD_GRAYSCALE).astype("float32")
    d = [cv2.Scharr(u, cv2.CV_32F, *axis) for axis in ((1, 0), (0, 1))]
    cv2.imwrite(target, cv2.convertScaleAbs(cv2.magnitude(*d), alpha=1 / 32))
""",
    "scikit-image": """
from skimage import filters, io, util
def edges(source, target):
    u = util.img_as_float32(io.imread(source))
    io.imsave(target, util.img_as_ubyte(filters.scharr(u).clip(0, 1)), check_contrast=False)
""",
}
LOOP = """
import os, sys
for source in sys.argv[2:]:
    edges(source, os.path.join(sys.argv[1], os.path.basename(source)))
"""


def measure(python: str) -> None:
    """Print the times of folders of small images as ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = _images(folder / "in")
        print(f"\n{COUNT} grey PNGs of {SIDE}², what two cores make of one, and the share of the")
        print("cores' time that goes into decoding, filtering and encoding:")
        for command in ("edge", "anisotropic"):
            _use_of_cores(command, folder)
        print(f"\nedge, {SIDE}² grey PNGs, time of an image in units of pdefilter's in a folder:")
        _peers(python, folder, sources)


def _images(folder: Path) -> list[Path]:
    folder.mkdir()
    u = (photograph(1, 2 * SIDE, SIDE + COUNT)[0] * 255).astype(np.uint8)
    sources = [folder / f"{number:05}.png" for number in range(COUNT)]
    for number, source in enumerate(sources):
        pdefilter.write(u[number % SIDE :][:SIDE, number : number + SIDE], source)
    return sources


def _use_of_cores(command: str, folder: Path) -> None:
    pairs = [(_run(command, folder, 1), _run(command, folder, 2)) for _ in range(ROUNDS)]
    show(
        command,
        {
            "times as fast": statistics.median(one[0] / two[0] for one, two in pairs),
            "share on one": statistics.median(one[1] for one, _ in pairs),
            "on two": statistics.median(two[1] for _, two in pairs),
        },
    )


def _run(command: str, folder: Path, jobs: int) -> tuple[float, float]:
    """Time a run, and find the share of the time of its cores that goes into the work itself."""
    report = folder / "run.jsonl"
    shutil.rmtree(folder / "out", ignore_errors=True)
    report.unlink(missing_ok=True)
    on = ["--jobs", str(jobs), "--threads", str(jobs), "--report", report]
    taken = process([TOOL, command, folder / "in", "-o", folder / "out", *on])
    lines = [json.loads(line)["seconds"] for line in report.read_text().splitlines()]
    work = sum(line[phase] for line in lines for phase in ("decode", "filter", "encode"))
    return taken, work / (jobs * taken)


def _peers(python: str, folder: Path, sources: list[Path]) -> None:
    few = sources[:LOOPED]
    loops: dict[str, tuple[Callable[[], object], int]] = {
        "pdefilter, a process an image": (
            lambda: _each(few, lambda s: [TOOL, "edge", s, "-o", folder / "o.png", "--overwrite"]),
            LOOPED,
        )
    }
    for name, code in PEERS.items():
        line = [python, "-c", code + LOOP, folder]
        if subprocess.run([*line, sources[0]], capture_output=True, check=False).returncode:
            print(f"{name}: skipped (not installed)")
            continue
        loops[f"{name}, one process"] = (lambda line=line: process([*line, *sources]), COUNT)
        loops[f"{name}, a process an image"] = (
            lambda line=line: _each(few, lambda source: [*line, source]),
            LOOPED,
        )
    if gm := shutil.which("gm"):
        loops["GraphicsMagick, a process an image"] = (
            lambda: _each(few, lambda s: [gm, "convert", s, "-edge", "1", folder / "o.png"]),
            LOOPED,
        )
    else:
        print("GraphicsMagick: skipped (not installed)")
    for name, (loop, count) in loops.items():
        found = []
        for _ in range(ROUNDS):
            ours = _run("edge", folder, 2)[0] / COUNT
            found.append(seconds(loop) / count / ours)
        show(name, {"times as long": statistics.median(found)}, ".1f")


def _each(sources: list[Path], line: Callable[[Path], list[str | Path]]) -> None:
    for source in sources:
        process(line(source))


if __name__ == "__main__":
    measure(sys.argv[1] if len(sys.argv) > 1 else sys.executable)
