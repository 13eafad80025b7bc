"""Memory for the next image, where nobody needs the last one any more."""

from dataclasses import dataclass

import numpy as np

from pdefilter.raster import Planes


@dataclass
class Room:
    """Room for another image of the same shape.

    Whoever is given it may overwrite what is here, and the image worked on
    unless NumPy forbids that; what the result leaves free is here for the next.

    Attributes
    ----------
    planes : ndarray of shape (C, M, N), float32, or None
        The memory; None until it is needed.
    """

    planes: Planes | None = None

    def beside(self, u: Planes) -> Planes:
        """Take room for another image like `u`."""
        return np.empty_like(u) if self.planes is None else self.planes

    def leave(self, *images: Planes) -> None:
        """Keep the memory of an image that nobody needs: the first that may be written to."""
        self.planes = next((u for u in images if u.flags.writeable), None)


def own(u: Planes, room: Room | None) -> Planes:
    """Take what may be overwritten: `u`, or a copy where there is no room or NumPy forbids."""
    free = room is not None and u.flags.writeable and u.flags.c_contiguous
    return u if free else np.array(u, np.float32, order="C")


def in_place(u: Planes, room: Room | None, held: Planes | None = None) -> Planes:
    """Choose where images go that come from `u`, each of which may overwrite the one before it.

    Parameters
    ----------
    u, room, held
        As of `in_turns`.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        `u` itself where that need not be kept.
    """
    if room is not None and not _needed(u, held):
        return u
    room = room or Room()
    out = room.beside(u)
    room.leave(u)
    return out


def in_turns(
    u: Planes, times: int, room: Room | None, held: Planes | None = None
) -> tuple[Planes, Planes]:
    """Choose where images go that come from `u`, each from the one before it.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The first image.
    times : int
        How many come after it, at least one.
    room : Room, optional
        Where not given, `u` is kept.
    held : ndarray, optional
        What all of them need, perhaps `u` itself.

    Returns
    -------
    tuple of ndarray of shape (C, M, N), float32
        Where the last goes, and in turn with it those before.
    """
    keep = room is None or _needed(u, held)
    room = room or Room()
    new = room.beside(u)
    if times == 1:
        out, spare = new, new
    elif keep:
        out, spare = new, np.empty_like(u)
    else:
        out, spare = (new, u) if times % 2 else (u, new)
    room.leave(*(image for image in (u, spare) if image is not out))
    return out, spare


def _needed(u: Planes, held: Planes | None) -> bool:
    return not u.flags.writeable or (held is not None and np.may_share_memory(u, held))
