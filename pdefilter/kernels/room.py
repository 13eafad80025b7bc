"""Memory for the next image, where nobody needs the last one any more."""

from dataclasses import dataclass

import numpy as np

from pdefilter.raster import Planes


@dataclass
class Room:
    """Room for another image of the same shape.

    Whoever is given it may overwrite what is here and the image worked on too;
    one of the two is the result, and the other is left here for the next.

    Attributes
    ----------
    planes : ndarray of shape (C, M, N), float32
        The memory.
    """

    planes: Planes

    @classmethod
    def beside(cls, u: Planes) -> "Room":
        """Make room for another image like `u`."""
        return cls(np.empty_like(u))


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
    new = np.empty_like(u) if room is None else room.planes
    if times == 1:
        out, spare = new, new
    elif room is None or (held is not None and np.may_share_memory(u, held)):
        out, spare = new, np.empty_like(u)
    else:
        out, spare = (new, u) if times % 2 else (u, new)
    if room is not None and out is new:
        room.planes = u
    return out, spare
