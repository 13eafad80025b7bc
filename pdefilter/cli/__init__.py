"""The command line: it parses, calls and reports."""

import gc

# Of what is imported nothing is ever garbage: to look for some takes a tenth of the start.
gc.disable()

from pdefilter.cli.main import main  # noqa: E402

__all__ = ["main"]
