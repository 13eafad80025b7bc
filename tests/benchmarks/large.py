"""An image that is larger than memory: its peak of memory, and its speed beside that in memory.

    python tests/benchmarks/large.py FOLDER [SIDE [MEMORY]]

makes a tiled TIFF of SIDE² pixels of 8 bits, by default 100 000² of them, in FOLDER, which needs
room for some times its size. It is filtered in boxes with `--memory MEMORY`, by default 1.5GB, and
an image of 8192² pixels in memory. Speeds are of whole processes.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile
from measure import TOOL, photograph

CALLS = (["edge"], ["heat-diffuse", "--sigma", "4"], ["anisotropic"])
TILE, SMALL = 512, 8192


def main(folder: Path, side: int = 100_000, memory: str = "1.5GB") -> None:
    """Print a line for each call."""
    folder.mkdir(exist_ok=True)
    large, small = image(folder, side), image(folder, SMALL)
    print(f"{side}² pixels in boxes with --memory {memory}, beside {SMALL}² in memory")
    for call in CALLS:
        boxes, peak = run(call, large, "--memory", memory)
        whole, _ = run(call, small, "--memory", "1TB", "--max-pixels", str(SMALL**2))
        speed, reference = side**2 / boxes / 1e6, SMALL**2 / whole / 1e6
        print(
            f"{' '.join(call):24} {boxes:7.0f} s, {peak / 1e9:.2f} GB at most, {speed:6.1f} "
            f"megapixels a second, {speed / reference:.2f} times the speed in memory",
            flush=True,
        )


def image(folder: Path, side: int) -> Path:
    """Make a tiled TIFF, unless there is one: a photograph repeated, lighter and darker."""
    path = folder / f"{side}.tif"
    if not path.exists():
        tifffile.imwrite(
            path,
            tiles(side),
            shape=(side, side),
            dtype=np.uint8,
            bigtiff=True,
            tile=(TILE, TILE),
            compression="zlib",
            compressionargs={"level": 1},
        )
    return path


def tiles(side: int) -> Iterator[np.ndarray]:
    """Make the tiles, row by row."""
    picture = (200 * photograph(1, 4 * TILE, 4 * TILE)[0]).astype(np.uint8)
    count = -(-side // TILE)
    for row in range(count):
        for column in range(count):
            rows, columns = (slice(k % 4 * TILE, (k % 4 + 1) * TILE) for k in (row, column))
            yield picture[rows, columns] + np.uint8((row // 4 * 7 + column // 4 * 13) % 50)


def run(call: list[str], source: Path, *options: str) -> tuple[float, int]:
    """Filter an image; return the seconds, and the peak of memory of a process in bytes."""
    target = source.with_name("out.tif")
    command = [TOOL, call[0], source, *call[1:], "-o", target, "--overwrite", *options]
    started = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    taken = time.perf_counter() - started
    assert status == 0, command
    target.unlink()
    return taken, usage.ru_maxrss * 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:3]), *sys.argv[3:4])
