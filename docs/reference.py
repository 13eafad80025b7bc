"""The reference, generated: a page for each command and function, from what defines them."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from pdefilter.cli.commands import app
from pdefilter.cli.guide import GUIDES
from pdefilter.cli.help import COMMON
from pdefilter.filters import FILTERS
from pdefilter.filters.options.option import parameters_of

ROOT = Path(__file__).parent.parent
GALLERY = "sample_images/gallery/README.md"
EQUATIONS = "docs/theory/equations.md"
FOLDER = "reference"


@dataclass(frozen=True)
class Option:
    """An argument or option as users read it: its names with their value, and its meaning."""

    names: str
    meaning: str


@dataclass(frozen=True)
class Command:
    """A command as users read it."""

    name: str
    summary: str
    description: str
    groups: dict[str, list[Option]]
    examples: tuple[str, ...]
    papers: str


def commands() -> list[Command]:
    """Describe every command, in the order of the help."""
    group = typer.main.get_command(app)
    return [_described(name, command) for name, command in group.commands.items()]


def _described(name: str, command: typer.core.TyperCommand) -> Command:
    context = command.make_context(name, [], resilient_parsing=True)
    groups: dict[str, list[Option]] = {}
    if isinstance(command, typer.core.TyperGroup):
        groups["Arguments"] = [Option("FILTER", "A filter; its options follow.")]
    for parameter in _parameters(command, context):
        title = getattr(parameter, "rich_help_panel", None) or f"Options of {name}"
        names, meaning = parameter.get_help_record(context) or ("", "")
        if parameter.param_type_name == "argument":
            title, names = "Arguments", parameter.metavar or parameter.name
        elif parameter.name in ("help", "help_all"):
            title = COMMON
        groups.setdefault(title, []).append(Option(names, " ".join(meaning.split())))
    summary, _, description = inspect.cleandoc(command.help or "").partition("\n\n")
    papers = ""
    if name in FILTERS:
        papers = sections(FILTERS[name].__doc__ or "").get("References", "")
    examples = GUIDES[name].examples if name in GUIDES else ()
    return Command(name, " ".join(summary.split()), description, groups, examples, papers)


def _parameters(command: typer.core.TyperCommand, context: typer.Context) -> list[Any]:
    """List arguments and options; of a command for every filter, those that they share."""
    if not isinstance(command, typer.core.TyperGroup):
        return command.get_params(context)
    name = next(iter(FILTERS))
    own = {parameter.name for parameter in parameters_of(FILTERS[name])}
    of_filter = command.get_command(context, name)
    known = of_filter.get_params(typer.Context(of_filter, context, name, default_map={}))
    return [parameter for parameter in known if parameter.name not in own]


def sections(documentation: str) -> dict[str, str]:
    """Split a docstring in the style of NumPy; what comes before its sections has no title."""
    parts = re.split(r"^(\w+)\n-+\n", inspect.cleandoc(documentation), flags=re.MULTILINE)
    titles, texts = ["", *parts[1::2]], parts[0::2]
    return {title: text.strip() for title, text in zip(titles, texts, strict=True)}


def pages() -> Iterator[tuple[str, str]]:
    """Write the pages of the reference in Markdown, each with its path in the site."""
    known = commands()
    yield f"{FOLDER}/index.md", _index(known)
    yield f"{FOLDER}/options.md", _common_options(known)
    for command in known:
        yield f"{FOLDER}/{command.name}.md", _command_page(command)
    yield f"{FOLDER}/python.md", _python_page()


def _index(known: list[Command]) -> str:
    rows = [f"| [`{one.name}`]({one.name}.md) | {one.summary} |" for one in known]
    return "\n".join(
        [
            "# Reference",
            "",
            "Every command, with the function of the same name in Python. "
            "[Options of every filter](options.md) are on a page of their own, "
            "and so are the [other functions of Python](python.md).",
            "",
            "| command | does |",
            "|---|---|",
            *rows,
            "",
        ]
    )


def _common_options(known: list[Command]) -> str:
    shared = next(command for command in known if command.name in FILTERS).groups[COMMON]
    return f"# {COMMON}\n\n{_table(shared)}\n"


def _command_page(command: Command) -> str:
    parts = [f"# {command.name}", command.summary, _equation(command.name)]
    parts += [paragraph.replace("\n", " ") for paragraph in command.description.split("\n\n")]
    parts += [_pictures(command.name)]
    if command.examples:
        parts += ["## Examples", "\n".join(["```text", *command.examples, "```"])]
    for title, options in command.groups.items():
        if title == COMMON and command.name in FILTERS:
            parts += ["[Options of every filter](options.md) come beside these."]
        else:
            parts += [f"## {title}", _table(options)]
    if command.name in FILTERS:
        parts += ["## In Python", *_function(command.name.replace("-", "_"))]
    if command.papers:
        parts += ["## References", _linked(command.papers)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(options: list[Option]) -> str:
    rows = [f"| `{one.names}` | {_cell(one.meaning)} |" for one in options]
    rows = [
        re.sub(r"`[^`]*`", lambda code: code[0].replace("|", "\\|"), row, count=1) for row in rows
    ]
    return "\n".join(["| option | meaning |", "|---|---|", *rows])


def _cell(text: str) -> str:
    """Escape what Markdown would read as its own."""
    return re.sub(r"([|*_<>\\])", r"\\\1", text)


def _equation(name: str) -> str:
    rows = re.findall(r"^\| `(.*?)` \| (.*) \| (.*) \|$", _text(EQUATIONS), re.MULTILINE)
    found = {row[0]: row[1] for row in rows}.get(name)
    return f"> {found}".replace("\\|", "|") if found else ""


def _pictures(name: str) -> str:
    """Take what the gallery shows of a command, its links seen from the reference."""
    found = re.search(rf"^## `{name}`\n(.*?)(?=^## |\Z)", _text(GALLERY), re.MULTILINE | re.DOTALL)
    if not found:
        return ""
    text = re.sub(r'src="\.\./', 'src="../sample_images/', found[1].strip())
    return "## Pictures\n\n" + re.sub(r'src="(?!\.\./)', 'src="../sample_images/gallery/', text)


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _python_page() -> str:
    import pdefilter

    filters = {name.replace("-", "_") for name in FILTERS}
    others = [name for name in pdefilter.__all__ if name not in filters]
    links = ", ".join(f"[`{name.replace('-', '_')}`]({name}.md#in-python)" for name in FILTERS)
    parts = ["# Python", f"Filters are functions of arrays: {links}."]
    for name in sorted(others, key=lambda name: (name[0].isupper(), name)):
        parts += [f"## {name}", *_function(name)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _function(name: str) -> list[str]:
    """Describe a public function or class: how it is called, and its docstring."""
    import pdefilter

    thing = getattr(pdefilter, name)
    parts = []
    if not (inspect.isclass(thing) and issubclass(thing, Exception)):
        parts += [f"```python\n{_signature(name, inspect.signature(thing))}\n```"]
    documented = sections(thing.__doc__ or "")
    if name.replace("_", "-") not in FILTERS:
        parts += [_linked(documented[""])]
    for title, text in documented.items():
        if title and title not in ("References", "Examples"):
            parts += [f"**{title}**", _fields(text)]
        elif title == "Examples":
            parts += [f"```text\n{text}\n```"]
    return parts


def _signature(name: str, signature: inspect.Signature) -> str:
    """Write a call with a parameter a line, as the reader would type it."""
    shown = []
    for parameter in signature.parameters.values():
        default = "" if parameter.default is parameter.empty else f"={parameter.default!r}"
        shown.append(f"    {parameter.name}{default},\n")
    return f"pdefilter.{name}(\n{''.join(shown)})"


def _fields(text: str) -> str:
    """Turn the fields of a section, "name : type" and an indented text, into a list."""
    items = []
    for field in re.split(r"\n(?=\S)", text):
        head, _, meaning = field.partition("\n")
        name, colon, kind = head.partition(" : ")
        title = f"`{name}`, {_cell(kind)}" if colon else f"`{name}`"
        items.append(f"- {title}: {_linked(' '.join(meaning.split()))}".removesuffix(": "))
    return "\n".join(items)


def _linked(text: str) -> str:
    """Escape a text for Markdown, and make links of its DOIs."""
    parts = re.split(r"(doi:10\.[^\s;,]*[^\s;,.)]|`[^`]*`)", text)
    for at, part in enumerate(parts):
        if part.startswith("doi:"):
            parts[at] = f"[{part}](https://doi.org/{part.removeprefix('doi:')})"
        elif not part.startswith("`"):
            parts[at] = _cell(part)
    return "".join(parts)
