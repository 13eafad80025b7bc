"""Memory for the next image, where the last one is no longer needed."""

from dataclasses import dataclass

import numpy as np

from pdefilter.raster import Planes


@dataclass
class Scratch:
    """Memory for another image of the same shape, and leave to overwrite the image itself.

    A march that is given it may write to both, and leaves here the memory that its result
    does not take. The result is the caller's, and the next march may overwrite it.

    Attributes
    ----------
    overwrite : bool
        Whether the image that a march starts from may be overwritten.
    planes : ndarray of shape (C, M, N), float32, or None
        The memory; None until it is needed.
    """

    overwrite: bool = False
    planes: Planes | None = None

    def beside(self, u: Planes) -> Planes:
        """Take memory for another image like `u`."""
        return np.empty_like(u) if self.planes is None else self.planes

    def release(self, free: Planes | None) -> None:
        """Keep the memory that a march leaves, if any; its result may be overwritten."""
        self.planes, self.overwrite = free, True


def writable(u: Planes, scratch: Scratch) -> Planes:
    """Take an image that may be overwritten: `u`, or a copy."""
    free = scratch.overwrite and u.flags.c_contiguous
    return u if free else np.array(u, np.float32, order="C")


def in_place(u: Planes, scratch: Scratch, guide: Planes | None = None) -> Planes:
    """Choose where images go that come from `u`, each of which may overwrite the one before it.

    Parameters
    ----------
    u, scratch, guide
        As of `ping_pong`.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        `u` itself where that may be overwritten.
    """
    if _may_overwrite(u, scratch, guide):
        scratch.release(scratch.planes)
        return u
    out = scratch.beside(u)
    scratch.release(u if scratch.overwrite else None)
    return out


def ping_pong(
    u: Planes, times: int, scratch: Scratch, guide: Planes | None = None
) -> tuple[Planes, Planes]:
    """Choose where images go that come from `u`, each from the one before it.

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The first image.
    times : int
        How many come after it, at least one.
    scratch : Scratch
        Other memory, and whether `u` may be overwritten.
    guide : ndarray, optional
        An image that all of them depend on, perhaps `u` itself.

    Returns
    -------
    tuple of ndarray of shape (C, M, N), float32
        The memory of the last, and that of those before, in turn with it.
    """
    new = scratch.beside(u)
    if times == 1:
        out, spare = new, new
    elif _may_overwrite(u, scratch, guide):
        out, spare = (new, u) if times % 2 else (u, new)
    else:
        out, spare = new, np.empty_like(u)
    ours = [u, spare] if scratch.overwrite else [spare]
    scratch.release(next((image for image in ours if image is not out), None))
    return out, spare


def _may_overwrite(u: Planes, scratch: Scratch, guide: Planes | None) -> bool:
    return scratch.overwrite and (guide is None or not np.may_share_memory(u, guide))
