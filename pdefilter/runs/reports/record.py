"""What a report knows of the filters of a run, and of each image."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pdefilter import __version__
from pdefilter.filters.options.option import parameters_of
from pdefilter.filters.resolved import resolved
from pdefilter.runs.chain import Chain
from pdefilter.runs.inputs import STREAM
from pdefilter.runs.resources import name_engine
from pdefilter.runs.work import Outcome


@dataclass(frozen=True)
class Recording:
    """What is the same for all images of a run.

    Attributes
    ----------
    chain : Chain
        The filters, with their pictures as names of files.
    options : mapping
        The common options on which the outputs depend.
    """

    chain: Chain
    options: Mapping[str, Any]

    @cached_property
    def filters(self) -> list[dict[str, Any]]:
        """For each stage, its parameters with the defaults that it takes, and which were given."""
        return [
            {
                "filter": stage.name,
                "parameters": _plain(resolved(stage.name, stage.parameters)),
                "given": [
                    parameter.name
                    for parameter in parameters_of(stage.filter)
                    if stage.parameters[parameter.name] != parameter.default
                ],
            }
            for stage in self.chain.stages
        ]

    def of(self, outcome: Outcome) -> dict[str, Any]:
        """Describe all that is known of an image."""
        job, filters = outcome.job, self.filters
        stages = outcome.chosen or [[] for _ in filters]
        return {
            "index": job.index,
            "input": job.source or STREAM,
            "output": job.target or STREAM,
            **({"contours": job.contours} if job.contours else {}),
            "status": "failed" if outcome.error else "skipped" if outcome.skipped else "done",
            **outcome.image,
            "filters": [
                {**filter_, "chosen": chosen}
                for filter_, chosen in zip(filters, stages, strict=True)
            ],
            "options": _plain(self.options),
            "sha256": outcome.digests,
            "version": __version__,
            "engine": name_engine(),
            "threads": outcome.threads,
            "seconds": {phase: round(taken, 6) for phase, taken in outcome.seconds.items()},
            "warnings": outcome.warnings,
            "error": outcome.error,
        }


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Write numbers that JSON does not know, such as nan, as words."""
    return {
        name: str(value) if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in values.items()
    }
