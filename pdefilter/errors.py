"""What can go wrong, each kind once; every message is a sentence that says what to do."""


class PdefilterError(Exception):
    """Any error that pdefilter raises on purpose."""


class ParameterError(PdefilterError, ValueError):
    """A filter's parameter has a value that the filter cannot run with.

    Attributes
    ----------
    parameter : str
        The parameter's name, as in the filter's signature.
    problem : str
        What is wrong with it and what would work.
    """

    def __init__(self, parameter: str, problem: str) -> None:
        super().__init__(f"{parameter}: {problem}")
        self.parameter = parameter
        self.problem = problem


class ImageError(PdefilterError, ValueError):
    """An image, or the file it is in, cannot be read, filtered or stored."""


class MisfitError(ImageError):
    """An image does not go with what the call gives beside it: a mask, or another picture."""


class CallError(PdefilterError):
    """The inputs and outputs asked for do not fit together; nothing was touched.

    Its arguments are sentences, one for each thing that is wrong.
    """

    def __str__(self) -> str:
        return "\n".join(self.args)


class TerminalError(CallError):
    """An image would go to a terminal, which shows it as garbage."""
