"""The report that a call asks for."""

import shlex
import sys
from dataclasses import fields
from typing import TYPE_CHECKING

from pdefilter.cli.common import ROUTES, Call

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pdefilter.runs.chain import Chain
    from pdefilter.runs.plan import Job
    from pdefilter.runs.reports.report import Layout, Report


def preview_side(file: str | None, images: int) -> int:
    """Find how long the previews of a report are; 0 where it has none."""
    if not _is_page(file):
        return 0
    from pdefilter.runs.reports.page import side_of_previews

    return side_of_previews(images)


def open_report(file: str, chain: "Chain", call: Call, jobs: "Sequence[Job]") -> "Report":
    """Open the report of a call.

    Raises
    ------
    CallError
        If it cannot be written, or needs packages that are not installed.
    """
    from pdefilter.runs.reports.lines import Lines
    from pdefilter.runs.reports.record import Recording
    from pdefilter.runs.reports.report import Report

    names = [field.name for field in fields(call) if field.name not in ROUTES]
    recording = Recording(chain, {name: getattr(call, name) for name in names})
    layout: Layout = Lines(recording)
    if _is_page(file):
        from pdefilter.runs.reports.page import Page

        layout = Page(recording, shlex.join(["pdefilter", *sys.argv[1:]]), len(jobs))
    return Report(file, layout, jobs, overwrite=call.overwrite, append=call.skip_existing)


def _is_page(file: str | None) -> bool:
    return file is not None and file.lower().endswith((".html", ".htm"))
