"""Files that are reached by a URL: listed, read, and written whole or not at all.

Every protocol of fsspec can be named (https://filesystem-spec.readthedocs.io). Its libraries take
credentials from the environment.
"""

import secrets
import time
from collections.abc import Callable, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from pdefilter.errors import CallError, FileError, MissingFileError
from pdefilter.images.urls import last_name, scheme_of

T = TypeVar("T")

WAITS: tuple[float, ...] = (0.5, 2.0)
"""The seconds before what failed is tried again, for servers that are slow or overloaded."""

PART_BYTES = 16 << 20
"""Twice as many bytes are uploaded in parts, and appear when the last one has come."""

_READ_ONLY = frozenset({"http", "https"})

_OBJECTS = frozenset(
    {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "oci", "obs", "tos", "memory"}
)
"""The protocols whose objects appear when they are complete; others are renamed then."""

_S3_NAMES = frozenset({"s3", "s3a"})

# boto tries a request again by itself; the time limits are in seconds.
_S3: Mapping[str, Any] = {
    "use_listings_cache": False,
    "config_kwargs": {
        "connect_timeout": 5,
        "read_timeout": 30,
        "retries": {"mode": "standard", "total_max_attempts": 3},
    },
}

_TIMES = ("LastModified", "last_modified", "mtime", "updated", "created")
"""The names by which file systems give the time of the last change."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a folder holds.

    Attributes
    ----------
    name : str
        Its name in the folder.
    is_folder : bool
        Whether it is a folder.
    modified : int
        When it was changed, in nanoseconds; 0 where the server does not say.
    """

    name: str
    is_folder: bool
    modified: int


def read(url: str) -> bytes:
    """Read a file.

    Raises
    ------
    FileError
        If it cannot be read; the sentence says why.
    """
    system, path = _opened(url)
    # Without this s3fs asks for the size first, which doubles the requests for small images.
    whole = {"max_concurrency": 1} if scheme_of(url) in _S3_NAMES else {}
    return bytes(_tried("read", lambda: system.cat_file(path, **whole)))


def write(data: bytes, url: str, *, replace: bool) -> None:
    """Write a file whole or not at all.

    In object storage a file appears when all of it has come; elsewhere it is written beside its
    target and renamed.

    Raises
    ------
    FileError
        If it cannot be written, or exists and may not be replaced.
    """
    system, path = _opened(url)
    scheme = scheme_of(url)
    if scheme in _OBJECTS:
        parts = {"chunksize": PART_BYTES} if scheme in _S3_NAMES else {}
        mode = "overwrite" if replace else "create"
        put = partial(system.pipe_file, path, data, mode=mode, **parts)
    else:
        put = partial(_put_beside, system, data, path, replace)
    try:
        _tried("written", put)
    except FileError:
        # Where the answer to the first attempt was lost, the second one finds what that has left.
        if replace or modified(url) is None or read(url) != data:
            raise


def entries(folder: str) -> list[Entry]:
    """List a folder, sorted by name; a folder that is not there is empty in object storage.

    Parameters
    ----------
    folder : str
        Its URL, which ends in a slash.

    Raises
    ------
    FileError
        If it cannot be listed.
    """
    system, path = _opened(folder)
    found = _tried("listed", lambda: system.ls(path, detail=True))
    listed = (
        Entry(last_name(str(info["name"])), info["type"] == "directory", _time_of(info))
        for info in found
        if str(info["name"]).strip("/") != path.strip("/")  # the object that marks a folder
    )
    return sorted((entry for entry in listed if entry.name), key=lambda entry: entry.name)


def matches(pattern: str) -> list[str]:
    """List the files that match a pattern, in which ``*`` stands for any letters, sorted.

    Raises
    ------
    FileError
        If they cannot be listed.
    """
    system, path = _opened(pattern)
    literal = pattern.partition("*")[0].rpartition("/")[0] + "/"
    start = len(_opened(literal)[1].rstrip("/"))
    found = _tried("listed", lambda: system.glob(path, detail=True))
    return sorted(
        literal + name[start:].lstrip("/")
        for name, info in found.items()
        if info["type"] != "directory"
    )


def modified(url: str) -> int | None:
    """Find when a file was changed, in nanoseconds; None if it does not exist.

    It is 0 where the server does not say.

    Raises
    ------
    FileError
        If the server does not answer.
    """
    system, path = _opened(url)
    try:
        return _time_of(_tried("read", lambda: system.info(path)))
    except MissingFileError:
        return None


def modified_of(urls: Set[str]) -> dict[str, int]:
    """Find when files were changed, of those that exist; every folder is listed once.

    Raises
    ------
    FileError
        If a folder cannot be listed; the sentence begins with it.
    """
    found = {}
    for folder in sorted({url.rpartition("/")[0] + "/" for url in urls}):
        try:
            for entry in entries(folder):
                if (url := folder + entry.name) in urls:
                    found[url] = entry.modified
        except MissingFileError:
            continue
        except FileError as error:
            raise FileError(f"{folder}: {error}") from None
    return found


