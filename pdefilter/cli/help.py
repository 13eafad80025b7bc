"""The help of commands: what it says, and how it is written where there is no terminal."""

import inspect
import sys
from collections.abc import Iterator
from typing import Any

from pdefilter.cli.guide import GROUPS, GUIDES, MAIN_OPTIONS
from pdefilter.cli.messages import is_terminal
from pdefilter.cli.screen import Screen, Section

COMMON = "Options of every filter"

# A longer list of words to choose from is left to the text, which explains each.
_LONGEST_METAVAR = 24


def help_of_command(command: Any, context: Any, *, whole: bool) -> str:
    """Write the help of a command: its main options, or all of them."""
    path, guide = context.command_path, GUIDES.get(command.name)
    rows: dict[str, list[tuple[str, str, str]]] = {}
    left = 0
    own = f"Options of {context.info_name}"
    for parameter in command.get_params(context):
        title = parameter.rich_help_panel or own
        if parameter.param_type_name == "argument":
            title = "Arguments"
        elif parameter.name in ("help", "help_all"):
            title = COMMON if COMMON in rows else own
        if whole or guide is None or _is_main(parameter, guide.main):
            rows.setdefault(title, []).append(_row(parameter, context))
        else:
            left += parameter.name != "help_all"
    hint = f"{path} --help-all shows {left} more options." if left else ""
    sections = tuple(Section(title, tuple(of_title)) for title, of_title in rows.items())
    examples = guide.examples if guide else ()
    usage = " ".join([path, *_usage(command.get_params(context))])
    return _written(Screen(usage, _text(command), sections, examples, hint), context)


def help_of_program(group: Any, context: Any) -> str:
    """Write the help of the program: its commands, by what they are for."""
    known = {name: group.get_command(context, name) for name in group.list_commands(context)}
    others = tuple(name for name in known if not any(name in names for names in GROUPS.values()))
    sections = [
        Section(title, tuple((name, "", known[name].short_help) for name in names))
        for title, names in {**GROUPS, "More": others}.items()
        if names
    ]
    options = tuple(_row(parameter, context) for parameter in group.get_params(context))
    screen = Screen(
        f"{context.command_path} COMMAND INPUT... -o OUTPUT [OPTIONS]",
        group.help,
        (*sections, Section("Options", options)),
        tuple(GUIDES[name].examples[0] for name in ("denoise", "edge")),
        f"{context.command_path} COMMAND --help shows what a command can do.",
    )
    return _written(screen, context)


def _is_main(parameter: Any, main: tuple[str, ...]) -> bool:
    if parameter.param_type_name == "argument" or parameter.name in (*main, *MAIN_OPTIONS):
        return True
    return not main and parameter.rich_help_panel is None and parameter.name != "help_all"


def _usage(parameters: list[Any]) -> Iterator[str]:
    for parameter in parameters:
        if parameter.param_type_name == "argument":
            word = parameter.metavar.rstrip(".")
            yield f"{word}..." if parameter.nargs == -1 else word
    if any(parameter.name == "output" for parameter in parameters):
        yield "-o OUTPUT"
    yield "[OPTIONS]"


def _row(parameter: Any, context: Any) -> tuple[str, str, str]:
    if parameter.param_type_name == "argument":
        return parameter.metavar or "", "", parameter.help or ""
    _, meaning = parameter.get_help_record(context)
    names = ", ".join(sorted(parameter.opts, key=len))
    value = "" if parameter.is_flag else parameter.display_type_rich(context) or ""
    is_long = value.startswith("<") and len(value) > _LONGEST_METAVAR
    return names, "NAME" if is_long else value, meaning


def _text(command: Any) -> str:
    return inspect.cleandoc(command.help or "")


def _written(screen: Screen, context: Any) -> str:
    if is_terminal(sys.stdout):
        from pdefilter.cli.help_on_terminal import written

        return written(screen)
    formatter = context.make_formatter()
    formatter.write(f"Usage: {screen.usage}\n")
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(screen.text)
    for section in screen.sections:
        with formatter.section(section.title):
            formatter.write_dl(
                [(f"{names} {value}".strip(), meaning) for names, value, meaning in section.rows]
            )
    formatter.write("".join(_ending(screen)))
    return str(formatter.getvalue()).rstrip("\n")


def _ending(screen: Screen) -> Iterator[str]:
    if screen.examples:
        yield "\nExamples:\n"
        yield from (f"  {example}\n" for example in screen.examples)
    if screen.hint:
        yield f"\n{screen.hint}\n"
