"""Convolve an image with any kernel."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pdefilter.errors import ParameterError
from pdefilter.filters.options.border import BORDERS as ALL_BORDERS
from pdefilter.filters.options.border import wraps_of
from pdefilter.filters.options.colour import Color, InSpace
from pdefilter.filters.options.kernel import KERNELS, kernel_of
from pdefilter.filters.options.option import Option, image_filter
from pdefilter.operation import Numbers, Operation
from pdefilter.warn import warn

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pdefilter.raster import Planes, Raster

Border: TypeAlias = Literal["reflect", "constant", "nearest", "wrap", "wrap-rows", "wrap-columns"]

BORDERS = {
    "reflect": "the image, mirrored",
    "constant": "black",
    "nearest": "the pixel at the border",
    **{name: meaning for name, meaning in ALL_BORDERS.items() if name != "reflect"},
}

# A smaller sum is no more than the rounding of weights such as 0.1.
_NO_SUM = 1e-9

# A kernel that multiplies the brightness by more, or divides it by more, is rarely meant to.
_USUAL_FACTOR = 2.0


@image_filter
def convolve(
    *,
    kernel: Annotated[
        str | Collection[Collection[float]] | None,
        Option(
            "Weights K: rows separated by semicolons, such as '0 -1 0; -1 5 -1; 0 -1 0'; a name "
            f"({', '.join(KERNELS)}); or a text, CSV or .npy file.",
            verify=kernel_of,
            array=True,
            metavar="ROWS|NAME|FILE",
            names=tuple(KERNELS),
        ),
    ] = None,
    correlate: Annotated[bool, Option("Do not flip the kernel.")] = False,
    border: Annotated[Border, Option("Values beyond the border.", choices=BORDERS)] = "reflect",
    normalize: Annotated[bool, Option("Divide the weights by their sum.")] = False,
    color: Color = "rgb",
) -> Operation:
    """Convolve an image with any kernel, v(r) = Σ K(s) u(r − s).

    The computed pixel is at the middle of the kernel. If a kernel has an even
    number of rows or columns, it is at the first of their second half. Large
    kernels are applied by the Fourier transform, with the same result up to
    rounding. A neighbour counts by its opacity, and for the rest as if it were
    the pixel itself. Alpha is kept.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), or Image
        The image, integers or floats.
    kernel : str or array_like of shape (m, n)
        The weights K: rows separated by semicolons; the name of a kernel, which sums to
        one or to zero; the name of a text or CSV file with one row on each line, or of
        a ``.npy`` file; or the weights themselves. If they sum to zero, the result is
        signed. Integer images store it with zero in the middle of the scale, and the
        largest value that the kernel can give as full scale.
    correlate : bool
        Whether to correlate, v(r) = Σ K(s) u(r + s), which does not flip the kernel.
    border : {"reflect", "constant", "nearest", "wrap", "wrap-rows", "wrap-columns"}
        The values beyond the border: the mirrored image, black, the nearest pixel, or
        the opposite side; along the axis of rows alone, or of columns alone, as for a
        panorama, the opposite side, and the mirrored image along the other axis.
    normalize : bool
        Whether to divide the weights by their sum.
    color : {"rgb", "luminance", "lab", "linear"}
        Colour space to filter in: the stored values; their luminance alone
        (ITU-R BT.601); CIE L*a*b* of sRGB, where full scale is L* = 100; or
        linear light (IEC 61966-2-1).

    Returns
    -------
    ndarray or Image
        As `image`: same shape, same type of values.

    Raises
    ------
    ParameterError
        If there is no kernel, or it cannot be read or is not a rectangle. If it sums to zero and
        is to be normalised, or applied to other than the stored values.

    References
    ----------
    Stockham 1966, doi:10.1145/1464182.1464209 (by the Fourier transform).
    """
    if kernel is None:
        raise ParameterError(
            "kernel", f"is missing; give rows of weights, a file, or one of {', '.join(KERNELS)}"
        )
    weights = kernel_of(kernel)
    total = float(weights.sum())
    signed = abs(total) <= _NO_SUM * abs(weights).sum()
    if signed and normalize:
        raise ParameterError(
            "normalize", "the kernel sums to zero and cannot be divided by it; leave normalize out"
        )
    if signed and color != "rgb":
        raise ParameterError(
            "color", "a kernel that sums to zero leaves differences, not colours; take rgb"
        )
    if normalize:
        weights = weights / total
    elif not signed and not 1 / _USUAL_FACTOR <= total <= _USUAL_FACTOR:
        warn(
            f"the weights of the kernel sum to {total:.3g}, and the brightness is multiplied by "
            "that; give normalize to keep it"
        )
    return InSpace(color, Convolution(weights, signed, correlate, border))


@dataclass(frozen=True, eq=False)
class Convolution(Operation):
    """The convolution with a kernel.

    Attributes
    ----------
    weights : ndarray of shape (m, n), float64
        The kernel K.
    signed : bool
        Whether the weights sum to zero, so that the result is signed.
    correlate : bool
        Whether K is not flipped.
    border : str
        One of `BORDERS`.
    """

    weights: "NDArray[np.float64]"
    signed: bool
    correlate: bool
    border: Border

    @property
    def planar(self) -> str:
        """Name the filter, whose kernels have rows and columns."""
        return "convolve"

    @property
    def remedy(self) -> str | None:
        """Advice for cyclic axes, and for kernels that need a Fourier transform."""
        from pdefilter.kernels.kernel2d import is_direct

        if any(wraps_of(self.border)):
            return "give --border reflect"
        return None if is_direct(self.weights) else "take a smaller kernel"

    def reach(self, numbers: Numbers) -> int | None:
        """Return half the width of the kernel.

        None where the border wraps around, or for the Fourier transform, whose rounding
        depends on all of the image.
        """
        from pdefilter.kernels.kernel2d import is_direct

        if any(wraps_of(self.border)) or not is_direct(self.weights):
            return None
        rows, columns = self.weights.shape
        return int(max(rows, columns)) // 2

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Convolve, and set the scale of the result."""
        result, scale = self._correlated(image), image.scale
        if not self.signed:
            total = float(self.weights.sum())
            return replace(result, scale=replace(scale, origin=scale.origin * total))
        largest = float(self.weights[self.weights > 0].sum())
        interval = (-largest, largest) if largest else image.interval
        return replace(result, interval=interval, scale=scale.of_differences)

    def _correlated(self, image: "Raster") -> "Raster":
        from pdefilter.kernels.kernel2d import correlate2d

        weights, (rows, columns) = self.weights, self.weights.shape
        origin = rows // 2, columns // 2
        if not self.correlate:
            weights = weights[::-1, ::-1]
            origin = rows - 1 - origin[0], columns - 1 - origin[1]
        result = image.convolved(lambda u: correlate2d(u, weights, origin, self.border))
        if self.border != "constant" or image.scale.starts_at_zero:
            return result
        return replace(result, colour=result.colour + _black_around(image, weights, origin))


def _black_around(
    image: "Raster", weights: "NDArray[np.float64]", origin: tuple[int, int]
) -> "Planes":
    """Compute the contribution of the black border where the number 0 is not black."""
    import numpy as np

    from pdefilter.kernels.kernel2d import correlate2d

    rows, columns = image.shape
    beyond = np.float32(weights.sum()) - correlate2d(
        np.ones((1, rows, columns), np.float32), weights, origin, "constant"
    )
    # Exactly zero where the whole kernel lies inside the image.
    inside = [
        slice(at, max(at, size - (width - 1 - at)))
        for at, size, width in zip(origin, (rows, columns), weights.shape, strict=True)
    ]
    beyond[:, *inside] = 0
    scale = image.scale
    black = -np.asarray(scale.origin) / (scale.unit * scale.weights)
    contribution: Planes = beyond * black.astype(np.float32)
    return contribution
