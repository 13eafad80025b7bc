"""Write the man pages into a folder: ``python docs/man.py FOLDER``."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # while it is built, the package is not installed

import reference  # noqa: E402

from pdefilter import __version__  # noqa: E402
from pdefilter.cli.commands import app  # noqa: E402

STATUS = [
    ("0", "All images are done."),
    ("1", "An image failed; the others are done."),
    ("2", "The call is wrong; no file was touched."),
    ("130", "The run was interrupted; whatever was written is whole."),
]
ENVIRONMENT = [
    ("PDEFILTER_ENGINE", "The engine to compute with: native (C++) or reference (NumPy)."),
]


def main(folder: Path) -> None:
    """Write the page of the program and one for each command."""
    folder.mkdir(parents=True, exist_ok=True)
    known = reference.commands()
    (folder / "pdefilter.1").write_text(program_page(known), encoding="utf-8")
    for command in known:
        (folder / f"pdefilter-{command.name}.1").write_text(command_page(command), "utf-8")


def program_page(known: list[reference.Command]) -> str:
    """Write the page of the program, which lists the commands."""
    return "\n".join(
        [
            *_head("pdefilter", app.info.help.rstrip(".")),
            ".SH SYNOPSIS",
            r".B pdefilter",
            r"\fICOMMAND\fR [\fIOPTIONS\fR] \fIINPUT\fR... \-o \fIOUTPUT\fR",
            ".SH COMMANDS",
            *_list([(f"pdefilter-{one.name}(1)", one.summary) for one in known]),
            ".SH EXIT STATUS",
            *_list(STATUS),
            ".SH ENVIRONMENT",
            *_list(ENVIRONMENT),
            "",
        ]
    )


def command_page(command: reference.Command) -> str:
    """Write the page of a command."""
    arguments = " ".join(one.names for one in command.groups.get("Arguments", []))
    lines = [
        *_head(f"pdefilter-{command.name}", command.summary.rstrip(".")),
        ".SH SYNOPSIS",
        f".B pdefilter {_escaped(command.name)}",
        rf"[\fIOPTIONS\fR] \fI{_escaped(arguments)}\fR",
        ".SH DESCRIPTION",
        _paragraphs(command.description or command.summary),
    ]
    for title, options in command.groups.items():
        lines += [f".SH {_escaped(title.upper())}", *_list([(o.names, o.meaning) for o in options])]
    if command.examples:
        lines += [".SH EXAMPLES", ".nf", *map(_escaped, command.examples), ".fi"]
    if command.papers:
        lines += [".SH REFERENCES", _paragraphs(command.papers)]
    return "\n".join([*lines, ".SH SEE ALSO", r".BR pdefilter (1)", ""])


def _head(name: str, summary: str) -> list[str]:
    return [
        f'.TH {_escaped(name.upper())} 1 "" "pdefilter {__version__}" "pdefilter"',
        ".SH NAME",
        rf"{_escaped(name)} \- {_escaped(summary)}",
    ]


def _list(entries: list[tuple[str, str]]) -> list[str]:
    return [
        line
        for names, meaning in entries
        for line in (".TP", rf"\fB{_escaped(names)}\fR", _escaped(meaning))
    ]


def _paragraphs(text: str) -> str:
    paragraphs = (" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
    return "\n.PP\n".join(map(_escaped, paragraphs))


def _escaped(text: str) -> str:
    """Escape what troff would read as its own: backslashes, hyphens, and a line's first dot."""
    text = text.replace("\\", r"\e").replace("-", r"\-")
    return re.sub(r"^(?=[.'])", r"\&", text, flags=re.MULTILINE)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
