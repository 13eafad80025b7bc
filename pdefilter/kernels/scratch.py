"""Memory for the next image, where nobody needs the last one any more."""

from dataclasses import dataclass

import numpy as np

from pdefilter.raster import Planes


@dataclass
class Scratch:
    """Room for another image of the same shape.

    Whoever is given it may overwrite what is here, and the image worked on
    unless NumPy forbids that; what the result leaves free is here for the next.

    Attributes
    ----------
    planes : ndarray of shape (C, M, N), float32, or None
        The memory; None until it is needed.
    """

    overwrite: bool = False
    planes: Planes | None = None

    def beside(self, u: Planes) -> Planes:
        """Take room for another image like `u`."""
        return np.empty_like(u) if self.planes is None else self.planes

    def release(self, *images: Planes) -> None:
        """Keep the memory of an image that nobody needs: the first that may be written to."""
        self.planes = next(iter(images), None) if self.overwrite else None
        self.overwrite = True


def writable(u: Planes, scratch: Scratch | None) -> Planes:
    """Take what may be overwritten: `u`, or a copy where there is no room or NumPy forbids."""
    free = scratch is not None and scratch.overwrite and u.flags.c_contiguous
    return u if free else np.array(u, np.float32, order="C")


def in_place(u: Planes, scratch: Scratch | None, guide: Planes | None = None) -> Planes:
    """Choose where images go that come from `u`, each of which may overwrite the one before it.

    Parameters
    ----------
    u, scratch, held
        As of `ping_pong`.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        `u` itself where that need not be kept.
    """
    if scratch is not None and not _needed(u, scratch, guide):
        return u
    scratch = scratch or Scratch()
    out = scratch.beside(u)
    scratch.release(u)
    return out


def ping_pong(
    u: Planes, times: int, scratch: Scratch | None, guide: Planes | None = None
) -> tuple[Planes, Planes]:
    """Choose where images go that come from `u`, each from the one before it.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The first image.
    times : int
        How many come after it, at least one.
    scratch : Scratch, optional
        Where not given, `u` is kept.
    guide : ndarray, optional
        What all of them need, perhaps `u` itself.

    Returns
    -------
    tuple of ndarray of shape (C, M, N), float32
        Where the last goes, and in turn with it those before.
    """
    keep = scratch is None or _needed(u, scratch, guide)
    scratch = scratch or Scratch()
    new = scratch.beside(u)
    if times == 1:
        out, spare = new, new
    elif keep:
        out, spare = new, np.empty_like(u)
    else:
        out, spare = (new, u) if times % 2 else (u, new)
    kept = [image for image in (u, spare) if image is not out]
    if keep:
        kept = [image for image in kept if image is not u]
    scratch.overwrite = True
    scratch.release(*kept)
    return out, spare


def _needed(u: Planes, scratch: Scratch, guide: Planes | None) -> bool:
    return not scratch.overwrite or (guide is not None and np.may_share_memory(u, guide))
