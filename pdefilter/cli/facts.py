"""The facts about an image file, in words."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pdefilter.images.metadata import Resolution
    from pdefilter.runs.facts import Facts

_MILLIMETRES = {"inch": 25.4, "cm": 10.0}

# More values than an image has channels are seldom read.
_MOST_VALUES = 4

_WHOLE_FROM = 100


def describe_image(facts: "Facts") -> Iterator[str]:
    """Describe an image file, a line for each fact."""
    for name, words in _facts(facts):
        yield f"{name:<11} {words}"


def _facts(facts: "Facts") -> Iterator[tuple[str, str]]:
    yield "format", facts.format
    slices = "" if facts.slices is None else f", {facts.slices} slices"
    yield "size", f"{facts.columns} wide, {facts.rows} high{slices}"
    if facts.spacing is not None:
        yield "spacing", _spacing(facts.spacing, facts.unit)
    yield "depth", facts.depth
    yield "channels", facts.kind + (" with alpha" if facts.alpha else "")
    if facts.frames > 1:
        yield "frames", str(facts.frames)
    if facts.resolution is not None:
        yield "resolution", _resolution(facts.resolution)
    if facts.profile is not None:
        yield "profile", facts.profile
    if facts.orientation != 1:
        yield "orientation", f"stored turned ({facts.orientation} in EXIF), read upright"
    if facts.nodata is not None:
        yield "no data", f"{facts.nodata:g}"
    if facts.holes:
        share = facts.holes / (facts.rows * facts.columns * (facts.slices or 1))
        yield "holes", f"{facts.holes} pixels ({100 * share:.3g} %)"
    yield "noise", _noise(facts)


def _spacing(spacing: tuple[float, ...], unit: str | None) -> str:
    *between_slices, rows, columns = (f"{distance:.6g}" for distance in spacing)
    sides = f"{_times(rows, columns)} {unit or 'without a unit'}"
    return ", ".join([*(f"slices {distance}" for distance in between_slices), f"pixels {sides}"])


def _resolution(resolution: "Resolution") -> str:
    across, down = float(resolution.columns), float(resolution.rows)
    if resolution.unit == "none":
        return f"no unit; the ratio of columns to rows is {across / down:.4g}"
    millimetres = _MILLIMETRES[resolution.unit]
    pixels = _times(f"{across:.6g}", f"{down:.6g}")
    size = _times(f"{millimetres / across:.4g}", f"{millimetres / down:.4g}")
    return f"{pixels} pixels per {resolution.unit}, a pixel is {size} mm"


def _times(across: str, down: str) -> str:
    return across if across == down else f"{across} × {down}"


def _noise(facts: "Facts") -> str:
    if not any(facts.noise):
        return "none found"
    values = [f"{value:.0f}" if value >= _WHOLE_FROM else f"{value:.3g}" for value in facts.noise]
    if len(values) > _MOST_VALUES:
        values = [values[0], "…", values[-1]]
    return f"{' '.join(values)}, full scale {facts.full_scale:g}"
