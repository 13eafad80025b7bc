"""Sharpen an image: undo a little diffusion."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pdefilter.equations.heat import Heat
from pdefilter.filters.options.colour import Color, InSpace
from pdefilter.filters.options.option import Option, image_filter
from pdefilter.operation import Numbers, Operation, Unchanged

if TYPE_CHECKING:
    from pdefilter.raster import Planes, Raster

Method: TypeAlias = Literal["unsharp", "laplacian", "inverse-heat"]

METHODS = {
    "unsharp": "u + a (u − G_σ ∗ u)",
    "laplacian": "u − a σ²/2 Δu",
    "inverse-heat": "the solution v of a G_σ ∗ v + v = (1 + a) u, a stable inverse diffusion",
}


@image_filter
def sharpen(
    *,
    method: Annotated[Method, Option("Method of sharpening.", choices=METHODS)] = "unsharp",
    amount: Annotated[
        float,
        Option(
            "Strength a. The finest detail is multiplied by at most 1 + a; by laplacian, 1 + 4aσ².",
            minimum=0,
            maximum=1000,
        ),
    ] = 1.0,
    sigma: Annotated[
        float,
        Option(
            "Standard deviation of the Gaussian blur to undo.",
            unit="px",
            minimum=0,
            maximum=1000,
        ),
    ] = 1.0,
    color: Color = "rgb",
) -> Operation:
    """Sharpen an image by an unsharp mask, its Laplacian, or diffusion backward in time.

    With t = σ²/2, to first order in t, the methods multiply detail of the frequency
    ω by 1 + atω², and inverse-heat by 1 + tω² a/(1 + a). The border is mirrored. A
    neighbour counts by its opacity. Alpha is kept.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), or Image
        The image, integers or floats.
    method : {"unsharp", "laplacian", "inverse-heat"}
        u + a (u − G_σ ∗ u); u − a (σ²/2) Δu, a step of the heat equation
        backward; or the heat equation solved backward for the time σ²/2 with
        regularisation: the solution v of (exp(tΔ) + 1/a) v = (1 + 1/a) u, which
        tends to the exact inverse as a grows, and multiplies no frequency by more
        than 1 + a.
    amount : float
        The strength a.
    sigma : float
        Standard deviation σ in px of the Gaussian blur to undo.
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
        If the method is unknown or a number is out of its range.

    References
    ----------
    Kovásznay & Joseph 1955 (laplacian); Lavrentiev 1967 (the regularisation).
    """
    if not amount or not sigma:
        return Unchanged()
    return InSpace(color, Sharpening(method, amount, sigma))


@dataclass(frozen=True)
class Sharpening(Operation):
    """A little diffusion undone.

    Attributes
    ----------
    method : str
        One of `METHODS`.
    amount : float
        The strength a.
    sigma : float
        The standard deviation of the blur in px.
    """

    method: Method
    amount: float
    sigma: float

    def reach(self, numbers: Numbers) -> int | None:
        """Return the reach of the kernel; inverse diffusion depends on all of the image."""
        if self.method == "inverse-heat":
            return None
        if self.method == "laplacian":
            return 1
        from pdefilter.kernels import windows

        return windows.gaussian(self.sigma).reach

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Sharpen by a linear filter."""
        return image.convolved(lambda u: self._sharpened(u, image.spacing))

    def _sharpened(self, u: "Planes", spacing: tuple[float, ...]) -> "Planes":
        time = self.sigma**2 / 2
        if self.method == "laplacian":
            return Heat(spacing=spacing).march(u, [-self.amount * time])
        if self.method == "inverse-heat":
            return Heat(spacing=spacing).evolve_back(u, time, self.amount)
        import numpy as np

        from pdefilter.kernels import windows
        from pdefilter.kernels.convolution import correlate

        taps = windows.gaussian(self.sigma)
        return u + np.float32(self.amount) * (u - correlate(u, taps, taps))
