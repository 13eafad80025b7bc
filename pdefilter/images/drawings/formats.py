"""The formats of files of lines, by the ending of their names."""

from collections.abc import Callable, Mapping
from pathlib import PurePath

from pdefilter.errors import CallError
from pdefilter.images.drawings import geojson, svg, table
from pdefilter.images.drawings.drawing import Drawing

_KINDS: Mapping[str, Callable[[Drawing], bytes]] = {
    ".svg": svg.encode,
    ".geojson": geojson.encode,
    ".csv": table.encode,
}


def encode(drawing: Drawing, target: str) -> bytes:
    """Write lines in the format that the ending of a name stands for."""
    return _KINDS[_ending(target)](drawing)


def require_drawing(name: str, target: str) -> None:
    """Refuse a target that lines cannot be written to, before anything is done.

    Parameters
    ----------
    name : str
        The option that names it.
    target : str
        The file.

    Raises
    ------
    CallError
        If its ending stands for none of the formats.
    """
    if (ending := _ending(target)) not in _KINDS:
        raise CallError(
            f"{name} {target}: the ending {ending or '(none)'} stands for no format of lines; "
            f"take one of {', '.join(_KINDS)}"
        )


def _ending(target: str) -> str:
    return PurePath(target).suffix.lower()
