"""The command that tells what a file, a network or the program is."""

import gc
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from pdefilter import __version__
from pdefilter.cli.facts import describe_image
from pdefilter.cli.gathered import GatheredWarnings
from pdefilter.cli.messages import is_terminal, print_error, print_warning, printable
from pdefilter.cli.words import completion_of
from pdefilter.errors import CallError, ImageError, ModelError
from pdefilter.filters.denoise import NETWORKS


def info(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="[FILE]",
            help="Image files, folders of images, - for standard input, networks that come with "
            "the program, or files of networks.",
            autocompletion=completion_of(NETWORKS),
        ),
    ] = [],  # noqa: B006 (Typer copies it)
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", metavar="", help="Print a line of JSON for each file; noise as stored."
        ),
    ] = False,
    formats: Annotated[
        bool,
        typer.Option("--formats", metavar="", help="List the formats, and what each can hold."),
    ] = False,
    markdown: Annotated[
        bool,
        typer.Option("--markdown", metavar="", help="Write that list in Markdown, with reasons."),
    ] = False,
) -> int:
    """Tell what files are: images, with their noise in stored units, or networks.

    Without a file it shows the version, the engine and its threads.
    """
    if formats and names:
        raise CallError("--formats: has no effect on files; leave one of the two out")
    if markdown and not formats:
        raise CallError("--markdown: is a way to write --formats; give both")
    if as_json and not names:
        raise CallError("--json: FILE is missing; give image files")
    if formats:
        typer.echo(_formats(markdown))
        return 0
    if names:
        gc.enable()
        return _tell(names, as_json)
    from pdefilter.runs.resources import describe_engine

    typer.echo(f"pdefilter {__version__}\nengine: {describe_engine()}")
    return 0


def _formats(markdown: bool) -> str:
    from pdefilter.images.table import aligned_table, format_table

    if markdown:
        return format_table()
    if is_terminal(sys.stdout):
        from pdefilter.cli.table_on_terminal import terminal_table

        return terminal_table()
    return aligned_table()


def _tell(names: list[str], as_json: bool) -> int:
    """Describe each file; one that cannot be read fails alone."""
    from pdefilter.runs.inputs import files_in
    from pdefilter.runs.warned import recorded

    files, failed = files_in(names), 0
    warned = GatheredWarnings(len(files))
    for number, file in enumerate(files):
        try:
            with recorded() as sentences:
                text = _of_network(file, as_json) or _of_image(file, as_json)
        except (ImageError, ModelError) as error:
            print_error(str(error) if isinstance(error, ModelError) else f"{file}: {error}")
            failed += 1
            continue
        warned.add(file, sentences)
        if len(files) > 1 and not as_json:
            typer.echo("\n" * bool(number) + printable(file))
        typer.echo(text)
    for line in warned.lines():
        print_warning(line)
    return 1 if failed else 0


def _of_network(name: str, as_json: bool) -> str | None:
    """Describe a network; None for what is none: a file that has not the ending of one."""
    from pdefilter.networks.description import describe
    from pdefilter.networks.model_file import SUFFIX, find_model, shipped_models

    is_file = name == "-" or Path(name).exists()
    if name not in shipped_models() and is_file and Path(name).suffix != SUFFIX:
        return None
    model = find_model(name)
    if as_json:
        return json.dumps({"file": name, "format": "network", **model.facts})
    return "\n".join(map(printable, describe(model).splitlines()))


def _of_image(name: str, as_json: bool) -> str:
    from pdefilter.runs.facts import facts_of

    facts = facts_of(name)
    if as_json:
        return json.dumps({"file": name, **facts.as_plain()})
    return "\n".join(map(printable, describe_image(facts)))
