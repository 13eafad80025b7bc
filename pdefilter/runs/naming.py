"""The names of outputs: inside a folder, or by a template."""

import os
from collections.abc import Callable
from string import Formatter

from pdefilter.errors import CallError
from pdefilter.images.formats import Format, of_file_name, split_name
from pdefilter.images.urls import folder_of, is_url, last_name
from pdefilter.runs.inputs import Source

FIELDS = ("stem", "suffix", "parent", "index")

_HEADER = ".hdr"
"""A NIfTI whose values are in another file, which becomes one file."""

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


def by_template(template: str, format_: Format | None = None) -> Naming:
    """Name outputs by ``{stem}``, ``{suffix}``, ``{parent}`` and ``{index}``.

    The stem is that of the input. The suffix is that of the output: of the format that
    is written, where one is given. The parent is the input's folder as it was given, or
    ``.``, and of a URL its path with the bucket or the server. The index counts from 0 and
    may have a width, as in ``{index:05}``.

    Raises
    ------
    CallError
        If the format of a field is not valid.
    """

    def name(source: Source, index: int) -> str:
        path = source.path or ""
        remote = is_url(path)
        base = last_name(path) if remote else os.path.basename(path)
        stem, suffix = split_name(in_format(base, format_))
        parent = (folder_of(path) if remote else os.path.dirname(path)) or "."
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
        return in_format(os.path.join(folder, source.below), format_)

    return name


def in_format(name: str, format_: Format | None) -> str:
    """Give a file's name the ending of a format, unless it has one of those."""
    stem, suffix = split_name(name)
    if format_ is None and suffix.lower() == _HEADER:
        return f"{stem}.nii"
    if format_ is None or of_file_name(name) == format_:
        return name
    return stem + format_.suffixes[0]


def fixed_folder(template: str) -> str:
    """Find the folder with which all names of a template begin."""
    literal = next(iter(Formatter().parse(template)))[0]
    return os.path.dirname(literal) or "."
