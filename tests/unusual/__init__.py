"""Files of kinds that few programs write: by other libraries, or byte by byte.

A module a format; each has `files()`, which makes them: name to bytes.
"""

import functools
import pkgutil
from importlib import import_module


@functools.cache
def unusual_files() -> dict[str, bytes]:
    """Make them all."""
    modules = (import_module(f"unusual.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {name: data for module in modules for name, data in module.files().items()}
