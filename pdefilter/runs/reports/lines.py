"""The report as lines of JSON, one for each image."""

import json
from dataclasses import dataclass

from pdefilter.runs.reports.record import Recording
from pdefilter.runs.work import Outcome


@dataclass(frozen=True)
class Lines:
    """A layout of lines, which programs read, and from which a run is repeated.

    Attributes
    ----------
    recording : Recording
        What is the same for all images.
    """

    recording: Recording
    starts = (b'{"index": ',)
    end = b"\n"

    def head(self) -> bytes:
        """Write nothing: every line stands for itself."""
        return b""

    def begin(self) -> bytes:
        """Write nothing."""
        return b""

    def entry(self, outcome: Outcome) -> bytes:
        """Write a line."""
        return json.dumps(self.recording.of(outcome)).encode() + b"\n"
