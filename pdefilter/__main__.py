"""The executable: ``pdefilter``, or ``python -m pdefilter`` where it is not installed."""

import gc
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line in a process of its own."""
    # Nothing that is imported becomes garbage: looking for it takes a tenth of the start.
    gc.disable()
    from pdefilter.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
