"""A trained network by its name, and how often it is asked, as options."""

from typing import TYPE_CHECKING

from pdefilter.errors import ModelError, ParameterError

if TYPE_CHECKING:
    from pdefilter.networks.model import Model


def require_name(model: object) -> None:
    """Refuse what is not a name.

    Raises
    ------
    ValueError
        If it is not text.
    """
    if not isinstance(model, str):
        raise ValueError(f"{model!r} is not the name of a network or of a file")  # noqa: TRY004


def require_average(average: int) -> None:
    """Refuse numbers of flips and turns that are not those of a group.

    Raises
    ------
    ParameterError
        If it is neither 1 nor 8.
    """
    if average not in (1, 8):
        raise ParameterError("average", f"{average} is neither 1 nor 8")


def network(name: str) -> "Model":
    """Read the network of a name, or of a file.

    Raises
    ------
    ParameterError
        If there is none, or it cannot be read.
    """
    from pdefilter.networks.model_file import find_model

    try:
        return find_model(name)
    except ModelError as error:
        raise ParameterError("model", str(error)) from None
