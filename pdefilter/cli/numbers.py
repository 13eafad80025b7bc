"""Numbers as they are typed, and what is said of those that are none."""

from collections.abc import Callable

import typer


def number(text: str) -> float:
    """Read a number.

    Raises
    ------
    typer.BadParameter
        If it is none.
    """
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a number") from None


def whole_or_number(text: str) -> float:
    """Read a whole number to its last digit, or another number.

    Raises
    ------
    typer.BadParameter
        If it is none.
    """
    try:
        return int(text)
    except ValueError:
        return number(text)


def number_or(word: str) -> Callable[[str], float | str]:
    """Make the parser of numbers and one word."""

    def number_or_word(text: str) -> float | str:
        try:
            return text if text == word else float(text)
        except ValueError:
            raise typer.BadParameter(f"{text!r} is neither a number nor {word}") from None

    return number_or_word


def count_from(least: int, most: int = 1 << 53) -> Callable[[str], int]:
    """Make the parser of whole numbers in a range."""

    def count(text: str) -> int:
        value = number(text)
        if not least <= value <= most or value != int(value):
            raise typer.BadParameter(f"{text!r} is not a whole number from {least} to {most}")
        return int(value)

    return count
