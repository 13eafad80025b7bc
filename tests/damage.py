"""Damaged files: some bytes are changed, and the end is cut off."""

from hypothesis import strategies as st

DAMAGE = {
    "changes": st.lists(st.tuples(st.floats(-0.99, 0.99), st.integers(0, 255)), max_size=5),
    "end": st.one_of(st.just(0), st.floats(0, 0.9)),
}
"""Strategies for the parameters of `damaged`, except the data."""


def damaged(data: bytes, changes: list[tuple[float, int]], end: float) -> bytes:
    """Change bytes at positions given as fractions of the file, and cut off a fraction of it."""
    changed = bytearray(data[: len(data) - int(end * len(data))])
    for at, value in changes:
        # Half of the changes are near the start, or the end, where a TIFF may have directories.
        span = min(400, len(changed))
        place = int(abs(at) * span) if at < 0.5 else int(at * len(changed))
        changed[min(place, len(changed) - 1) if at > 0 else -1 - place] = value
    return bytes(changed)
