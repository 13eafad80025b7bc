"""The command line: it parses, calls and reports."""

from pdefilter.cli.main import main

__all__ = ["main"]
