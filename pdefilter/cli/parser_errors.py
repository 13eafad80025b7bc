"""Errors of the parser as sentences, with what to type instead."""

import shlex
import sys
from itertools import takewhile

import typer

from pdefilter.cli.elsewhere import pointer
from pdefilter.cli.suggestion import suggestion
from pdefilter.filters import FILTERS


def sentence_of(error: typer.TyperException) -> str:
    """Describe an error of the parser, and suggest what to type instead."""
    return " ".join(_sentence(error).split())


def _sentence(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = getattr(context, "command", None)
    path = getattr(context, "command_path", "pdefilter")
    option = getattr(error, "option_name", None)
    if option and command is not None and option not in _options(command):
        if getattr(command, "name", None) == "chain" and (stage := _stage_with(option)):
            return f"{option}: is an option of a stage; put the stage in quotes: {stage}"
        hint = suggestion(option, _options(command), f"{path} --help-all")
        return f"{option}: unknown option{hint}"
    list_commands = getattr(command, "list_commands", None)
    if list_commands and context is not None:
        commands, typed = list_commands(context), _typed_command(context)
        if instead := pointer(typed):
            return instead
        return f"{typed}: unknown command{suggestion(typed, commands)}"
    return error.format_message()


def _options(command: object) -> list[str]:
    parameters = getattr(command, "params", [])
    names = [name for parameter in parameters for name in parameter.opts if name.startswith("-")]
    return [*names, "--help", "--help-all"]


def _typed_command(context: typer.Context) -> str:
    """Find the word that should have been a command; `help` and `sweep` have it behind them."""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    is_behind = context.parent is not None or words[0] == "help"
    return words[1] if is_behind and len(words) > 1 else words[0]


def _stage_with(option: str) -> str | None:
    """Write the stage that an option without quotes belongs to; None if there is none before it."""
    words = sys.argv[1:]
    at = next((k for k, word in enumerate(words) if word.split("=")[0] == option), 0)
    begins = [k for k, word in enumerate(words[:at]) if word in FILTERS]
    if not begins:
        return None
    behind = takewhile(lambda word: not word.startswith("-"), words[at + 1 :][:1])
    return shlex.quote(" ".join([*words[begins[-1] : at + 1], *behind]))
