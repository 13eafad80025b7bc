"""All benchmarks in one run: ``python tests/benchmarks [PEERS_PYTHON] [PLOT.svg]``.

The plot takes matplotlib. PEERS_PYTHON is the interpreter of an environment with the peers;
see ``peers.py``. What is printed is meant to be compared within one run only.
"""

import sys
from pathlib import Path

import accuracy
import automatic
import canny
import folders
import kernels
import memory
import peers
import processes
import rotation
import variational
from measure import machine


def main() -> None:
    """Run every part, the picture last."""
    python = sys.argv[1] if len(sys.argv) > 1 else sys.executable
    print(machine())
    rates = peers.measure(python)
    kernels.measure()
    canny.measure()
    reached = accuracy.measure()
    automatic.measure()
    memory.measure()
    variational.measure()
    rotation.measure(python)
    processes.measure()
    folders.measure(python)
    if len(sys.argv) > 2:
        from plot import draw

        draw(rates, reached, Path(sys.argv[2]))


if __name__ == "__main__":
    main()
