"""Sharpen an image: undo a little diffusion."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pdefilter.equations.heat import Heat
from pdefilter.errors import ParameterError
from pdefilter.filters.options.colour import Color, InSpace
from pdefilter.filters.options.noise import as_numbers, noise_of
from pdefilter.filters.options.option import AUTO, Option, image_filter
from pdefilter.filters.options.quantity import as_pixels
from pdefilter.operation import Numbers, Operation, Unchanged

if TYPE_CHECKING:
    from pdefilter.kernels.taps import Taps
    from pdefilter.raster import Planes, Raster

Method: TypeAlias = Literal["unsharp", "laplacian", "inverse-heat"]

METHODS = {
    "unsharp": "u + a (u − G_σ ∗ u)",
    "laplacian": "u − a σ²/2 Δu",
    "inverse-heat": "the solution v of a G_σ ∗ v + v = (1 + a) u, a stable inverse diffusion",
}

# White noise exceeds three times its deviation in 0.3 % of all pixels, and by little.
_DEVIATIONS = 3


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
        float | str,
        Option(
            "Standard deviation of the Gaussian blur to undo.",
            unit="px",
            minimum=0,
            maximum=1000,
        ),
    ] = 1.0,
    threshold: Annotated[
        float | str | None,
        Option(
            "Difference d = u − G_σ ∗ u, as a fraction of full scale, up to which unsharp leaves a "
            "pixel alone; it takes this much off larger ones, so that no step appears. auto: the "
            "noise stays as it is.",
            minimum=0,
            metavar="NUMBER|auto",
            auto=True,
            otherwise="0",
        ),
    ] = None,
    color: Color = "rgb",
) -> Operation:
    """Sharpen an image by an unsharp mask, its Laplacian, or diffusion backward in time.

    With t = σ²/2, to first order in t, the methods multiply detail of the frequency
    ω by 1 + atω², and inverse-heat by 1 + tω² a/(1 + a). The border is mirrored. A
    neighbour counts by its opacity. Alpha is kept.

    Parameters
    ----------
    image : ndarray of shape (M, N) or (M, N, C), Image or Volume
        The image, integers or floats.
    method : {"unsharp", "laplacian", "inverse-heat"}
        u + a (u − G_σ ∗ u); u − a (σ²/2) Δu, a step of the heat equation
        backward; or the heat equation solved backward for the time σ²/2 with
        regularisation: the solution v of (exp(tΔ) + 1/a) v = (1 + 1/a) u, which
        tends to the exact inverse as a grows, and multiplies no frequency by more
        than 1 + a.
    amount : float
        The strength a.
    sigma : float or str
        Standard deviation σ in px, or a length such as "2mm", of the Gaussian blur to undo.
    threshold : float or "auto", optional
        For unsharp, the threshold T as a fraction of full scale: a s(d) is added, where
        d = u − G_σ ∗ u, and s(d) = 0 up to |d| = T and d ∓ T beyond. So noise and
        smooth places stay as they are, and no step appears at T. If auto, T is three
        times the standard deviation of d in the noise that is estimated in each
        channel. By default 0.
    color : {"rgb", "luminance", "lab", "linear"}
        Colour space to filter in: the stored values; their luminance alone
        (ITU-R BT.601); CIE L*a*b* of sRGB, where full scale is L* = 100; or
        linear light (IEC 61966-2-1).

    Returns
    -------
    ndarray, Image or Volume
        As `image`: same shape, same type of values.

    Raises
    ------
    ParameterError
        If the method is unknown, a number is out of its range, or the method has no
        threshold.

    References
    ----------
    Kovásznay & Joseph 1955 (laplacian); Lavrentiev 1967 (the regularisation); Donoho
    1995, doi:10.1109/18.382009 (the soft threshold).
    """
    if threshold is not None and method != "unsharp":
        raise ParameterError("threshold", f"{method} has none; take the method unsharp")
    if not amount or not sigma:
        return Unchanged()
    return InSpace(color, Sharpening(method, amount, as_pixels(sigma), threshold or 0.0))


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
    threshold : float or str
        The difference T that unsharp leaves alone, as a fraction of full scale; or auto.
    """

    method: Method
    amount: float
    sigma: float
    threshold: float | str

    def measure(self, image: "Raster") -> Numbers:
        """Find the threshold in every channel, if there is one, and the noise that it follows."""
        if not self.threshold:
            return {}
        channels = range(len(image.colour))
        if self.threshold != AUTO:
            scales = [image.scale.of_channel(c) for c in channels]
            return {"thresholds": [scale.number(float(self.threshold)) for scale in scales]}
        noise = noise_of(image, image.colour, AUTO, None)
        gain = _DEVIATIONS * _gain_in_noise(self._taps(image.spacing))
        thresholds = [gain * float(noise.deviations[c]) for c in channels]
        return {**as_numbers(noise, image), "thresholds": thresholds}

    @property
    def remedy(self) -> str | None:
        """Advice for inverse diffusion."""
        return "give --method unsharp" if self.method == "inverse-heat" else None

    def reach(self, numbers: Numbers) -> int | None:
        """Return the reach of the kernel; inverse diffusion depends on all of the image."""
        if self.method == "inverse-heat":
            return None
        if self.method == "laplacian":
            return 1
        return self._taps((1.0,))[0].reach

    def run(self, image: "Raster", numbers: Numbers) -> "Raster":
        """Sharpen by a linear filter, or by differences above the threshold."""
        if "thresholds" not in numbers:
            return image.convolved(lambda u: self._sharpened(u, image.spacing))
        import numpy as np

        from pdefilter.raster import per_channel

        difference = image.convolved(lambda u: self._difference(u, image.spacing)).colour
        most = per_channel(numbers["thresholds"], len(image.shape))
        difference -= difference.clip(-most, most)
        return replace(image, colour=image.colour + np.float32(self.amount) * difference)

    def _sharpened(self, u: "Planes", spacing: tuple[float, ...]) -> "Planes":
        time = self.sigma**2 / 2
        if self.method == "laplacian":
            return Heat(spacing=spacing).march(u, [-self.amount * time])
        if self.method == "inverse-heat":
            return Heat(spacing=spacing).evolve_back(u, time, self.amount)
        import numpy as np

        return u + np.float32(self.amount) * self._difference(u, spacing)

    def _difference(self, u: "Planes", spacing: tuple[float, ...]) -> "Planes":
        from pdefilter.kernels.convolution import correlate

        return u - correlate(u, *self._taps(spacing))

    def _taps(self, spacing: tuple[float, ...]) -> "list[Taps]":
        """Make the kernel along every axis."""
        from pdefilter.kernels import windows

        return [windows.gaussian(self.sigma / h) for h in spacing]


def _gain_in_noise(taps: "Sequence[Taps]") -> float:
    """Find the standard deviation of u − G ∗ u where u is white noise of deviation one."""
    centre = math.prod(along.weights[-along.first] for along in taps)
    squares = math.prod(math.fsum(weight**2 for weight in along.weights) for along in taps)
    return math.sqrt(1 - 2 * centre + squares)