def require_protocol(option: str, url: str, *, writable: bool) -> None:
    """Refuse a URL whose protocol is unknown, lacks its library, or can only be read.

    Raises
    ------
    CallError
        With a sentence that says what to do.
    """
    try:
        _opened(url)
    except FileError as error:
        raise CallError(f"{option}{url}: {error}") from None
    if writable and scheme_of(url) in _READ_ONLY:
        raise CallError(f"{option}{url}: can only be read; write to a folder or to object storage")


def _opened(url: str) -> tuple[Any, str]:
    """Return the file system of a URL and the path in it."""
    scheme = scheme_of(url)
    try:
        import fsspec
    except ImportError:
        raise FileError("a URL needs fsspec; pip install 'pdefilter[large]'") from None
    options = _S3 if scheme in _S3_NAMES else {}
    try:
        system, path = fsspec.core.url_to_fs(url, **options)
    except ImportError as error:
        package = _package(scheme, error)
        raise FileError(f"{scheme}:// needs {package}; pip install {package}") from None
    except ValueError:
        raise FileError(
            f"the protocol {scheme}:// is unknown; take one that fsspec knows, such as s3://"
        ) from None
    if options:
        system.retries = 1  # boto's attempts and those of `_tried` are enough
    return system, path


def _package(scheme: str, error: ImportError) -> str:
    """Name the package that a protocol needs."""
    from fsspec.registry import known_implementations

    package = known_implementations.get(scheme, {}).get("class", "").partition(".")[0]
    return error.name or scheme if package in ("", "fsspec") else package


def _put_beside(system: Any, data: bytes, path: str, replace: bool) -> None:
    folder, _, _ = path.rpartition("/")
    temporary = f"{folder}/.pdefilter-{secrets.token_hex(8)}"
    if not replace and system.exists(path):
        raise FileExistsError
    try:
        system.makedirs(folder, exist_ok=True)
        system.pipe_file(temporary, data)
        system.mv(temporary, path)
    except BaseException:
        with suppress(Exception):
            system.rm_file(temporary)
        raise


def _tried(done: str, action: Callable[[], T]) -> T:
    """Do something with a server, again where it fails as it may at any time.

    Raises
    ------
    FileError
        With a sentence that says why it failed.
    """
    for wait in (*WAITS, None):
        try:
            return action()
        except Exception as error:  # every library has errors of its own
            refusal = _refusal(done, error)
            if refusal is not None:
                raise refusal from None
            if wait is None:
                raise FileError(
                    f"cannot be {done} (the server failed or was too slow, {len(WAITS) + 1} times);"
                    " try again later"
                ) from None
        time.sleep(wait)
    raise AssertionError  # the last attempt returns or raises


def _refusal(done: str, error: Exception) -> FileError | None:
    """Make the error of what a server refuses; None where it may succeed another time."""
    code = _code(error)
    if isinstance(error, FileExistsError):
        return FileError("exists already; give --overwrite to replace it")
    if code == "NoSuchBucket":
        return FileError(f"cannot be {done} (there is no such bucket); check its name")
    if isinstance(error, FileNotFoundError):
        return MissingFileError(f"cannot be {done} (there is no such file); check the URL")
    if isinstance(error, IsADirectoryError):
        return FileError(f"cannot be {done} (it is a folder); end it in /")
    if isinstance(error, PermissionError) or getattr(error, "status", None) in (401, 403):
        return FileError(
            f"cannot be {done} (the permission is missing); check the credentials in the "
            "environment"
        )
    if "Credential" in type(error).__name__ or "ProfileNotFound" in type(error).__name__:
        return FileError(
            f"cannot be {done} (there are no credentials); give them by the environment, as the "
            "library of this protocol takes them"
        )
    if code in ("InvalidBucketName", "ParamValidationError"):
        return FileError(f"cannot be {done} (the name of the bucket is not valid); correct it")
    return None


def _code(error: Exception) -> str:
    """Return the code that S3 gave with an error."""
    response = getattr(error.__cause__ or error, "response", None)
    known = response.get("Error", {}).get("Code", "") if isinstance(response, dict) else ""
    return known or type(error.__cause__ or error).__name__


def _time_of(info: Mapping[str, Any]) -> int:
    for name in _TIMES:
        value = info.get(name)
        if isinstance(value, str):
            with suppress(ValueError):
                value = datetime.fromisoformat(value)
        if isinstance(value, datetime):
            value = value.timestamp()
        if isinstance(value, int | float):
            return int(value * 1_000_000_000)
    return 0
