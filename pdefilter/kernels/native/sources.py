"""The sources of the native engine, by which an engine found elsewhere is recognised."""

from hashlib import sha256
from pathlib import Path

_PATTERNS = ("CMakeLists.txt", "*.cpp", "*.hpp", "loops/*.hpp")


def digest(folder: Path = Path(__file__).parent) -> str | None:
    """Sum up the sources in a folder, as CMakeLists.txt does; None where there are none."""
    files = {
        path.relative_to(folder).as_posix(): path
        for pattern in _PATTERNS
        for path in folder.glob(pattern)
    }
    if not files:
        return None
    listed = "".join(
        f"{name} {sha256(files[name].read_bytes()).hexdigest()}\n" for name in sorted(files)
    )
    return sha256(listed.encode()).hexdigest()
