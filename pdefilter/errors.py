"""The errors that pdefilter raises; every message is a sentence that says what to do."""

import errno


class PdefilterError(Exception):
    """Any error that pdefilter raises on purpose."""


class ParameterError(PdefilterError, ValueError):
    """A parameter of a filter has a value that the filter cannot run with.

    Attributes
    ----------
    parameter : str
        The parameter's name, as in the filter's signature.
    problem : str
        What is wrong with its value, and which values would work.
    """

    def __init__(self, parameter: str, problem: str) -> None:
        super().__init__(f"{parameter}: {problem}")
        self.parameter = parameter
        self.problem = problem


class ImageError(PdefilterError, ValueError):
    """An image or its file cannot be read, filtered or stored."""


class FileError(ImageError, OSError):
    """A file cannot be opened, read or written."""

    def __str__(self) -> str:
        return str(self.args[0])


class MissingFileError(FileError, FileNotFoundError):
    """A file, or the folder that it is to be written to, does not exist."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.errno = errno.ENOENT


class MisfitError(ImageError):
    """An image does not fit the mask, or another picture, of the call."""


class ModelError(PdefilterError, ValueError):
    """A trained network cannot be read, or cannot be used so."""


class CallError(PdefilterError):
    """A call cannot be done as it was made; no file was touched.

    Its arguments are sentences, one for each problem.
    """

    def __str__(self) -> str:
        return "\n".join(self.args)


class TerminalError(CallError):
    """The image would be written to a terminal, which would show garbage."""
