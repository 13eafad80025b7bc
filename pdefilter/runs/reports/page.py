"""The report as a page for browsers: one file that needs no other and no network.

Images come one after the other, as text that the browser does not decode until it shows them.
A page has no end, as HTML needs none: a run that is killed leaves a page, and another run may add
to it.
"""

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from pdefilter import __version__
from pdefilter.errors import CallError
from pdefilter.filters.options.option import Option, parameters_of
from pdefilter.images.thumbnail import Thumbnail
from pdefilter.runs.reports.curves import curves_of
from pdefilter.runs.reports.record import Recording
from pdefilter.runs.work import Outcome

if TYPE_CHECKING:
    from jinja2 import Environment

PACKAGES = ("jinja2", "matplotlib")

# A preview of s × s pixels takes about s²/4 bytes, a third more as text, and each image has two:
# 5000 images make a page of about 90 MB, which a browser reads without decoding them.
_MOST_PIXELS = 1 << 27
_LONGEST, _SHORTEST = 1024, 160

_FRACTIONS = ("noise", "kappa")
_LABELS = {"filter": "filtering", "read": "reading", "decode": "decoding", "encode": "encoding",
           "write": "writing", "draw": "previews"}  # fmt: skip

_ORIGINS = ("default", "given")

# A longer list than an image has channels is not for reading.
_MOST_VALUES = 4


def side_of_previews(images: int) -> int:
    """Find the length of previews in pixels, so that a page of many images opens quickly."""
    side = math.isqrt(_MOST_PIXELS // max(images, 1))
    return max(_SHORTEST, min(side, _LONGEST))


@dataclass(frozen=True)
class Row:
    """A parameter in a table: its name, its value in words, its unit, and where it is from."""

    name: str
    value: str
    unit: str
    origin: str


@dataclass(frozen=True)
class Page:
    """A layout of pages.

    Attributes
    ----------
    recording : Recording
        What is the same for all images.
    command : str
        The call, as it was typed.
    images : int
        How many images there are.

    Raises
    ------
    CallError
        If packages are not installed that it needs.
    """

    recording: Recording
    command: str
    images: int
    starts = (b"<!doctype html>", b'<script type="text/html" class=')
    end = b"</script>"

    def __post_init__(self) -> None:
        if missing := [name for name in PACKAGES if find_spec(name) is None]:
            raise CallError(
                f"--report: a page needs {' and '.join(missing)}, which is not installed; "
                "type: pip install 'pdefilter[report]', or take another ending for lines of JSON"
            )

    def head(self) -> bytes:
        """Write the page without its images."""
        return self._rendered("page.html.jinja")

    def begin(self) -> bytes:
        """Write what a run was called with."""
        return self._rendered(
            "run.html.jinja",
            command=self.command,
            filters=[stage["filter"] for stage in self.recording.filters],
            images=self.images,
            started=datetime.now().astimezone().isoformat(" ", "seconds"),
            version=__version__,
        )

    def entry(self, outcome: Outcome) -> bytes:
        """Write an image before and after, and all that is known of it."""
        record = self.recording.of(outcome)
        total = math.fsum(record["seconds"].values())
        return self._rendered(
            "image.html.jinja",
            record=record,
            size=_size_of(record),
            pictures=[_Picture(shown) for shown in outcome.previews],
            stages=[
                (stage["filter"], self._rows(stage), curves_of(stage["chosen"]))
                for stage in record["filters"]
            ],
            total=total,
            phases=[
                (phase, _LABELS[phase], taken, 100 * taken / (total or 1))
                for phase, taken in record["seconds"].items()
            ],
        )

    def _rows(self, stage: Mapping[str, Any]) -> list[Row]:
        """List the parameters of a stage: those that were given, chosen, and defaults."""
        options = {
            parameter.name: parameter.option
            for known in self.recording.chain.stages
            if known.name == stage["filter"]
            for parameter in parameters_of(known.filter)
        }
        chosen: dict[str, Any] = dict(stage["chosen"][0]) if stage["chosen"] else {}
        given: list[Row] = []
        defaults: list[Row] = []
        for name, value in stage["parameters"].items():
            is_given = name in stage["given"]
            if value is None or (not is_given and chosen.get(name, value) != value):
                continue  # the image decided
            found = chosen.get(name)
            if found == value or (isinstance(found, list) and found == [value] * len(found)):
                del chosen[name]
            row = Row(_words(name), *_with_unit(value, options[name]), _ORIGINS[is_given])
            (given if is_given else defaults).append(row)
        rows = [_chosen_row(name, value, chosen, options) for name, value in chosen.items()]
        return [*given, *(row for row in rows if row), *defaults]

    def _rendered(self, template: str, **values: Any) -> bytes:
        text: str = self._environment.get_template(template).render(values)
        return text.encode("utf-8", "backslashreplace")

    @cached_property
    def _environment(self) -> "Environment":
        from jinja2 import Environment, PackageLoader, StrictUndefined

        return Environment(
            loader=PackageLoader("pdefilter.runs.reports"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )


class _Picture:
    """A preview as a template shows it."""

    def __init__(self, shown: Thumbnail) -> None:
        self.rows, self.columns = shown.rows, shown.columns
        self.url = ""
        if shown.data is not None:
            self.url = "data:image/webp;base64," + base64.b64encode(shown.data).decode()


def _size_of(record: Mapping[str, Any]) -> str:
    """Describe the image in words; nothing if it was not decoded."""
    if "rows" not in record:
        return ""
    channels = {1: "grey", 3: "colour"}.get(record["channels"], f"{record['channels']} channels")
    words = [
        f"{record['columns']} × {record['rows']} pixels",
        channels,
        record["depth"],
        record["format"],
    ]
    if record["frames"] > 1:
        words.append(f"{record['frames']} frames, the first is shown")
    if "boxes" in record:
        words.append(f"filtered in {record['boxes']} boxes")
    return ", ".join(words)


def _chosen_row(
    name: str, value: Any, chosen: Mapping[str, Any], options: Mapping[str, Option]
) -> Row | None:
    word = _word(value)
    if word is None or name in ("full_scale", "measured"):
        return None
    unit = options[name].unit if name in options else ""
    if name in _FRACTIONS:
        full = chosen.get("full_scale", 1.0)
        unit = f"of full scale ({_word(_times(value, full))} as stored)"
    return Row(_words(name), word, unit, "chosen")


def _with_unit(value: Any, option: Option) -> tuple[str, str]:
    if isinstance(value, bool):
        return ("yes" if value else "no"), ""
    return _word(value) or "", option.unit if isinstance(value, int | float) else ""


def _times(value: Any, factor: float) -> Any:
    if isinstance(value, list | tuple):
        return [_times(one, factor) for one in value]
    return value * factor


def _words(name: str) -> str:
    return name.replace("_", " ")


def _word(value: Any) -> str | None:
    """Write a value; None for what is not for reading."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        words = [_word(one) or "" for one in value]
        return ", ".join(words) if len(words) <= _MOST_VALUES else None
    return None if isinstance(value, dict) else str(value)
