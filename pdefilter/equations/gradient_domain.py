"""Images from their gradients: Δu = div v, where v is the wanted ∇u."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pdefilter.equations.poisson import Residual, balance, conductances
from pdefilter.grid import UNIT

if TYPE_CHECKING:
    from pdefilter.raster import Mask, Planes


def clone(
    target: "Planes",
    source: "Planes",
    region: "Mask",
    *,
    mixed: bool,
    spacing: Sequence[float] = UNIT,
) -> Residual:
    """Solve Δu = div v in a region, v the gradient of another image, in place.

    Around the region u does not change, so that only differences are copied
    (Pérez, Gangnet & Blake 2003, doi:10.1145/882262.882269).

    Parameters
    ----------
    target : ndarray of shape (C, M, N), float32
        The image u.
    source : ndarray of shape (C, M, N), float32
        The image with the gradient v.
    region : ndarray of shape (M, N), bool
        The region, which is not the whole image.
    mixed : bool
        Whether v is, between any two pixels, the larger difference of the two
        images.
    spacing : sequence of float
        The length of a pixel along every axis.
    """
    import numpy as np

    from pdefilter.kernels.differences import differences, divergence
    from pdefilter.kernels.elliptic import GraphLaplacian

    f = np.empty_like(target)
    for c, plane in enumerate(source):
        v = differences(plane, spacing)
        if mixed:
            in_target = differences(target[c], spacing)
            np.copyto(v, in_target, where=abs(in_target) > abs(v))
        np.negative(divergence(v, spacing), out=f[c])
    edges = conductances(None, region.shape, spacing)
    return balance(target, [GraphLaplacian(region.shape, edges, free=region)] * len(target), f)


def integrate(down: "Planes", across: "Planes", spacing: Sequence[float] = UNIT) -> "Planes":
    """Find the image whose differences are nearest to given ones, in the mean square.

    It solves Δu = div v by a cosine transform (Frankot & Chellappa 1988,
    doi:10.1109/34.3909; with free borders Simchony, Chellappa & Shao 1990,
    doi:10.1109/34.55103).

    Parameters
    ----------
    down, across : ndarray of shape (C, M, N), float32
        The differences to the pixel below and to the pixel on the right;
        differences across the border do not count.
    spacing : sequence of float
        The length of a pixel along every axis, which weighs differences by 1/h².

    Returns
    -------
    ndarray of shape (C, M, N), float32
        A new array, of mean zero.
    """
    import numpy as np

    from pdefilter.kernels.cosine import solve_poisson
    from pdefilter.kernels.differences import divergence

    squares = [h**2 for h in spacing]
    flows = [divergence(np.stack(pair), squares) for pair in zip(down, across, strict=True)]
    return solve_poisson(-np.stack(flows), spacing=spacing)


def flatten(u: "Planes", length: float, spacing: Sequence[float] = UNIT) -> "Planes":
    """Keep the gradient of an image, and pull the image to its mean at large scales.

    The result v minimises ∫ |∇v − ∇u|² + |v − mean u|²/L², and solves v/L² − Δv =
    mean u/L² − Δu. A wave of eigenvalue μ of −Δ keeps μ/(μ + 1/L²) of its
    amplitude (Morel, Petro & Sbert 2014, doi:10.5201/ipol.2014.84).

    Parameters
    ----------
    u : ndarray of shape (C, M, N), float32
        The image.
    length : float
        L in px.
    spacing : sequence of float
        The length of a pixel along every axis.

    Returns
    -------
    ndarray of shape (C, M, N), float32
        A new array with the mean of u.
    """
    import numpy as np

    from pdefilter.kernels.cosine import solve_poisson
    from pdefilter.kernels.differences import differences, divergence
    from pdefilter.kernels.sums import total

    means = np.array([total(plane) / plane.size for plane in u], np.float32)
    edges = np.stack([divergence(differences(plane, spacing), spacing) for plane in u])
    return solve_poisson(-edges, length**-2, spacing) + means[:, None, None]
