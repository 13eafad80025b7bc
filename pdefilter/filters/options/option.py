"""A filter's keyword parameters are its options: one definition checks, explains and parses."""

import functools
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, Literal, ParamSpec, Union, get_args, get_origin

from pdefilter.errors import ParameterError
from pdefilter.filters.operations.in_pixels import InPixels
from pdefilter.filters.options.quantity import EXAMPLES, Quantity, quantity_of
from pdefilter.operation import Operation

P = ParamSpec("P")

AUTO = "auto"


@dataclass(frozen=True)
class Option:
    """The meaning of a parameter and its valid values, given in the parameter's annotation.

    Attributes
    ----------
    help : str
        The description that users read.
    unit : str
        The unit of a number. A number of px or px² may be a `Quantity` instead.
    minimum, maximum : float
        The range of a number, including both limits.
    odd : bool
        Whether a whole number must be odd.
    positive : bool
        Whether a number must be above zero.
    choices : mapping of str to str
        The words allowed, each with its meaning.
    verify : callable
        A further check, which raises `ValueError`.
    picture : bool
        Whether it is another picture: a `Raster`, which users give as an array,
        an `Image` or, on the command line, a file.
    array : bool
        Whether it may be an array.
    levels : float
        The value of full scale in a picture of integers; floats are used unchanged.
    metavar : str
        The placeholder of the value in the help; by default the unit.
    otherwise : str
        The default that applies where the parameter is None.
    auto : bool
        Whether the word auto is allowed too, for a value that depends on the image.
    opposite : str
        The name of the flag that switches a flag off. A command then has None, not the
        parameter's default, where neither of the two is given.
    names : tuple of str
        Words that are known among others, which a shell completes.
    per_axis : bool
        Whether a number may be several, one for every axis.
    """

    help: str
    unit: str = ""
    minimum: float = -math.inf
    maximum: float = math.inf
    odd: bool = False
    positive: bool = False
    choices: Mapping[str, str] | None = None
    verify: Callable[[Any], object] | None = None
    picture: bool = False
    array: bool = False
    levels: float = 1.0
    metavar: str = ""
    otherwise: str = ""
    auto: bool = False
    opposite: str = ""
    names: tuple[str, ...] = ()
    per_axis: bool = False

    def checked(self, name: str, kinds: tuple[type, ...], value: Any) -> Any:
        """Return `value` as one of the Python types `kinds`.

        Raises
        ------
        ParameterError
            If the value is not valid.
        """
        if self.picture or (value is None and type(None) in kinds):
            return value
        if self.per_axis and (numbers := _numbers_in(value)) is not None:
            return tuple(self._number(name, float, number) for number in numbers)
        if not self.array and getattr(value, "ndim", 0) > 0:
            raise ParameterError(
                name,
                f"is an array of shape {value.shape}; give one value for all pixels",
            )
        if self.auto and value == AUTO:
            return value
        if isinstance(value, str) and self.takes_quantities(kinds):
            return self._quantity(name, value)
        if self.choices is not None:
            if value not in self.choices:
                known = ", ".join(self.choices)
                raise ParameterError(name, f"{value!r} is unknown; take one of {known}")
            return value
        if self.verify is not None:
            try:
                self.verify(value)
            except ValueError as error:
                raise ParameterError(name, str(error)) from None
            return value
        if bool in kinds:
            return bool(value)
        return self._number(name, int if int in kinds else float, value)

    def takes_quantities(self, kinds: tuple[type, ...]) -> bool:
        """Tell whether a number of these types may be a length or an area with a unit."""
        return self.unit in EXAMPLES and int not in kinds

    def require_word(self, word: str) -> None:
        """Refuse a word that cannot stand for a number of px or px².

        Raises
        ------
        ValueError
            If it is neither a quantity nor, where they are allowed, auto or several numbers.
        """
        if self.per_axis and "," in word:
            if not all(isinstance(number, float) for number in _as_numbers(word.split(","))):
                raise ValueError(f"{word!r} is not several numbers, one for every axis")
        elif not (self.auto and word == AUTO):
            self._quantity_of(word)

    def _quantity(self, name: str, word: str) -> Quantity:
        try:
            return self._quantity_of(word)
        except ValueError as error:
            raise ParameterError(name, str(error)) from None

    def _quantity_of(self, word: str) -> Quantity:
        return quantity_of(word, self.unit, *[AUTO] * self.auto)

    def _number(self, name: str, kind: type[int] | type[float], value: Any) -> int | float:
        wanted = "a whole number" if kind is int else "a number"
        if self.odd:
            wanted = "an odd number"
        if self.auto:
            wanted += f" and not {AUTO}"
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        whole = kind is float or number.is_integer()
        if isinstance(value, bool | str) or not math.isfinite(number) or not whole:
            raise ParameterError(name, f"{value!r} is not {wanted}")
        if self.odd and number % 2 == 0:
            raise ParameterError(name, f"{value!r} is not {wanted}; take {kind(number) + 1}")
        if self.positive and not number > 0:
            raise ParameterError(name, f"{value:g}{self.after} is not above 0")
        if not self.minimum <= number <= self.maximum:
            raise ParameterError(
                name,
                f"{value:g} is not in the range {self.minimum:g} to {self.maximum:g}{self.after}",
            )
        return kind(number)

    @property
    def after(self) -> str:
        """The unit, written after a number."""
        return f" {self.unit}" if self.unit else ""


@dataclass(frozen=True)
class Parameter:
    """An option with its name, its Python types and its default, read off a signature."""

    name: str
    kinds: tuple[type, ...]
    default: Any
    option: Option


def parameters_of(function: Callable[..., Any]) -> list[Parameter]:
    """List the parameters of a filter that carry an `Option`."""
    parameters = []
    for parameter in inspect.signature(function).parameters.values():
        for note in getattr(parameter.annotation, "__metadata__", ()):
            if isinstance(note, Option):
                kinds = _kinds(parameter.annotation.__origin__)
                parameters.append(Parameter(parameter.name, kinds, parameter.default, note))
    return parameters


def _kinds(annotation: Any) -> tuple[type, ...]:
    """List the Python types of a union; words to choose from are strings."""
    if get_origin(annotation) in (Union, UnionType):
        return tuple(kind for member in get_args(annotation) for kind in _kinds(member))
    if get_origin(annotation) is Literal:
        return (str,)
    return (NoneType if annotation is None else annotation,)


def image_filter(function: Callable[P, Operation]) -> Callable[P, Operation]:
    """Check every argument of a filter against its `Option` before it becomes an operation."""
    parameters = {parameter.name: parameter for parameter in parameters_of(function)}

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> Operation:
        for name, value in kwargs.items():
            if name in parameters:
                parameter = parameters[name]
                kwargs[name] = parameter.option.checked(name, parameter.kinds, value)
        if any(isinstance(value, Quantity) for value in kwargs.values()):
            return InPixels(checked, kwargs)
        return function(*args, **kwargs)

    return checked


def _numbers_in(value: Any) -> list[Any] | None:
    """List the numbers of a sequence, or of a word with commas; None for another value."""
    if isinstance(value, str):
        return _as_numbers(value.split(",")) if "," in value else None
    if isinstance(value, list | tuple) or getattr(value, "ndim", 0) == 1:
        return list(value)
    return None


def _as_numbers(words: Sequence[str]) -> list[float | str]:
    """Read numbers; what is not one stays a word."""
    numbers: list[float | str] = []
    for word in words:
        try:
            numbers.append(float(word))
        except ValueError:
            numbers.append(word)
    return numbers
