"""Files that something happened to: some bytes are others, the end is cut off."""

from hypothesis import strategies as st

DAMAGE = {
    "changes": st.lists(st.tuples(st.floats(-0.99, 0.99), st.integers(0, 255)), max_size=5),
    "end": st.one_of(st.just(0), st.floats(0, 0.9)),
}
"""What `damaged` takes, beside the data."""


def damaged(data: bytes, changes: list[tuple[float, int]], end: float) -> bytes:
    """Change bytes at places given as parts of the whole, and cut off a part of it."""
    changed = bytearray(data[: len(data) - int(end * len(data))])
    for at, value in changes:
        # Half of the changes are in what a file begins with, or ends with, as TIFF may.
        span = min(400, len(changed))
        place = int(abs(at) * span) if at < 0.5 else int(at * len(changed))
        changed[min(place, len(changed) - 1) if at > 0 else -1 - place] = value
    return bytes(changed)
