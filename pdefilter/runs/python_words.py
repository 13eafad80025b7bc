"""What the command line calls an option, in the words of Python."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from pdefilter.errors import ParameterError, PdefilterError

_OPTION = re.compile(r"(?<![\w-])--([a-z][a-z-]*)")


def in_python(text: str) -> str:
    """Replace the names of options, such as --kappa-map, by those of parameters, `kappa_map`."""
    return _OPTION.sub(lambda found: f"`{found[1].replace('-', '_')}`", text)


@contextmanager
def errors_in_python() -> Iterator[None]:
    """Let the errors of the block speak of parameters, and not of options."""
    try:
        yield
    except PdefilterError as error:
        error.args = tuple(in_python(str(sentence)) for sentence in error.args)
        if isinstance(error, ParameterError):
            error.problem = in_python(error.problem)
        raise
