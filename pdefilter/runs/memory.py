"""The memory that is available for images, in the system and in control groups."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_IF_UNKNOWN = 4 << 30


@dataclass(frozen=True)
class _Hierarchy:
    """The files of one version of control groups.

    Attributes
    ----------
    kind : str
        The type of its file system.
    limits : tuple of str
        The limits of the group; beyond memory.high it is only slowed down, but
        to a crawl.
    used : str
        The memory in use.
    cache : str
        The part of it that caches files not used lately, which is freed on demand.
    """

    kind: str
    limits: tuple[str, ...]
    used: str
    cache: str


_HIERARCHIES = (
    _Hierarchy("cgroup2", ("memory.max", "memory.high"), "memory.current", "inactive_file"),
    _Hierarchy(
        "cgroup", ("memory.limit_in_bytes",), "memory.usage_in_bytes", "total_inactive_file"
    ),
)


def available_memory(root: Path = Path("/")) -> int:
    """Find how many bytes this process and its children may still take.

    This is the minimum of the memory available in the system and of that left in
    this process's control group and in each group around it. Where none of these
    is known it is the memory of the machine, or 4 GiB.

    Parameters
    ----------
    root : Path
        The folder of ``proc`` and of the control groups.
    """
    limits = [*_of_system(root), *_of_groups(root)]
    if not limits:
        with suppress(AttributeError, OSError, ValueError):
            limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return max(1, min(limits, default=_IF_UNKNOWN))


def _of_system(root: Path) -> Iterator[int]:
    for line in _lines(root / "proc/meminfo"):
        if line.startswith("MemAvailable:"):
            yield 1024 * int(line.split()[1])


def _of_groups(root: Path) -> Iterator[int]:
    paths = list(_group_paths(root))
    for hierarchy, mounted, at in _mounts(root):
        for kind, path in paths:
            if kind == hierarchy.kind:
                # In a container the mount begins with the container's own group.
                within = path.relative_to(at) if path.is_relative_to(at) else PurePosixPath()
                for group in (within, *within.parents):
                    yield from _remaining(root / mounted.relative_to("/") / group, hierarchy)


def _group_paths(root: Path) -> Iterator[tuple[str, PurePosixPath]]:
    """Find the groups of this process that may limit its memory."""
    for line in _lines(root / "proc/self/cgroup"):
        number, controllers, path = line.split(":", 2)
        if number == "0":
            yield "cgroup2", PurePosixPath(path)
        elif "memory" in controllers.split(","):
            yield "cgroup", PurePosixPath(path)


def _mounts(root: Path) -> Iterator[tuple[_Hierarchy, PurePosixPath, PurePosixPath]]:
    """Find where groups are mounted, and which group each mount begins with."""
    for line in _lines(root / "proc/self/mountinfo"):
        mount, _, system = line.partition(" - ")
        kind, _, options = (*system.split(), "", "", "")[:3]
        for hierarchy in _HIERARCHIES:
            if kind == hierarchy.kind and (kind == "cgroup2" or "memory" in options.split(",")):
                at, mounted = (_unescaped(word) for word in mount.split()[3:5])
                yield hierarchy, PurePosixPath(mounted), PurePosixPath(at)


def _unescaped(word: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), word)


def _remaining(group: Path, hierarchy: _Hierarchy) -> Iterator[int]:
    """Find how many bytes each limit of a group leaves; nothing where it has no limits."""
    used = _number(group / hierarchy.used) or 0
    for line in _lines(group / "memory.stat"):
        name, _, value = line.partition(" ")
        if name == hierarchy.cache:
            used -= min(used, int(value))
    for name in hierarchy.limits:
        if (limit := _number(group / name)) is not None:
            yield max(0, limit - used)


def _number(file: Path) -> int | None:
    """Read a number; None where the file does not exist, or says max."""
    with suppress(OSError, ValueError):
        return int(file.read_text())
    return None


def _lines(file: Path) -> list[str]:
    with suppress(OSError):
        return file.read_text(errors="replace").splitlines()
    return []
