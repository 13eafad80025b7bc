"""Files of kinds that few programs write: by other libraries, or byte by byte.

Each format has a module, whose `files()` maps names to bytes.
"""

import functools
import pkgutil
from importlib import import_module


@functools.cache
def unusual_files() -> dict[str, bytes]:
    """Make all files, by their names."""
    modules = (import_module(f"unusual.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {name: data for module in modules for name, data in module.files().items()}
