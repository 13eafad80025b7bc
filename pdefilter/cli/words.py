"""Parsers of the words that users type."""

from collections.abc import Callable, Iterable
from typing import Any

import typer

from pdefilter.errors import CallError


def read_by(parser: Callable[[str], Any]) -> Callable[[typer.CallbackParam, Any], Any]:
    """Make the callback of an option from the parser of its value.

    Parameters
    ----------
    parser : callable
        Turns a word into a value; raises `ValueError` with a sentence about the word.

    Returns
    -------
    callable
        The callback; raises `CallError` with that sentence and the option's name.
    """

    def read(option: typer.CallbackParam, word: Any) -> Any:
        if not isinstance(word, str):
            return word  # the option was not given
        try:
            return parser(word)
        except ValueError as error:
            raise CallError(f"{option.opts[0]}: {error}") from None

    return read


def number(word: str) -> float:
    """Read a number.

    Raises
    ------
    ValueError
        If it is not a number.
    """
    try:
        return float(word)
    except ValueError:
        raise ValueError(f"{word!r} is not a number") from None


def whole_or_number(word: str) -> float:
    """Read a whole number to its last digit, or another number.

    Raises
    ------
    ValueError
        If it is not a number.
    """
    try:
        return int(word)
    except ValueError:
        return number(word)


def number_or(name: str) -> Callable[[str], float | str]:
    """Make the parser of numbers and of one name."""

    def number_or_name(word: str) -> float | str:
        try:
            return word if word == name else float(word)
        except ValueError:
            raise ValueError(f"{word!r} is neither a number nor {name}") from None

    return number_or_name


def count_from(least: int, most: int = 1 << 53) -> Callable[[str], int]:
    """Make the parser of whole numbers in a range."""

    def count(word: str) -> int:
        value = number(word)
        if not least <= value <= most or value != int(value):
            raise ValueError(f"{word!r} is not a whole number from {least} to {most}")
        return int(value)

    return count


def one_of(names: Iterable[str]) -> Callable[[str], str]:
    """Make the parser of a choice."""

    def choice(word: str) -> str:
        if word not in names:
            raise ValueError(f"{word!r} is not one of {', '.join(map(repr, names))}")
        return word

    return choice


def completion_of(names: Iterable[str]) -> Callable[[str], list[str]]:
    """Make the completion of names; where none begins like the word, the shell offers files."""

    def complete(incomplete: str) -> list[str]:
        return [name for name in names if name.startswith(incomplete)]

    return complete
