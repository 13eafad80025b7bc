"""Libraries of the extra `volumes`, imported when a file needs them."""

from importlib import import_module
from types import ModuleType

from pdefilter.errors import ImageError


def library_of(module: str, name: str) -> ModuleType:
    """Import the library of a format.

    Parameters
    ----------
    module : str
        The library.
    name : str
        The format.

    Raises
    ------
    ImageError
        If it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError:
        raise ImageError(
            f"is of the format {name}, which needs {module}; run: pip install 'pdefilter[volumes]'"
        ) from None
