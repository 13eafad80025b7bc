"""What the help of a command shows, however it is written."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A title, and rows of a name, a placeholder of its value, and a meaning."""

    title: str
    rows: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Screen:
    """The help of a command.

    Attributes
    ----------
    usage : str
        How it is called.
    text : str
        What it does; paragraphs have empty lines between them.
    sections : tuple of Section
        Its arguments and options, or commands.
    examples : tuple of str
        Calls of it.
    hint : str
        How to read on.
    """

    usage: str
    text: str
    sections: tuple[Section, ...]
    examples: tuple[str, ...]
    hint: str
