"""The command that tells what a file, a network or the program is."""

from typing import Annotated

import typer

from pdefilter import __version__
from pdefilter.errors import CallError


def info(
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODEL]", help="A network of denoise to describe: its name or its file."
        ),
    ] = None,
    formats: Annotated[
        bool,
        typer.Option(
            "--formats", metavar="", help="List the formats, what each can hold, and its codec."
        ),
    ] = False,
) -> None:
    """Show the version, the engine and its threads, or what a network is."""
    if model is not None:
        _describe_model(model)
        return
    if formats:
        from pdefilter.images.table import format_table

        typer.echo(format_table())
        return
    from pdefilter.runs.resources import describe_engine

    typer.echo(f"pdefilter {__version__}\nengine: {describe_engine()}")


def _describe_model(name: str) -> None:
    from pdefilter.cli.messages import printable
    from pdefilter.networks.description import describe
    from pdefilter.networks.model_file import find_model

    try:
        typer.echo("\n".join(map(printable, describe(find_model(name)).splitlines())))
    except ModelError as error:
        raise CallError(str(error)) from None
