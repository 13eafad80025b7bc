"""Parsers of the words that users type."""

import string
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


def verified_by(parser: Callable[[str], Any]) -> Callable[[str], str]:
    """Make the parser of words that stay words, and that another parser accepts."""

    def verify(word: str) -> str:
        parser(word)
        return word

    return verify


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


def number_or_word(verify: Callable[[str], object]) -> Callable[[str], float | str]:
    """Make the parser of numbers, and of words that another parser accepts and that stay words."""

    def number_or_verified(word: str) -> float | str:
        try:
            return float(word)
        except ValueError:
            verify(word)
            return word

    return number_or_verified


def count_from(least: int, most: int = 1 << 53) -> Callable[[str], int]:
    """Make the parser of whole numbers in a range."""

    def count(word: str) -> int:
        value = number(word)
        if not least <= value <= most or value != int(value):
            raise ValueError(f"{word!r} is not a whole number from {least} to {most}")
        return int(value)

    return count


_BYTES = {
    **dict(zip(("b", "kb", "mb", "gb", "tb"), (1000**k for k in range(5)), strict=True)),
    **dict(zip(("kib", "mib", "gib", "tib"), (1024**k for k in range(1, 5)), strict=True)),
}


def size_in_bytes(word: str) -> int:
    """Read a size with its unit.

    Raises
    ------
    ValueError
        If it is not a size, or less than one byte.
    """
    digits = word.rstrip("".join({*string.ascii_letters, " "}))
    unit = word[len(digits) :].strip().lower()
    try:
        return count_from(1)(str(int(float(digits) * _BYTES[unit])))
    except (KeyError, OverflowError, ValueError):
        raise ValueError(f"{word!r} is not a size such as 1.5GB, 800MB or 2GiB") from None


def rows_and_columns(word: str) -> tuple[int, int]:
    """Read a number of rows and a number of columns.

    Raises
    ------
    ValueError
        If it is not a pair of whole numbers above zero.
    """
    try:
        rows, columns = map(count_from(1), word.lower().split("x"))
    except ValueError:
        raise ValueError(
            f"{word!r} is not a number of rows and of columns, both above 0, such as 1024x2048"
        ) from None
    return rows, columns


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
