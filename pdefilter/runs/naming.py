"""The names of outputs: inside a folder, or by a template."""

import os
from collections.abc import Callable
from string import Formatter

from pdefilter.errors import CallError
from pdefilter.images.formats import Format, of_file_name
from pdefilter.runs.inputs import Source

FIELDS = ("stem", "suffix", "parent", "index")

Naming = Callable[[Source, int], str]
"""Makes the name of an output from its input and the number of that in the plan."""


def is_template(output: str) -> bool:
    """Whether an output is named by a template, with fields in braces.

    Raises
    ------
    CallError
        If a field is unknown.
    """
    try:
        fields = [field for _, field, _, _ in Formatter().parse(output) if field is not None]
    except ValueError:
        return False  # a single brace is an ordinary character
    for field in fields:
        if field not in FIELDS:
            known = ", ".join(f"{{{known}}}" for known in FIELDS)
            raise CallError(
                f"-o {output}: there is no {{{field}}}; take {known}, or {{{{ and }}}} for braces"
            )
    return bool(fields)


def by_template(template: str) -> Naming:
    """Name outputs by their inputs' ``{stem}``, ``{suffix}``, ``{parent}`` and ``{index}``.

    The parent is the input's folder as it was given, or ``.``. The index counts
    from 0 and may have a width, as in ``{index:05}``.

    Raises
    ------
    CallError
        If the format of a field is not valid.
    """

    def name(source: Source, index: int) -> str:
        path = source.path or ""
        stem, suffix = os.path.splitext(os.path.basename(path))
        parent = os.path.dirname(path) or "."
        return template.format(stem=stem, suffix=suffix, parent=parent, index=index)

    try:
        name(Source("a.png", "a.png"), 0)
    except ValueError as error:
        raise CallError(f"-o {template}: {error}") from None
    return name


def inside(folder: str, format_: Format | None) -> Naming:
    """Keep the names of inputs, or their paths below a searched folder, in an output folder.

    Where another format is written its ending replaces that of the input.
    """

    def name(source: Source, index: int) -> str:
        target = os.path.join(folder, source.below)
        if format_ is None or of_file_name(target) == format_:
            return target
        return os.path.splitext(target)[0] + format_.suffixes[0]

    return name


def fixed_folder(template: str) -> str:
    """Find the folder with which all names of a template begin."""
    literal = next(iter(Formatter().parse(template)))[0]
    return os.path.dirname(literal) or "."
