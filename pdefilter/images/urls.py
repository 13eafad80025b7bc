"""The names of files that are reached by a URL, such as ``s3://bucket/scans/a.tif``."""

import re
from urllib.parse import parse_qsl, urlsplit

from pdefilter.errors import CallError

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_LOCAL = ("file://", "local://")

_SECRETS = frozenset(
    {
        *("x-amz-signature", "x-amz-security-token", "x-goog-signature", "signature", "sig"),
        *("token", "access_token", "api_key", "apikey", "key", "password", "secret"),
    }
)
"""The names of values in a query that give access to whoever reads the URL."""


def is_url(name: str) -> bool:
    """Whether a name is a URL and not a path."""
    return "://" in name and _URL.match(name) is not None


def local_name(name: str) -> str:
    """Turn a URL of this machine's file system into a path; leave every other name."""
    for start in _LOCAL:
        if name.lower().startswith(start):
            return name[len(start) :]
    return name


def stands_for_folder(url: str) -> bool:
    """Whether a URL stands for all images in a folder, or for those that match a pattern."""
    return is_url(url) and (url.endswith("/") or "*" in url)


def scheme_of(url: str) -> str:
    """Return the protocol of a URL in small letters."""
    return url.partition("://")[0].lower()


def last_name(url: str) -> str:
    """Return the name of the file at the end of a URL, without a query."""
    return _path(url).rpartition("/")[2]


def folder_of(url: str) -> str:
    """Return the folder of a URL, without the protocol and as a path."""
    return _path(url).partition("://")[2].rpartition("/")[0]


def require_no_secrets(option: str, url: str) -> None:
    """Refuse a URL that holds a password or a signature, which reports and messages would show.

    Raises
    ------
    CallError
        If it does; the sentence shows neither.
    """
    if "@" not in url and "?" not in url:
        return
    parts = urlsplit(url)
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    if ":" in parts.netloc.rpartition("@")[0]:
        raise CallError(
            f"{option}{shown}: holds a password; leave it out, and give it by the environment, as "
            "the library of this protocol takes it"
        )
    if _SECRETS & {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}:
        raise CallError(
            f"{option}{shown}: is signed, and a report would give the signature away; give the URL "
            "without it, and credentials by the environment"
        )


def _path(url: str) -> str:
    # In object storage a question mark is a letter like others.
    return url.partition("?")[0] if scheme_of(url) in ("http", "https") else url
