"""The state of a training in a file, from which it goes on as if it had never stopped."""

import io
from pathlib import Path
from typing import Any

import torch

from pdefilter.errors import CallError
from pdefilter.learn.writing import write_file

_VERSION = 1


def checkpoint_of(output: Path) -> Path:
    """Name the checkpoint of a model."""
    return output.with_name(output.name + ".checkpoint")


def write_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a state beside its file, and give it the file's name.

    Raises
    ------
    CallError
        If it cannot be written.
    """
    stream = io.BytesIO()
    torch.save({"version": _VERSION, **state}, stream)
    write_file(stream.getvalue(), path)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a state: tensors, numbers and text, and never code.

    Raises
    ------
    CallError
        If there is none.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CallError(
            f"{path}: no such file, so that there is nothing to go on with; leave --resume out"
        ) from None
    except Exception:
        raise CallError(
            f"{path}: is a broken checkpoint; begin anew with --overwrite instead of --resume"
        ) from None
    if not isinstance(state, dict) or state.get("version") != _VERSION:
        raise CallError(
            f"{path}: was not written by this version; begin anew with --overwrite instead of "
            "--resume"
        )
    return state
