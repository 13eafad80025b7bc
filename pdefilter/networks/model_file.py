"""Model files: a zip archive of NumPy arrays, and a text in JSON that tells what they are."""

import io
import json
import math
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import fields
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from pdefilter.errors import ModelError
from pdefilter.networks.architecture import Architecture, Level
from pdefilter.networks.model import Model

SUFFIX: Final = ".model"

_FORMAT = 1
_ABOUT = "about.json"
_LARGEST_TEXT = 1 << 20
_LARGEST_HEADER = 256

# The same weights make the same bytes, whenever they are written.
_TIME = (1980, 1, 1, 0, 0, 0)


def write_model(model: Model, file: BinaryIO) -> None:
    """Write a model to a file that is open for writing bytes."""
    about = {
        "format": _FORMAT,
        "architecture": _as_plain(model.architecture),
        "shifts": dict(model.shifts),
        "facts": dict(model.facts),
    }
    with zipfile.ZipFile(file, "w") as archive:
        _add(archive, _ABOUT, json.dumps(about, indent=1, ensure_ascii=False).encode())
        for name, weights in model.weights.items():
            content = io.BytesIO()
            little = weights.astype(weights.dtype.newbyteorder("<"))
            np.lib.format.write_array(content, little, version=(1, 0), allow_pickle=False)
            _add(archive, f"{name}.npy", content.getvalue())


def read_model(path: str | Path) -> Model:
    """Read a model that anybody may have made: nothing in it is run, and all of it is checked.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    Model
        The network.

    Raises
    ------
    ModelError
        If the file cannot be read, or is not a model of this format.
    """
    try:
        with Path(path).open("rb") as file:
            return _read(file)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise ModelError(
            f"{path}: is not a model, or is damaged; pdefilter learn makes models"
        ) from None
    except KeyError:
        raise ModelError(f"{path}: is not a model that can be used: a part is missing") from None
    except (TypeError, AttributeError, RecursionError):
        raise ModelError(
            f"{path}: is not a model that can be used: its description has another form"
        ) from None
    except ValueError as error:
        raise ModelError(f"{path}: is not a model that can be used: {error}") from None


@cache
def shipped_models() -> Mapping[str, Path]:
    """List the models that come with the program: their files by name."""
    folder = files("pdefilter.networks") / "weights"
    found = sorted(Path(str(folder)).glob(f"*{SUFFIX}"))
    return {path.stem: path for path in found}


def find_file(name: str) -> Path:
    """Find the file of a model that comes with the program, or take the name for a file's.

    Raises
    ------
    ModelError
        If there is none.
    """
    shipped = shipped_models()
    if name not in shipped and not Path(name).exists():
        raise ModelError(f"{name}: is neither a file nor one of the networks {', '.join(shipped)}")
    return Path(shipped.get(name, name))


def find_model(name: str) -> Model:
    """Read a model that comes with the program, or that of a file.

    Raises
    ------
    ModelError
        If there is none, or it cannot be used.
    """
    path = find_file(name)
    return _read_once(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read_once(path: Path, changed: int) -> Model:  # noqa: ARG001
    """Read a file once, until it changes: checks take longer than to filter a small image."""
    return read_model(path)


def _as_plain(architecture: Architecture) -> dict[str, Any]:
    return {
        "levels": [[level.channels, level.before, level.after] for level in architecture.levels],
        "stable": architecture.stable,
        "recurrent": architecture.recurrent,
        "contours": architecture.contours,
    }


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _TIME)
    archive.writestr(entry, content, zipfile.ZIP_DEFLATED, compresslevel=9)


def _read(file: BinaryIO) -> Model:
    with zipfile.ZipFile(file) as archive:
        about = _description(_content(archive, _ABOUT, _LARGEST_TEXT))
        if about["format"] != _FORMAT:
            raise ValueError(f"its format is not {_FORMAT}; take a newer version of pdefilter")
        architecture = _architecture(about["architecture"])
        weights = {
            name: _array(archive, name, shape) for name, shape in architecture.shapes().items()
        }
        shifts = {str(name): _whole(shift) for name, shift in about["shifts"].items()}
        return Model(architecture, weights, shifts, dict(about["facts"].items()))


def _description(text: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError:
        raise ValueError(f"{_ABOUT} is not JSON") from None
    return found


def _architecture(described: dict[str, Any]) -> Architecture:
    levels = []
    for level in described["levels"]:
        numbers = [_whole(number) for number in level]
        if len(numbers) != len(fields(Level)):
            raise ValueError(f"{numbers} is not a grid's channels and steps")
        levels.append(Level(*numbers))
    return Architecture(
        tuple(levels),
        stable=described["stable"] is True,
        recurrent=described["recurrent"] is True,
        contours=described.get("contours") is True,  # older files have none
    )


def _whole(number: object) -> int:
    if type(number) is not int:
        raise ValueError(f"{number!r} is not a whole number")
    return number


def _content(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Read an entry whose size is checked before, and again while it is unpacked."""
    with archive.open(name) as entry:
        content = entry.read(most + 1)
    if len(content) > most:
        raise ValueError(f"{name} is larger than {most} bytes")
    return content


def _array(archive: zipfile.ZipFile, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    dtype = np.dtype(np.int32 if name.endswith(".bias") else np.int16)
    size = math.prod(shape) * dtype.itemsize
    content = io.BytesIO(_content(archive, f"{name}.npy", size + _LARGEST_HEADER))
    try:
        array: NDArray[Any] = np.lib.format.read_array(
            content, allow_pickle=False, max_header_size=_LARGEST_HEADER
        )
    except ValueError:
        raise ValueError(f"{name} is not an array") from None
    if array.shape != shape or array.dtype.newbyteorder("=") != dtype:
        raise ValueError(f"{name} is {array.dtype} {array.shape}, not {dtype} {shape}")
    return np.ascontiguousarray(array.astype(dtype))
