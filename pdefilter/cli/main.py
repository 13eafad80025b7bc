"""The command line from its start to its exit status; every error becomes one sentence."""

import os
import signal
import sys
import warnings
from typing import NoReturn

import typer

from pdefilter.cli.call import FAILED, INTERRUPTED, WRONG_CALL
from pdefilter.cli.commands import app
from pdefilter.cli.messages import print_error, print_message, show_warning
from pdefilter.cli.options import option_name
from pdefilter.cli.parser_errors import sentence_of
from pdefilter.errors import CallError, ParameterError


def main() -> NoReturn:
    """Run the command line, and exit with 0 (done), 1 (an image failed), 2 or 130."""
    # Signals that the parent ignores, as nohup does, stay ignored; Python sees to SIGINT itself.
    if signal.getsignal(signal.SIGTERM) != signal.SIG_IGN:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    warnings.showwarning = show_warning
    _keep_standard_output()
    try:
        parsed = app(standalone_mode=False)
        status = parsed() if callable(parsed) else parsed or 0
        if sys.stdout:
            sys.stdout.flush()
    except ParameterError as error:
        print_error(f"{option_name(error.parameter)}: {error.problem}")
        status = WRONG_CALL
    except CallError as error:
        for sentence in error.args:
            print_error(sentence)
        status = WRONG_CALL
    except typer.TyperException as error:
        print_error(sentence_of(error))
        status = error.exit_code
    except typer.Exit as error:
        status = error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        print_message("interrupted")
        status = INTERRUPTED
    except BrokenPipeError:
        status = 0  # the reader has closed the pipe
    except OSError as error:
        # Every other file that is read or written has its own message.
        print_error(f"standard output: cannot be written ({error.strerror})")
        status = FAILED
    # All files are closed. Python would take another 50 ms to free every object, and would complain
    # about bytes that a pipe or a disk did not take.
    os._exit(status)


def _keep_standard_output() -> None:
    """Move standard output to another descriptor, and point descriptor 1 at the null device.

    Libraries in C print messages to descriptor 1, which would get into the image.
    """
    if sys.stdout is None:
        return
    sys.stdout.flush()
    kept = os.dup(sys.stdout.fileno())
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    sys.stdout = os.fdopen(kept, "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors)
